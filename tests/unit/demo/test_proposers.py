"""Officers bring matters by hand: as many as the city file says, in working hours, and the secretary screens them."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from deploy.demo.parameters import Parameters
from deploy.demo.proposers import Proposal, Proposers
from shared.city.model import City
from shared.contracts import escalation
from tests.unit.demo.test_actors import MORNING, Stage


def brought(stage: Stage, year: int) -> list[Proposal]:
    officers = Proposers(stage.world)
    return [one for body in stage.world.city.bodies for one in officers._of(body, year)]


def test_a_year_brings_as_many_as_the_city_file_says(city: City, parameters: Parameters) -> None:
    counts: Counter[str] = Counter()
    years = range(2019, 2027)
    for year in years:
        stage = Stage(city, parameters)
        counts.update(stage.world.behaviour.level_of(one.unit) for one in brought(stage, year))
    for level, bodies in Counter(body.level for body in city.bodies.values()).items():
        wanted = parameters.number(f"topic_by_hand.{level}") * bodies * len(years)
        assert counts[level] == pytest.approx(wanted, abs=5 * wanted**0.5)


def test_they_come_in_working_hours_and_the_same_seed_brings_the_same(city: City, parameters: Parameters) -> None:
    proposals = brought(Stage(city, parameters), 2019)
    assert all(city.calendar.is_working_day(one.at.date()) for one in proposals)
    assert proposals == brought(Stage(city, parameters), 2019)
    assert proposals != brought(Stage(city, parameters, seed=2), 2019)


async def test_only_the_days_asked_for_are_planned_and_each_is_proposed_to_the_own_body(
    city: City, parameters: Parameters
) -> None:
    stage = Stage(city, parameters)
    first = MORNING.date()
    Proposers(stage.world).plan(first, first + timedelta(days=13))
    await stage.agenda.until(MORNING + timedelta(days=30))
    within = [one for one in brought(stage, first.year) if first <= one.at.date() <= first + timedelta(days=13)]
    assert within
    assert sorted(who for who, _, _ in stage.desk.acts) == sorted(f"unit.{one.unit}" for one in within)
    for _, path, body in stage.desk.acts:
        assert path == "/v1/topics"
        escalation.ProposeTopic.model_validate(body)


def test_what_is_urgent_lies_far_from_the_next_meeting_and_above_estates(city: City, parameters: Parameters) -> None:
    stage = Stage(city, parameters.changed("urgent.share", 1.0))
    officers = Proposers(stage.world)
    far = timedelta(days=parameters.number("urgent.if_next_after_days"))
    urgent = [one for one in brought(stage, 2019) if officers._is_urgent(one)]
    assert urgent
    for one in urgent:
        days = [day for year in (2019, 2020) for day in city.meeting_days(one.unit, year)]
        assert city.bodies[one.unit].level != "estate"
        assert min(day for day in days if day > one.at.date()) > one.at.date() + far


async def test_the_secretary_admits_what_was_proposed(city: City, parameters: Parameters) -> None:
    stage = Stage(city, parameters)
    stage.conveners = Proposers(stage.world)  # type: ignore[assignment]  # the ledger's facts go to them here
    fact = escalation.TopicProposed.model_construct(topic="T-1", body="C01", entry=escalation.EntryStatus.PROPOSED)
    stage.tell("t-1", fact, "ledger")
    await stage.agenda.until(MORNING + timedelta(days=7))
    assert stage.desk.acts == [("unit.C01", "/v1/topics/t-1/admit", {})]


def test_a_year_without_working_days_left_brings_nothing_more(city: City, parameters: Parameters) -> None:
    stage = Stage(city, parameters)
    Proposers(stage.world).plan(date(2019, 10, 1), date(2019, 10, 7))  # the national holiday
    assert len(stage.agenda) == 0
