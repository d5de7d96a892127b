"""Months, quarters, years and their freeze (workflows §4.4)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.feedback.domain.period import Period, Span, containing
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from shared.kernel.clock import Budget
from shared.kernel.refusals import Refused


@pytest.mark.parametrize(
    ("code", "first", "following"),
    [
        ("2026-11", date(2026, 11, 1), "2026-12"),
        ("2026-12", date(2026, 12, 1), "2027-01"),
        ("2026-Q4", date(2026, 10, 1), "2027-Q1"),
        ("2026-Q1", date(2026, 1, 1), "2026-Q2"),
        ("2026", date(2026, 1, 1), "2027"),
    ],
)
def test_a_period_has_a_first_day_and_a_following_one(code: str, first: date, following: str) -> None:
    period = Period.parse(code)
    assert (period.code, period.first, period.following.code) == (code, first, following)
    assert period.ends_at == period.following.starts_at


def test_a_period_has_its_months() -> None:
    assert [month.code for month in Period.parse("2026-Q4").months] == ["2026-10", "2026-11", "2026-12"]
    assert [month.code for month in Period.parse("2026-02").months] == ["2026-02"]
    assert len(Period.parse("2026").months) == 12


@pytest.mark.parametrize("code", ["2026-13", "2026-00", "2026-Q5", "november", "26-11", "2026-11-01", "", "2026-1"])
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(Refused) as caught:
        Period.parse(code)
    assert caught.value.rule == "message.invalid"


def test_the_month_is_that_of_the_clock_in_china() -> None:
    assert Period.containing(datetime(2026, 11, 30, 16, 0, tzinfo=UTC), Span.MONTH).code == "2026-12"
    assert Period.containing(datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC), Span.MONTH).code == "2026-11"
    assert [p.code for p in containing(datetime(2026, 11, 30, 16, 0, tzinfo=UTC))] == ["2026-12", "2026-Q4", "2026"]


def test_figures_are_frozen_at_the_end_of_the_seventh_working_day_after_the_period() -> None:
    calendar, budget = load("donggang").calendar, Budget.parse("7 wd")
    frozen = {code: Period.parse(code).freeze_at(budget, calendar) for code in ("2026-06", "2026-Q2", "2026-09")}
    assert frozen["2026-06"] == frozen["2026-Q2"]
    assert frozen["2026-06"].date() == date(2026, 7, 9)
    # The first week of October is a holiday, its Saturday after is a make-up day.
    assert frozen["2026-09"].astimezone(SHANGHAI).date() == date(2026, 10, 15)
