"""Operations and inspectors at the end of a squad or hard problem: checks of its cycle, then what was learned of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from itertools import product
from typing import Any

from deploy.demo.behaviour import DESK_AFTER
from deploy.demo.draws import LogNormal
from deploy.demo.streams import Heard
from deploy.demo.world import World
from shared.city.model import UnitLevel
from shared.contracts import escalation, supervision

CHECKED_AFTER = LogNormal(10, 0.5)
"""Working hours until an inspector has been at a drawn case (assumed)."""
PASSED = 0.95
"""Share of drawn cases found in order (assumed)."""
KINDS = (supervision.CheckKind.LOOK_BACK, supervision.CheckKind.SPOT_CHECK)
GOOD, BAD = "现场复核属实，整改到位", "现场复核发现问题反弹，需重新办理"
LEARNED = "牵头单位统筹、部门协同，问题按期整改并经回头看核实"
NO_CHANGE = "现行事项目录和时限适用，不作调整"


class Checkers:
    """Whoever fixes, does and sums up the checks that a city with the five-stage loop asks for before writing off."""

    def __init__(self, world: World) -> None:
        self._world = world
        city = world.city
        self._least = city.limits["checks_cycle"] if "spot-checks" in city.mechanisms else 0
        self._places: dict[str, str] = {}
        self._owed: set[str] = set()
        """Topics that are to be summed up once they are settled."""
        self._settled: dict[str, str] = {}
        """Case -> place of its settled topic, until it has been summed up."""
        self._complete: Counter[str] = Counter()
        self._inspectors: dict[str, Mapping[str, str]] = {}
        """Draw -> inspector -> his unit."""

    def hear_ledger(self, heard: Heard) -> None:
        """Take a fact about a topic; one of a further case changes nothing."""
        fact, case = heard.data, heard.envelope.subject
        if not isinstance(fact, escalation.Topic) or fact.home:
            return
        match fact:
            case escalation.TopicRaised() | escalation.TopicProposed():
                self._places[fact.topic] = fact.unit
            case escalation.TopicSquadFormed() | escalation.TopicListed() | escalation.TopicEnlarged():
                if fact.to_sum_up:
                    self._owed.add(fact.topic)
            case escalation.TopicSettled():
                if fact.topic in self._owed:
                    self._settled[case] = self._places.get(fact.topic, fact.body)
                    self._go_on(case)
            case escalation.TopicSummedUp():
                self._owed.discard(fact.topic)
                self._settled.pop(case, None)
            case escalation.TopicWrittenOff(final=True) | escalation.TopicWithdrawn():
                self._places.pop(fact.topic, None)
            case _:
                pass

    def hear_draw(self, heard: Heard) -> None:
        """Take a fact about a check of a cycle."""
        draw = heard.envelope.subject
        match heard.data:
            case supervision.DrawFrozen(cycle=str(), inspectors=inspectors):
                self._inspectors[draw] = {inspector.id: inspector.unit for inspector in inspectors}
            case supervision.DrawMade(pairs=pairs) if draw in self._inspectors:
                for pair in pairs:
                    self._plan("check", f"{draw}/{pair.case}", partial(self._check, draw, pair), CHECKED_AFTER)
            case supervision.DrawCompleted(cycle=str(cycle)):
                self._inspectors.pop(draw, None)
                self._complete[cycle] += 1
                if cycle in self._settled:
                    self._go_on(cycle)
            case _:
                pass

    def _go_on(self, case: str) -> None:
        """Fix the checks of a settled cycle, or sum it up once there are enough of them."""
        done = self._complete[case]
        if done >= self._least:
            self._plan("sum_up", case, partial(self._sum_up, case))
        elif done == 0:
            self._plan("freeze", case, partial(self._freeze, case))

    def _plan(self, purpose: str, key: str, deed: Any, law: LogNormal = DESK_AFTER) -> None:
        now = self._world.now()
        self._world.agenda.at(self._world.behaviour.soon("operations", purpose, key, now, law), deed)

    async def _freeze(self, case: str) -> None:
        """Fix what is checked round the place of the topic; inspectors come from other streets."""
        if (place := self._settled.get(case)) is None:
            return
        city, today = self._world.city, self._world.city.calendar.local(self._world.now())
        near = [unit.code for unit in city.lineage(place) if unit.level is not UnitLevel.GRID]
        strangers = [unit.code for unit in city.of_level(UnitLevel.STREET) if unit.code not in near]
        said = {"cycle": case, "inspectors": [{"id": f"{code}-1", "unit": code} for code in strangers]}
        for unit, kind in list(product(near, KINDS))[: self._least]:
            path = f"/v1/draws/{unit}/{today.year}Q{(today.month + 2) // 3}/{kind.value}/freeze"
            await self._operations(path, said, f"{case}/freeze/{unit}/{kind.value}")

    async def _check(self, draw: str, pair: supervision.Pair) -> None:
        world = self._world
        _, unit, quarter, kind, cycle = draw.split(":", 4)
        passed = world.behaviour.chance.happens(PASSED, unit, "checks", f"{draw}/{pair.case}")
        said = {"case": pair.case, "passed": passed, "finding": GOOD if passed else BAD}
        who = self._inspectors[draw][pair.inspector] if pair.inspector else world.city.root.code
        path = f"/v1/draws/{unit}/{quarter}/{kind}/record?cycle={cycle}"
        await world.desk.act(world.actor(who), "feedback", path, said, f"{draw}/{pair.case}")

    async def _sum_up(self, case: str) -> None:
        if case in self._settled:
            today = self._world.city.calendar.local(self._world.now())
            conclusion = {"kind": supervision.ConclusionKind.NONE.value, "text": NO_CHANGE}
            said = {"cycle": f"{today:%Y-%m-%d}", "learned": LEARNED, "conclusions": [conclusion]}
            await self._operations(f"/v1/summaries/{case}/sum-up", said, f"{case}/sum-up/{said['cycle']}")

    async def _operations(self, path: str, said: Mapping[str, Any], key: str) -> None:
        await self._world.desk.act(self._world.actor(self._world.city.root.code), "feedback", path, said, key)
