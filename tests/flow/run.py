"""One seed: chaos for some hundred steps, rest, a look at everything; then time alone, and a look again."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from tests.flow.audit import audit
from tests.flow.claimants import Claimants
from tests.flow.holders import Holders
from tests.flow.mobilisers import Mobilisers
from tests.flow.office import Office
from tests.flow.officers import Officers
from tests.flow.residents import Residents
from tests.flow.secretaries import Secretaries
from tests.flow.world import Broken, Held, World

STEPS = 3500
REPORTS = 45


@dataclass
class Result:
    """How a seed ended: `findings` is empty where everything held."""

    seed: int
    findings: list[str] = field(default_factory=list)
    digest: str = ""
    facts: int = 0
    steps: int = 0
    counts: dict[str, int] = field(default_factory=dict)


class Run:
    """The chaos of one seed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.residents = Residents(world, world.random.randint(REPORTS * 2 // 3, REPORTS * 4 // 3))
        self.holders, self.secretaries = Holders(self.residents), Secretaries(self.residents)
        self.officers, self.claimants = Officers(self.residents), Claimants(self.residents)
        self.mobilisers = Mobilisers(self.residents)

    def step(self) -> None:
        """Let one thing happen."""
        world = self.world
        world.steps += 1
        office = world.random.choice(list(world.offices.values()))
        x = world.random.random()
        if x < 0.40:
            self._read(office)
        elif x < 0.43:
            self._zombie()
        elif x < 0.56:
            world.relay(office, world.random.choice((1, 5, 20, 200)), dies=world.chance(0.1))
        elif x < 0.63:
            self._strike(office)
        elif x < 0.955:
            self._act()
        else:
            self._pass_time()

    def _read(self, office: Office) -> None:
        world = self.world
        if office.down_until > world.steps:
            return
        if world.chance(0.01):
            office.down_until = world.steps + world.random.choice((20, 100))
        reader = world.random.choice(office.readers)
        if world.chance(0.03):
            reader.lags_until[world.random.choice(reader.topics)] = world.steps + world.random.choice((20, 150))
        if world.chance(0.05):
            world.settle(office, reader)
        if world.chance(0.02):
            world.place(office)  # a rebalance
        if world.chance(0.01) and reader.position:
            world.count("rewound")
            place = world.random.choice(sorted(reader.position))
            reader.position[place] = world.random.randint(0, reader.position[place])
        records = world.fetch(reader)
        if not records:
            return
        y = world.random.random()
        if y < 0.12:
            office.store.dies = "before" if y < 0.06 else "after"
            world.deliver(office, reader, records)
            office.store.dies = None
        elif y < 0.18:
            world.count("zombie")
            world.zombies.append(Held(office, reader, records))
            world.place(office)  # another member takes over at the fence
        elif y < 0.21:
            world.count("skipped")
            world.tell(f"{reader.group} loses {len(records)} records and goes on")
            if following := world.fetch(reader):
                world.deliver(office, reader, following)
        elif y < 0.23:
            world.count("torn")
            world.deliver(office, reader, [record for record in records if world.chance(0.8)])
        else:
            world.deliver(office, reader, records)

    def _zombie(self) -> None:
        world = self.world
        if world.zombies:
            held = world.zombies.pop(world.random.randrange(len(world.zombies)))
            world.deliver(held.office, held.reader, held.records, is_zombie=True)

    def _strike(self, office: Office) -> None:
        world = self.world
        if not world.may_fire(office):
            world.count("clock waits")
            return
        due = [arm.subject for arm in office.store.tables.first_due(20, world.now)]
        locked = frozenset(s for s in due if world.chance(0.5)) if world.chance(0.2) else frozenset()
        dies = world.random.choice(("before", "after")) if world.chance(0.1) else None
        world.strike(office, world.random.choice((1, 5, 500)), locked=locked, dies=dies)

    def _act(self) -> None:
        world = self.world
        if world.unanswered and world.chance(0.3):
            world.command(world.unanswered.pop(0))
            return
        if world.waiting and world.chance(0.2):
            dies = world.random.choice(("before", "after")) if world.chance(0.06) else None
            world.serve(world.random.choice(sorted(world.waiting)), dies)
        x = world.random.random()
        if x < 0.16:
            self.residents.report()
        elif x < 0.18:
            self.residents.spoil()
        elif x < 0.22:
            self.residents.sort()
        elif x < 0.22 + self.residents.mood.withdraws:
            self.residents.take_back()
        elif x < 0.26:
            self.residents.gather()
        elif x < 0.34:
            self.residents.rate()
        elif x < 0.40:
            self.officers.act()
        elif x < 0.44:
            self.claimants.act()
        elif x < 0.49:
            self.mobilisers.act()
        elif x < 0.80:
            self.holders.act()
        elif x < 0.90:
            self.secretaries.meet()
        else:
            self.secretaries.follow()

    def _pass_time(self) -> None:
        world, x = self.world, self.world.random.random()
        if x < 0.50:
            world.pass_time(timedelta(seconds=world.random.randint(1, 30)))
            return
        if x < 0.53:
            world.pass_time(-timedelta(seconds=world.random.randint(1, 2)))  # the host's clock is set right
            return
        if world.chance(0.8):  # else there is an outage that lasts
            for _ in range(world.random.choice((1, 2, 4))):
                world.flow_once(lagging=True)
        if x < 0.83:
            world.pass_time(timedelta(minutes=world.random.randint(20, 8 * 60)))
        elif x < 0.90 or not self._go_to_meeting(timedelta(days=12)):
            world.pass_time(timedelta(hours=world.random.randint(10, 60)))
        if world.chance(0.7):  # the clock doors look five times a second
            for office in world.offices.values():
                self._strike(office)

    def _go_to_meeting(self, within: timedelta) -> bool:
        """Let time pass until the next meeting about something opens, and meet."""
        opening = self.secretaries.next_opening()
        if opening is None or opening > within:
            return False
        self.world.pass_time(opening)
        for _ in range(3):
            self.secretaries.meet()
        return True

    def end(self) -> None:
        """Let time alone pass, some weeks of it: what nobody answers takes its way, and meetings meet."""
        world = self.world
        for _ in range(14):
            if not self._go_to_meeting(timedelta(days=100)):
                world.pass_time(timedelta(days=world.random.randint(1, 6)))
            world.drain()
            for _ in range(10):
                self.secretaries.follow()
                self.secretaries.follow()
                self.holders.act()
                self.officers.act()
                self.claimants.act()
            self.mobilisers.finish()
            world.drain()


def run(
    seed: int, *, steps: int = STEPS, world: World | None = None, tell: Callable[[str], None] | None = None
) -> Result:
    """Run a seed to its end; never raises, what broke is in `findings`."""
    world = world or World(seed, tell)
    result = Result(seed)
    chaos = Run(world)
    try:
        for _ in range(steps):
            chaos.step()
        world.drain()
        result.findings = audit(world, chaos.residents)
        if not result.findings:
            chaos.end()
            result.findings = audit(world, chaos.residents)
    except Broken as broken:
        result.findings = [f"broken: {broken}"]
    except Exception as error:  # whatever the chaos did to somebody who looked: the seed is to be looked at
        last = traceback.extract_tb(error.__traceback__)[-1]
        result.findings = [f"error: {error!r} in {last.name}, line {last.lineno} of {last.filename.rsplit('/', 1)[-1]}"]
    result.digest = world.digest()
    result.facts = sum(len(office.store.tables.journal) for office in world.offices.values())
    result.steps, result.counts = world.steps, world.counts
    return result
