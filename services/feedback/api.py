"""HTTP of feedback: rate, judge a dissatisfaction, read the scores."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.feedback.routes import assessment
from services.feedback.store import REMARKS, SCORES
from shared.contracts.base import Contract
from shared.contracts.feedback import JudgeDissatisfaction, Rating
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, body_schema, commands, json_body, read_as, reply_body

COMMANDS: dict[str, type[Contract]] = {"judge": JudgeDissatisfaction}
MOST_SCORES = 1000


def router(desk: Desk) -> APIRouter:
    """Return the routes of feedback under `/v1`."""
    routes = APIRouter()
    routes.include_router(commands(desk, "cases", None, COMMANDS))

    @routes.post("/v1/ratings", tags=["ratings"], openapi_extra=body_schema(Rating))
    async def rate(request: Request, actor: Caller) -> dict[str, Any]:
        """Answer an invitation; the rating's own id makes a repeated call harmless, its token says which case."""
        rating = read_as(Rating, await json_body(request))
        return reply_body(await desk.submit(rating, "", actor, rating.id))

    @routes.get("/v1/scores", tags=["scores"])
    async def scores(
        actor: Caller,
        period: Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}$")] = None,
        unit: Annotated[str | None, Query(max_length=64)] = None,
    ) -> dict[str, Any]:
        """Return the newest revision of each score of a month (YYYY-MM), a unit, or both."""
        async with desk.engine.connect() as conn:
            rows = await conn.execute(SCORES, {"period": period, "unit": unit, "limit": MOST_SCORES})
            return {"scores": [{**row.score, "published_at": row.published_at} for row in rows]}

    @routes.get("/v1/cases/{case}/remarks", tags=["cases"])
    async def remarks(case: str, actor: Caller) -> dict[str, Any]:
        """Return the words of the reporter and of the officer, to operations only: they are personal."""
        if actor.kind != "operations":
            raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="read remarks")
        async with desk.engine.connect() as conn:
            rows = await conn.execute(REMARKS, {"case": case})
            return {"remarks": [{"round": row.round, "kind": row.kind, "text": row.text} for row in rows]}

    routes.include_router(assessment.router(desk))
    return routes
