"""HTTP of surveys and votes: open, vote, read what was asked and, once counted, what was answered."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.feedback.domain.poll import subject_of
from services.feedback.domain.window import Status
from services.feedback.routes.state import state_of
from services.feedback.tables.listed import POLLS
from shared.contracts.supervision import CastVote, OpenPoll
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, Key, body_schema, json_body, read_as, reply_body

PATH = "/v1/polls/{unit}/{code}"
MOST = 500


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

    @routes.get("/v1/polls")
    async def polls(
        actor: Caller,
        unit: Annotated[str | None, Query(max_length=64)] = None,
        status: Annotated[Status | None, Query()] = None,
    ) -> dict[str, Any]:
        """Return the polls that concern a unit: its own, those of the units above it and below it; all without one.

        Each with how many have answered; which households were drawn is read with the poll itself.
        """
        asked = {"units": _concerned(desk.city, unit), "status": status, "limit": MOST}
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(POLLS, asked)).all()
        return {"polls": [_brief(row) for row in rows]}

    @routes.get(PATH)
    async def poll(unit: str, code: str, actor: Caller) -> dict[str, Any]:
        """Return a poll; no count shows before its window ends."""
        return await state_of(desk, subject_of(unit, code))

    return routes


def _concerned(city: Any, unit: str | None) -> list[str] | None:
    """Return a unit with those above and below it; raises Refused("subject.unknown") for one that the city has not."""
    if unit is None:
        return None
    if unit not in city.units:
        raise Refused("subject.unknown", "unit", subject=unit)
    below = (code for code in city.units if city.is_within(code, unit))
    return list(dict.fromkeys((*below, *(above.code for above in city.ancestors(unit)))))


def _brief(row: Any) -> dict[str, Any]:
    opened = {name: value for name, value in row.state["opened"].items() if name != "households"}
    return {"id": row.id, "sequence": row.sequence, "voters": row.voters, **row.state, "opened": opened}
