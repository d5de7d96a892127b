"""The analysis is exact: control limits, hot spots, the month's topic, summing up (domain §6.3)."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.analysis import Matter, control, is_beyond, is_hot, proposals, root
from services.feedback.domain.draw import Completion
from services.feedback.domain.summary import (
    Became,
    Conclusion,
    ConclusionKind,
    CycleSummedUp,
    Fate,
    SumUp,
    subject_of,
)
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.feedback.boxes import Office

OPERATIONS = Actor("operations", "centre")
QUARTERS = subject_of("quarters")


def test_limits_lie_three_roots_of_the_mean_away() -> None:
    found = control([4] * 12 + [11, 4, 4, 0])
    assert found is not None
    assert (found.mean, found.upper, found.lower) == ("4.19", "10.33", "0.00")
    assert (found.above, found.below) == ((12,), ())


def test_a_series_of_nothing_has_no_limits_and_one_of_zeros_no_outlier() -> None:
    assert control([]) is None
    zeros = control([0, 0, 0])
    assert zeros is not None
    assert (zeros.mean, zeros.upper, zeros.above, zeros.below) == ("0.00", "0.00", (), ())


def test_exactly_on_the_limit_is_within_it() -> None:
    assert not is_beyond(10, Fraction(4))
    assert is_beyond(11, Fraction(4))


def test_a_low_week_is_below() -> None:
    found = control([100] * 11 + [60])
    assert found is not None
    assert found.below == (11,)


@given(st.fractions(min_value=0, max_value=10**6, max_denominator=1000))
def test_a_root_is_exact_to_six_decimals(value: Fraction) -> None:
    found = root(value)
    assert found**2 <= value < (found + Fraction(1, 10**6)) ** 2


@pytest.mark.parametrize(
    ("count", "before", "hot"),
    [(5, [1] * 12, True), (4, [1] * 12, False), (2, [0] * 12, False), (3, [0] * 12, True), (3, [], False)],
)
def test_a_grid_is_hot_above_what_was_usual_and_with_three_cases_at_least(
    count: int, before: list[int], hot: bool
) -> None:
    assert is_hot(count, before) is hot


def test_the_month_s_topics_are_the_matters_that_recur_in_several_communities() -> None:
    matters = [
        Matter("lamp", 30, 10, 2, 4), Matter("noise", 30, 5, 3, 3), Matter("drain", 90, 10, 1, 9),
        Matter("lift", 12, 0, 2, 2), Matter("stall", 11, 0, 2, 2), Matter("once", 50, 0, 4, 0),
    ]  # fmt: skip
    assert [one.matter for one in proposals(matters)] == ["noise", "lamp", "lift"]


NO_CHANGE = Conclusion(ConclusionKind.NONE, "本季无须调整")
LAMPS = Conclusion(ConclusionKind.MATTER, "路灯事项并入市政", "street-lights")
SAMPLE = Conclusion(ConclusionKind.LIMIT, "抽检下限提高", "checks_least")


def office(city: str = "guiping") -> Office:
    return Office(load(city), datetime(2026, 10, 8, 9, tzinfo=SHANGHAI))


def sum_up(
    o: Office,
    cycle: str,
    conclusions: tuple[Conclusion, ...],
    became: tuple[Became, ...] = (),
    actor: Actor = OPERATIONS,
) -> list[Any]:
    return o.send(QUARTERS, SumUp(cycle, "噪声集中在夜市", conclusions, became), actor, creates=True)


def test_the_next_summary_says_what_became_of_each_conclusion_before() -> None:
    o = office()
    sum_up(o, "2026Q3", (LAMPS, SAMPLE))
    for became in ((), (Became(1, Fate.DONE),), (Became(1, Fate.DONE), Became(1, Fate.DONE))):
        with pytest.raises(Refused) as refused:
            sum_up(o, "2026Q4", (NO_CHANGE,), became)
        assert (refused.value.rule, refused.value.params) == ("summary.became", {"count": "2"})
    (fact,) = sum_up(o, "2026Q4", (NO_CHANGE,), (Became(1, Fate.DONE), Became(2, Fate.DROPPED)))
    assert isinstance(fact, CycleSummedUp)
    assert sum_up(o, "2027Q1", (LAMPS,))


@pytest.mark.parametrize(
    ("conclusions", "rule"),
    [
        ((Conclusion(ConclusionKind.MATTER, "不存在", "no-such"),), "summary.unknown_code"),
        ((Conclusion(ConclusionKind.LIMIT, "不存在", "no-such"),), "summary.unknown_code"),
        ((Conclusion(ConclusionKind.POLICY, "不存在", "99"),), "summary.unknown_code"),
        ((Conclusion(ConclusionKind.LIST, "未指明"),), "summary.unknown_code"),
        ((NO_CHANGE, LAMPS), "summary.none_alone"),
    ],
)
def test_a_conclusion_names_what_it_changes(conclusions: tuple[Conclusion, ...], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        sum_up(office(), "2026Q3", conclusions)
    assert refused.value.rule == rule


def test_a_cycle_is_summed_up_once_by_operations_where_the_loop_is_on() -> None:
    o = office()
    sum_up(o, "2026Q3", (NO_CHANGE,))
    with pytest.raises(Refused) as refused:
        sum_up(o, "2026Q3", (NO_CHANGE,))
    assert refused.value.rule == "summary.twice"
    for kind in ("unit", "department", "resident", "source"):
        with pytest.raises(Refused) as refused:
            sum_up(o, "2026Q4", (NO_CHANGE,), actor=Actor(kind, "x"))
        assert refused.value.rule == "actor.not_allowed"
    for city in ("donggang", "yulin", "nanchang", "longchang"):
        with pytest.raises(Refused) as refused:
            sum_up(office(city), "2026Q3", (NO_CHANGE,))
        assert refused.value.rule == "mechanism.off"


@pytest.mark.parametrize("kinds", [(), ("look_back",), ("look_back", "inspection")])
def test_a_squad_cannot_end_with_fewer_than_two_checks(kinds: tuple[str, ...]) -> None:
    o = office()
    o.rows += [Completion(f"draw:{n}", "C01", "2026Q3", "t-1", kind) for n, kind in enumerate(kinds)]
    o.rows += [Completion("draw:other", "C01", "2026Q3", "t-2", "spot_check")]
    done = sum(kind != "inspection" for kind in kinds)
    with pytest.raises(Refused) as refused:
        o.send("summary:t-1", SumUp("t-1", "专班积水整治", (NO_CHANGE,)), OPERATIONS, creates=True)
    assert refused.value.rule == "summary.unchecked"
    assert refused.value.params == {"chain": "t-1", "done": str(done), "least": "2"}
    o.rows += [Completion(f"draw:more-{n}", "C01", "2026Q4", "t-1", "spot_check") for n in range(2 - done)]
    assert o.send("summary:t-1", SumUp("t-1", "专班积水整治", (NO_CHANGE,)), OPERATIONS, creates=True)
