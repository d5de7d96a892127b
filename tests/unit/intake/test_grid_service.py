"""The grid service list: who keeps it, how an item is replaced, what is never in a fact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain import decide, evolve
from services.intake.domain.grid_service import GridServicePublished, PublishGridService, WithdrawGridService
from shared.city.load import load
from shared.city.model import City
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.intake.conftest import NOW, Office

ITEM = PublishGridService("hazards", "每周排查楼道隐患，问题报13800000000", "grid-staff", "发现即报", "p-7")


@pytest.fixture(scope="module")
def guiping() -> City:
    return load("guiping")


@pytest.fixture
def hall(guiping: City) -> Office:
    return Office(decide, evolve, guiping, NOW)


def refused(hall: Office, subject: str, said: Any, actor: Actor) -> str:
    with pytest.raises(Refused) as caught:
        hall.send(subject, said, actor, creates=True)
    return caught.value.rule


def test_the_town_keeps_the_list_of_its_grids_and_an_item_is_replaced_not_edited(hall: Office) -> None:
    grid = next(unit for unit in hall.city.units.values() if unit.level.value == "grid")
    community = hall.city.ancestors(grid.code)[0].code
    town = Actor("unit", hall.city.ancestors(community)[0].code)
    subject = f"services:{grid.code}"
    assert refused(hall, subject, ITEM, Actor("unit", community)) == "actor.not_allowed"
    (first,) = hall.send(subject, ITEM, town, creates=True)
    assert isinstance(first, GridServicePublished)
    assert "138" not in first.task
    (second,) = hall.send(subject, replace(ITEM, holder="p-8", why="换人"), town)
    assert (second.replaces, [one.holder for one in hall.states[subject].items]) == (True, ["p-8"])
    hall.send(subject, WithdrawGridService("hazards", "并入巡查"), town)
    assert hall.states[subject].items == ()
    assert refused(hall, subject, WithdrawGridService("hazards", "再撤"), town) == "grid_service.unknown_item"


def test_an_unknown_post_a_community_a_personal_code_and_a_city_without_the_list_are_refused(
    hall: Office, city: City
) -> None:
    grid = next(unit.code for unit in hall.city.units.values() if unit.level.value == "grid")
    community = next(unit.code for unit in hall.city.units.values() if unit.level.value == "community")
    duty = Actor("operations", "duty")
    assert refused(hall, f"services:{grid}", replace(ITEM, post="none"), duty) == "post.unknown"
    assert refused(hall, f"services:{community}", ITEM, duty) == "grid_service.not_a_grid"
    assert refused(hall, f"services:{grid}", replace(ITEM, holder="p13800000000"), duty) == "grid_service.personal"
    assert refused(Office(decide, evolve, city, NOW), "services:C01-G01", ITEM, duty) == "mechanism.off"
