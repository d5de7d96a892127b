"""HTTP of Party members in communities: check in and out, rosters, double duty with its two forms."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import Response

from services.dispatch.domain.double_duty import activity_of
from services.dispatch.domain.reading import check_reads
from services.dispatch.domain.roster import roster_of
from services.dispatch.papers.double_duty import opinion, register
from services.dispatch.tables.record import DUTIES, STATE
from shared.contracts.base import Contract
from shared.contracts.membership import AssessActivities, CheckIn, CheckOut, ClaimDuty, RegisterActivity
from shared.kernel.refusals import Refused
from shared.papers.files import handed_over
from shared.papers.pdf import pdf
from shared.papers.word import word
from shared.shell.desk import Caller, Desk, IfMatch, Key, body_schema, json_body, read_as, reply_body

MADE = {"docx": word, "pdf": pdf}
FORMS = {"register": (register, "活动登记表"), "opinion": (opinion, "活动意见反馈表")}
MOST = 500
ACTS: dict[str, type[Contract]] = {"register": RegisterActivity, "assess": AssessActivities}
Name = Annotated[str, InPath(max_length=64)]


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/members` and `/v1/communities`."""
    routes = APIRouter(tags=["members"])

    async def state_of(subject: str) -> Any:
        async with desk.engine.connect() as conn:
            return (await conn.execute(STATE, {"id": subject})).one_or_none()

    @routes.post("/v1/members/{member}/check-in", openapi_extra=body_schema(CheckIn, "member"))
    async def check_in(member: Name, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Check a member in at a community or grid, where his unit is paired or where he lives."""
        asked = read_as(CheckIn, await json_body(request), member=member)
        if asked.unit not in desk.city.units:
            raise Refused("subject.unknown", "unit", subject=asked.unit)
        return reply_body(await desk.submit(asked, roster_of(asked.unit), actor, key, creates=True))

    @routes.post("/v1/members/{member}/check-out", openapi_extra=body_schema(CheckOut, "member"))
    async def check_out(member: Name, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Strike a member from a roster."""
        asked = read_as(CheckOut, await json_body(request), member=member)
        return reply_body(await desk.submit(asked, roster_of(asked.unit), actor, key))

    @routes.get("/v1/units/{unit}/members")
    async def roster(unit: Name, actor: Caller) -> dict[str, Any]:
        """Return who is checked in at a unit, and how many of each kind."""
        if unit not in desk.city.units:
            raise Refused("subject.unknown", "unit", subject=unit)
        check_reads(actor, desk.city, unit)
        row = await state_of(roster_of(unit))
        members = row.state["members"] if row else []
        kinds = [member["kind"] for member in members]
        return {"unit": unit, "members": members, "counts": {kind: kinds.count(kind) for kind in ("work", "home")}}

    @routes.post("/v1/members/{member}/claim-duty", openapi_extra=body_schema(ClaimDuty, "member"))
    async def claim(member: Name, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Take on a post, team or zone of the community."""
        asked = read_as(ClaimDuty, await json_body(request), member=member)
        if asked.community not in desk.city.units:
            raise Refused("subject.unknown", "community", subject=asked.community)
        return reply_body(await desk.submit(asked, activity_of(asked.community, member), actor, key, creates=True))

    for name, contract in ACTS.items():
        _act(routes, desk, name, contract)

    @routes.get("/v1/communities/{community}/duties")
    async def duties(
        community: Name, actor: Caller, after: Annotated[str, Query(max_length=64)] = ""
    ) -> dict[str, Any]:
        """Return the double duties of a community's members with registered hours and grades; `after` is a member."""
        check_reads(actor, desk.city, community)
        wanted = {"community": community, "after": activity_of(community, after), "limit": MOST}
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(DUTIES, wanted)).all()
        return {"duties": [row.state for row in rows]}

    @routes.get("/v1/communities/{community}/members/{member}/{form}/{year}.{kind}")
    async def form(
        community: Name, member: Name, form: Literal["register", "opinion"], year: Annotated[int, InPath(ge=2000)],
        kind: Literal["docx", "pdf"], actor: Caller,
    ) -> Response:  # fmt: skip
        """Return one of the two forms: the activity register, or the community's opinion on a year."""
        check_reads(actor, desk.city, community, member)
        row = await state_of(activity_of(community, member))
        if row is None:
            raise Refused("subject.unknown", "member", subject=member)
        make, title = FORMS[form]
        made = make(row.state, year, desk.city)
        if made is None:
            raise Refused("subject.unknown", "year", subject=str(year))
        content = await asyncio.to_thread(MADE[kind], made)
        return Response(content, headers=handed_over(f"双岗双责{title}{year}", kind, f"{form}-{member}-{year}"))

    return routes


def _act(routes: APIRouter, desk: Desk, name: str, contract: type[Contract]) -> None:
    path = f"/v1/communities/{{community}}/members/{{member}}/{name}"

    @routes.post(path, name=contract.TYPE, openapi_extra=body_schema(contract))
    async def act(
        community: Name, member: Name, request: Request, actor: Caller, key: Key, sequence: IfMatch
    ) -> dict[str, Any]:
        asked = read_as(contract, await json_body(request))
        return reply_body(await desk.submit(asked, activity_of(community, member), actor, key, sequence))
