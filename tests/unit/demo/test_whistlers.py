"""Quarrels are mediated before their order ends; whistles are sounded, answered, concluded where a city has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from deploy.demo.cases import KnownCase
from deploy.demo.mediators import Mediators
from deploy.demo.parameters import Parameters
from deploy.demo.whistlers import Whistlers
from deploy.simulation.addresses import addressed
from deploy.simulation.year import Simulation
from services.dispatch.domain.whistle import Status, Whistle
from shared.city.load import load
from shared.city.model import City
from shared.kernel.decisions import Actor
from tests.unit.demo.test_actors import Stage

CASE = KnownCase("c-1", matter="neighbours", unit="C01-G01", report="r-1")


@pytest.fixture(scope="module")
def guiping() -> City:
    return load("guiping")


async def test_a_dispute_is_opened_gets_a_mediator_and_ends_before_its_order(
    city: City, parameters: Parameters
) -> None:
    stage = Stage(city, parameters.changed("mediation.success", 1.0))
    mediators = Mediators(stage.world)
    assert mediators.mediates(CASE)
    assert await mediators.settle(CASE)
    assert [path.rsplit("/", 1)[-1] for _, path, _ in stage.desk.acts] == ["open-dispute", "name-mediator", "agree"]


async def test_a_failed_mediation_is_told_the_lawful_ways_or_brought_to_the_meeting(
    city: City, parameters: Parameters
) -> None:
    failing = parameters.changed("mediation.success", 0.0).changed("mediation.topic", 1.0)
    stage = Stage(city, failing)
    assert not await Mediators(stage.world).settle(CASE)
    assert [path.rsplit("/", 1)[-1] for _, path, _ in stage.desk.acts[-2:]] == ["fail-dispute", "topics"]
    _, path, proposed = stage.desk.acts[-1]
    at = addressed(city, Actor("unit", "C01"), "escalation", path, proposed, "key")
    assert (at.subject, at.begins) == ("c-1", False), "it is the topic of this case, and not one without"


def test_a_city_without_mediation_and_a_matter_that_is_none_are_left_alone(city: City, parameters: Parameters) -> None:
    bare = replace(city, mechanisms=city.mechanisms - {"mediation"})
    assert not Mediators(Stage(bare, parameters).world).mediates(CASE)
    assert not Mediators(Stage(city, parameters).world).mediates(replace(CASE, matter="street-lights"))


def test_nobody_whistles_where_no_level_may(city: City, parameters: Parameters) -> None:
    stage = Stage(city, parameters)
    Whistlers(stage.world).plan(date(2026, 1, 1), date(2026, 12, 31))
    assert stage.agenda._planned == []


def test_as_many_whistles_as_the_city_file_says_are_planned_by_levels_that_may(guiping: City) -> None:
    stage = Stage(guiping, Parameters(guiping.simulation))
    calls = [
        call for street in guiping.units.values() if street.level.value == "street"
        for month in range(1, 13) for call in Whistlers(stage.world)._of(street.code, 2026, month)
    ]  # fmt: skip
    assert len(calls) == pytest.approx(2 * 12 * 4, rel=0.3)
    for call in calls:
        rule = guiping.whistles[guiping.units[call.unit].level]
        assert call.kind in rule.kinds
        assert guiping.calendar.is_working_day(call.at.date())
        assert all((code in guiping.departments) == (rule.callees == "departments") for code in call.callees)


def test_a_month_of_whistles_is_come_to_or_supervised_and_every_one_ends(guiping: City) -> None:
    year = {**load("donggang").simulation["year"], "first": "2026-03-02"}
    often = {**guiping.simulation["whistle"], "per_street_month": 4}
    quiet = {**guiping.simulation["arrivals"]["rates"]}
    arrivals = {**guiping.simulation["arrivals"], "rates": dict.fromkeys(quiet, 0.0)}
    simulation = {**guiping.simulation, "year": year, "whistle": often, "arrivals": arrivals}
    lively = replace(guiping, simulation=simulation, mechanisms=guiping.mechanisms - {"spot-checks"})
    lived = Simulation(lively, 1, days=35)
    assert lived.run().findings == []
    facts = lived.memory.facts
    whistles = [s for s in lived.memory.offices["dispatch"].states.values() if isinstance(s, Whistle)]
    assert len(whistles) >= 8
    over = [one for one in whistles if one.status is Status.ENDED]
    assert len(over) >= len(whistles) - 2  # those of the last days still run
    assert facts["whistle.sounded.v1"] == len(whistles)
    assert facts["whistle.signed.v1"] + facts["whistle.no_show.v1"] >= facts["whistle.reported_in.v1"]
    assert facts["whistle.rated.v1"] >= len(over)
