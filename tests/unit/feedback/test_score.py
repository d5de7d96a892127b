"""The three rates are exact and half up (workflows §4.2, §4.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.heard import CaseClosed
from services.feedback.domain.score import Ratio, Tally, half_up, next_hour, period_of, score, touches
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import SYSTEM, Message
from tests.unit.feedback.test_rating import CityPolicy

GRADES = {5: 18, 4: 12, 3: 10, 2: 4, 1: 2}


def test_the_worked_example_gives_its_published_figures() -> None:
    tally = Tally(asked=60, answers=50, contacted=47, outcomes=46, solved=36, grades=GRADES)
    found = score("hb", "2026-11", tally, CityPolicy(), revision=1)
    assert found.response == Ratio("47", 50, "94.00")
    assert found.resolution == Ratio("36", 46, "78.26")
    assert found.satisfaction == Ratio("39", 46, "84.78")
    assert found.composite == "82.44"
    assert (found.asked, found.few, found.policy) == (60, False, "1")


def test_the_worked_example_with_the_excluded_left_out_of_the_response_too() -> None:
    tally = Tally(asked=60, answers=46, contacted=43, outcomes=46, solved=36, grades=GRADES)
    found = score("hb", "2026-11", tally, CityPolicy(), revision=1)
    assert (found.response.percent, found.composite) == ("93.48", "82.39")


def test_a_denominator_of_zero_has_no_value() -> None:
    nobody = score("hb", "2026-11", Tally(asked=3), CityPolicy(), revision=1)
    assert nobody.response == nobody.resolution == nobody.satisfaction == Ratio("0", 0, None)
    assert nobody.composite is None


def test_where_all_cases_were_declined_the_response_stands_alone() -> None:
    declined = score("hb", "2026-11", Tally(asked=2, answers=2, contacted=1), CityPolicy(), revision=1)
    assert (declined.response.percent, declined.resolution.percent, declined.composite) == ("50.00", None, None)


@pytest.mark.parametrize(("answers", "few"), [(9, True), (10, False)])
def test_fewer_than_ten_answers_are_flagged(answers: int, few: bool) -> None:
    tally = Tally(asked=12, answers=answers, contacted=answers, outcomes=answers, solved=answers, grades={4: answers})
    assert score("hb", "2026-11", tally, CityPolicy(), revision=1).few is few


def test_a_satisfied_grade_of_three_counts_nine_tenths_exactly() -> None:
    tally = Tally(asked=1, answers=1, contacted=1, outcomes=1, solved=1, grades={3: 1})
    found = score("hb", "2026-11", tally, CityPolicy(), revision=1)
    assert (found.satisfaction, found.composite) == (Ratio("0.9", 1, "90.00"), "96.00")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0.00"),
        ("0.005", "0.01"),
        ("0.00499999", "0.00"),
        ("2.675", "2.68"),
        ("99.995", "100.00"),
        ("1/3", "0.33"),
    ],
)
def test_a_half_is_rounded_up(value: str, shown: str) -> None:
    assert half_up(Fraction(value)) == shown


@given(st.fractions(min_value=0, max_value=100))
def test_the_shown_figure_is_never_further_than_half_a_hundredth_away(value: Fraction) -> None:
    assert Fraction(-1, 200) < Fraction(half_up(value)) - value <= Fraction(1, 200)


def test_the_month_is_that_of_the_clock_in_china() -> None:
    assert period_of(datetime(2026, 11, 30, 16, 0, tzinfo=UTC)) == "2026-12"
    assert period_of(datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)) == "2026-11"


def test_a_full_hour_is_followed_by_the_next() -> None:
    ten = datetime(2026, 11, 2, 10, tzinfo=SHANGHAI)
    assert next_hour(ten) == ten.replace(hour=11)
    assert next_hour(ten.replace(minute=59, second=59)) == ten.replace(hour=11)


@pytest.mark.parametrize(
    ("closed", "subjects"),
    [
        (CaseClosed("rated", "hb", "S01"), ("score:hb:2026-11",)),
        (CaseClosed("rated", None, None), ()),
        (CaseClosed("on_spot", "hb", "S01"), ()),
    ],
)
def test_a_closing_case_touches_the_score_it_counts_in(closed: CaseClosed, subjects: tuple[str, ...]) -> None:
    at = datetime(2026, 11, 2, 10, tzinfo=SHANGHAI)
    assert touches(Message(closed, "case-1", "dispatch", SYSTEM, at, "m-1")) == subjects
