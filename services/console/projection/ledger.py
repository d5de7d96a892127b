"""Rows of the joint meetings: one per entry of a topic in a body's ledger, one per meeting, one per ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from shared.contracts import escalation as e
from shared.contracts.base import Contract
from shared.contracts.calendar import LedgerDeadlinesMoved
from shared.kernel.replacing import replace


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic's entry in the ledger of one body; `from_body` is set where it was moved up to here."""

    topic: str
    body: str
    case_id: str
    level: str
    entry: str
    opened_at: datetime
    answer_due_at: datetime | None = None
    number: str = ""
    summary: str = ""
    unit: str | None = None
    cause: str | None = None
    urgent: bool = False
    lead: str | None = None
    from_body: str | None = None
    meeting: str | None = None
    deferrals: int = 0
    resolved_at: datetime | None = None
    due_at: datetime | None = None
    moved_up_at: datetime | None = None
    ledger_seq: int | None = None
    ledger_hash: str | None = None
    written_off_at: datetime | None = None
    decision: str | None = None
    """What the body decided last: a `DecisionKind`."""


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting: `status` is that of workflows §2.3; the counts are its decisions; `invited` beside the members."""

    id: str
    body: str
    level: str
    number: int
    temporary: bool
    status: str
    planned_on: date | None = None
    opens_at: datetime | None = None
    agenda: int = 0
    held_at: datetime | None = None
    members: int = 0
    present: int = 0
    adopted_at: datetime | None = None
    resolved: int = 0
    moved_up: int = 0
    deferred: int = 0
    declined: int = 0
    ledger_seq: int | None = None
    ledger_hash: str | None = None
    invited: list[str] = field(default_factory=list)
    place: str = ""
    caller: str = ""
    decide_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """How far the ledger of a body has grown."""

    body: str
    level: str
    seq: int
    hash: str


def head(fact: e.LedgerHead) -> LedgerRow:
    """Return the row of a ledger's head."""
    return LedgerRow(fact.body, fact.level, fact.seq, fact.hash)


def fold_topic(
    known: Mapping[tuple[str, str], TopicRow], case: str, fact: Contract, at: datetime
) -> tuple[TopicRow, ...]:
    """Return the entries that a topic fact makes or changes: its own and, when it moves up, the one above.

    None for a fact that is stated of a further case of the topic as well: the case that carries it says the same.
    """
    assert isinstance(fact, e.Topic)
    if fact.home:
        return ()
    row = known.get((fact.topic, fact.body))
    if row is None:
        row = TopicRow(fact.topic, fact.body, case, fact.level, fact.entry.value, at)
    row = replace(row, entry=fact.entry.value, decision=_DECIDED.get(type(fact), row.decision), **_said(fact))
    match fact:
        case e.TopicResolved():
            return (replace(row, resolved_at=at),)
        case e.TopicWrittenOff():
            return (replace(row, written_off_at=at),)
        case e.TopicMovedUp():
            before = known.get((fact.topic, fact.body), row)
            above = TopicRow(
                *(fact.topic, fact.to_body, case, fact.to_level, e.EntryStatus.OPEN.value, at, fact.answer_due_at),
                *(row.number, row.summary, row.unit, row.cause, row.urgent, row.lead),
                from_body=fact.body,
            )
            return replace(row, moved_up_at=at, answer_due_at=before.answer_due_at), above
        case _:
            return (row,)


def move_topic(row: TopicRow, fact: LedgerDeadlinesMoved) -> TopicRow:
    """Return an entry without an answer with the day to which a published calendar moved it."""
    ends = next((one.ends_at for one in fact.moved if one.name in _ANSWERS), None)
    return row if ends is None or row.entry not in UNANSWERED else replace(row, answer_due_at=ends)


def move_meeting(row: MeetingRow, fact: LedgerDeadlinesMoved) -> MeetingRow:
    """Return a meeting with the day to which a published calendar moved the decision whether to call it."""
    ends = next((one.ends_at for one in fact.moved if one.name == "undecided"), None)
    return row if ends is None else replace(row, decide_by=ends)


_ANSWERS = ("screen", "answer")
UNANSWERED = ("proposed", "open", "tabled", "listed")
"""States of the one entry of a topic for which an answer clock runs."""
_DECIDED: Mapping[type[Contract], str] = {
    e.TopicResolved: "resolve",
    e.TopicMovedUp: "move_up",
    e.TopicDeferred: "defer",
    e.TopicDeclined: "decline",
    e.TopicSquadFormed: "squad",
    e.TopicListed: "list",
}
_KEPT = (
    "number",
    "summary",
    "unit",
    "urgent",
    "lead",
    "meeting",
    "deferrals",
    "due_at",
    "answer_due_at",
    "ledger_seq",
    "ledger_hash",
)


def _said(fact: e.Topic) -> dict[str, Any]:
    """Return what the fact says about the entry beside its state."""
    said = {name: getattr(fact, name) for name in _KEPT if getattr(fact, name, None) is not None}
    cause = getattr(fact, "cause", None)
    return said if cause is None else {**said, "cause": cause.value}


def fold_meeting(row: MeetingRow | None, subject: str, fact: Contract, at: datetime) -> MeetingRow:
    """Return the meeting after one of its facts."""
    assert isinstance(fact, e.Meeting)
    if row is None:
        row = MeetingRow(subject, fact.body, fact.level, fact.number, fact.temporary, "planned")
    match fact:
        case e.MeetingPlanned():
            row = replace(row, place=fact.place, caller=fact.caller)
            return replace(row, status="planned", planned_on=fact.on, opens_at=fact.opens_at)
        case e.MeetingConvened():
            row = replace(row, place=fact.place or row.place, caller=fact.caller or row.caller)
            return replace(
                row,
                status="convened",
                opens_at=fact.opens_at,
                agenda=len(fact.agenda),
                invited=list(fact.invited),
            )
        case e.MeetingHeld():
            return replace(
                row,
                status="held",
                held_at=fact.held_at,
                members=fact.members,
                present=fact.present,
                agenda=len(fact.agenda),
            )
        case e.MeetingProposed():
            row = replace(row, place=fact.place, caller=fact.caller)
            return replace(
                row,
                status="proposed",
                opens_at=fact.opens_at,
                agenda=len(fact.topics),
                decide_by=fact.decide_by,
            )
        case e.MeetingTabled():
            return replace(row, agenda=len(fact.agenda), invited=list(fact.invited))
        case e.MeetingPostponed():
            return replace(row, opens_at=fact.opens_at, agenda=0)
        case e.MeetingNotHeld():
            return replace(row, opens_at=fact.opens_at or row.opens_at, agenda=0)
        case e.MeetingCancelled():
            return replace(row, status="cancelled")
        case e.MeetingMissed():
            return replace(row, status="missed")
        case e.MeetingAdopted():
            kinds = Counter(fact.decisions.values())
            return replace(
                row,
                status="adopted",
                adopted_at=at,
                resolved=kinds[e.DecisionKind.RESOLVE],
                moved_up=kinds[e.DecisionKind.MOVE_UP],
                deferred=kinds[e.DecisionKind.DEFER],
                declined=kinds[e.DecisionKind.DECLINE],
                ledger_seq=fact.ledger_seq,
                ledger_hash=fact.ledger_hash,
            )
        case _:
            return row
