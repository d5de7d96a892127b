"""A meeting (会议) of a body: planned, convened with its agenda fixed, held, recorded, adopted, or missed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from services.escalation.domain.facts import DecisionDraft
from shared.kernel.transitions import Transitions


class MeetingStatus(StrEnum):
    """Workflows §2.3, those that this service reaches."""

    PLANNED = "planned"
    CONVENED = "convened"
    HELD = "held"
    ADOPTED = "adopted"
    MISSED = "missed"


MOVES = Transitions(
    {
        MeetingStatus.PLANNED: {MeetingStatus.CONVENED},
        MeetingStatus.CONVENED: {MeetingStatus.HELD, MeetingStatus.MISSED},
        MeetingStatus.HELD: {MeetingStatus.ADOPTED},
    }
)


@dataclass(frozen=True, slots=True)
class Item:
    """One topic of an agenda, the case that carries it, and the further cases of it."""

    topic: str
    case: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meeting:
    """One session of a body; `temporary` ones have no cut-off, their agenda is what their call names."""

    unit: str
    level: str
    number: int
    status: MeetingStatus
    opens_at: datetime
    cut_off_at: datetime | None = None
    temporary: bool = False
    makeup: bool = False
    agenda: tuple[Item, ...] = ()
    invited: tuple[str, ...] = ()
    attendance: tuple[str, ...] = ()
    held_at: datetime | None = None
    decisions: tuple[DecisionDraft, ...] = ()
    ledger_seq: int = 0
    ledger_hash: str = ""

    @property
    def id(self) -> str:
        """Return the meeting's id, which is its subject."""
        return meeting_id(self.unit, self.number)

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return what a decision about the whole meeting needs beside it: its ledger and the cases on its agenda."""
        return (f"ledger:{self.unit}", *(case for item in self.agenda for case in (item.case, *item.more)))


def meeting_id(unit: str, number: int) -> str:
    """Return the id of a body's n-th meeting of any kind."""
    return f"meeting:{unit}:{number}"


def opening_on(city: Any, on: date) -> datetime:
    """Return when a meeting of that day opens: with the office."""
    midnight: datetime = city.calendar.midnight(on.toordinal())
    return midnight + timedelta(microseconds=city.calendar.spans[0][0])


def slot_end(city: Any, opens_at: datetime) -> datetime:
    """Return until when a meeting may be held: the closing of the office on its day."""
    midnight: datetime = city.calendar.midnight(city.calendar.local(opens_at).toordinal())
    closing: timedelta = city.calendar.closing
    return midnight + closing


def next_regular_day(city: Any, unit: str, after: date) -> date:
    """Return the day of the body's first regular meeting after a day."""
    year = after.year
    while True:
        for on in city.meeting_days(unit, year):
            if on > after:
                found: date = on
                return found
        year += 1


def is_quorate(city: Any, meeting: Meeting, present: Iterable[str]) -> bool:
    """Tell whether those present make a meeting (G5).

    The chair and more than half of the standing members, and the body's own share of them; in an estate each of the
    three parties, of which one absent at the second call no longer counts; in a temporary meeting besides every unit
    that is asked to lead.
    """
    body = city.bodies[meeting.unit]
    there = frozenset(present)
    if not there.issuperset(meeting.invited):
        return False
    if body.quorum_rule == "three_parties" and meeting.makeup:
        return body.members[0].code in there
    return bool(body.is_quorate(there))
