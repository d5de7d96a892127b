"""A month of each shipped city, everybody at work: its own mechanisms are found among the facts, others' are not.

Nothing here names what a city has: that is asked of its file. Demand is thinned to that of 20,000 households.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from deploy.demo.behaviour import Behaviour
from deploy.demo.cast import Cast
from deploy.demo.draws import Chance
from deploy.demo.model import Demand
from deploy.demo.parameters import Parameters
from deploy.demo.streams import Heard
from deploy.demo.tally import Tally
from deploy.demo.world import World
from deploy.simulation.check import Agendas, check
from deploy.simulation.memory import Memory
from shared.city.load import load
from shared.city.model import City
from shared.contracts import escalation, list_item, whistle
from shared.contracts.topics import STATE_STREAM

CITIES = sorted(path.stem for path in (Path(__file__).parents[2] / "deploy" / "cities").glob("*.yaml"))
FIRST, DAYS, HOUSEHOLDS = date(2026, 3, 2), 31, 20_000
LISTS = {"list.item_published.v1"}
WISHES = {"wish.ordered.v1", "wish.claimed.v1", "wish.fulfilled.v1"}
COUNCILS = {"council.convened.v1", "council.held.v1", "council.agreed.v1", "council.followed.v1"}
MARKS: Mapping[str, set[str]] = {
    "whistle": {"whistle.sounded.v1", "whistle.reported_in.v1", "whistle.ended.v1"},
    "street-rights": {"whistle.sounded.v1", "whistle.reported_in.v1", "whistle.ended.v1"},
    "check-in": {"member.checked_in.v1"},
    "double-post": {"activity.claimed.v1", "activity.registered.v1"},
    "alliance": {"alliance.member_joined.v1"},
    "assigned-on": {"pairing.assigned_on.v1"},
    "commissioners": {"commissioner.appointed.v1", "resource.pooled.v1"},
    "lists-three": LISTS,
    "lists-four": LISTS,
    "lists-needs-services": LISTS,
    "wish-claim": WISHES,
    "wish-dispatch": {*WISHES, "wish.named.v1", "alliance.member_joined.v1"},
    "grid-menu": WISHES,
    "claimed-projects": {"project.matched.v1", "project.done.v1", "project.rated.v1"},
    "sharing-agreements": {"booking.granted.v1"},
    "right-to-resources": {*LISTS, "booking.asked.v1", "booking.granted.v1"},
    "mediation": {"dispute.opened.v1", "dispute.succeeded.v1"},
    "household-visits": {"visit.logged.v1"},
    "grid-work": {"visit.logged.v1"},
    "leader-contacts": {"leader.tied.v1", "leader.visited.v1"},
    "leader-reception": {"leader.received.v1"},
    "five-parties": COUNCILS,
    "four-councils": {*COUNCILS, "council.overseen.v1"},
    "talks": COUNCILS,
    "spot-checks": {"duty.reminded.v1"},
    "joint-meetings": {"meeting.held.v1", "meeting.adopted.v1"},
    "rating": {"case.rated.v1"},
    "four-orders": {"order.dispatched.v1", "order.handled.v1", "order.verified.v1", "case.closed.v1"},
    "grid-first-ladder": {"order.passed_up.v1", "case.solved_on_spot.v1"},
}
"""Mechanism -> what is stated where it is at work. Spot checks are seen by the reminder of their period; posts,
assessments, squads have no line, nor what is a page only."""
EVERYWHERE = {"joint-meetings", "rating", "four-orders", "grid-first-ladder"}
"""On in every city, whatever its file says (domain.md §9)."""


class Month:
    """A city's actors and services for a month."""

    def __init__(self, city: City) -> None:
        self.city, tally, chance = city, Tally(), Chance(5)
        parameters = Parameters(city.simulation)
        rates = parameters.shares("arrivals.rates")
        total = Demand(city, parameters, chance).places.total
        thin = parameters.changed("arrivals.rates", {name: rate * HOUSEHOLDS / total for name, rate in rates.items()})
        begins = datetime.combine(FIRST, time(), city.calendar.zone)
        self.memory, self.agendas = Memory(city, begins, tally), Agendas()
        self.types: Counter[str] = Counter()
        self.heard: list[Heard] = []
        behaviour, memory = Behaviour(city, thin, chance), self.memory
        self._cast = Cast(World(city, behaviour, memory, lambda: memory.now, memory, memory, tally))
        memory.hear = self._hear
        last = FIRST + timedelta(days=DAYS - 1)
        cast = self._cast
        cast.plan(Demand(city, thin, chance).between(FIRST, last), begins + timedelta(hours=8))
        for actors in (cast.proposers, cast.whistlers, cast.volunteers, cast.visitors, cast.councillors):
            actors.plan(FIRST, last)
        memory.run(begins + timedelta(days=DAYS))

    def _hear(self, heard: Heard) -> None:
        self._cast.hear(heard)
        self.agendas.hear(heard)
        if heard.stream in STATE_STREAM.values():
            self.types[heard.data.TYPE] += 1
            self.heard.append(heard)


@pytest.fixture(scope="module", params=CITIES)
def month(request: pytest.FixtureRequest) -> Month:
    return Month(load(request.param))


def test_a_city_s_own_mechanisms_are_at_work_and_no_other_s(month: Month) -> None:
    on = month.city.mechanisms | EVERYWHERE
    wanted = set().union(*(marks for name, marks in MARKS.items() if name in on))
    assert wanted - month.types.keys() == set()
    others = set().union(*(marks for name, marks in MARKS.items() if name not in on)) - wanted
    assert others & month.types.keys() == set()
    assert check(month.memory, month.agendas) == []


def test_whistles_are_sounded_by_the_levels_and_for_the_callees_of_the_file(month: Month) -> None:
    sounded = [one.data for one in month.heard if isinstance(one.data, whistle.WhistleSounded)]
    assert bool(sounded) == bool(month.city.whistles)
    for one in sounded:
        rule = month.city.whistles[month.city.units[one.whistler].level]
        assert all((callee in month.city.departments) == (rule.callees == "departments") for callee in one.callees)


def test_meetings_are_held_at_the_time_and_by_the_bodies_of_the_file(month: Month) -> None:
    opens = {body.unit: body.slot.opens for body in month.city.bodies.values()}
    convened = [one.data for one in month.heard if isinstance(one.data, escalation.MeetingConvened)]
    assert convened
    local = month.city.calendar.local
    assert all(local(one.opens_at).time() == opens[one.body] for one in convened if not one.temporary)
    held = {one.envelope.subject for one in month.heard if isinstance(one.data, escalation.MeetingHeld)}
    assert held


def test_lists_hold_the_kinds_of_the_city(month: Month) -> None:
    kinds = {one.data.kind.value for one in month.heard if isinstance(one.data, list_item.ItemPublished)}
    assert ("service_item" in kinds) == ("service-items" in month.city.mechanisms)
