"""One simulated year of a city: all its actors, all its services, from an empty first of January."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as of_day

from deploy.demo.behaviour import Behaviour
from deploy.demo.conveners import Conveners
from deploy.demo.draws import Chance
from deploy.demo.holders import Holders
from deploy.demo.model import Demand
from deploy.demo.parameters import Parameters
from deploy.demo.senders import Senders
from deploy.demo.streams import Heard
from deploy.demo.tally import Tally
from deploy.demo.world import World
from deploy.simulation.check import Agendas, check
from deploy.simulation.count import Count
from deploy.simulation.memory import Memory
from shared.city.model import City

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


def live(
    city: City, parameters: Parameters, seed: int, *, days: int = 365, progress: Progress = lambda day: None
) -> Year:
    """Live through the year that `simulation.year.first` begins, or through so many days of it."""
    began = time.perf_counter()
    first = parameters.day("year.first")
    starts = datetime.combine(first, of_day(), city.calendar.zone)
    chance = Chance(seed)
    behaviour, tally = Behaviour(city, parameters, chance), Tally()
    memory = Memory(city, starts, tally)
    world = World(city, behaviour, memory, lambda: memory.now, memory, memory, tally)
    senders, holders, conveners = Senders(world), Holders(world), Conveners(world)
    count, agendas = Count(city), Agendas()

    def hear(heard: Heard) -> None:
        family = heard.stream.split(".", 1)[0]
        {"receipts": senders.hear, "ledger": conveners.hear}.get(family, holders.hear)(heard)
        count.hear(heard)
        agendas.hear(heard)

    memory.hear = hear
    senders.plan(Demand(city, parameters, chance).between(first, first + timedelta(days=days - 1)))
    findings: list[str] = []
    for on in (first + timedelta(days=n) for n in range(1, days + 1)):
        memory.run(datetime.combine(on, of_day(), city.calendar.zone))
        progress(on)
        if (on.month % 3, on.day) == (1, 1) or on == first + timedelta(days=days):
            findings += (f"{on}: {finding}" for finding in check(memory, agendas))
    facts = sum(memory.facts.values())
    seconds = time.perf_counter() - began
    return Year(seed, count.figures(), findings, facts, seconds, dict(tally.refusals))
