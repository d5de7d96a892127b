"""HTTP of feedback: rate, read the scores; what else there is, a module per noun."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from services.feedback.routes import answer, bulletin, officer, paper, score, supervision
from shared.contracts.feedback import Rating
from shared.shell.allowance import Allowance
from shared.shell.desk import Caller, Desk, body_schema, json_body, read_as, reply_body

AT_ONCE, PER_SECOND = 60, 5.0
"""Calls without an account from one address: a community may share one, a machine that guesses gets nowhere."""


def router(desk: Desk) -> APIRouter:
    """Return the routes of feedback under `/v1`."""
    routes = APIRouter()
    routes.include_router(score.router(desk))

    @routes.post("/v1/ratings", tags=["ratings"], openapi_extra=body_schema(Rating))
    async def rate(request: Request, actor: Caller) -> dict[str, Any]:
        """Answer an invitation; the rating's own id makes a repeated call harmless, its token says which case."""
        rating = read_as(Rating, await json_body(request))
        return reply_body(await desk.submit(rating, "", actor, rating.id))

    routes.include_router(answer.router(desk, Allowance(AT_ONCE, PER_SECOND)))
    routes.include_router(answer.own_link(desk))
    routes.include_router(officer.router(desk))
    routes.include_router(supervision.router(desk))
    routes.include_router(bulletin.router(desk))
    routes.include_router(paper.router(desk))
    return routes
