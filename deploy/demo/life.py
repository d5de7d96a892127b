"""The simulated city as a whole: all actors at work against one running platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import httpx

from deploy.demo import staging
from deploy.demo.agenda import Agenda, VirtualClock
from deploy.demo.behaviour import Behaviour
from deploy.demo.cast import Cast
from deploy.demo.desk import Desk
from deploy.demo.draws import Chance
from deploy.demo.model import Demand, Sending
from deploy.demo.parameters import Parameters
from deploy.demo.streams import Publisher, listen
from deploy.demo.tally import Tally
from deploy.demo.world import World
from shared.city.model import City
from shared.kernel.decisions import Actor

_PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Platform:
    """How outside clients reach a running platform."""

    kafka: str
    services: Mapping[str, str]
    secret: str


class Life:
    """A city that lives from `starts` for some days of demand; actors go on for as long as the context is open."""

    def __init__(self, city: City, seed: int, monday: date, days: int) -> None:
        self.city, self.monday = city, monday
        self.starts = datetime.combine(monday, staging.OPENS, city.calendar.zone)
        self.ends = self.starts + timedelta(days=days)
        parameters, chance = Parameters(city.simulation), Chance(seed)
        self.demand = Demand(city, parameters, chance)
        self.behaviour = Behaviour(city, parameters, chance)
        self.tally = Tally()
        self.world: World
        self.desk: Desk
        self.clock: VirtualClock

    @asynccontextmanager
    async def lived(self, platform: Platform) -> AsyncIterator[None]:
        """Let the city live while the context is open."""
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as http:
            self.clock = VirtualClock(http, [platform.services[name] for name in sorted(platform.services)])
            await self.clock.start()
            agenda = Agenda(self.clock.now, lambda: self.clock.rate)
            publisher = Publisher(platform.kafka)
            self.desk = Desk(http, platform.services, platform.secret, self.city.code, self.tally)
            self.world = World(self.city, self.behaviour, agenda, self.clock.now, self.desk, publisher, self.tally)
            cast = Cast(self.world)
            for actors in (cast.whistlers, cast.volunteers, cast.visitors, cast.councillors):
                actors.plan(self.monday, self.ends.date())
            cast.plan(self._sendings(), self.starts)
            tasks = [
                asyncio.create_task(self.clock.follow()),
                asyncio.create_task(agenda.run()),
                asyncio.create_task(listen(platform.kafka, cast.topics(), cast.hear)),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await publisher.stop()

    def _sendings(self) -> list[Sending]:
        demand = self.demand.between(self.monday, self.ends.date())
        within = [one for one in demand if self.starts <= one.at < self.ends]
        return [*within, *staging.planted(self.demand, self.monday)]

    @property
    def is_over(self) -> bool:
        """Tell whether the days of demand have passed."""
        return self.clock.now() >= self.ends

    async def rates(self) -> dict[str, tuple[float, int]]:
        """Return the city's three rates of the months lived in, so far: name -> (numerator, denominator)."""
        operations = Actor("operations", self.city.root.code)
        found: dict[str, tuple[float, int]] = {}
        for period in sorted({f"{self.starts:%Y-%m}", f"{self.city.calendar.local(self.clock.now()):%Y-%m}"}):
            content = await self.desk.ask(operations, "feedback", f"/v1/scores/{self.city.root.code}/{period}")
            score = (content or {}).get("now") or {}
            for name in ("response", "resolution", "satisfaction") if score else ():
                above, below = found.get(name, (0.0, 0))
                found[name] = above + float(score[name]["numerator"]), below + int(score[name]["denominator"])
        return found

    async def total(self, state: str) -> int | None:
        """Return how many cases the console counts in a state, all for none named; None while it does not answer."""
        operations = Actor("operations", self.city.root.code)
        filters = {"state": state} if state else {}
        content = await self.desk.ask(operations, "console", "/v1/cases", limit=1, **filters)
        return None if content is None else int(content["total"])
