"""One simulated year of a city: all its actors, all its services, from an empty first of January."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as of_day

from deploy.demo.behaviour import Behaviour
from deploy.demo.cast import Cast
from deploy.demo.draws import Chance
from deploy.demo.model import Demand
from deploy.demo.parameters import Parameters
from deploy.demo.streams import Heard
from deploy.demo.tally import Tally
from deploy.demo.world import World
from deploy.simulation.check import Agendas, check
from deploy.simulation.count import Count
from deploy.simulation.memory import Memory
from shared.city.model import City

_OPENS = of_day(8)
Progress = Callable[[date], None]


@dataclass
class Year:
    """How a year went: its figures, what did not hold, how many facts it took and how long."""

    seed: int
    figures: Mapping[str, float]
    findings: list[str] = field(default_factory=list)
    facts: int = 0
    seconds: float = 0.0
    refusals: Mapping[str, int] = field(default_factory=dict)


class Simulation:
    """A city's actors and services together, ready to live through the year that `simulation.year.first` begins."""

    def __init__(self, city: City, seed: int, *, days: int = 365) -> None:
        parameters = Parameters(city.simulation)
        self.city, self.seed, self.days = city, seed, days
        self.first = parameters.day("year.first")
        self.tally = Tally()
        self.memory = Memory(city, self._midnight(self.first), self.tally)
        self.count, self.agendas = Count(city), Agendas()
        chance, memory = Chance(seed), self.memory
        behaviour = Behaviour(city, parameters, chance)
        world = World(city, behaviour, memory, lambda: memory.now, memory, memory, self.tally)
        self._cast = Cast(world)
        memory.hear = self._hear
        last = self.first + timedelta(days=days - 1)
        self._cast.plan(Demand(city, parameters, chance).between(self.first, last), opening(city, self.first))
        self._cast.proposers.plan(self.first, last)
        self._cast.whistlers.plan(self.first, last)

    def _hear(self, heard: Heard) -> None:
        self._cast.hear(heard)
        self.count.hear(heard)
        self.agendas.hear(heard)
        self.agendas.settle()

    def _midnight(self, on: date) -> datetime:
        return datetime.combine(on, of_day(), self.city.calendar.zone)

    def run(self, progress: Progress = lambda day: None) -> Year:
        """Live through the days; what must hold is checked at each quarter's end and on the last day."""
        began = time.perf_counter()
        findings: list[str] = []
        for on in (self.first + timedelta(days=n) for n in range(1, self.days + 1)):
            self.memory.run(self._midnight(on))
            progress(on)
            if (on.month % 3, on.day) == (1, 1) or on == self.first + timedelta(days=self.days):
                findings += (f"{on}: {finding}" for finding in self.check())
        facts = sum(self.memory.facts.values())
        seconds = time.perf_counter() - began
        return Year(self.seed, self.count.figures(), findings, facts, seconds, dict(self.tally.refusals))

    def check(self) -> list[str]:
        """Return everything that does not hold now."""
        return check(self.memory, self.agendas)


def opening(city: City, first: date) -> datetime:
    """Return when communities and their partners begin what they share."""
    return datetime.combine(first, _OPENS, city.calendar.zone)


def live(city: City, seed: int, *, days: int = 365, progress: Progress = lambda day: None) -> Year:
    """Live through a year, or through so many days of it."""
    return Simulation(city, seed, days=days).run(progress)
