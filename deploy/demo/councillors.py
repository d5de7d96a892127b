"""Councils beside the chain (议事机构): called with a list, held, what was agreed is watched and goes on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from deploy.demo.raising import report_of
from deploy.demo.streams import Heard
from deploy.demo.world import World
from shared.city.model import Council
from shared.contracts import council
from shared.kernel.decisions import Actor

MEETS, HELD = time(15), timedelta(hours=2)
"""When a session opens, and how long it takes."""
WITHIN = 0.9
"""Share of its period in which a council meets, some after their reminder (assumed)."""
AGREED = 0.7
"""Share of items that are agreed (assumed)."""
ITEMS = (
    "电梯加装费用分摊",
    "小区充电桩选址",
    "楼道堆物清理",
    "夜间停车秩序",
    "公共活动室开放时间",
    "物业服务满意度反馈",
)
OPINION = "执行过程公开，居民无异议"
SOURCE = "chat"
"""By which source what was agreed is reported: residents' groups, through a grid member."""


class Councillors:
    """The parties of every council of one world; who supervises one publishes its opinion before it is followed."""

    def __init__(self, world: World) -> None:
        self._world = world

    def plan(self, first: date, last: date) -> None:
        """Put on the agenda each council's session of a period, if it falls between first and last."""
        city = self._world.city
        for unit in city.units:
            for one in city.councils_of(unit):
                begins, ends = one.period_on(first)
                while begins <= last:
                    self._plan(unit, one, begins, ends, first, last)
                    begins, ends = one.period_on(ends + timedelta(days=1))

    def _plan(self, unit: str, one: Council, begins: date, ends: date, first: date, last: date) -> None:
        city = self._world.city
        draw = self._world.behaviour.chance.of(unit, one.code, begins.isoformat())
        days = int(((ends - begins).days + 1) * WITHIN)
        day = city.calendar.working_day_after(begins + timedelta(days=draw.randrange(max(1, days - 7))), 2)
        if not first < day <= last:
            return
        opens_at = datetime.combine(day, MEETS, city.calendar.zone)
        called = opens_at - timedelta(days=1, hours=draw.randint(1, 5))
        items = draw.sample(ITEMS, draw.randint(1, 3))
        self._world.agenda.at(called, partial(self._convene, unit, one, opens_at, items))

    async def _convene(self, unit: str, one: Council, opens_at: datetime, items: list[str]) -> None:
        said = {"opens_at": opens_at.isoformat(), "place": "社区会议室", "items": items}
        if await self._do(unit, one.code, "convene", said, opens_at.isoformat()):
            self._world.agenda.at(opens_at + HELD, partial(self._hold, unit, one, len(items), opens_at.isoformat()))

    async def _hold(self, unit: str, one: Council, items: int, session: str) -> None:
        """Write down who was there and what was agreed; where a party decides by vote, with the votes counted."""
        draw = self._world.behaviour.chance.of(unit, one.code, session)
        outcomes: list[dict[str, Any]] = []
        for number in range(1, items + 1):
            agreed = draw.random() < AGREED
            outcome: dict[str, Any] = {"item": number, "agreed": agreed}
            if agreed:
                outcome["becomes"] = "report"
            if one.decides_by_vote:
                outcome["votes"] = {"yes": 31, "no": 9} if agreed else {"yes": 12, "no": 28}
            outcomes.append(outcome)
        said = {"present": [party.code for party in one.parties], "outcomes": outcomes}
        await self._do(unit, one.code, "hold", said, session)

    def hear(self, heard: Heard) -> None:
        """Let the unit go on with what was agreed: watched first where a party supervises it, then followed."""
        fact = heard.data
        if not isinstance(fact, council.CouncilAgreed | council.CouncilOverseen):
            return
        templates = self._world.city.councils_of(fact.unit)
        is_watched = any(one.is_overseen for one in templates if one.code == fact.council)
        deed = self._oversee if is_watched and isinstance(fact, council.CouncilAgreed) else self._follow
        name = f"{fact.council}/{fact.number}/{fact.item}"
        at = self._world.behaviour.soon(fact.unit, type(fact).__name__, name, self._world.now())
        self._world.agenda.at(at, partial(deed, fact))

    async def _oversee(self, fact: council.CouncilAgreed | council.CouncilOverseen) -> None:
        said = {"number": fact.number, "item": fact.item, "opinion": OPINION}
        await self._do(fact.unit, fact.council, "oversee", said, f"{fact.number}/{fact.item}")

    async def _follow(self, fact: council.CouncilAgreed | council.CouncilOverseen) -> None:
        """Report what was agreed, and name the report as what became of it."""
        report = f"{fact.council}-{fact.unit}-{fact.number}-{fact.item}"
        if await report_of(self._world, SOURCE, report, fact.unit):
            said = {"number": fact.number, "item": fact.item, "reference": report}
            await self._do(fact.unit, fact.council, "follow", said, f"{fact.number}/{fact.item}")

    async def _do(self, unit: str, code: str, verb: str, said: Mapping[str, Any], key: str) -> bool:
        path = f"/v1/councils/{unit}:{code}/{verb}"
        done = await self._world.desk.act(Actor("unit", unit), "escalation", path, said, f"{unit}/{code}/{verb}/{key}")
        return done.is_done
