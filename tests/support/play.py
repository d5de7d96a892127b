"""Play one service's rules in virtual time, without shell, wire or store: send, hear, let time pass, look at facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.kernel.decisions import (
    CLOCK,
    OUTSIDE,
    SYSTEM,
    Actor,
    Arm,
    CalendarChanged,
    Context,
    Decision,
    Due,
    Fact,
    Message,
)


class Play:
    """One service in memory. `facts` holds (subject, data) in the order stated, `answers` and `rows` likewise."""

    def __init__(self, decide: Any, evolve: Any, city: Any, at: datetime, touches: Any = None) -> None:
        self.decide, self.evolve, self.city, self.now = decide, evolve, city, at
        self.touches = touches or (lambda message: ())
        self.states: dict[str, Any] = {}
        self.facts: list[tuple[str, Any]] = []
        self.copies: list[tuple[str, Any]] = []
        self.answers: list[Any] = []
        self.rows: list[Any] = []
        self.deadlines: dict[tuple[str, str], Arm] = {}
        self.prepared: Any = None
        self._count = 0

    def new_id(self) -> str:
        self._count += 1
        return f"id-{self._count}"

    def hear(self, subject: str, fact: Any, source: str, at: datetime | None = None) -> list[Any]:
        """Deliver a fact of another service."""
        return self._play(Message(fact, subject, source, SYSTEM, at or self.now, self.new_id()), heard=True)

    def send(
        self, subject: str, data: Any, actor: Actor, *, creates: bool = False, touches: tuple[str, ...] = ()
    ) -> list[Any]:
        """Deliver an outside message; raises Refused as the decider does."""
        message = Message(data, subject, OUTSIDE, actor, self.now, self.new_id(), touches=touches, creates=creates)
        return self._play(message)

    def advance(self, to: datetime) -> list[Any]:
        """Let time pass; each deadline fires at its own time, in order."""
        stated: list[Any] = []
        while True:
            due = sorted((a.due_at, key) for key, a in self.deadlines.items() if a.due_at <= to)
            if not due:
                break
            at, key = due[0]
            armed = self.deadlines.pop(key)
            self.now = max(self.now, at)
            stated += self._play(
                Message(Due(armed.name, armed.data), key[0], CLOCK, SYSTEM, at, self.new_id(), touches=armed.touches)
            )
        self.now = max(self.now, to)
        return stated

    def meet_calendar(self, subject: str, calendar: Any, version: int = 1, reason: str = "国办通知") -> list[Any]:
        """Let a subject meet a calendar that was published since its deadlines were armed."""
        self.city = replace(self.city, calendar=calendar)
        armed = tuple(arm for (name, _), arm in self.deadlines.items() if name == subject and arm.mark is not None)
        changed = CalendarChanged(version, reason, armed)
        return self._play(Message(changed, subject, CLOCK, SYSTEM, self.now, self.new_id()))

    def _play(self, message: Message, heard: bool = False) -> list[Any]:
        names = {message.subject, *message.touches, *self.touches(message)}
        states: Mapping[str, Any] = {name: self.states.get(name) for name in names}
        decision: Decision = self.decide(states, message, Context(self.now, self.city, self.new_id, self.prepared))
        if heard:
            self.states[message.subject] = self.evolve(self.states.get(message.subject), message.data, message.acted_at)
        for fact in decision.facts:
            subject = self._note(fact, message)
            assert subject in names, f"{subject} was not among the touched subjects {names}"
        for change in decision.deadlines:
            subject = change.subject or message.subject
            if isinstance(change, Arm):
                self.deadlines[subject, change.name] = change
            elif change.name.endswith("*"):
                for key in [k for k in self.deadlines if k[0] == subject and k[1].startswith(change.name[:-1])]:
                    del self.deadlines[key]
            else:
                self.deadlines.pop((subject, change.name), None)
        self.answers += decision.answers
        self.rows += decision.rows
        return [fact.data for fact in decision.facts]

    def _note(self, fact: Fact, message: Message) -> str:
        subject = fact.subject or message.subject
        self.states[subject] = self.evolve(self.states.get(subject), fact.data, message.acted_at)
        self.facts.append((subject, fact.data))
        self.copies += [(stream, fact.data) for stream in fact.copy_to]
        return subject

    def stated(self, kind: type) -> list[Any]:
        """Return every fact of a type, in order."""
        return [data for _, data in self.facts if isinstance(data, kind)]


__all__ = ["OUTSIDE", "Play"]
