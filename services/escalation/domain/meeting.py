"""A meeting (会议) of a body: proposed or planned, convened with its agenda, held, minuted; or missed, or cancelled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from services.escalation.domain.facts import DecisionDraft, EarlierDecision
from shared.kernel.refusals import Refused


class MeetingStatus(StrEnum):
    """Workflows §2.3."""

    PROPOSED = "proposed"
    PLANNED = "planned"
    CONVENED = "convened"
    HELD = "held"
    ADOPTED = "adopted"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What may happen to a meeting after it was planned or proposed."""

    CALL = "call"
    REFUSE = "refuse"
    CONVENE = "convene"
    TABLE = "table"
    POSTPONE = "postpone"
    HOLD = "hold"
    RECORD = "record"
    ADOPT = "adopt"
    MISS = "miss"
    EXCUSE = "excuse"
    CANCEL = "cancel"
    SUPPLEMENT = "supplement"


_S = MeetingStatus
MOVES: Mapping[tuple[MeetingStatus, Event], MeetingStatus] = {
    (_S.PROPOSED, Event.CALL): _S.CONVENED,
    (_S.PROPOSED, Event.REFUSE): _S.CANCELLED,
    (_S.PLANNED, Event.CONVENE): _S.CONVENED,
    (_S.PLANNED, Event.MISS): _S.MISSED,
    (_S.PLANNED, Event.EXCUSE): _S.MISSED,
    (_S.CONVENED, Event.TABLE): _S.CONVENED,
    (_S.CONVENED, Event.POSTPONE): _S.CONVENED,
    (_S.CONVENED, Event.HOLD): _S.HELD,
    (_S.CONVENED, Event.MISS): _S.MISSED,
    (_S.CONVENED, Event.EXCUSE): _S.MISSED,
    (_S.CONVENED, Event.CANCEL): _S.CANCELLED,
    (_S.HELD, Event.RECORD): _S.HELD,
    (_S.HELD, Event.ADOPT): _S.ADOPTED,
    (_S.ADOPTED, Event.SUPPLEMENT): _S.ADOPTED,
}
"""Workflows §2.3; whatever is not in it is refused. Adopted minutes never change: a supplement only adds."""


@dataclass(frozen=True, slots=True)
class Item:
    """One topic of an agenda, the case that carries it, and the further cases of it."""

    topic: str
    case: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meeting:
    """One session of a body.

    `temporary` ones have no cut-off, their agenda is what their call `named`; `makeup` ones replace a missed one;
    `sitting` counts how often it was called to sit; `within` is the last day on which it may still be held; `caller`
    the post that calls it, and so adopts its minutes; `leads` are the units asked to lead. `earlier` is part 1 of the
    agenda, the state of earlier decisions.
    """

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
    within: date | None = None
    caller: str = ""
    place: str = ""
    theme: str = ""
    sitting: int = 1
    is_called: bool = True
    """False after a second call that failed: only the convener can still name a day, or the period ends."""
    is_postponed: bool = False
    named: tuple[Item, ...] = ()
    is_duty: bool = False
    decide_by: datetime | None = None
    proposed_at: datetime | None = None
    leads: tuple[str, ...] = ()
    earlier: tuple[EarlierDecision, ...] = ()
    chair: str = ""
    review: str = ""
    plans: str = ""
    digest: str = ""
    """Vouches for the full words of review and plans."""
    adopted_at: datetime | None = None
    supplements: int = 0

    @property
    def id(self) -> str:
        """Return the meeting's id, which is its subject."""
        return meeting_id(self.unit, self.number)

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return what a decision about the whole meeting needs beside it: its ledger and the cases it is about."""
        cases = dict.fromkeys(case for item in (*self.named, *self.agenda) for case in (item.case, *item.more))
        return (f"ledger:{self.unit}", *cases)

    @property
    def is_second_call(self) -> bool:
        """Tell whether a party that is absent again no longer counts (G5)."""
        return self.makeup or self.sitting > 1


def check_move(meeting: Meeting, event: Event) -> MeetingStatus:
    """Return the status after an event. Raises Refused("move.forbidden") where the table has no such move."""
    to = MOVES.get((meeting.status, event))
    if to is None:
        raise Refused("move.forbidden", "status", now=meeting.status.value, to=event.value)
    return to


def meeting_id(unit: str, number: int) -> str:
    """Return the id of a body's n-th meeting of any kind."""
    return f"meeting:{unit}:{number}"


def opening_on(city: Any, unit: str, on: date) -> datetime:
    """Return when a meeting of a body opens on a day: at the hour fixed for it (三定)."""
    midnight: datetime = city.calendar.midnight(on.toordinal())
    opens = city.bodies[unit].slot.opens
    return midnight + timedelta(hours=opens.hour, minutes=opens.minute)


def end_of_day(city: Any, on: date) -> datetime:
    """Return 24:00 of a day."""
    ends: datetime = city.calendar.midnight(on.toordinal() + 1)
    return ends


def slot_end(city: Any, opens_at: datetime) -> datetime:
    """Return until when a meeting may be opened: the office's closing on its day, later ones the end of that day."""
    on = city.calendar.local(opens_at).date()
    closing: datetime = city.calendar.midnight(on.toordinal()) + city.calendar.closing
    return closing if opens_at < closing else end_of_day(city, on)


def cut_off_before(city: Any, opens_at: datetime) -> datetime:
    """Return when the agenda of a regular meeting is fixed: three working days before, at the office's closing."""
    calendar = city.calendar
    day = calendar.working_day_before(calendar.local(opens_at).date(), city.clock("cut_off").amount)
    cut_off: datetime = calendar.midnight(day.toordinal()) + calendar.closing
    return cut_off


def next_regular_day(city: Any, unit: str, after: date) -> date:
    """Return the day of the body's first regular meeting after a day."""
    year = after.year
    while True:
        for on in city.meeting_days(unit, year):
            if on > after:
                found: date = on
                return found
        year += 1


def chair_of(city: Any, meeting: Meeting, present: Collection[str]) -> str:
    """Return who of those present takes the chair: whoever called the meeting, in his absence the convener.

    In an estate the branch, whose secretary convenes. Empty if neither is there.
    """
    body = city.bodies[meeting.unit]
    posts = (meeting.caller, body.convener, body.members[0].code if body.quorum_rule == "three_parties" else "")
    return next((post for post in posts if post and post in present), "")


def absent_from(city: Any, meeting: Meeting, present: Collection[str]) -> tuple[str, ...]:
    """Return the standing members and the invited ones who are not there."""
    called = (*(member.code for member in city.bodies[meeting.unit].members), *meeting.invited)
    return tuple(code for code in dict.fromkeys(called) if code not in present)


def is_quorate(city: Any, meeting: Meeting, present: Collection[str]) -> bool:
    """Tell whether those present make a meeting (G5).

    The chair and more than half of the standing members, and the body's own share of them; in an estate each of the
    parties that exist there, of which one absent at the second call no longer counts; in a temporary meeting instead
    every unit that is asked to lead.
    """
    body = city.bodies[meeting.unit]
    there = frozenset(present)
    if not there.issuperset(meeting.leads):
        return False
    if body.quorum_rule == "three_parties" and meeting.is_second_call:
        return body.members[0].code in there
    if meeting.temporary and meeting.leads and body.quorum_rule == "share":
        return bool(chair_of(city, meeting, there))
    return bool(body.is_quorate(there))
