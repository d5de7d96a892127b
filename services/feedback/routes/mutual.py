"""HTTP of sealed scores: open the year's window, seal, read what has been opened."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from services.feedback.domain.mutual import MutualKind, subject_of
from services.feedback.routes.state import state_of
from shared.contracts.supervision import OpenMutual, SealScore
from shared.shell.desk import Caller, Desk, IfMatch, Key, body_schema, json_body, read_as, reply_body

Year = Annotated[int, Path(ge=2000, le=2100)]
PATH = "/v1/mutual/{kind}/{year}"


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/mutual`."""
    routes = APIRouter(tags=["mutual"])

    @routes.post(f"{PATH}/open", openapi_extra=body_schema(OpenMutual))
    async def open_window(kind: MutualKind, year: Year, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Open the year's window."""
        asked = read_as(OpenMutual, await json_body(request), kind=kind, year=year)
        return reply_body(await desk.submit(asked, subject_of(kind, year), actor, key, creates=True))

    @routes.post(f"{PATH}/seal", openapi_extra=body_schema(SealScore))
    async def seal(
        kind: MutualKind, year: Year, request: Request, actor: Caller, key: Key, sequence: IfMatch
    ) -> dict[str, Any]:
        """Seal the caller's points for another unit."""
        asked = read_as(SealScore, await json_body(request))
        return reply_body(await desk.submit(asked, subject_of(kind, year), actor, key, sequence))

    @routes.get(PATH)
    async def window(kind: MutualKind, year: Year, actor: Caller) -> dict[str, Any]:
        """Return who is in, and the points of what has been opened; nothing that is still sealed."""
        return await state_of(desk, subject_of(kind, year))

    return routes
