"""Working Party members in communities: they check in (双报到), take on a second duty, do it, are graded (双岗双责)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from deploy.demo.draws import one_of
from deploy.demo.world import World
from shared.city.model import UnitLevel
from shared.kernel.decisions import Actor

CHECK_IN, DOUBLE_POST = "check-in", "double-post"
MEMBERS = 2
"""Members of a community who are shown."""
GRADES = ("excellent", "good", "good", "passed")
GRADED = (12, 20)
"""Month and day from which a community grades the year."""


class Volunteers:
    """Members and communities of one world, where the city file has members check in."""

    def __init__(self, world: World) -> None:
        self._world = world

    def plan(self, first: date, last: date) -> None:
        """Put on the agenda what members do from the first to the last day: check in, and where there are posts for
        them, a Saturday's work a week and a grade a year.
        """
        city = self._world.city
        if CHECK_IN not in city.mechanisms:
            return
        has_posts = DOUBLE_POST in city.mechanisms
        for community in city.of_level(UnitLevel.COMMUNITY):
            for number in range(1, MEMBERS + 1):
                member = f"{community.code}-D{number}"
                self._at(first, 10, member, self._check_in, community.code, member)
                if has_posts:
                    self._at(first, 11, member, self._take_on, community.code, member)
                for day in (first + timedelta(days=n) for n in range(1, (last - first).days + 1) if has_posts):
                    if day.weekday() == 5:
                        self._at(day, 16, member, self._register, community.code, member, day)
                    if (day.month, day.day) == GRADED:
                        self._at(day, 15, member, self._grade, community.code, member, day.year)

    def _at(self, day: date, hour: int, member: str, deed: Any, *with_: Any) -> None:
        minute = self._world.behaviour.chance.of(member, "minute", day.isoformat()).randrange(60)
        at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self._world.city.calendar.zone)
        self._world.agenda.at(at, partial(deed, *with_))

    async def _check_in(self, community: str, member: str) -> None:
        """Check in where his unit is paired, or where he lives."""
        draw, city = self._world.behaviour.chance.of(member, "work"), self._world.city
        paired = city.paired_with(community)
        body = {
            "unit": community, "kind": "work" if paired else "home",
            "employer": one_of(draw, paired or sorted(city.departments)),
        }  # fmt: skip
        await self._do(Actor("unit", community), f"/v1/members/{member}/check-in", body, f"{member}/check-in")

    async def _take_on(self, community: str, member: str) -> None:
        draw, city = self._world.behaviour.chance.of(member, "duty"), self._world.city
        kind = one_of(draw, sorted(city.volunteering))
        body = {"community": community, "kind": kind, "item": one_of(draw, city.volunteering[kind])}
        await self._do(Actor("member", member), f"/v1/members/{member}/claim-duty", body, f"{member}/duty")

    async def _register(self, community: str, member: str, on: date) -> None:
        hours = self._world.behaviour.chance.of(member, "hours", on.isoformat()).randint(1, 4)
        body = {"on": on.isoformat(), "hours": hours, "what": "参加社区志愿服务"}
        path = f"/v1/communities/{community}/members/{member}/register"
        await self._do(Actor("member", member), path, body, f"{member}/{on}")

    async def _grade(self, community: str, member: str, year: int) -> None:
        grade = one_of(self._world.behaviour.chance.of(member, "grade", str(year)), GRADES)
        body = {"year": year, "grade": grade, "opinion": "积极参加社区活动"}
        path = f"/v1/communities/{community}/members/{member}/assess"
        await self._do(Actor("unit", community), path, body, f"{member}/{year}")

    async def _do(self, actor: Actor, path: str, body: dict[str, Any], key: str) -> None:
        await self._world.desk.act(actor, "dispatch", path, body, key)
