"""A deadline that knows how it was counted follows a calendar published later; one that no calendar moves stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared.kernel.calendar import SHANGHAI, Calendar
from shared.kernel.clock import Budget, Mark, Suspension, Term, add, counted, fixed
from shared.kernel.decisions import CLOCK, SYSTEM, Arm, CalendarChanged, Context, Message
from shared.kernel.recounting import DeadlinesMoved, MovedDeadline, recounting

MONDAY = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
PLAIN = Calendar()
CLOSED = replace(PLAIN, holidays=frozenset({MONDAY.date() + timedelta(days=n) for n in range(1, 4)}))


class City:
    calendar = CLOSED


def meet(*armed: Arm, now: datetime = MONDAY) -> tuple[list[MovedDeadline], dict[str, datetime]]:
    """Return what is stated and armed when these deadlines meet three days off."""
    message = Message(CalendarChanged(3, "通知", armed), "c", CLOCK, SYSTEM, now, "m")
    decision = recounting(DeadlinesMoved)({"c": None}, message, Context(now, City(), str))
    stated = [fact.data for fact in decision.facts]
    assert all((fact.calendar, fact.reason) == (3, "通知") for fact in stated)
    return [one for fact in stated for one in fact.moved], {
        change.name: change.due_at for change in decision.deadlines if isinstance(change, Arm)
    }


def armed(name: str, mark: Mark | None, at: datetime | None = None) -> Arm:
    return Arm(name, at or (mark.at(PLAIN) if mark else MONDAY), mark=mark)


def test_each_way_of_counting_is_counted_again() -> None:
    days, hours = Budget.parse("4 wd"), Budget.parse("12 wh")
    pause = (Suspension(MONDAY, MONDAY + timedelta(days=2)),)
    marks = {
        "end": counted(MONDAY, days),
        "hours": counted(MONDAY, hours),
        "reminder": Mark(Term(MONDAY, days), "3/4"),
        "later": counted(MONDAY, days, Budget.parse("1 wd"), Budget.parse("7 nd")),
        "paused": Mark(Term(MONDAY, days, pause)),
        "after days": counted(MONDAY, Budget.parse("1 nd"), Budget.parse("1 wd")),
        "all time": replace(counted(MONDAY + timedelta(days=1), days), since=MONDAY, share="3/4"),
    }
    moved, now = meet(*(armed(name, mark) for name, mark in marks.items()))
    assert {one.name: (one.before, one.ends_at) for one in moved} == {
        name: (mark.at(PLAIN), mark.at(CLOSED)) for name, mark in marks.items()
    }
    assert now == {name: mark.at(CLOSED) for name, mark in marks.items()}
    assert now["later"] == add(add(now["end"], Budget.parse("1 wd"), CLOSED), Budget.parse("7 nd"), CLOSED)


def test_what_no_calendar_moves_or_what_was_armed_without_a_mark_is_left_alone() -> None:
    assert meet(
        armed("days", counted(MONDAY, Budget.parse("30 nd"))),
        armed("urgent", counted(MONDAY, Budget.parse("24 uh"))),
        armed("a date", fixed(MONDAY)),
        armed("unmarked", None),
        armed("short", counted(MONDAY, Budget.parse("2 wh"))),
    ) == ([], {})
    assert not fixed(MONDAY).is_by_calendar
    assert fixed(MONDAY).at(CLOSED) == MONDAY


def test_what_is_past_by_the_new_calendar_comes_due_at_once_in_its_order() -> None:
    now = MONDAY + timedelta(days=30)
    first, second = counted(MONDAY, Budget.parse("4 wd")), counted(MONDAY, Budget.parse("6 wd"))
    later = now + timedelta(days=9)
    moved, due = meet(armed("second", second, later), armed("first", first, later), now=now)
    assert due == {"first": now, "second": now + timedelta.resolution}
    assert [one.ends_at for one in moved] == [first.at(CLOSED), second.at(CLOSED)], "the record says where it lies"
