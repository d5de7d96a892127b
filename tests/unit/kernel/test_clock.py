"""Budgets of time: the dates of the worked example (workflows §2.6) and laws that hold for every instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.city.load import days_of
from shared.kernel.calendar import SHANGHAI, Calendar
from shared.kernel.clock import (
    Budget,
    Suspension,
    Unit,
    add,
    fraction_point,
    is_on_time,
    latest_start,
    project,
    working_time_between,
)

CALENDAR = Calendar(
    holidays=days_of(["2026-01-01..2026-01-03", "2026-02-15..2026-02-23", "2026-04-04..2026-04-06"]),
    makeups=days_of(["2026-01-04", "2026-02-14", "2026-02-28"]),
    known=frozenset({2026}),
)
TICK = timedelta(microseconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def ends(start: str, budget: str, *pauses: tuple[str, str]) -> datetime:
    suspensions = [Suspension(at(first), at(last)) for first, last in pauses]
    return project(at(start), Budget.parse(budget), suspensions, CALENDAR)


instants = st.datetimes(datetime(2025, 12, 20), datetime(2026, 5, 1), timezones=st.just(SHANGHAI))
amounts = st.integers(1, 60)
budgets = st.builds(Budget, amounts, st.sampled_from(Unit))
working = st.builds(Budget, amounts, st.sampled_from([Unit.WORKING_HOURS, Unit.WORKING_DAYS]))
shares = st.fractions(0, 1, max_denominator=20)
pauses = st.lists(
    st.builds(lambda start, hours: Suspension(start, start + timedelta(hours=hours)), instants, st.integers(1, 800)),
    max_size=3,
)


@pytest.mark.parametrize(
    ("start", "budget", "expected"),
    [
        ("2026-01-19T09:00:00", "45 nd", "2026-03-06T00:00:00"),  # answer by 5 March
        ("2026-03-02T15:00:00", "2 wd", "2026-03-04T18:00:00"),  # receipt by 4 March
        ("2026-03-31T10:00:00", "5 wd", "2026-04-08T18:00:00"),  # told by 8 April, 6 April is a holiday
        ("2026-03-20T10:00:00", "105 nd", "2026-07-04T00:00:00"),  # answer by 3 July
        ("2026-06-18T10:00:00", "200 nd", "2027-01-05T00:00:00"),  # answer by 4 January 2027
        ("2026-01-30T10:00:00", "5 wd", "2026-02-06T18:00:00"),  # r1 told by 6 February
        ("2026-02-13T17:00:00", "4 wh", "2026-02-14T11:30:00"),  # into the make-up Saturday
        ("2026-02-14T17:30:00", "1 wh", "2026-02-24T09:00:00"),  # over the Spring Festival
        ("2026-02-25T11:00:00", "1 wh", "2026-02-25T12:00:00"),  # due at closing, not at the next opening
        ("2026-02-25T12:30:00", "1 wh", "2026-02-25T14:30:00"),
        ("2026-02-14T20:00:00", "24 uh", "2026-02-15T20:00:00"),
        ("2026-02-14T20:00:00", "1 wd", "2026-02-24T18:00:00"),
    ],
)
def test_a_budget_ends_where_the_calendar_says(start: str, budget: str, expected: str):
    assert ends(start, budget) == at(expected)


def test_exactly_at_the_due_instant_is_on_time_and_a_moment_later_is_late():
    limit = ends("2026-03-02T15:00:00", "2 wd")
    assert is_on_time(limit, limit)
    assert not is_on_time(limit + TICK, limit)


def test_a_suspension_stops_working_hours_only_while_the_office_would_be_open():
    assert ends("2026-03-02T10:00:00", "4 wh", ("2026-03-02T11:00:00", "2026-03-03T09:30:00")) == at(
        "2026-03-03T14:00:00"
    )


def test_a_suspended_working_day_is_one_whose_closing_is_paused():
    assert ends("2026-03-02T10:00:00", "3 wd", ("2026-03-03T10:00:00", "2026-03-05T15:00:00")) == at(
        "2026-03-09T18:00:00"
    )


def test_a_suspended_natural_day_is_one_whose_midnight_is_paused():
    assert ends("2026-03-02T10:00:00", "3 nd", ("2026-03-03T10:00:00", "2026-03-05T15:00:00")) == at(
        "2026-03-08T00:00:00"
    )


def test_a_suspension_on_the_first_day_costs_no_day():
    assert ends("2026-03-02T10:00:00", "1 wd", ("2026-03-02T11:00:00", "2026-03-03T09:00:00")) == at(
        "2026-03-03T18:00:00"
    )


def test_a_suspension_that_begins_at_the_due_instant_comes_too_late():
    assert ends("2026-03-02T10:00:00", "1 wd", ("2026-03-03T18:00:00", "2026-03-10T09:00:00")) == at(
        "2026-03-03T18:00:00"
    )


def test_the_reminder_comes_when_three_quarters_of_the_working_time_have_run():
    start = at("2026-03-02T08:30:00")
    assert fraction_point(start, Budget.parse("4 wh"), Fraction(3, 4), CALENDAR) == at("2026-03-02T11:30:00")
    # One working day from Monday 08:30 runs through sixteen hours of work to Tuesday's closing.
    assert fraction_point(start, Budget.parse("1 wd"), Fraction(3, 4), CALENDAR) == at("2026-03-03T12:00:00") + (
        timedelta(hours=2)
    )
    assert fraction_point(start, Budget.parse("24 uh"), Fraction(3, 4), CALENDAR) == at("2026-03-03T02:30:00")


def test_the_reminder_waits_while_the_clock_is_suspended():
    pause = Suspension(at("2026-03-02T09:00:00"), at("2026-03-03T09:00:00"))
    point = fraction_point(at("2026-03-02T08:30:00"), Budget.parse("4 wh"), Fraction(3, 4), CALENDAR, [pause])
    assert point == at("2026-03-03T11:30:00")


def test_a_budget_reads_and_writes_as_in_a_city_file():
    assert Budget.parse("30 nd") == Budget(30, Unit.NATURAL_DAYS)
    assert str(Budget(4, Unit.WORKING_HOURS)) == "4 wh"
    assert Budget.parse("7 wd").halved() == Budget.parse("4 wd")
    assert Budget.parse("7 wd").plus(Budget.parse("7 wd")) == Budget.parse("14 wd")


@pytest.mark.parametrize("text", ["4", "wh", "4 h", "-1 wd", "0 wd", "1.5 wh", "4wh"])
def test_anything_else_is_no_budget(text: str):
    with pytest.raises(ValueError, match=r".+"):
        Budget.parse(text)


def test_budgets_of_different_units_do_not_add_up():
    with pytest.raises(ValueError, match="cannot add"):
        Budget.parse("1 wd").plus(Budget.parse("1 nd"))


@given(instants, instants, budgets, pauses)
def test_a_later_start_is_never_due_earlier(first: datetime, second: datetime, budget: Budget, held: list[Suspension]):
    first, second = sorted((first, second))
    assert project(first, budget, held, CALENDAR) <= project(second, budget, held, CALENDAR)


@given(instants, budgets, pauses)
def test_a_due_instant_lies_after_the_start(start: datetime, budget: Budget, held: list[Suspension]):
    assert project(start, budget, held, CALENDAR) > start


@given(instants, working, pauses)
def test_working_time_is_never_due_while_the_office_is_closed(start: datetime, budget: Budget, held: list[Suspension]):
    limit = project(start, budget, held, CALENDAR)
    assert CALENDAR.is_open(limit - TICK)
    if budget.unit is Unit.WORKING_DAYS:
        assert limit == CALENDAR.midnight(limit.toordinal()) + CALENDAR.closing


@given(instants, amounts, amounts)
def test_working_hours_add_up(start: datetime, first: int, second: int):
    one, two, both = (Budget(amount, Unit.WORKING_HOURS) for amount in (first, second, first + second))
    assert add(add(start, one, CALENDAR), two, CALENDAR) == add(start, both, CALENDAR)
    assert working_time_between(start, add(start, both, CALENDAR), CALENDAR) == timedelta(hours=first + second)


@given(instants, amounts, amounts, st.sampled_from([Unit.URGENT_HOURS, Unit.WORKING_DAYS]))
def test_urgent_hours_and_working_days_add_up_as_well(start: datetime, first: int, second: int, unit: Unit):
    one, two = Budget(first, unit), Budget(second, unit)
    assert add(add(start, one, CALENDAR), two, CALENDAR) == add(start, one.plus(two), CALENDAR)


@given(instants, budgets, pauses, instants, st.integers(1, 500))
def test_one_more_suspension_never_makes_a_clock_due_earlier(
    start: datetime, budget: Budget, held: list[Suspension], begin: datetime, hours: int
):
    more = Suspension(begin, begin + timedelta(hours=hours))
    assert project(start, budget, [*held, more], CALENDAR) >= project(start, budget, held, CALENDAR)


@given(instants, amounts, pauses)
def test_suspended_working_hours_come_on_top(start: datetime, amount: int, held: list[Suspension]):
    budget = Budget(amount, Unit.WORKING_HOURS)
    limit = project(start, budget, held, CALENDAR)
    at_work = paused = timedelta(0)
    edges = sorted({start, limit, *(e for p in held for e in (p.start, p.end) if start < e < limit)})
    for first, second in pairwise(edges):
        span = working_time_between(first, second, CALENDAR)
        is_paused = any(pause.start <= first < pause.end for pause in held)
        paused, at_work = (paused + span, at_work) if is_paused else (paused, at_work + span)
    assert at_work == timedelta(hours=amount)


@given(instants, budgets, shares, pauses)
def test_a_share_of_the_time_lies_between_start_and_due(
    start: datetime, budget: Budget, share: Fraction, held: list[Suspension]
):
    point = fraction_point(start, budget, share, CALENDAR, held)
    assert point <= project(start, budget, held, CALENDAR)
    assert point >= start or share == 0


@given(instants, budgets)
def test_the_latest_start_is_the_last_one_that_is_due_in_time(limit: datetime, budget: Budget):
    start = latest_start(limit, budget, CALENDAR)
    assert add(start, budget, CALENDAR) <= limit
    assert add(start + 2 * TICK, budget, CALENDAR) > limit


@given(instants, budgets)
def test_the_zone_a_start_is_written_in_does_not_matter(start: datetime, budget: Budget):
    assert add(start.astimezone(UTC), budget, CALENDAR) == add(start, budget, CALENDAR)
