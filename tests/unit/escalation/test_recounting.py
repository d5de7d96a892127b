"""A calendar published later moves what topics and meetings wait for, with the reason on record (decision 65)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain import topic_facts as t
from services.escalation.domain.meeting import MeetingStatus, cut_off_before
from services.escalation.domain.recounting import LedgerDeadlinesMoved
from shared.kernel.clock import add
from tests.unit.escalation.hall import COMMUNITY, ESTATE, Hall

DAYS_OFF = [date(2026, 1, 6) + timedelta(days=n) for n in range(40)]


def off(hall: Hall, *days: date) -> Any:
    return replace(hall.city.calendar, holidays=hall.city.calendar.holidays | set(days), makeups=frozenset())


def meet(hall: Hall, subject: str, *days: date) -> dict[str, Any]:
    """Let a subject meet a calendar with these days off; returns what moved, by name."""
    stated = hall.meet_calendar(subject, off(hall, *days))
    return {one.name: one for fact in stated if isinstance(fact, LedgerDeadlinesMoved) for one in fact.moved}


def test_screening_moves_and_still_admits_by_silence_once() -> None:
    hall = Hall()
    hall.register()
    hall.propose(ESTATE, "c-1")
    before = hall.deadlines["c-1", "screen"].due_at
    (screen,) = meet(hall, "c-1", *DAYS_OFF[:5]).values()
    due = add(hall.now, hall.city.clock("screen"), hall.city.calendar)
    assert (screen.before, screen.ends_at) == (before, due)
    assert hall.deadlines["c-1", "screen"].due_at == hall.topic().active.answer_due_at == due > before
    hall.advance(before)
    assert hall.stated(t.TopicAdmitted) == []
    hall.advance(due)
    assert [fact.lapsed for fact in hall.stated(t.TopicAdmitted)] == [True]


def test_receipt_what_is_owed_and_the_answer_after_a_deferral_move() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "defer")
    hall.register("c-2")
    hall.escalate("c-2")
    names = {name for subject, name in hall.deadlines if subject == "c-1"}
    assert {"answer", "remind_answer"} <= names
    first = hall.now.date() + timedelta(days=1)
    moved = meet(hall, "c-1", *(first + timedelta(days=n) for n in range(90)))
    tell = {name.split(":")[0] for name in moved}
    assert {"answer", "remind_answer", "remind", "overdue", "supervise", "tell"} == tell
    assert hall.topic().active.answer_due_at == moved["answer"].ends_at == hall.deadlines["c-1", "answer"].due_at
    hall.advance(hall.deadlines["c-1", "remind_answer"].due_at)
    reminded = [fact.of for fact in hall.stated(t.TopicReminded)]
    assert t.FollowUp.ANSWER in reminded, "the reminder belongs to the clock that moved"


def test_a_receipt_of_a_moved_up_topic_and_the_lower_unit_s_acknowledgement_move() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "move_up")
    first = hall.now.date() + timedelta(days=1)
    moved = meet(hall, "c-1", *(first + timedelta(days=n) for n in range(9)))
    assert "take_over" not in {name.split(":")[0] for name in moved}, "nobody is below an estate"
    assert moved[f"receipt:{COMMUNITY}"].ends_at == add(hall.now, hall.city.clock("receipt"), hall.city.calendar)
    hall.decide_at(COMMUNITY, "defer")
    first = hall.now.date() + timedelta(days=1)
    moved = meet(hall, "c-1", *(first + timedelta(days=n) for n in range(30)))
    assert {"take_over", "tell", "overdue"} <= {name.split(":")[0] for name in moved}


def test_the_further_cases_of_a_joined_topic_are_told_by_when_it_is_answered_now() -> None:
    hall = Hall()
    hall.register("c-1")
    hall.register("c-2")
    hall.propose(ESTATE, "c-1", "c-2")
    hall.admit()
    hall.decide_at(ESTATE, "defer")
    before = hall.topic().active.answer_due_at
    first = hall.now.date() + timedelta(days=1)
    moved = meet(hall, "c-1", *(first + timedelta(days=n) for n in range(90)))
    pointer = hall.states["c-2"]
    told = [fact for fact in hall.advance(hall.now) if isinstance(fact, LedgerDeadlinesMoved)]
    assert [fact.moved for fact in told] == [(moved["answer"],)]
    assert ("c-2", told[0]) in hall.facts
    assert (told[0].reason, moved["answer"].before, hall.states["c-2"]) == ("国办通知", before, pointer)
    due = hall.topic().active.answer_due_at
    assert moved["answer"].ends_at == due > before
    assert "answer" in meet(hall, "c-1", *(first + timedelta(days=n) for n in range(130)))
    hall.states["c-1"] = hall.topic().with_entry(replace(hall.topic().active, answer_due_at=due + timedelta(days=9)))
    assert hall.advance(hall.now) == [], "set anew since"


def test_a_declined_topic_s_window_for_objection_moves_with_the_reply() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "decline")
    first = hall.now.date() + timedelta(days=1)
    moved = meet(hall, "c-1", *(first + timedelta(days=n) for n in range(5)))
    assert hall.topic().active.objection_until == moved["objection"].ends_at > moved["objection"].before


def test_the_minutes_of_a_held_meeting_and_the_call_of_a_proposed_one_move() -> None:
    hall = Hall()
    hall.escalate()
    meeting = hall.held(ESTATE)
    first = hall.now.date() + timedelta(days=1)
    moved = meet(hall, meeting.id, *(first + timedelta(days=n) for n in range(12)))
    assert moved["minutes"].ends_at == add(hall.now, hall.city.clock("minutes"), hall.city.calendar)
    urgent = Hall()
    urgent.escalate(urgent=True)
    (called,) = urgent.meetings(ESTATE, MeetingStatus.PROPOSED)
    assert meet(urgent, called.id, *DAYS_OFF) == {}, "urgent hours know no calendar"


def test_a_planned_meeting_on_a_day_off_moves_to_the_next_working_day_its_cut_off_with_it() -> None:
    hall = Hall()
    (planned,) = hall.meetings(ESTATE, MeetingStatus.PLANNED)
    on = hall.city.calendar.local(planned.opens_at).date()
    moved = meet(hall, planned.id, on)
    now = hall.states[planned.id]
    following = hall.city.calendar.working_day_after(on, 1)
    assert hall.city.calendar.local(now.opens_at).date() == following
    assert now.cut_off_at == cut_off_before(hall.city, now.opens_at) == hall.deadlines[planned.id, "convene"].due_at
    assert moved["convene"].before == planned.cut_off_at
    assert hall.stated(f.MeetingPlanned)[-1].on == following
    day_before = hall.city.calendar.working_day_before(following, 1)
    again = meet(hall, planned.id, day_before)
    assert hall.states[planned.id].opens_at == now.opens_at, "its day is worked: the cut-off alone moves"
    assert again["convene"].ends_at == cut_off_before(hall.city, now.opens_at)
    assert meet(hall, planned.id, day_before) == {}
