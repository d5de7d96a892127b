"""How a due time came about, line by line."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.account import Line, Why, account
from shared.kernel.calendar import SHANGHAI, Calendar
from shared.kernel.clock import Budget, Suspension, Term, Unit
from tests.unit.kernel.test_clock import CALENDAR, at, instants, pauses

NAMED = Calendar(
    CALENDAR.holidays, CALENDAR.makeups, CALENDAR.known,
    names={date(2026, 2, 15) + timedelta(days=n): "春节" for n in range(9)},
)  # fmt: skip


def term(start: str, budget: str, *held: tuple[str, str]) -> Term:
    return Term(at(start), Budget.parse(budget), tuple(Suspension(at(first), at(last)) for first, last in held))


def days(first: tuple[int, int], last: tuple[int, int]) -> tuple[date, date]:
    return date(2026, *first), date(2026, *last)


def test_working_days_over_the_spring_festival_name_every_closed_day() -> None:
    assert account(term("2026-02-12T10:00:00", "4 wd"), NAMED) == (
        Line(*days((2, 12), (2, 12)), Why.FIRST),
        Line(*days((2, 13), (2, 13)), Why.COUNTED, days=1),
        Line(*days((2, 14), (2, 14)), Why.MAKEUP, days=2),
        Line(*days((2, 15), (2, 23)), Why.HOLIDAY, "春节"),
        Line(*days((2, 24), (2, 25)), Why.COUNTED, days=4),
    )


def test_a_suspended_day_is_shown_as_such_and_counts_for_nothing() -> None:
    lines = account(term("2026-03-02T10:00:00", "3 wd", ("2026-03-03T10:00:00", "2026-03-05T15:00:00")), CALENDAR)
    assert [(line.why, line.days) for line in lines] == [
        (Why.FIRST, None),
        (Why.SUSPENDED, None),
        (Why.COUNTED, 2),
        (Why.WEEKEND, None),
        (Why.COUNTED, 3),
    ]


def test_working_hours_are_counted_in_minutes_of_each_day() -> None:
    lines = account(term("2026-03-06T16:00:00", "4 wh", ("2026-03-06T17:00:00", "2026-03-06T17:30:00")), CALENDAR)
    assert [(line.why, line.minutes) for line in lines] == [(Why.COUNTED, 90), (Why.WEEKEND, None), (Why.COUNTED, 150)]


def test_natural_days_know_no_closed_day_and_urgent_hours_no_day_at_all() -> None:
    lines = account(term("2026-02-14T10:00:00", "3 nd"), NAMED)
    assert lines == (Line(*days((2, 14), (2, 14)), Why.FIRST), Line(*days((2, 15), (2, 17)), Why.COUNTED, days=3))
    assert account(term("2026-02-14T10:00:00", "24 uh"), NAMED) == ()


@given(instants, st.integers(1, 30), st.sampled_from([Unit.WORKING_DAYS, Unit.NATURAL_DAYS]), pauses)
def test_the_counted_days_are_those_of_the_budget_and_the_last_is_the_due_day(
    start: datetime, amount: int, unit: Unit, held: list[Suspension]
) -> None:
    asked = Term(start, Budget(amount, unit), tuple(held))
    lines = account(asked, CALENDAR)
    assert lines[-1].days == amount
    assert lines[-1].last == (asked.due_at(CALENDAR) - timedelta.resolution).astimezone(SHANGHAI).date()
    assert lines[0].first == start.date()


@given(instants, st.integers(1, 30), pauses)
def test_the_minutes_are_those_of_the_hours_but_for_the_rounding_of_each_day(
    start: datetime, amount: int, held: list[Suspension]
) -> None:
    lines = account(Term(start, Budget(amount, Unit.WORKING_HOURS), tuple(held)), CALENDAR)
    counted = [line.minutes for line in lines if line.minutes is not None]
    assert amount * 60 - len(counted) <= sum(counted) <= amount * 60
