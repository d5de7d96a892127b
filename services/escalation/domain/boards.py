"""What outside conveners and secretaries see of their work: a row per meeting, a row per entry, always the latest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.escalation.domain.entry_board import EntryRow, entry_row
from services.escalation.domain.meeting import Item, Meeting, slot_end
from services.escalation.domain.table import States, evolve
from services.escalation.domain.topic import Topic
from shared.kernel import clock
from shared.kernel.decisions import Context, Decision, Message


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """One meeting: what is due when, and what its agenda needs from those who decide."""

    id: str
    body: str
    level: str
    number: int
    status: str
    temporary: bool
    makeup: bool
    cut_off_at: datetime | None
    opens_at: datetime
    hold_by: datetime
    adopt_by: datetime | None
    agenda: tuple[Mapping[str, Any], ...]
    invited: tuple[str, ...]
    attendance: tuple[str, ...]
    decisions: Mapping[str, str]
    ledger_seq: int
    ledger_hash: str
    decide_by: datetime | None
    within: date | None
    caller: str
    place: str
    theme: str
    sitting: int
    is_called: bool
    is_duty: bool
    named: tuple[Mapping[str, str], ...]
    leads: tuple[str, ...]
    earlier: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shelved:
    """What a case's topic was when the case got another one: papers still tell of it."""

    topic: str
    state: Topic


def boards(states: States, message: Message, decision: Decision, context: Context) -> tuple[Any, ...]:
    """Return the rows of every meeting and topic that the decision's facts change."""
    changed: dict[str, Any] = {}
    shelved: list[Shelved] = []
    rows: list[Any] = []
    for fact in decision.facts:
        subject = fact.subject or message.subject
        if not subject.startswith("ledger:"):
            before = changed.get(subject, states.get(subject))
            changed[subject] = state = evolve(before, fact.data, message.acted_at)
            if isinstance(before, Topic) and before.id not in ("", state.id) and not before.home:
                shelved.append(Shelved(before.id, before))
                bodies = {entry.body for entry in state.entries}
                rows += [row for row in _entries(subject, before) if row.body not in bodies]
    topics = {**{name: state for name, state in states.items() if isinstance(state, Topic)}, **changed}
    for subject, state in changed.items():
        if isinstance(state, Meeting):
            rows.append(_meeting(state, topics, context.city))
        elif isinstance(state, Topic):
            rows += _entries(subject, state)
    return (*shelved, *rows)


def _entries(case: str, topic: Topic) -> list[EntryRow]:
    return [entry_row(case, topic, entry, position) for position, entry in enumerate(topic.entries)]


def _meeting(meeting: Meeting, topics: Mapping[str, Any], city: Any) -> MeetingRow:
    agenda = tuple(_item(item, topics.get(item.case), meeting, city) for item in meeting.agenda)
    adopt_by = clock.add(meeting.held_at, city.clock("minutes"), city.calendar) if meeting.held_at else None
    return MeetingRow(
        meeting.id,
        meeting.unit,
        meeting.level,
        meeting.number,
        meeting.status,
        meeting.temporary,
        meeting.makeup,
        meeting.cut_off_at,
        meeting.opens_at,
        slot_end(city, meeting.opens_at),
        adopt_by,
        agenda,
        meeting.invited,
        meeting.attendance,
        {draft.topic: str(draft.kind) for draft in meeting.decisions},
        meeting.ledger_seq,
        meeting.ledger_hash,
        meeting.decide_by,
        meeting.within,
        meeting.caller,
        meeting.place,
        meeting.theme,
        meeting.sitting,
        meeting.is_called,
        meeting.is_duty,
        tuple({"topic": item.topic, "case": item.case} for item in meeting.named),
        meeting.leads,
        tuple({"topic": d.topic, "case": d.case, "entry": str(d.entry)} for d in meeting.earlier),
    )


def _item(item: Item, topic: Any, meeting: Meeting, city: Any) -> Mapping[str, Any]:
    """Return what a convener must know of a tabled topic to decide about it within the guards.

    Of a topic that the case carries no more, because it was combined or a later one took its place, the ids alone.
    """
    known = {"topic": item.topic, "case": item.case}
    if not isinstance(topic, Topic) or topic.id != item.topic or not topic.entries:
        return known
    entry = topic.entry_of(meeting.unit) or topic.active
    return {
        **known,
        "number": topic.number,
        "cause": str(topic.cause),
        "unit": topic.unit,
        "lead": topic.lead,
        "summary": topic.summary,
        "urgent": topic.urgent,
        "moved_up": len(topic.entries) > 1,
        "deferrals": entry.deferrals,
        "reopened": entry.reopened,
        "only_move_up": entry.reopened > city.limits["reopenings"] and city.body_above(meeting.unit) is not None,
    }
