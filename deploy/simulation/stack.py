"""The same year on a running platform: outside clients by HTTP and topics, the city's clock stepped by them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from datetime import time as of_day

import asyncpg
import httpx

from deploy.demo.behaviour import Behaviour
from deploy.demo.cast import Cast
from deploy.demo.desk import Desk
from deploy.demo.draws import Chance
from deploy.demo.model import Demand
from deploy.demo.parameters import Parameters
from deploy.demo.streams import Heard, Publisher
from deploy.demo.tally import Tally
from deploy.demo.world import World
from deploy.local.folder import Stack
from deploy.simulation.check import Agendas
from deploy.simulation.count import Count
from deploy.simulation.stepping import Ears, Platform, Steps
from deploy.simulation.year import Progress, Year, opening
from shared.city.model import City

_WORKING = (of_day(11, 59), of_day(17, 59))
_OTHER = (of_day(23, 59),)
"""When the clock stands still on a working day, and on another.

A minute before offices close, and before midnight where they do not open: people come before the deadlines that end
then, as they do in memory. What is sent in the evening of a working day is met the next noon.
"""
_TURNS = 4
"""How often people act in one step on what they hear in it."""
_HTTP_PATIENCE = 30.0
_HTTP_AT_ONCE = 16
"""Connections; a client looks through all of them at each request, and the services take what waits as one batch."""


async def live_on(
    stack: Stack,
    city: City,
    seed: int,
    *,
    days: int = 365,
    progress: Progress = lambda day: None,
) -> Year:
    """Live through the year on a stack that began before it and has seen nothing yet. Raises Stalled."""
    began = time.perf_counter()
    parameters = Parameters(city.simulation)
    first = parameters.day("year.first")
    chance, tally = Chance(seed), Tally()
    count, agendas = Count(city), Agendas()
    steps = Steps(datetime.combine(first, of_day(), city.calendar.zone))
    limits = httpx.Limits(max_connections=_HTTP_AT_ONCE)
    async with httpx.AsyncClient(timeout=_HTTP_PATIENCE, limits=limits, trust_env=False) as http:
        publisher = Publisher(stack.kafka)
        desk = Desk(http, stack.services, stack.secret, city.code, tally)
        behaviour = Behaviour(city, parameters, chance)
        cast = Cast(World(city, behaviour, steps, lambda: steps.now, desk, publisher, tally))
        last = first + timedelta(days=days - 1)
        cast.plan(Demand(city, parameters, chance).between(first, last), opening(city, first))
        cast.proposers.plan(first, last)
        cast.whistlers.plan(first, last)
        facts = 0

        def hear(heard: Heard) -> None:
            nonlocal facts
            facts += bool(heard.envelope.sequence) and "." not in heard.stream
            cast.hear(heard)
            count.hear(heard)
            agendas.hear(heard)

        try:
            async with _platform(stack, city, Ears(stack.kafka, cast.topics(), hear)) as platform:
                for at in instants(city, first, days):
                    steps.now = at
                    await platform.set_clock(at)
                    await _turns(steps, platform)
                    agendas.settle()
                    progress(at.date())
        finally:
            await publisher.stop()
    findings = [*agendas.findings, *agendas.lost()]
    return Year(seed, count.figures(), findings, facts, time.perf_counter() - began, dict(tally.refusals))


def instants(city: City, first: date, days: int) -> Iterator[datetime]:
    """Yield when the clock stands still, from the first morning to the midnight after the last day."""
    for on in (first + timedelta(days=n) for n in range(days)):
        for at in _WORKING if city.calendar.is_working_day(on) else _OTHER:
            yield datetime.combine(on, at, city.calendar.zone)
    yield datetime.combine(first + timedelta(days=days), of_day(), city.calendar.zone)


@asynccontextmanager
async def _platform(stack: Stack, city: City, ears: Ears) -> AsyncIterator[Platform]:
    admin = await asyncpg.connect(stack.dsns["admin"])
    await ears.start()
    try:
        yield Platform(admin, city.code, ears)
    finally:
        await ears.stop()
        await admin.close()


async def _turns(steps: Steps, platform: Platform) -> None:
    """Let people act and the platform answer until nobody has anything more to do now, or it is late enough."""
    for _ in range(_TURNS):
        await steps.do()
        await platform.rest()
        if not steps.is_anything_due:
            return
