"""The three rates and the composite are exact and half up, and have no value without a denominator (workflows §4.2)."""

from __future__ import annotations

import ast
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain import score
from services.feedback.domain.ranking import places
from services.feedback.domain.score import Ratio, ScoreCounted, half_up, ratio
from services.feedback.domain.tally import Tally
from tests.unit.feedback.cards import ALL, POLICY, answer, card_of, counted, line

GRADES = {5: 18, 4: 12, 3: 10, 2: 4, 1: 2}
EXAMPLE = Tally(
    asked=60, answers=50, contacted=47, excluded=4, excluded_contacted=4, outcomes=46, solved=36, grades=GRADES
)


def test_the_worked_example_gives_its_published_figures() -> None:
    found = card_of(EXAMPLE)
    assert found.response == Ratio("47", 50, "94.00")
    assert found.resolution == Ratio("36", 46, "78.26")
    assert found.satisfaction == Ratio("39", 46, "84.78")
    assert found.composite == "82.44"
    assert (found.asked, found.few, found.policy, found.excluded) == (60, False, "1", 4)


def test_the_worked_example_with_the_excluded_left_out_of_the_response_too() -> None:
    found = card_of(EXAMPLE, ALL)
    assert (found.response, found.composite) == (Ratio("43", 46, "93.48"), "82.39")


def test_the_worked_example_counted_from_its_fifty_answers() -> None:
    grades = [grade for grade, count in GRADES.items() for _ in range(count)]
    contacted, solved = 43, 36
    lines, answers = [], []
    for n in range(60):
        case = f"c-{n}"
        lines.append(line(case, excluded="unreasonable" if 46 <= n < 50 else None))
        if n < 46:
            answers.append(answer(case, grades[n], contacted=n < contacted, solved=n < solved))
        else:
            answers.append(answer(case, 5 if n < 50 else None))
    found = card_of(counted(lines, answers)["water"])
    assert (found.response.percent, found.resolution.percent, found.satisfaction.percent) == ("94.00", "78.26", "84.78")
    assert (found.composite, found.coverage) == ("82.44", Ratio("50", 60, "83.33"))


def test_coverage_is_valid_answers_by_ratable_asked() -> None:
    assert card_of(EXAMPLE).coverage == Ratio("50", 60, "83.33")


def test_a_denominator_of_zero_has_no_value_neither_zero_nor_a_hundred() -> None:
    nobody = card_of(Tally(asked=3))
    assert nobody.response == nobody.resolution == nobody.satisfaction == Ratio("0", 0, None)
    assert nobody.composite is None
    assert all(found == Ratio("0", 0, None) for found in nobody.rates.values())


def test_where_all_answers_are_excluded_the_response_stands_alone() -> None:
    all_out = card_of(Tally(asked=2, answers=2, contacted=1, excluded=2, excluded_contacted=1))
    assert (all_out.response.percent, all_out.resolution.percent, all_out.composite) == ("50.00", None, None)


def test_a_case_that_a_meeting_declined_counts_in_the_response_alone() -> None:
    found = card_of(counted([line(declined=True)], [answer("c-1", 5, outcome=False)])["water"])
    assert (found.response, found.resolution.denominator, found.composite) == (Ratio("1", 1, "100.00"), 0, None)


@pytest.mark.parametrize(("answers", "few"), [(9, True), (10, False)])
def test_fewer_than_ten_answers_are_shown_and_flagged(answers: int, few: bool) -> None:
    tally = Tally(asked=12, answers=answers, contacted=answers, outcomes=answers, solved=answers, grades={4: answers})
    found = card_of(tally)
    assert (found.few, found.composite) == (few, "100.00")


def test_a_grade_of_three_counts_nine_tenths_exactly() -> None:
    found = card_of(Tally(asked=1, answers=1, contacted=1, outcomes=1, solved=1, grades={3: 1}))
    assert (found.satisfaction, found.composite) == (Ratio("0.9", 1, "90.00"), "96.00")


def test_a_credit_that_is_no_decimal_stays_an_exact_fraction() -> None:
    third = replace(POLICY, credits={**POLICY.credits, 3: Fraction(1, 3)})
    tally = Tally(asked=2, answers=2, contacted=2, outcomes=2, solved=2, grades={3: 2})
    assert card_of(tally, third).satisfaction == Ratio("2/3", 2, "33.33")


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


def test_a_ratio_shows_its_numerator_exactly() -> None:
    assert ratio(Fraction(39), 46) == Ratio("39", 46, "84.78")
    assert ratio(Fraction("1234567.5"), 0).numerator == "1234567.5"


# ---- places


def ranked(*composites: str | None, few: bool = False, tier: str = "department") -> list[ScoreCounted]:
    base = card_of(EXAMPLE)
    return [
        replace(base, unit=f"{tier}-{n}", composite=composite, few=few, tier=tier)
        for n, composite in enumerate(composites)
    ]


def test_ties_share_a_place_and_the_next_is_counted_on() -> None:
    found = places(ranked("92.31", "90.00", "90.00", "88.10"))
    assert [place for place, _ in found.values()] == [1, 2, 2, 4]
    assert {of for _, of in found.values()} == {4}


def test_places_are_by_the_published_figure_not_by_what_it_was_rounded_from() -> None:
    one = replace(POLICY, response=Fraction(), resolution=Fraction(1), satisfaction=Fraction())
    near = [Tally(asked=9999, answers=9999, outcomes=30_000, solved=n, grades={5: 30_000}) for n in (20_000, 19_999)]
    cards = [replace(card_of(tally, one), unit=f"u{n}") for n, tally in enumerate(near)]
    assert [card.composite for card in cards] == ["66.67", "66.66"]
    close = [
        Tally(asked=9999, answers=9999, outcomes=300_000, solved=n, grades={5: 300_000}) for n in (200_000, 200_001)
    ]
    cards = [replace(card_of(tally, one), unit=f"u{n}") for n, tally in enumerate(close)]
    assert [place for place, _ in places(cards).values()] == [1, 1]


def test_peers_are_compared_within_their_tier_alone() -> None:
    found = places([*ranked("92.31", "90.00"), *ranked("80.00", tier="small")])
    assert found["small-0"] == (1, 1)


def test_who_has_few_answers_or_no_composite_is_not_ranked() -> None:
    assert places([*ranked("92.31", few=True), *ranked(None, tier="other")]) == {}


def test_a_unit_named_in_a_tier_of_the_policy_stands_there() -> None:
    tiered = replace(POLICY, tiers={"large": ("water",)})
    assert (card_of(EXAMPLE, tiered).tier, card_of(EXAMPLE, tiered, "parks").tier) == ("large", "department")


def test_no_float_is_written_anywhere_in_the_rules() -> None:
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted(Path(score.__file__).parent.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert found == []
