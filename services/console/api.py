"""HTTP of the read model: the list of cases, one case with its whole history, the shapes of the map."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import grounds, listing, paging, queries
from services.console.access import scope
from services.console.access.scope import Reading
from services.console.paging import Page
from services.console.selection import selected
from services.console.words import LANGUAGES, TONGUES
from shared.city.model import City
from shared.contracts.topics import SERVICES
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.validation import wrong

MOST_ROWS = 200
DEEPEST = 10_000
WAIT_SECONDS = 2.0
_LOOK_SECONDS = 0.05

Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]
Offset = Annotated[int, Query(ge=0, le=DEEPEST)]


def router(engine: AsyncEngine, city: City) -> APIRouter:
    """Return the routes on the read model of a city, each for those who are signed in or send a token."""

    routes = APIRouter()

    @routes.get("/v1/cases", tags=["cases"])
    async def cases(
        request: Request, actor: Reading, sort: str = "-received", limit: Limit = 100, offset: Offset = 0
    ) -> dict[str, Any]:
        """List cases; every field of the selection is a filter, `sort` one of the columns, `-` before it descending."""
        page = await _page(engine, city, request.query_params, actor, sort, limit, offset)
        items = [listing.describe(row, city) for row in page.rows]
        return {"total": page.total, "capped": page.capped, "limit": limit, "offset": offset, "items": items}

    @routes.get("/v1/cases/{case}", tags=["cases"])
    async def case(case: str, actor: Reading, after: str = "") -> dict[str, Any]:
        """Return one case by id or number with its whole history; `after=dispatch:17` waits until that is in it."""
        service, sequence = _after(after)
        fresh = await _wait_for(engine, case, service, sequence)
        async with engine.connect() as conn:
            row = await queries.case(conn, case, scope.of(actor, city))
            if row is None:
                raise Refused("subject.unknown", "case", subject=case)
            told = await queries.history(conn, row.id)
            entries = await queries.entries_of(conn, row.id)
        timeline = [
            {
                "service": fact.service,
                "sequence": fact.sequence,
                "type": fact.type,
                "at": fact.acted_at,
                "recorded_at": fact.recorded_at,
                "data": fact.data,
            }
            for fact in told
        ]
        return {**listing.describe(row, city), "stale": not fresh, "timeline": timeline, "topics": entries}

    @routes.get("/rows/cases", include_in_schema=False)
    async def rows(
        request: Request, actor: Reading, sort: str = "-received", limit: Limit = 100, offset: Offset = 0,
        lang: str = "zh",
    ) -> dict[str, Any]:  # fmt: skip
        """Return the same list in the words of the page."""
        page = await _page(engine, city, request.query_params, actor, sort, limit, offset)
        t = TONGUES[lang if lang in LANGUAGES else "zh"]
        async with engine.connect() as conn:
            now = (await queries.moment(conn)).now
        return {
            "total": page.total,
            "capped": page.capped,
            "items": [listing.show(row, city, t, now) for row in page.rows],
        }

    shapes = grounds.shapes(city)

    @routes.get("/shapes.geojson", include_in_schema=False)
    async def grounds_of_city(_: Reading) -> Response:
        """Return the outlines of streets, communities and grids; a version's never change."""
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        return Response(shapes, media_type="application/geo+json", headers=headers)

    return routes


async def _page(
    engine: AsyncEngine, city: City, params: Mapping[str, str], actor: Actor, sort: str, limit: int, offset: int
) -> Page:
    selection = selected(params, sort)
    async with engine.connect() as conn:
        return await paging.page(conn, city, selection, sort, limit, offset, scope.of(actor, city))


def _after(after: str) -> tuple[str, int]:
    service, _, sequence = after.partition(":")
    if after and (service not in SERVICES or not (sequence.isdecimal() and len(sequence) < 10)):
        raise wrong("after", "应为 服务:序号", "service:sequence")
    return service, int(sequence or 0)


async def _wait_for(engine: AsyncEngine, case: str, service: str, sequence: int) -> bool:
    """Wait until the read model holds that fact of the case; False if it still does not after the time allowed."""
    if not service:
        return True
    ends = asyncio.get_running_loop().time() + WAIT_SECONDS
    while True:
        async with engine.connect() as conn:
            row = await queries.case(conn, case)
            if await queries.sequence(conn, row.id if row else case, service) >= sequence:
                return True
        if asyncio.get_running_loop().time() >= ends:
            return False
        await asyncio.sleep(_LOOK_SECONDS)
