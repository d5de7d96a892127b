"""Who may look into a card, and who may ask what another policy would give (workflows §1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.feedback.domain.opening import check_desk, check_open, check_operations
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.feedback.cards import Town


def may(check: Callable[[], None]) -> bool:
    try:
        check()
    except Refused as refused:
        return refused.rule != "actor.not_allowed"
    return True


@pytest.mark.parametrize(
    ("kind", "who", "unit", "allowed"),
    [
        ("operations", "anybody", "water", True),
        ("department", "water", "water", True),
        ("department", "parks", "water", False),
        ("unit", "c11", "c11", True),
        ("unit", "s1", "g1", True),
        ("unit", "c12", "c11", False),
        ("unit", "c11", "s1", False),
        ("unit", "s1", "water", False),
        ("source", "water", "water", False),
        ("resident", "c11", "c11", False),
    ],
)
def test_the_cases_of_a_card_are_open_to_its_unit_to_those_above_and_to_operations(
    kind: str, who: str, unit: str, allowed: bool
) -> None:
    assert may(lambda: check_open(Actor(kind, who), unit, Town())) is allowed


@pytest.mark.parametrize(
    ("kind", "desk", "operations"),
    [
        ("operations", True, True),
        ("unit", True, False),
        ("department", True, False),
        ("source", False, False),
        ("resident", False, False),
    ],
)
def test_published_figures_are_open_to_every_desk_and_what_ifs_to_operations(
    kind: str, desk: bool, operations: bool
) -> None:
    assert may(lambda: check_desk(Actor(kind, "x"))) is desk
    assert may(lambda: check_operations(Actor(kind, "x"), "ask what if")) is operations
