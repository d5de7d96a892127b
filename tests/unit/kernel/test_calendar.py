"""Working days and office hours, on the 2026 calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from shared.city.load import days_of
from shared.kernel.calendar import SHANGHAI, Calendar

CALENDAR = Calendar(
    holidays=days_of(["2026-01-01..2026-01-03", "2026-02-15..2026-02-23", "2026-04-04..2026-04-06"]),
    makeups=days_of(["2026-01-04", "2026-02-14", "2026-02-28"]),
    known=frozenset({2026}),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_a_make_up_saturday_is_a_working_day_and_a_holiday_tuesday_is_not():
    assert CALENDAR.is_working_day(date(2026, 2, 14))
    assert not CALENDAR.is_working_day(date(2026, 2, 17))
    assert not CALENDAR.is_working_day(date(2026, 2, 21))
    assert CALENDAR.is_working_day(date(2026, 2, 24))


def test_three_working_days_before_the_meeting_of_26_february_is_the_make_up_saturday():
    assert CALENDAR.working_day_before(date(2026, 2, 26), 3) == date(2026, 2, 14)


def test_counting_back_does_not_count_the_day_itself():
    assert CALENDAR.working_day_before(date(2026, 1, 28), 3) == date(2026, 1, 23)


def test_working_days_between_counts_both_ends():
    assert CALENDAR.working_days_between(date(2026, 2, 14), date(2026, 2, 26)) == 4
    assert CALENDAR.working_days_between(date(2026, 2, 26), date(2026, 2, 14)) == 0


def test_a_year_without_statutory_calendar_is_monday_to_friday_and_provisional():
    assert CALENDAR.is_provisional(date(2027, 10, 1))
    assert CALENDAR.is_working_day(date(2027, 10, 1))
    assert not CALENDAR.is_provisional(date(2026, 10, 1))


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2026-02-25T08:29:59", False),
        ("2026-02-25T08:30:00", True),
        ("2026-02-25T11:59:59", True),
        ("2026-02-25T12:00:00", False),
        ("2026-02-25T13:30:00", True),
        ("2026-02-25T18:00:00", False),
        ("2026-02-14T10:00:00", True),
        ("2026-02-17T10:00:00", False),
    ],
)
def test_the_office_is_open_from_opening_until_just_before_closing(instant: str, is_open: bool):
    assert CALENDAR.is_open(at(instant)) is is_open


def test_the_next_opening_skips_lunch_night_and_holidays():
    assert CALENDAR.next_opening(at("2026-02-25T12:10:00")) == at("2026-02-25T13:30:00")
    assert CALENDAR.next_opening(at("2026-02-14T18:00:00")) == at("2026-02-24T08:30:00")
    assert CALENDAR.next_opening(at("2026-02-25T09:00:00")) == at("2026-02-25T09:00:00")


def test_the_same_instant_in_another_zone_counts_the_same():
    here = at("2026-02-25T09:15:00")
    assert CALENDAR.office_time(here.astimezone(UTC)) == CALENDAR.office_time(here)


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="without zone"):
        CALENDAR.office_time(datetime(2026, 2, 25, 9))


def test_a_day_beyond_the_calendar_is_refused():
    with pytest.raises(ValueError, match="beyond"):
        CALENDAR.working_day_after(date(2100, 12, 31), 1)


def test_office_hours_out_of_order_are_refused():
    with pytest.raises(ValueError, match="office hours"):
        Calendar(hours=((time(13), time(12)),))
