"""Published scores in the words and shapes of their pages."""

from __future__ import annotations

from typing import Any

import pytest

from services.console import scores
from services.console.words import TONGUES


def card(unit: str, composite: str | None, place: int | None, kind: str = "street", tier: str = "street") -> Any:
    return {"unit": unit, "kind": kind, "tier": tier, "composite": composite, "place": place}


@pytest.mark.parametrize(
    ("period", "span", "name", "before"),
    [
        ("2026-11", "month", "2026 年 11 月", "2026-10"),
        ("2026-01", "month", "2026 年 1 月", "2025-12"),
        ("2026-Q1", "quarter", "2026 年第 1 季度", "2025-Q4"),
        ("2026", "year", "2026 年度", "2025"),
    ],
)
def test_a_period_has_a_name_and_one_before_it(period: str, span: str, name: str, before: str) -> None:
    assert (scores.span_of(period), scores.period_name(TONGUES["zh"], period)) == (span, name)
    assert scores.before(period) == before


@pytest.mark.parametrize("wrong", ["", "2026-13", "2026-Q5", "26-01"])
def test_what_is_no_period_is_none(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        scores.span_of(wrong)


def test_a_rate_without_value_is_a_dash_and_never_zero() -> None:
    assert scores.percent(None) == scores.percent({"percent": None}) == "—"
    assert scores.percent({"percent": "0.00"}) == "0.0%"
    assert scores.percent({"percent": "97.46"}) == "97.5%"


def test_a_change_is_signed_and_empty_without_a_figure_on_both_sides() -> None:
    assert scores.change(card("a", "91.20", 1), card("a", "92.60", 1)) == "−1.4"
    assert scores.change(card("a", "97.80", 1), card("a", "97.40", 1)) == "+0.4"
    assert scores.change(card("a", "97.80", 1), None) == ""
    assert scores.change(card("a", None, None), card("a", "90.00", 1)) == ""


def test_peers_stand_by_kind_and_tier_those_without_a_place_last() -> None:
    found = scores.tiers(
        [card("x", None, None), card("b", "90.00", 2), card("a", "92.00", 1), card("d", "90.00", 1, "department", "甲")]
    )
    assert list(found) == [("street", "street"), ("department", "甲")]
    assert [one["unit"] for one in found["street", "street"]] == ["a", "b", "x"]


def test_an_axis_is_cut_in_fives_below_the_lowest_figure() -> None:
    assert scores.cut([91.2, 97.8]) == (90, 100)
    assert scores.cut([99.5]) == (95, 100)
    assert scores.cut([]) == (80, 100)
