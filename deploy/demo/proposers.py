"""Officers of units: matters without a case that they bring before their own body by hand (workflows §2.2, move 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from deploy.demo.draws import gamma_factor, one_of, poisson
from deploy.demo.streams import Heard
from deploy.demo.world import World
from shared.contracts import escalation
from shared.kernel.decisions import Actor

KINDS = ("funding", "plan", "suggestion")
TRIED = "已在本单位讨论，经费和职权不足以完成"
ASKED = "请联席会议统筹安排"
SUMMARIES = {
    "funding": ("小区公共照明改造经费", "活动场地维修经费", "老旧管网更换经费"),
    "plan": ("年度共建计划安排", "停车秩序整治方案", "便民服务点设置方案"),
    "suggestion": ("增设休闲座椅的建议", "规范早市经营的建议", "完善小区门禁的建议"),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an officer brings, and when."""

    at: datetime
    unit: str
    name: str
    kind: str
    summary: str


class Proposers:
    """The officers of all units that have a body, and the secretaries who screen what they bring."""

    def __init__(self, world: World) -> None:
        self._world = world

    def plan(self, first: date, last: date) -> None:
        """Put on the agenda what is brought on the days from first to last, both included."""
        for year in range(first.year, last.year + 1):
            for body in self._world.city.bodies:
                for one in self._of(body, year):
                    if first <= one.at.date() <= last:
                        self._world.agenda.at(one.at, partial(self._propose, one))

    def _of(self, body: str, year: int) -> Iterator[Proposal]:
        """Yield what a body's own unit brings in a year, at any time of its working hours."""
        behaviour = self._world.behaviour
        number, calendar = behaviour.parameters.number, self._world.city.calendar
        draw = behaviour.chance.of(body, "proposals", str(year))
        mean = number(f"topic_by_hand.{behaviour.level_of(body)}")
        begins = calendar.office_time(calendar.midnight(date(year, 1, 1).toordinal()))
        ends = calendar.office_time(calendar.midnight(date(year + 1, 1, 1).toordinal()))
        for n in range(poisson(draw, mean * gamma_factor(draw, number("topic_by_hand.cv") ** -2))):
            at = calendar.earliest_at(begins + int((ends - begins) * draw.uniform(1e-6, 1)))
            kind = one_of(draw, KINDS)
            yield Proposal(at, body, f"{body}/{year}/{n}", kind, one_of(draw, SUMMARIES[kind]))

    async def _propose(self, one: Proposal) -> None:
        body = {
            "kind": one.kind,
            "summary": one.summary,
            "tried": TRIED,
            "asked": ASKED,
            "urgent": self._is_urgent(one),
        }
        key = f"propose/{one.name}"
        await self._world.desk.act(Actor("unit", one.unit), "escalation", "/v1/topics", body, key)

    def _is_urgent(self, one: Proposal) -> bool:
        """Tell whether it cannot wait: rare, above estates, and only where the next regular meeting is far off."""
        behaviour, city = self._world.behaviour, self._world.city
        number = behaviour.parameters.number
        if behaviour.level_of(one.unit) == "estate":
            return False
        next_days = [day for year in (one.at.year, one.at.year + 1) for day in city.meeting_days(one.unit, year)]
        far = one.at.date() + timedelta(days=number("urgent.if_next_after_days"))
        if any(one.at.date() < day <= far for day in next_days):
            return False
        return behaviour.chance.happens(number("urgent.share"), one.unit, "urgent", one.name)

    def hear(self, heard: Heard) -> None:
        """Let the secretary of the body look at what was proposed."""
        if isinstance(heard.data, escalation.TopicProposed):
            world, body, case = self._world, heard.data.body, heard.envelope.subject
            at = world.behaviour.soon(body, "screens", heard.data.topic, world.now())
            world.agenda.at(at, partial(self._admit, case, body))

    async def _admit(self, case: str, body: str) -> None:
        await self._world.desk.act(Actor("unit", body), "escalation", f"/v1/topics/{case}/admit", {}, f"{case}/admit")
