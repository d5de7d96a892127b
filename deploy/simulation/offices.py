"""The four services in memory: their rules, and as much of their own tables as their rules ask for."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from services.dispatch import domain as dispatch
from services.dispatch.domain.prepared import Prepared as PreparedOrders
from services.dispatch.domain.register import OPEN_AT_LEAD, Responsibility
from services.dispatch.translate import WIRE as DISPATCH_WIRE
from services.dispatch.translate import refusal as dispatch_refusal
from services.escalation import domain as escalation
from services.escalation.domain.chain import Record
from services.escalation.domain.heads import Head
from services.escalation.domain.heads import Prepared as PreparedHeads
from services.escalation.translate import WIRE as ESCALATION_WIRE
from services.feedback import domain as feedback
from services.feedback.domain.book import Book
from services.feedback.domain.brief import Brief
from services.feedback.domain.case_line import LineRow
from services.feedback.domain.draw import Completion, DrawCase, Drawn, FreezeDraw
from services.feedback.domain.draw import Head as DrawHead
from services.feedback.domain.drawing import Candidate, CityHead
from services.feedback.domain.duty import CHECKS
from services.feedback.domain.rating import Invitation, Rating
from services.feedback.domain.score import Prepared
from services.feedback.domain.summary import SumUp
from services.feedback.translate import WIRE as FEEDBACK_WIRE
from services.feedback.translate import refusal as feedback_refusal
from services.intake import domain as intake
from services.intake.domain.follow_up import OPENING
from services.intake.domain.registration import Prepared as PreparedCases
from services.intake.domain.report import Report
from services.intake.translate import refusal as intake_refusal
from services.intake.translate import wire as INTAKE_WIRE
from shared.city.model import City
from shared.contracts.pairing import Wire
from shared.kernel.decisions import OUTSIDE, Answer, Arm, Cancel, Context, Decision, Due, Message
from shared.kernel.refusals import Refused


class Office:
    """One service at work: what it knows of each subject, which deadlines run. A subclass keeps its own tables."""

    name: str
    wire: Wire
    rules: Any
    """The service's domain package: `decide` and `evolve`."""
    refusal: Any = None

    def __init__(self, city: City) -> None:
        self.city = city
        self.states: dict[str, Any] = {}
        self.sequences: Counter[str] = Counter()
        self.deadlines: dict[str, dict[str, Arm]] = {}

    def resolve(self, message: Message) -> Message:
        """Add what the message itself does not tell: its subject, or further subjects that it concerns."""
        return message

    def touches(self, message: Message) -> Sequence[str]:
        """Return the further subjects that the message alone tells."""
        return ()

    def prepare(self, message: Message, now: datetime) -> Any:
        """Return what the decider may know beside states and message."""
        return None

    def save(self, rows: Sequence[Any]) -> None:
        """Keep private rows."""

    def decide(self, message: Message, context: Context) -> Decision:
        """Decide a resolved message; raises Refused. What comes from outside meets only what exists."""
        names = {message.subject, *message.touches, *self.touches(message)}
        states = {name: self.states.get(name) for name in names}
        decision: Decision = self.rules.decide(states, message, context)
        return decision

    def fold(self, subject: str, fact: Any, at: datetime) -> None:
        """Let a fact, own or heard, change what is known."""
        self.states[subject] = self.rules.evolve(self.states.get(subject), fact, at)

    def rearm(self, change: Arm | Cancel, subject: str) -> Arm | None:
        """Arm or cancel a deadline; returns the armed one."""
        about = change.subject or subject
        armed = self.deadlines.setdefault(about, {})
        if isinstance(change, Arm):
            arm = change if change.subject else replace(change, subject=about)
            armed[arm.name] = arm
            return arm
        gone = [n for n in armed if n.startswith(change.name[:-1])] if change.name.endswith("*") else [change.name]
        for name in gone:
            armed.pop(name, None)
        return None

    def refuse(self, message: Message, stream: str, refused: Refused) -> Answer | None:
        """Return what a sender on a stream is told of a refusal."""
        if self.refusal is None:
            return None
        answer: Answer | None = type(self).refusal(message.data, message.actor, message.id, stream, refused)
        return answer


class Intake(Office):
    """Case ids follow from source and report alone, so that another parameter elsewhere changes none of them."""

    name, wire, rules, refusal = "intake", INTAKE_WIRE, intake, intake_refusal

    def __init__(self, city: City) -> None:
        super().__init__(city)
        self._numbers: Counter[date] = Counter()

    def resolve(self, message: Message) -> Message:
        if not isinstance(message.data, Report) or message.source != OUTSIDE:
            return message
        return replace(message, subject=case_of(message.actor.id, message.data.id), creates=True)

    def prepare(self, message: Message, now: datetime) -> PreparedCases:
        if not isinstance(message.data, OPENING) or self.states.get(message.subject) is not None:
            return PreparedCases()
        day = self.city.calendar.local(now).date()
        self._numbers[day] += 1
        return PreparedCases({message.subject: f"{self.city.case_prefix}-{day:%Y%m%d}-{self._numbers[day]:04d}"})


