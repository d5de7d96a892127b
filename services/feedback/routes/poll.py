"""HTTP of surveys and votes: open, vote, read what was asked and, once counted, what was answered."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from services.feedback.domain.poll import subject_of
from services.feedback.routes.state import state_of
from shared.contracts.supervision import CastVote, OpenPoll
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, Key, body_schema, json_body, read_as, reply_body

PATH = "/v1/polls/{unit}/{code}"


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/polls`."""
    routes = APIRouter(tags=["polls"])

    @routes.post(f"{PATH}/open", openapi_extra=body_schema(OpenPoll))
    async def open_poll(unit: str, code: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Open a survey or vote."""
        if unit not in desk.city.units:
            raise Refused("subject.unknown", "unit", subject=unit)
        asked = read_as(OpenPoll, await json_body(request), unit=unit, code=code)
        return reply_body(await desk.submit(asked, subject_of(unit, code), actor, key, creates=True))

    @routes.post(f"{PATH}/vote", openapi_extra=body_schema(CastVote))
    async def vote(unit: str, code: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Give one person's answers."""
        given = read_as(CastVote, await json_body(request))
        return reply_body(await desk.submit(given, subject_of(unit, code), actor, key))

    @routes.get(PATH)
    async def poll(unit: str, code: str, actor: Caller) -> dict[str, Any]:
        """Return a poll; no count shows before its window ends."""
        return await state_of(desk, subject_of(unit, code))

    return routes
