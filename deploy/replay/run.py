"""Replay a recorded period: dispatch decides anew under a city file, what others did comes as it was recorded.

People are taken at their times and in their parts: what the lead did then, whoever leads now does; what no longer
fits is refused and left out. Clocks are the city file's own. Intake's cases and the facts of escalation and feedback
are those of the record; a topic that was raised for an order which does not escalate now is passed over.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from deploy.replay.acts import act_of
from deploy.replay.figures import Figures
from deploy.replay.record import Recorded
from deploy.simulation.offices import Dispatch
from services.dispatch.domain.order import Order, Status
from shared.city.model import City
from shared.contracts import escalation as e
from shared.kernel.decisions import CLOCK, OUTSIDE, SYSTEM, Actor, Arm, Context, Due, Message
from shared.kernel.refusals import Refused


class Replay:
    """One run of a period under one city file."""

    def __init__(self, city: City) -> None:
        self.city, self.office, self.figures = city, Dispatch(city), Figures()
        self.refused: Counter[str] = Counter()
        """Rule -> deeds of the record that it refuses now."""
        self._due: list[tuple[datetime, int, Arm]] = []
        self._count = 0

    def run(self, facts: Sequence[Recorded], ends: datetime, progress: Callable[[int], None] = lambda n: None) -> None:
        """Fold a record, in its order, up to the end of the period."""
        for fact in facts:
            self._pass(fact.at)
            if fact.service == "dispatch":
                self._deed(fact)
            else:
                self._hear(fact)
            progress(1)
        self._pass(ends)

    def _deed(self, fact: Recorded) -> None:
        act, order = act_of(fact.data, fact.subject), self.office.states.get(fact.subject)
        if act is None:
            self._strike_of(fact.subject, fact.at)
        if act is None or not isinstance(order, Order):
            return
        desk = act.desk(order)
        if desk is None:
            self.refused["nobody"] += 1
            return
        message = Message(act.message(order), fact.subject, OUTSIDE, self._actor(desk), fact.at, self._new_id())
        try:
            self._take(message)
        except Refused as refused:
            self.refused[refused.rule] += 1

    def _hear(self, fact: Recorded) -> None:
        if not self.office.wire.hears(type(fact.data)) or self._is_of_another_course(fact):
            return
        data = self.office.wire.to_domain(fact.data)
        self._take(Message(data, fact.subject, fact.service, SYSTEM, fact.at, self._new_id(), fact.sequence))

    def _is_of_another_course(self, fact: Recorded) -> bool:
        """Tell whether a topic was raised by the system for an order that did not come to that now."""
        if not isinstance(fact.data, e.TopicRaised):
            return False
        order = self.office.states.get(fact.subject)
        return order is None or order.status is not Status.ESCALATED

    def _actor(self, desk: str) -> Actor:
        if desk in self.city.departments:
            return Actor("department", desk)
        return Actor("operations", "replay") if desk == self.city.root.code else Actor("unit", desk)

    def _pass(self, until: datetime) -> None:
        """Let the clocks strike that end before an instant."""
        while self._due and self._due[0][0] < until:
            _, _, arm = heapq.heappop(self._due)
            if self.office.deadlines.get(arm.subject, {}).get(arm.name) is not arm:
                continue
            self._strike(arm)

    def _strike_of(self, subject: str, at: datetime) -> None:
        """Let an order's clocks strike at this instant too: in the record theirs came before what follows at it."""
        armed = sorted(self.office.deadlines.get(subject, {}).values(), key=lambda arm: (arm.due_at, arm.name))
        for arm in armed:
            if arm.due_at <= at and self.office.deadlines[subject].get(arm.name) is arm:
                self._strike(arm)

    def _strike(self, arm: Arm) -> None:
        del self.office.deadlines[arm.subject][arm.name]
        self._take(Message(Due(arm.name, arm.data), arm.subject, CLOCK, SYSTEM, arm.due_at, self._new_id()))

    def _take(self, message: Message) -> None:
        prepared = self.office.prepare(message, message.acted_at)
        decision = self.office.decide(message, Context(message.acted_at, self.city, self._new_id, prepared))
        self.office.save(decision.rows)
        if message.source not in (OUTSIDE, CLOCK):
            self.office.fold(message.subject, message.data, message.acted_at)
        for fact in decision.facts:
            self.office.fold(fact.subject or message.subject, fact.data, message.acted_at)
            self.figures.count(self.office.wire.to_wire(fact.data))
        for change in decision.deadlines:
            arm = self.office.rearm(change, message.subject)
            if arm is not None:
                self._count += 1
                heapq.heappush(self._due, (arm.due_at, self._count, arm))

    def _new_id(self) -> str:
        self._count += 1
        return f"r-{self._count}"


def compare(
    facts: Sequence[Recorded], ends: datetime, now: City, other: City, progress: Callable[[int], None] = lambda n: None
) -> dict[str, Any]:
    """Return what was recorded, what its own city file makes of it, and what another one would.

    The difference between the last two is the other file's alone; that between the first two is what a replay cannot
    tell, and is said beside it.
    """
    recorded = Figures()
    for fact in facts:
        if fact.service == "dispatch":
            recorded.count(fact.data)
    runs = {}
    for name, city in (("now", now), ("other", other)):
        replay = Replay(city)
        replay.run(facts, ends, progress)
        runs[name] = {
            **replay.figures.as_json(), "version": city.version, "left_out": dict(sorted(replay.refused.items()))
        }  # fmt: skip
    return {"facts": len(facts), "recorded": recorded.as_json(), **runs}
