"""Lists and claims 清单与认领 as a page shows them: whose circle, what waits at which step, in words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from services.console import moments, queries
from services.console.access.roles import AT_DEPARTMENT, CITY_WIDE, Role
from services.console.queues import Clerk
from services.console.words import Tongue, word
from shared.city.model import City, UnitLevel

Found = Mapping[str, Any]
MOST = 200
"""Wishes of one step, items of one list, projects of one community that are read at once."""
WISHES = {
    "ordered": word("待审单"),
    "come_back": word("无人认领"),
    "offered": word("待领单"),
    "claimed": word("已领单"),
    "bought": word("政府购买"),
    "fulfilled": word("待确认"),
    "confirmed": word("已圆"),
    "unrated": word("未评价"),
    "refused": word("不予受理"),
    "diverted": word("转为诉求"),
}
STEPS = {
    "review": (word("点单 · 待社区审单"), ("ordered", "come_back")),
    "claim": (word("审单 · 待认领"), ("offered",)),
    "work": (word("领单 · 办理中"), ("claimed", "bought")),
    "confirm": (word("待确认评价"), ("fulfilled",)),
}
ENDED = ("confirmed", "unrated", "refused", "diverted")
LISTS = {
    "demand": word("需求"),
    "resource": word("资源"),
    "service": word("服务"),
    "responsibility": word("责任"),
    "strength": word("优势"),
    "shortage": word("紧缺"),
    "service_item": word("服务事项"),
}
ITEMS = {"draft": word("起草中"), "published": word("已公布"), "withdrawn": word("已撤下"), "expired": word("已到期")}
PROJECTS = {
    "offered": word("待对方签约"),
    "matched": word("已签约"),
    "running": word("进行中"),
    "done": word("已完成"),
    "rated": word("已互评"),
    "lapsed": word("未签约失效"),
}
CHIPS = {
    "ordered": "held", "come_back": "overdue", "offered": "soon", "claimed": "ok", "bought": "ok",
    "fulfilled": "ok", "draft": "held", "published": "ok", "matched": "soon", "running": "ok", "done": "ok",
}  # fmt: skip


def communities(role: Role, at: str, city: City) -> list[str]:
    """Return the communities whose circle somebody belongs to or looks after, his own first."""
    if role in AT_DEPARTMENT:
        return list(city.communities_of(at))
    if role in CITY_WIDE:
        return [unit.code for unit in city.of_level(UnitLevel.COMMUNITY)]
    own = city.at_level(at, UnitLevel.COMMUNITY)
    return [own.code] if own else [unit.code for unit in city.children(at)]


def limit(t: Tongue, city: City, clock: str) -> str:
    """Return a time limit of the city in words."""
    return moments.budget(t, city.clock(clock))


def address(**picked: str) -> str:
    """Return the page's address with what is picked on it."""
    return f"/lists?{urlencode({name: value for name, value in picked.items() if value})}"


async def wishes(clerk: Clerk, community: str, statuses: Sequence[str]) -> list[Found]:
    """Return the wishes of a community that stand so, the soonest due first."""
    asked = (
        clerk.owners.get(clerk.signed, "dispatch", "/v1/wishes", community=community, status=status, limit=MOST)
        for status in statuses
    )
    found = [one for answer in await asyncio.gather(*asked) for one in answer["items"]]
    return sorted(found, key=lambda one: (one.get("due_at") or "9", one["id"]))


async def board(clerk: Clerk, community: str, now: datetime) -> list[dict[str, Any]]:
    """Return the columns of the board: what waits for the community, for a claimant, is in hand, is to be confirmed."""
    t = clerk.t
    found = await wishes(clerk, community, [status for _, statuses in STEPS.values() for status in statuses])
    columns = []
    for key, (name, statuses) in STEPS.items():
        own = [one for one in found if one["status"] in statuses]
        items = [card(one, clerk.city, t, now) for one in own]
        columns.append({"key": key, "name": t(name), "n": len(own), "items": items, "empty": t("这一步没有")})
    return columns


def card(wish: Found, city: City, t: Tongue, now: datetime) -> dict[str, Any]:
    """Return a wish as a card: what, where, whose turn, until when."""
    status, who = wish["status"], ""
    if wish.get("claimant"):
        who = t("{who} 已认领", who=_called(city, t, wish["claimant"]))
    elif wish.get("named"):
        who = t("已派 {who}，待答复", who=_called(city, t, wish["named"]))
    due = datetime.fromisoformat(wish["due_at"]) if wish.get("due_at") else None
    return {
        "key": wish["id"],
        "title": wish["wording"],
        "state": "overdue" if due and due < now else CHIPS.get(status, "ended"),
        "chip": t(WISHES[status]),
        "due": t("{at} 前", at=moments.short_moment(due, now)) if due else "",
        "more": " · ".join(filter(None, (city.name_of(wish["place"]), who))),
        "href": address(at=wish["community"], wish=wish["id"]),
    }


def _called(city: City, t: Tongue, code: str) -> str:
    """Return who it is: a unit or department by name, a person who reported for duty by his number alone."""
    name = city.name_of(code)
    return t("报到人员 {code}", code=code) if name == code else name


def kinds_kept(city: City, owner: str) -> list[str]:
    """Return the lists that somebody keeps in this city."""
    mechanisms = city.mechanisms
    is_root, is_unit = owner == city.root.code, owner in city.units
    if is_root:
        return ["service_item"] if "service-items" in mechanisms else []
    kept: list[str] = []
    if mechanisms & {"lists-three", "lists-four"}:
        kept += ["demand", "resource", "service"] if is_unit else ["resource", "service"]
    if "lists-four" in mechanisms:
        kept.append("responsibility")
    if "lists-needs-services" in mechanisms:
        kept += ["demand", "service", "strength", "shortage"]
    if mechanisms & {"right-to-resources", "sharing-agreements"}:
        kept.append("resource")
    return list(dict.fromkeys(kept))


async def wish(clerk: Clerk, name: str) -> Found:
    """Return a wish with what happened to it, oldest first; raises NotDone for one that is not known."""
    found = await clerk.owners.get(clerk.signed, "dispatch", f"/v1/wishes/{quote(name, safe='')}")
    async with clerk.engine.connect() as conn:
        return {**found, "told": await queries.history(conn, name)}


async def items(clerk: Clerk, owner: str) -> Found:
    """Return what somebody lists, and for which quarter it was looked through."""
    answer: Found = await clerk.owners.get(clerk.signed, "dispatch", f"/v1/lists/{quote(owner, safe='')}", limit=MOST)
    return answer


async def menu(clerk: Clerk, community: str) -> list[Found]:
    """Return what is published to a community's circle, whoever keeps it."""
    answer = await clerk.owners.get(clerk.signed, "dispatch", f"/v1/menus/{community}", limit=MOST)
    return list(answer["items"])


async def projects(clerk: Clerk, community: str) -> list[Found]:
    """Return the projects of a community, those that wait for somebody first."""
    answer = await clerk.owners.get(clerk.signed, "dispatch", "/v1/projects", community=community, limit=MOST)
    order = list(PROJECTS)
    return sorted(answer["items"], key=lambda one: (order.index(one["status"]), one["id"]))
