"""HTTP of grids and their people: posts and vacancies, the public notice and its sheet, logged work, leaders."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import msgspec
import segno
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.intake import store
from services.intake.domain.ground_work import GRIDS, UnitRecord
from services.intake.papers.notice import sheet
from services.intake.routes.follow import HEADERS
from services.intake.routes.grid_service import listed
from services.intake.tables.ground_work import HOLDERS, NOTICES, UNVISITED, WORK
from shared.contracts import people
from shared.contracts.base import Contract
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.allowance import Allowance, address_of
from shared.shell.desk import Caller, Desk, Key, body_schema, json_body, read_as, reply_body

COMMANDS: dict[tuple[str, str], type[Contract]] = {
    ("units", "fill"): people.FillPost,
    ("units", "vacate"): people.VacatePost,
    ("units", "visits"): people.LogVisit,
    ("leaders", "tie"): people.TieLeader,
    ("leaders", "visits"): people.LogLeaderVisit,
    ("leaders", "receptions"): people.LogReception,
}
"""What `POST /v1/<collection>/{code}/<command>` says."""
LEADER = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
"""A leader's code: never a bare number, which might be somebody's."""
SUBJECTS = {"units": "unit", "leaders": "leader"}
UNVISITED_DAYS = 30
"""A household not visited for so many days shows on the grid's page (assumed, domain §2.2)."""


def router(desk: Desk, allowance: Allowance) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1", tags=["grids"])
    for (collection, command), contract in COMMANDS.items():
        routes.add_api_route(
            f"/{collection}/{{code}}/{command}", _command(desk, SUBJECTS[collection], contract), methods=["POST"],
            name=contract.TYPE, summary=contract.__doc__, openapi_extra=body_schema(contract),
        )  # fmt: skip

    @routes.get("/units/{code}/posts")
    async def posts(code: str, actor: Caller) -> dict[str, Any]:
        """Show the posts of a unit, who holds each, and which are vacant (red on the map)."""
        _may_look(desk, code, actor)
        return await _posts(desk, code)

    @routes.get("/units/{code}/work")
    async def work(
        code: str, actor: Caller, month: Annotated[str, Query(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")]
    ) -> dict[str, Any]:
        """Show a grid member's month: work by kind, working days without a visit, households long not visited."""
        _may_look(desk, code, actor)
        first = date.fromisoformat(f"{month}-01")
        calendar = desk.city.calendar
        span = {"first": calendar.midnight(first.toordinal()), "last": calendar.midnight(_next(first).toordinal())}
        async with desk.engine.connect() as conn:
            now = (await desk.shell.store.clock(conn)).now
            done = [dict(row._mapping) for row in await conn.execute(WORK, {"unit": code, **span})]
            before = now - timedelta(days=UNVISITED_DAYS)
            unvisited = [dict(row._mapping) for row in await conn.execute(UNVISITED, {"unit": code, "before": before})]
        until = min(calendar.local(now).date(), _next(first) - timedelta(days=1))
        days = calendar.working_days_between(first, until) if until >= first else 0
        visited = next((row["days"] for row in done if row["kind"] == "household"), 0)
        return {"unit": code, "month": month, "work": done, "working_days": days, "days_visited": visited,
                "days_without": max(0, days - visited), "unvisited": unvisited}  # fmt: skip

    @routes.get("/notices/{code}")
    async def notice(code: str, request: Request) -> dict[str, Any]:
        """Show the public notice of a grid, without an account: people and duties of it and of the grids above."""
        allowance.take(address_of(request))
        return await _notice(desk, code)

    @routes.get("/notices/{code}/versions")
    async def versions(code: str, actor: Caller) -> dict[str, Any]:
        """Show every version of a grid's notice, in codes, the newest first."""
        _may_look(desk, code, actor)
        async with desk.engine.connect() as conn:
            rows = await conn.execute(NOTICES, {"unit": code})
            return {"unit": code, "versions": [dict(row._mapping) for row in rows]}

    @routes.get("/notices/{code}/sheet", response_class=HTMLResponse)
    async def printed(code: str, request: Request) -> HTMLResponse:
        """Return the notice as a sheet to print and hang up, with a code that leads to it."""
        allowance.take(address_of(request))
        shown = await _notice(desk, code)
        picture = segno.make(str(request.url).removesuffix("/sheet"), error="m").svg_inline(scale=4)
        return HTMLResponse(sheet(shown, desk.city.names, picture), headers=HEADERS)

    return routes


def _command(desk: Desk, kind: str, contract: type[Contract]) -> Any:
    async def command(code: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        _must_be_known(desk, kind, code, actor)
        said = read_as(contract, await json_body(request))
        return reply_body(await desk.submit(said, f"{kind}:{code}", actor, key, creates=True))

    return command


def _must_be_known(desk: Desk, kind: str, code: str, actor: Actor) -> None:
    """Let nobody make a record under a code that is none, or that he could never write into."""
    known = code in desk.city.units if kind == "unit" else LEADER.fullmatch(code) is not None
    if not known:
        raise Refused("subject.unknown", kind, subject=code)
    if actor.kind not in ("operations", "unit", "post"):
        raise Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act=f"{kind}.write")


async def _record(desk: Desk, code: str) -> UnitRecord:
    async with desk.engine.connect() as conn:
        state = await store.state_of(conn, f"unit:{code}")
    return msgspec.json.decode(state, type=UnitRecord) if state else UnitRecord()


async def _posts(desk: Desk, code: str) -> dict[str, Any]:
    city, record = desk.city, await _record(desk, code)
    shown = []
    for post in city.posts.values():
        if post.level is city.units[code].level:
            seats = [msgspec.to_builtins(seat) for seat in record.seats if seat.post == post.code]
            vacant = not any(seat["department"] is None for seat in seats)
            shown.append({"post": post.code, "name": post.name, "vacant": vacant, "seats": seats})
    return {"unit": code, "name": city.units[code].name, "posts": shown, "notice": record.notice}


async def _notice(desk: Desk, code: str) -> dict[str, Any]:
    city = desk.city
    if code not in city.units or "public-notice" not in city.mechanisms or city.units[code].level.value not in GRIDS:
        raise Refused("subject.unknown", "unit", subject=code)
    grids = [unit.code for unit in city.lineage(code) if unit.level.value in GRIDS]
    async with desk.engine.connect() as conn:
        rows = await conn.execute(HOLDERS, {"units": grids})
        names = {(row.unit, row.post, row.holder): (row.name, row.phone) for row in rows}
    shown = []
    for unit in grids:
        for seat in (await _record(desk, unit)).seats:
            name, phone = names.get((unit, seat.post, seat.holder), ("", None))
            shown.append({"unit": city.units[unit].name, "post": city.posts[seat.post].name, "name": name,
                          "phone": phone, "duties": list(seat.duties)})  # fmt: skip
    services = (await listed(desk, code))["items"] if "grid-service-list" in city.mechanisms else []
    version = (await _record(desk, code)).notice
    return {"unit": code, "name": city.units[code].name, "version": version, "people": shown, "services": services}


def _may_look(desk: Desk, code: str, actor: Actor) -> None:
    city = desk.city
    if code not in city.units:
        raise Refused("subject.unknown", "unit", subject=code)
    own = actor.kind == "unit" and actor.id in city.units and city.is_within(code, actor.id)
    if actor.kind != "operations" and not own:
        raise Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act="unit.read")


def _next(first: date) -> date:
    return (datetime(first.year, first.month, 1) + timedelta(days=32)).date().replace(day=1)  # noqa: DTZ001 - a date
