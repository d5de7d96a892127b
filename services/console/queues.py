"""What waits for somebody at a desk: the queues of the three desks, counted and listed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.console import listing, moments, queries, words
from services.console.access.accounts import Signed
from services.console.access.gateway import NotDone, Owners
from services.console.access.roles import CITY_WIDE
from services.console.access.scope import Scope
from services.console.projection.case import CaseRow
from services.console.selection import OPEN
from services.console.words import Tongue, word
from shared.city.model import City
from shared.kernel.refusals import Refused

MOST = 100
"""Rows of a queue on the page; its count is exact up to that where another service keeps it."""
MOST_AT_ONCE = 50
"""Cases that are dispatched together."""
WITHOUT_ORDER = ("held", "rejected", "merged", "split", "closed", "withdrawn")
"""Statuses in which there is nothing to order, not yet or no more."""
Items = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who sits at the desk, and what the queues are asked with."""

    signed: Signed
    city: City
    engine: AsyncEngine
    owners: Owners
    t: Tongue

    @property
    def me(self) -> str:
        """Return the code under which cases wait for this post."""
        return self.city.root.code if self.signed.role in CITY_WIDE else self.signed.post.at


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: a condition on `case_view` with `:me`, or what another service answers."""

    key: str
    name: str
    condition: str = ""
    asked: Callable[[Clerk, datetime], Awaitable[Items]] | None = None


async def counts(clerk: Clerk, queues: Sequence[Queue], now: datetime) -> dict[str, int]:
    """Return how much waits in each queue; one of which the owner does not tell is left out."""
    async with clerk.engine.connect() as conn:
        found = await counted(conn, queues, clerk.me)
    for queue in queues:
        if queue.asked:
            with suppress(NotDone, Refused):
                found[queue.key] = len(await queue.asked(clerk, now))
    return found


async def counted(conn: AsyncConnection, queues: Sequence[Queue], me: str) -> dict[str, int]:
    """Return how many cases there are in each queue that the read model keeps."""
    own = [queue for queue in queues if queue.condition]
    parts = ", ".join(f"(SELECT count(*) FROM case_view WHERE {queue.condition})" for queue in own)  # noqa: S608
    row = (await conn.execute(text(f"SELECT {parts}"), {"me": me})).one()
    return {queue.key: int(n) for queue, n in zip(own, row, strict=True)}


async def listed(conn: AsyncConnection, queue: Queue, me: str) -> list[CaseRow]:
    """Return the cases of a queue that the read model keeps, the soonest due first."""
    query = (
        f"SELECT to_jsonb(c)::text FROM case_view c WHERE {queue.condition} "  # noqa: S608 - values are bound
        "ORDER BY due_at NULLS LAST, id LIMIT :most"
    )
    return await queries.rows(conn, query, CaseRow, me=me, most=MOST)


async def items(clerk: Clerk, queue: Queue, now: datetime) -> Items:
    """Return what waits in a queue, the soonest due first."""
    if queue.asked is not None:
        return await queue.asked(clerk, now)
    async with clerk.engine.connect() as conn:
        rows = await listed(conn, queue, clerk.me)
        reminders = await queries.reminders(conn, [row.id for row in rows])
    said = {case: clerk.t("催办 {n} 次", n=n) for case, n in reminders.items()}
    return [_item(clerk, row, now, said.get(row.id, "")) for row in rows]


async def judged(clerk: Clerk, now: datetime) -> Items:
    """Return the requests that this desk must judge, each with what is asked."""
    answer = await clerk.owners.get(clerk.signed, "dispatch", "/v1/orders", judge=clerk.me, limit=MOST)
    asked = {order["case_id"]: order["request"] for order in answer["orders"]}
    rows = await _cases(clerk, list(asked))
    return [_item(clerk, row, now, clerk.t(REQUESTS[asked[row.id]])) for row in rows if asked[row.id] in REQUESTS]


async def supervisions(clerk: Clerk, now: datetime) -> Items:
    """Return the supervision orders that this desk must answer."""
    params = {"charged": clerk.me, "open": "true", "limit": MOST}
    answer = await clerk.owners.get(clerk.signed, "dispatch", "/v1/supervisions", **params)
    orders = {order["case_id"]: order for order in reversed(answer["supervisions"])}
    t = clerk.t
    said = {
        case: t("督办第 {n} 号，{at} 前回执", n=order["number"],
                at=moments.short_moment(datetime.fromisoformat(order["receipt_due_at"]), now))
        for case, order in orders.items()
    }  # fmt: skip
    return [_item(clerk, row, now, said[row.id]) for row in await _cases(clerk, list(orders))]


async def whistles(clerk: Clerk, now: datetime) -> Items:
    """Return the whistles in which this desk is called or called others, and has still something to do."""
    found: dict[str, Any] = {}
    for side in ("callee", "whistler"):
        params = {side: clerk.me, "open": "true", "limit": MOST}
        answer = await clerk.owners.get(clerk.signed, "dispatch", "/v1/whistles", **params)
        found |= {one["id"]: one for one in answer["whistles"]}
    return [_call(clerk, one, now) for one in found.values()]


async def duplicates(clerk: Clerk, now: datetime) -> Items:
    """Return the cases that may be one with an earlier one."""
    answer = await clerk.owners.get(clerk.signed, "intake", "/v1/duplicates", limit=MOST)
    t = clerk.t
    return [
        {
            "key": pair["case"],
            "title": pair["summary"],
            "state": "held",
            "chip": t("疑似重复"),
            "number": pair["number"],
            "more": t("与 {n} 件相近，{score}", n=len(pair["suspects"]), score=f"{pair['score']:.0%}"),
            "due": "",
        }
        for pair in answer["items"]
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """What dispatch knows of an order beyond its row: the request that waits and who judges it, what is owed."""

    request: str | None = None
    judge: str | None = None
    owed: tuple[dict[str, Any], ...] = ()


async def standing(clerk: Clerk, row: CaseRow) -> Standing:
    """Return how an order stands; raises NotDone or Refused where dispatch does not tell."""
    if row.status in WITHOUT_ORDER:
        return Standing()
    try:
        order = await clerk.owners.get(clerk.signed, "dispatch", f"/v1/orders/{row.id}")
    except NotDone as error:
        if error.status == 404:  # it has not heard of the case yet
            return Standing()
        raise
    params = {"charged": clerk.me, "open": "true", "limit": MOST}
    answer = await clerk.owners.get(clerk.signed, "dispatch", "/v1/supervisions", **params)
    owed = tuple(one for one in answer["supervisions"] if one["case_id"] == row.id)
    return Standing(order["request"], order["judge"], owed)


REQUESTS = {
    "hand_back": word("退单"),
    "unable": word("无力办理"),
    "extension": word("延期"),
    "suspension": word("挂账"),
    "release": word("退出协办"),
}
OVERDUE = Queue("overdue", word("超期"), f"{OPEN} AND overdue AND responsible = :me")
TO_ACCEPT = Queue("to_accept", word("待签收"), "status = 'dispatched' AND lead = :me")
IN_HAND = Queue("in_hand", word("办理中"), "status = 'accepted' AND lead = :me")
SOON = Queue("soon", word("临期"), f"{OPEN} AND reminded AND NOT overdue AND responsible = :me")
BY_MEETING = Queue(
    "meeting", word("会议交办"),
    OPEN + " AND lead = :me AND id IN (SELECT case_id FROM topic_view WHERE entry = 'executing' AND lead = :me)",  # noqa: S608
)  # fmt: skip
SUPPORT = Queue("support", word("协办"), "status IN ('dispatched', 'accepted', 'suspended') AND :me = ANY (support)")
SUSPENDED = Queue("suspended", word("挂账"), "status = 'suspended' AND lead = :me")
DONE = Queue("done", word("待核查待评价"), "status IN ('handled', 'verified') AND lead = :me")
HELD = Queue("held", word("待归类"), "status = 'held' AND responsible = :me")
WAITING = Queue("waiting", word("待派"), "status IN ('registered', 'waiting') AND responsible = :me")
TO_VERIFY = Queue("verify", word("待核查"), "status = 'handled' AND responsible = :me")
WHISTLES = Queue("whistles", word("吹哨"), asked=whistles)
JUDGED = Queue("judged", word("待裁定"), asked=judged)
SUPERVISED = Queue("supervised", word("督办"), asked=supervisions)
ALIKE = Queue("alike", word("疑似重复"), asked=duplicates)

DEPARTMENT = (
    TO_ACCEPT, IN_HAND, SOON, OVERDUE, BY_MEETING, SUPPORT, WHISTLES, SUSPENDED, SUPERVISED, DONE,
)  # fmt: skip
DISPATCH = (HELD, ALIKE, WAITING, JUDGED, TO_ACCEPT, IN_HAND, TO_VERIFY, OVERDUE, SUPERVISED, WHISTLES)
COMMUNITY = (TO_ACCEPT, IN_HAND, HELD, ALIKE, WAITING, JUDGED, TO_VERIFY, OVERDUE, SUPERVISED, WHISTLES)


async def named(clerk: Clerk, ids: Sequence[str], scope: Scope) -> list[tuple[CaseRow, int]]:
    """Return those of some cases that are within a scope, each with the last fact of dispatch that the pages show."""
    query = (
        f"SELECT to_jsonb(c)::text FROM case_view c WHERE id = ANY (:ids) AND {scope.condition} "  # noqa: S608
        "ORDER BY due_at NULLS LAST, id"
    )
    async with clerk.engine.connect() as conn:
        found = await queries.rows(conn, query, CaseRow, ids=list(ids), **scope.params)
        sequences = await queries.sequences(conn, [row.id for row in found], "dispatch")
    return [(row, sequences.get(row.id, 0)) for row in found]


def of_city(city: City, queues: Sequence[Queue]) -> tuple[Queue, ...]:
    """Return the queues that a city has use for: no whistles where nobody may whistle."""
    return tuple(queue for queue in queues if queue is not WHISTLES or city.whistles)


def address(path: str, queue: str, item: str = "", picked: Sequence[str] = ()) -> str:
    """Return the address of a queue, of one thing in it, or of it with some picked."""
    chosen = {"item": item, "pick": ",".join(picked)}
    return f"{path}?{urlencode({'queue': queue, **{name: value for name, value in chosen.items() if value}}, safe=',')}"


def alike(row: CaseRow) -> str:
    """Return what cases that may be dispatched together have in common: the matter and the unit of their place."""
    return f"{row.matter or ''}@{row.unit or ''}"


async def _cases(clerk: Clerk, ids: list[str]) -> list[CaseRow]:
    query = "SELECT to_jsonb(c)::text FROM case_view c WHERE id = ANY (:ids) ORDER BY due_at NULLS LAST, id"
    async with clerk.engine.connect() as conn:
        return list(await queries.rows(conn, query, CaseRow, ids=ids))


def _item(clerk: Clerk, row: CaseRow, now: datetime, more: str = "") -> dict[str, Any]:
    shown = listing.show(row, clerk.city, clerk.t, now)
    reporters = clerk.t("{n} 人反映", n=row.reporters) if row.reporters > 1 else ""
    told = (more, shown["matter_name"], shown["unit_name"], reporters)
    return {
        "key": row.id,
        "group": alike(row),
        "title": row.summary or row.number,
        "state": shown["state"],
        "chip": shown["chip"] if shown["state"] != "ok" else shown["status"],
        "number": row.number,
        "more": " · ".join(part for part in told if part),
        "due": shown["due"],
        "left": shown["left"],
        "urgent": row.urgent,
    }


def _call(clerk: Clerk, one: dict[str, Any], now: datetime) -> dict[str, Any]:
    t, due = clerk.t, one.get("report_due_at") or one.get("sign_due_at")
    return {
        "key": f"whistle:{one['id']}",
        "title": one["why"],
        "state": "ended" if one["status"] == "ended" else "soon" if one["kind"] == "emergency" else "ok",
        "chip": t(words.WHISTLES[one["kind"]]),
        "number": "",
        "more": f"{clerk.city.name_of(one['whistler'])} · {clerk.city.name_of(one['place'])} {one['spot']}".strip(),
        "due": moments.short_moment(datetime.fromisoformat(due), now) if due else "",
        "urgent": one["kind"] == "emergency",
    }
