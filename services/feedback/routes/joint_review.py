"""HTTP of secretaries' joint review: open the year's, score each, read."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from services.feedback.domain.joint_review import subject_of
from services.feedback.domain.opening import check_desk
from services.feedback.routes.state import state_of
from services.feedback.tables.listed import REVIEWS
from shared.contracts.appraisal import OpenReview, ScoreSecretary
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, IfMatch, Key, body_schema, json_body, read_as, reply_body

Year = Annotated[int, Path(ge=2000, le=2100)]
PATH = "/v1/joint-reviews/{unit}/{year}"


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/joint-reviews`."""
    routes = APIRouter(tags=["joint reviews"])

    @routes.post(f"{PATH}/open", openapi_extra=body_schema(OpenReview))
    async def open_review(unit: str, year: Year, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Open the year's review of everybody right below a unit."""
        if unit not in desk.city.units:
            raise Refused("subject.unknown", "unit", subject=unit)
        asked = read_as(OpenReview, await json_body(request), unit=unit, year=year)
        return reply_body(await desk.submit(asked, subject_of(unit, year), actor, key, creates=True))

    @routes.post(f"{PATH}/score", openapi_extra=body_schema(ScoreSecretary))
    async def score(
        unit: str, year: Year, request: Request, actor: Caller, key: Key, sequence: IfMatch
    ) -> dict[str, Any]:
        """Score one secretary; what is to be put right goes to the problem list."""
        said = read_as(ScoreSecretary, await json_body(request))
        return reply_body(await desk.submit(said, subject_of(unit, year), actor, key, sequence))

    @routes.get("/v1/joint-reviews/{year}")
    async def reviews(year: Year, actor: Caller) -> dict[str, Any]:
        """Return the reviews of a year with the scores so far."""
        check_desk(actor)
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(REVIEWS, {"year": str(year)})).all()
        return {"reviews": [{"id": row.id, "sequence": row.sequence, **row.state} for row in rows]}

    @routes.get(PATH)
    async def review(unit: str, year: Year, actor: Caller) -> dict[str, Any]:
        """Return one review."""
        check_desk(actor)
        return await state_of(desk, subject_of(unit, year))

    return routes
