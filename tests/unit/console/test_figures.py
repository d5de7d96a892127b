"""The identities between figures, and the one definition behind figure, address and list."""

from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console import figures
from services.console.projection.case import LADDER
from services.console.selection import OUTCOMES, STATES, Selection

PATHS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(LADDER), min_size=1).map(lambda rungs: tuple(r for r in LADDER if r in rungs)),
        st.booleans(),
        st.integers(1, 500),
    ),
    max_size=30,
)


@given(PATHS)
def test_each_rung_solved_holds_or_passed_up_whatever_reached_it(
    paths: list[tuple[tuple[str, ...], bool, int]],
) -> None:
    for step in figures.ladder(paths, {}):
        assert step.reached == step.solved + step.in_hand + step.passed_up
        assert step.passed_up == sum(step.passed_to.values())


@given(PATHS)
def test_whatever_reached_a_rung_came_directly_or_from_below(paths: list[tuple[tuple[str, ...], bool, int]]) -> None:
    steps = figures.ladder(paths, {})
    for step in steps:
        assert step.reached == step.direct + sum(below.passed_to.get(step.rung, 0) for below in steps)
    assert sum(step.direct for step in steps) == sum(count for _, _, count in paths)


def test_a_selection_comes_back_from_its_own_address() -> None:
    for selection in (
        *figures.tiles(date(2026, 11, 24)).values(),
        Selection(q="漏水 5%", unit="C01", pending="street"),
    ):
        assert Selection.read(dict(parse_qsl(urlsplit(selection.address()).query))) == selection


@pytest.mark.parametrize(
    ("name", "value"),
    [("state", "late"), ("overdue", "1"), ("registered_from", "yesterday"), ("reached", "city"), ("outcome", "solved")],
)
def test_a_value_that_is_no_choice_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}$"):
        Selection.read({name: value})


def test_values_are_bound_and_never_part_of_the_statement() -> None:
    evil = "x'; DROP TABLE case_view; --"
    condition, params = Selection(q=evil, responsible=evil, matter=evil, source=evil).condition(None)  # type: ignore[arg-type]
    assert "DROP" not in condition
    assert any("DROP" in str(value) for value in params.values())


def test_every_state_and_outcome_makes_a_condition() -> None:
    for state in STATES:
        assert "None" not in Selection(state=state).condition(None)[0]  # type: ignore[arg-type]
    for outcome in OUTCOMES:
        condition, params = Selection(reached="grid", outcome=outcome).condition(None, "s1_")  # type: ignore[arg-type]
        assert ":s1_reached" in condition
        assert set(params) == {"s1_reached"}


def test_shades_begin_at_their_breaks() -> None:
    assert [figures.shade(n, (4, 7, 11, 17)) for n in (0, 3, 4, 10, 17, 99)] == [0, 0, 1, 2, 4, 4]
