"""HTTP of feedback: rate, read the scores; what else there is, a module per noun."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.feedback.routes import answer, bulletin, officer, supervision
from services.feedback.store import SCORES
from shared.contracts.feedback import Rating
from shared.shell.allowance import Allowance
from shared.shell.desk import Caller, Desk, body_schema, json_body, read_as, reply_body

MOST_SCORES = 1000
AT_ONCE, PER_SECOND = 60, 5.0
"""Calls without an account from one address: a community may share one, a machine that guesses gets nowhere."""


def router(desk: Desk) -> APIRouter:
    """Return the routes of feedback under `/v1`."""
    routes = APIRouter()

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

    routes.include_router(answer.router(desk, Allowance(AT_ONCE, PER_SECOND)))
    routes.include_router(officer.router(desk))
    routes.include_router(supervision.router(desk))
    routes.include_router(bulletin.router(desk))
    return routes
