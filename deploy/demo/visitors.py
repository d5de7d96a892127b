"""Grid staff on their rounds (入户走访), leaders at their contact points (联系点): logged as they come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from deploy.demo.draws import one_of
from deploy.demo.raising import report_of
from deploy.demo.world import World
from shared.city.model import UnitLevel
from shared.kernel.decisions import Actor

HOUSEHOLDS, GRID_WORK = "household-visits", "grid-work"
CONTACTS, RECEPTION = "leader-contacts", "leader-reception"
DOORS = 2
"""Households that a grid member calls on in a day, of the one grid a community whose rounds are shown (assumed)."""
KEPT = 30
"""Households of that grid which are visited in turn."""
WORK = ("errand", "hazard", "publicity")


class Visitors:
    """Grid members, and leaders of the city, of one world; each kind where the city file has its mechanism."""

    def __init__(self, world: World) -> None:
        self._world = world

    def plan(self, first: date, last: date) -> None:
        """Put on the agenda each day's rounds, each leader's visit of the quarter, a reception a street and month."""
        has = self._world.city.mechanisms
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        for number, community in enumerate(self._world.city.of_level(UnitLevel.COMMUNITY), 1):
            grid = next((unit.code for unit in self._world.city.children(community.code)), None)
            if grid is not None and has & {HOUSEHOLDS, GRID_WORK}:
                for day in days:
                    self._plan_round(grid, day)
            if CONTACTS in has:
                self._plan_leader(f"leader-{number}", community.code, first, last)
        for street in self._world.city.of_level(UnitLevel.STREET) if RECEPTION in has else ():
            for day in self._drawn(street.code, "reception", first, last, months=1):
                self._at(day, 15, street.code, self._receive, street.code, day)

    # -- grid members -------------------------------------------------------------------------------------------------

    def _plan_round(self, grid: str, day: date) -> None:
        has = self._world.city.mechanisms
        if HOUSEHOLDS in has:
            for door in range(DOORS):
                self._at(day, 9 + 8 * door, grid, self._call_on, grid, day, door)
        if GRID_WORK in has:
            self._at(day, 14, grid, self._work, grid, day)

    async def _call_on(self, grid: str, day: date, door: int) -> None:
        """Visit the next household of the round, by its code."""
        nth = (day.toordinal() * DOORS + door) % KEPT + 1
        said = {"visit": f"{grid}/{day}/{door}", "kind": "household", "household": f"{grid}-H{nth}"}
        await self._unit(grid, "visits", said)

    async def _work(self, grid: str, day: date) -> None:
        """Run an errand, look for hazards or explain the law (办事服务、隐患排查、法制宣传)."""
        kind = one_of(self._world.behaviour.chance.of(grid, "work", day.isoformat()), WORK)
        await self._unit(grid, "visits", {"visit": f"{grid}/{day}/{kind}", "kind": kind})

    # -- leaders ------------------------------------------------------------------------------------------------------

    def _plan_leader(self, leader: str, community: str, first: date, last: date) -> None:
        """Let a leader have one community and come once a quarter."""
        self._at(first, 8, leader, self._tie, leader, community)
        for day in self._drawn(leader, "visit", first, last, months=3):
            self._at(day, 10, leader, self._visit, leader, community, day)

    async def _tie(self, leader: str, community: str) -> None:
        await self._leader(leader, "tie", {"unit": community}, f"{leader}/tie")

    async def _visit(self, leader: str, community: str, day: date) -> None:
        said = {"unit": community, "kind": "visit", "on": day.isoformat()}
        await self._leader(leader, "visits", said, f"{leader}/{day}")

    async def _receive(self, street: str, day: date) -> None:
        """Receive somebody at a fixed place and hour; what he brings is a report of the leaders' own channel."""
        report = f"LD-{street}-{day}"
        raised = [report] if await report_of(self._world, "leader", report, street) else []
        said = {"unit": street, "kind": "fixed", "on": day.isoformat(), "raised": raised}
        await self._leader(f"leader-{street}", "receptions", said, report)

    # -- the desk -----------------------------------------------------------------------------------------------------

    def _drawn(self, who: str, purpose: str, first: date, last: date, months: int) -> Iterator[date]:
        """Yield the day of each period of so many months that falls between first and last."""
        calendar, begins = self._world.city.calendar, date(first.year, (first.month - 1) // months * months + 1, 1)
        while begins <= last:
            after = (begins + timedelta(days=31 * months)).replace(day=1)
            draw = self._world.behaviour.chance.of(who, purpose, begins.isoformat())
            day = calendar.working_day_after(begins, 1 + draw.randrange(18 * months))
            if first <= day <= min(last, after - timedelta(days=1)):
                yield day
            begins = after

    def _at(self, day: date, hour: int, who: str, deed: Any, *with_: Any) -> None:
        minute = self._world.behaviour.chance.of(who, "minute", f"{day}/{hour}").randrange(60)
        at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self._world.city.calendar.zone)
        self._world.agenda.at(at, partial(deed, *with_))

    async def _unit(self, unit: str, verb: str, said: Mapping[str, Any]) -> None:
        await self._world.desk.act(Actor("unit", unit), "intake", f"/v1/units/{unit}/{verb}", said, said["visit"])

    async def _leader(self, leader: str, verb: str, said: Mapping[str, Any], key: str) -> None:
        operations = self._world.actor(self._world.city.root.code)
        await self._world.desk.act(operations, "intake", f"/v1/leaders/{leader}/{verb}", said, f"{verb}/{key}")
