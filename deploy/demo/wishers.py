"""Wishes and what is shared: residents order, communities review, circles claim, list, sign, book.

Only what the city file switches on happens; each city's own mechanisms decide who acts (workflows §3.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from deploy.demo.behaviour import ANSWERS_AFTER
from deploy.demo.desk import Result
from deploy.demo.draws import LogNormal, one_of
from deploy.demo.model import Sending
from deploy.demo.streams import Heard
from deploy.demo.world import World
from shared.contracts import list_item, wish
from shared.kernel.decisions import Actor

BY_CLAIM, BY_DISPATCH = frozenset({"wish-claim", "grid-menu"}), frozenset({"wish-dispatch"})
CONFIRMED = 0.7
"""Share of wishers who confirm what was done (assumed)."""
DONE_AFTER = LogNormal(20, 0.6)
"""Working hours from a claim to its end (assumed)."""
GRANTED = 0.9
"""Share of calls of a grid for a resource that its owner grants (assumed)."""
_LISTS = frozenset({"lists-three", "lists-four", "lists-needs-services"})


class Wishers:
    """Residents with wishes, communities, paired units, alliance members of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._has = world.city.mechanisms
        self._met: set[str] = set()
        """Communities whose circle has joined."""

    def takes(self, sending: Sending) -> bool:
        """Tell whether a report is a wish that this city has ordered, reviewed and claimed instead."""
        return sending.channel == "wish" and bool(self._has & (BY_CLAIM | BY_DISPATCH))

    def plan(self, sendings: list[Sending], opens: datetime) -> None:
        """Put orders on the agenda, and what communities and their partners begin on the first morning."""
        for sending in sendings:
            self._world.agenda.at(sending.at, partial(self._order, sending))
        for unit in self._world.city.units.values():
            if unit.level.value == "community":
                at = self._world.behaviour.soon(unit.code, "shares", "first", opens)
                self._world.agenda.at(at, partial(self._share, unit.code))

    # -- wishes -----------------------------------------------------------------------------------------------------

    async def _order(self, sending: Sending) -> None:
        lineage = self._world.city.lineage(sending.unit)
        community = next((unit.code for unit in lineage if unit.level.value == "community"), None)
        if community is None:
            return
        await self._meet(community)
        body = {
            "place": sending.unit,
            "wording": str(sending.body["text"]),
            "wisher": {"name": "居民", "phone": "", "address": ""},
        }
        self._world.tally.sent["wish"] += 1
        await self._do(Actor("source", sending.source), "/v1/wishes", body, f"wish/{sending.id}")

    def hear(self, heard: Heard) -> None:
        """Let those go on whom a fact concerns."""
        subject, behaviour = heard.envelope.subject, self._world.behaviour
        now, happens, share = self._world.now(), behaviour.chance.happens, behaviour.parameters.number
        match heard.data:
            case wish.WishOrdered(community=community):
                self._at(behaviour.soon(community, "reviews", subject, now), self._review, subject, community)
            case wish.WishOffered(community=community) if happens(share("wish.claimed"), community, "claimed", subject):
                self._at(behaviour.soon(community, "claims", subject, now), self._claim, subject, community)
            case wish.WishNamed(named=named):
                self._at(behaviour.soon(named, "agrees", subject, now, LogNormal(1, 0.5)), self._agree, subject, named)
            case wish.WishClaimed(claimant=claimant) if happens(share("wish.done"), claimant, "done", subject):
                at = behaviour.soon(claimant, "fulfils", subject, now, DONE_AFTER)
                self._at(at, self._fulfil, subject, claimant)
            case wish.WishFulfilled() if happens(CONFIRMED, "wisher", "confirms", subject):
                at = behaviour.minutes_later(
                    "wisher", "confirms", subject, now, LogNormal(60 * ANSWERS_AFTER.median, 0.5)
                )
                self._at(at, self._confirm, subject)
            case wish.WishCameBack(community=community):
                self._at(behaviour.soon(community, "decides", subject, now), self._refuse, subject, community)
            case list_item.BookingAsked(owner=owner, booking=booking):
                self._at(behaviour.soon(owner, "grants", booking, now), self._answer, subject, owner, booking)
            case _:
                pass

    async def _review(self, subject: str, community: str) -> None:
        behaviour = self._world.behaviour
        if behaviour.chance.happens(behaviour.parameters.number("wish.review"), community, "passes", subject):
            await self._act(Actor("unit", community), subject, "offer")
        else:
            await self._refuse(subject, community)

    async def _refuse(self, subject: str, community: str) -> None:
        await self._act(Actor("unit", community), subject, "refuse", {"why": "不属于社区可以提供的服务"})

    async def _claim(self, subject: str, community: str) -> None:
        """Let one of the circle claim, another where that one has its hands full; or the community names one."""
        for nth, actor in enumerate(self._circle(community, subject)):
            if self._has & BY_CLAIM:
                done = await self._act(actor, subject, "claim", {}, nth)
            else:
                done = await self._act(Actor("unit", community), subject, "name", {"named": actor.id}, nth)
            if done.is_done:
                return

    async def _agree(self, subject: str, named: str) -> None:
        await self._act(self._party(named), subject, "agree", {"agrees": True})

    async def _fulfil(self, subject: str, claimant: str) -> None:
        await self._act(self._party(claimant), subject, "fulfil", {"what": "心愿已办好，送到家中", "evidence": 1})

    async def _confirm(self, subject: str) -> None:
        grade = one_of(self._world.behaviour.chance.of("wisher", "grade", subject), (5, 5, 5, 4, 3))
        await self._act(Actor("source", "mini"), subject, "confirm", {"grade": grade})

    def _circle(self, community: str, subject: str) -> list[Actor]:
        """Return who may take a wish, first choice first."""
        behaviour = self._world.behaviour
        draw = behaviour.chance.of(community, "circle", subject)
        members = [Actor("member", f"{community}-m{n}") for n in (1, 2, 3)]
        units = [self._party(code) for code in (*self._world.city.paired_with(community), f"{community}-team")]
        draw.shuffle(members)
        draw.shuffle(units)
        return (
            [*members, *units] if draw.random() < behaviour.parameters.number("wish.by_member") else [*units, *members]
        )

    def _party(self, code: str) -> Actor:
        if code in self._world.city.departments:
            return Actor("department", code)
        return Actor("post" if code.endswith("-team") else "member", code)

    async def _meet(self, community: str) -> None:
        """Let the circle of a community join, once."""
        if community in self._met:
            return
        self._met.add(community)
        clerk, path = Actor("unit", community), f"/v1/alliances/{community}"
        for code, kind in [(f"{community}-m{n}", "party_member") for n in (1, 2, 3)] + [(f"{community}-team", "team")]:
            await self._do(clerk, f"{path}/join", {"party": code, "kind": kind}, f"join/{code}")

    # -- lists, projects, resources -----------------------------------------------------------------------------------

    async def _share(self, community: str) -> None:
        """Begin what this city's communities and partners do: lists, a project, a shared resource, posts and pool."""
        await self._meet(community)
        clerk = Actor("unit", community)
        paired = self._world.city.paired_with(community)
        partner = self._party(paired[0] if paired else f"{community}-team")
        path = f"/v1/alliances/{community}"
        grid = next((unit.code for unit in self._world.city.children(community)), None)
        if "assigned-on" in self._has and paired and grid:
            await self._do(clerk, f"{path}/assign-on", {"department": paired[0], "grid": grid}, f"on/{community}")
        if "commissioners" in self._has:
            post = {"post": f"{community}-desk", "party": partner.id, "centre": "党群服务中心"}
            await self._do(clerk, f"{path}/appoint", post, f"post/{community}")
            expert = {"resource": f"{community}-x", "party": partner.id, "expert_class": "医疗", "skills": ["义诊"]}
            await self._do(partner, f"{path}/pool", expert | {"times": "周末"}, f"pool/{community}")
        if self._has & _LISTS:
            await self._list(partner, community, "service", "上门理发")
        if "service-items" in self._has and community == self._first_community():
            await self._list(self._world.actor(self._world.city.root.code), None, "service_item", "代办老年证")
        if "claimed-projects" in self._has and self._has & _LISTS:
            await self._project(clerk, partner, community)
        if "sharing-agreements" in self._has:
            await self._hall(clerk, partner, community)
        if "right-to-resources" in self._has and grid:
            truck = await self._list(partner, community, "resource", "清障车")
            await self._book(Actor("unit", grid), truck, f"call-{community}")

    def _first_community(self) -> str:
        return next(unit.code for unit in self._world.city.units.values() if unit.level.value == "community")

    async def _list(self, owner: Actor, community: str | None, kind: str, wording: str) -> str:
        """Draft and publish an item; returns its id, empty where it was refused."""
        today = self._world.city.calendar.local(self._world.now()).date()
        body = {
            "kind": kind, "community": community, "wording": wording, "quantity": 20, "form": "志愿",
            "valid_from": today.isoformat(), "valid_until": (today + timedelta(days=180)).isoformat(),
        }  # fmt: skip
        code = self._world.city.root.code if owner.kind == "operations" else owner.id
        key = f"list/{code}/{community}/{kind}"
        result = await self._do(owner, f"/v1/lists/{code}/items", body, key)
        if not result.is_done or not result.content:
            return ""
        item = str(result.content["subject"])
        await self._do(owner, f"/v1/items/{item}/publish", {}, f"publish/{item}")
        return item

    async def _project(self, clerk: Actor, partner: Actor, community: str) -> None:
        """Let the partner claim a need of the community's, both sign and begin; they end and rate it the days after."""
        need = await self._list(clerk, community, "demand", "社区义诊")
        project = await self._sign(partner, clerk, community, need, "project", partner.id)
        if not project:
            return
        await self._do(clerk, f"/v1/projects/{project}/start", {}, f"start/{project}")
        now, behaviour = self._world.now(), self._world.behaviour
        for side in (clerk, partner):
            for verb, body, days in (("confirm", {"what": "已开展义诊"}, 2), ("rate", {"grade": 5}, 3)):
                at = behaviour.soon(side.id, verb, project, now + timedelta(days=days))
                path = f"/v1/projects/{project}/{verb}"
                self._at(at, self._do, side, path, body, f"{verb}/{side.id}/{project}")

    async def _hall(self, clerk: Actor, partner: Actor, community: str) -> None:
        """Share a room by agreement; the community books it."""
        hall = await self._list(partner, community, "resource", "会议室")
        if await self._sign(clerk, partner, community, hall, "sharing", partner.id):
            at = self._world.behaviour.soon(community, "books", hall, self._world.now())
            self._at(at, self._book, clerk, hall, f"hall-{community}")

    async def _sign(self, first: Actor, second: Actor, community: str, item: str, kind: str, partner: str) -> str:
        """Let one side claim an item and the other sign; returns the project's id."""
        if not item:
            return ""
        today = self._world.city.calendar.local(self._world.now()).date()
        body = {
            "kind": kind, "item": item, "partner": partner, "agreement": "按约定时间开展，费用各自承担",
            "starts_on": today.isoformat(), "ends_on": (today + timedelta(days=90)).isoformat(),
        }  # fmt: skip
        result = await self._do(first, f"/v1/communities/{community}/projects", body, f"claim/{item}")
        if not result.is_done or not result.content:
            return ""
        project = str(result.content["subject"])
        await self._do(second, f"/v1/projects/{project}/sign", {}, f"sign/{project}")
        return project

    async def _book(self, by: Actor, item: str, booking: str) -> None:
        if not item:
            return
        day = self._world.city.calendar.local(self._world.now()).date() + timedelta(days=2)
        begins = datetime.combine(day, time(10), self._world.city.calendar.zone)
        body = {
            "booking": booking, "purpose": "集中清理楼道杂物", "starts_at": begins.isoformat(),
            "ends_at": (begins + timedelta(hours=2)).isoformat(),
        }  # fmt: skip
        await self._do(by, f"/v1/items/{item}/book", body, f"book/{booking}")

    async def _answer(self, item: str, owner: str, booking: str) -> None:
        granted = self._world.behaviour.chance.happens(GRANTED, owner, "grants", booking)
        body = {"booking": booking, "granted": granted, "why": "" if granted else "车辆检修"}
        await self._do(self._party(owner), f"/v1/items/{item}/answer-booking", body, f"answer/{booking}")

    # -- the desk -----------------------------------------------------------------------------------------------------

    def _at(self, when: datetime, deed: Any, *with_: Any) -> None:
        self._world.agenda.at(when, partial(deed, *with_))

    async def _act(
        self, actor: Actor, subject: str, verb: str, body: Mapping[str, Any] | None = None, nth: int = 0
    ) -> Result:
        return await self._do(actor, f"/v1/wishes/{subject}/{verb}", body or {}, f"{subject}/{verb}/{actor.id}/{nth}")

    async def _do(self, actor: Actor, path: str, body: Mapping[str, Any], key: str) -> Result:
        return await self._world.desk.act(actor, "dispatch", path, body, key)