class Dispatch(Office):
    """Orders need no tables beside their states, but for how many are open at a department."""

    name, wire, rules, refusal = "dispatch", DISPATCH_WIRE, dispatch, dispatch_refusal

    def __init__(self, city: City) -> None:
        super().__init__(city)
        self._at: dict[str, str] = {}
        self._loads: Counter[str] = Counter()

    def prepare(self, message: Message, now: datetime) -> PreparedOrders:
        return PreparedOrders(loads=self._loads)

    def save(self, rows: Sequence[Any]) -> None:
        for row in rows:
            if isinstance(row, Responsibility):
                self._loads[self._at.pop(row.case_id, "")] -= 1
                if row.responsible is not None and row.status in OPEN_AT_LEAD:
                    self._at[row.case_id] = row.responsible
                    self._loads[row.responsible] += 1

    def touches(self, message: Message) -> Sequence[str]:
        return dispatch.touches(message)


class Escalation(Office):
    """The ledgers' records are kept, so that their chains can be checked."""

    name, wire, rules = "escalation", ESCALATION_WIRE, escalation

    def __init__(self, city: City) -> None:
        super().__init__(city)
        self.records: dict[str, list[Record]] = {}

    def resolve(self, message: Message) -> Message:
        if not escalation.needs_peek(message):
            return message
        further = escalation.further(message, self.states.get(message.subject), self.city)
        return replace(message, touches=(*message.touches, *further))

    def touches(self, message: Message) -> Sequence[str]:
        return escalation.touches(message)

    def prepare(self, message: Message, now: datetime) -> PreparedHeads:
        if not (isinstance(message.data, Due) and message.data.name == "heads"):
            return PreparedHeads()
        ledgers = (self.states.get(f"ledger:{unit}") for unit in self.city.bodies)
        return PreparedHeads(tuple(Head(one.unit, one.seq, one.hash) for one in ledgers if one and one.seq))

    def save(self, rows: Sequence[Any]) -> None:
        for row in rows:
            if isinstance(row, Record):
                self.records.setdefault(row.ledger, []).append(row)


class Feedback(Office):
    """Invitations by token, and the book from which scores are counted."""

    name, wire, rules, refusal = "feedback", FEEDBACK_WIRE, feedback, feedback_refusal

    def __init__(self, city: City) -> None:
        super().__init__(city)
        self._cases: dict[str, str] = {}
        self.book = Book()
        self._draws = "spot-checks" in city.mechanisms
        self._about: dict[str, tuple[str, str]] = {}
        """Case -> matter and place, where somebody draws cases."""
        self._drawn: set[str] = set()
        self._complete: list[Completion] = []
        self._heads: dict[date, DrawHead] = {}

    def resolve(self, message: Message) -> Message:
        if not isinstance(message.data, Rating):
            return message
        return replace(message, subject=self._cases.get(message.data.token, ""))

    def touches(self, message: Message) -> Sequence[str]:
        return feedback.touches(message)

    def prepare(self, message: Message, now: datetime) -> Prepared:
        if isinstance(message.data, Due) and message.data.name.startswith("count:"):
            return Prepared(_token)  # nobody looks at the figures so far of each hour of a simulated year
        return Prepared(_token, found=self._found(message), **self.book.coming_due((message,)))

    def _found(self, message: Message) -> dict[str, Any]:
        """Return, by message id, what the tables of checks know about a message that asks them."""
        match message.data:
            case Due(name="duty", data=said):
                done = self._complete if message.subject == CHECKS else []
                return {message.id: Counter(one.unit for one in done if one.quarter == said["quarter"])}
            case Due(name="draw", data=said):
                head = self._heads.get(date.fromisoformat(said["on"]))
                return {message.id: head} if head else {}
            case FreezeDraw(unit=unit):
                return {message.id: self._candidates(unit)}
            case SumUp():
                chain = message.subject.partition(":")[2]
                return {message.id: sum(one.cycle == chain for one in self._complete)}
        return {}

    def _candidates(self, unit: str) -> tuple[Candidate, ...]:
        """Return the unit's closed cases that nobody drew before; open ones are not kept here."""
        ended: dict[str, tuple[LineRow, datetime]] = {}
        for line in self.book.lines.values():
            if unit in line.units and line.closed_at is not None and line.case_id not in self._drawn:
                ended[line.case_id] = line, line.closed_at
        return tuple(
            Candidate(DrawCase(case, *self._about[case], _barred(line)), at)
            for case, (line, at) in sorted(ended.items())
            if case in self._about
        )

    def save(self, rows: Sequence[Any]) -> None:
        for row in rows:
            if isinstance(row, Invitation):
                self._cases[_token(row.invitation)] = row.case
            elif isinstance(row, Brief) and row.matter and row.place and self._draws:
                self._about[row.case_id] = row.matter, row.place
            elif isinstance(row, Drawn):
                self._drawn.add(row.case_id)
            elif isinstance(row, Completion):
                self._complete.append(row)
            elif isinstance(row, CityHead):
                self._heads[row.day] = DrawHead(row.seq, row.hash)
        self.book.keep(rows)


def case_of(source: str, report: str) -> str:
    """Return the id of a report's case."""
    return f"c-{sha256(f'{source}/{report}'.encode()).hexdigest()[:24]}"


def _barred(line: LineRow) -> tuple[str, ...]:
    return tuple(sorted({unit for unit in (line.lead, line.dispatcher) if unit}))


def _token(invitation: str) -> str:
    return hmac.new(b"simulation", invitation.encode(), sha256).hexdigest()
