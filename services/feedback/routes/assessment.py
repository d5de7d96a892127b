"""HTTP of the hundred-point assessment: open, name raters, vote, close, read sessions and the year's results."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from services.feedback.domain.assessment import Assessed, subject_of, year_score
from services.feedback.domain.mechanism import require_unit
from services.feedback.domain.opening import check_desk
from services.feedback.routes.state import state_of
from services.feedback.tables.ballot import ASSESSED, LIST, SESSIONS, Boxes
from shared.contracts.supervision import CastBallot, CloseAssessment, NameRaters, OpenAssessment
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, IfMatch, Key, body_schema, json_body, read_as, reply_body

Year = Annotated[int, Path(ge=2000, le=2100)]
PATH = "/v1/assessments/{community}/{year}"


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/assessments`."""
    routes = APIRouter(tags=["assessments"])
    boxes = Boxes(desk.secret, desk.city_code)

    @routes.post(f"{PATH}/open", openapi_extra=body_schema(OpenAssessment))
    async def open_session(community: str, year: Year, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Open the community's session of the year."""
        _known(desk, community)
        asked = read_as(OpenAssessment, await json_body(request), community=community, year=year)
        return reply_body(await desk.submit(asked, subject_of(community, year), actor, key, creates=True))

    @routes.post(f"{PATH}/raters", openapi_extra=body_schema(NameRaters))
    async def name_raters(
        community: str, year: Year, request: Request, actor: Caller, key: Key, sequence: IfMatch
    ) -> dict[str, Any]:
        """Name raters; their tokens are read at `tokens`."""
        asked = read_as(NameRaters, await json_body(request))
        return reply_body(await desk.submit(asked, subject_of(community, year), actor, key, sequence))

    @routes.post(f"{PATH}/close", openapi_extra=body_schema(CloseAssessment))
    async def close(community: str, year: Year, actor: Caller, key: Key, sequence: IfMatch) -> dict[str, Any]:
        """Count before the window ends, once there are raters enough."""
        return reply_body(await desk.submit(CloseAssessment(), subject_of(community, year), actor, key, sequence))

    @routes.post(f"{PATH}/ballots", openapi_extra=body_schema(CastBallot))
    async def cast(community: str, year: Year, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Cast a rater's points for one unit."""
        ballot = read_as(CastBallot, await json_body(request))
        return reply_body(await desk.submit(ballot, subject_of(community, year), actor, key))

    @routes.get(f"{PATH}/tokens")
    async def tokens(community: str, year: Year, actor: Caller) -> dict[str, Any]:
        """Return the tokens of the raters named so far, to the community alone, which hands them out."""
        require_unit(actor, community, "read the tokens of raters")
        box = subject_of(community, year)
        async with desk.engine.connect() as conn:
            rows = await conn.execute(LIST, {"box": box})
            return {"raters": [{"rater": row.voter, "token": boxes.token(box, row.voter)} for row in rows]}

    @routes.get("/v1/assessments/{year}/units")
    async def units(
        year: Year, actor: Caller, unit: Annotated[str | None, Query(max_length=64)] = None
    ) -> dict[str, Any]:
        """Return each unit's score of the year, the mean of its valid communities, and the sessions behind it."""
        async with desk.engine.connect() as conn:
            rows = await conn.execute(ASSESSED, {"year": year, "unit": unit})
            assessed = [Assessed(**row._mapping) for row in rows]
        scores = [year_score(code, assessed) for code in dict.fromkeys(row.unit for row in assessed)]
        return {"year": year, "scores": scores, "sessions": assessed}

    @routes.get("/v1/assessments/{year}/sessions")
    async def sessions(year: Year, actor: Caller) -> dict[str, Any]:
        """Return the sessions of a year, each with how many raters have voted so far."""
        check_desk(actor)
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(SESSIONS, {"year": str(year)})).all()
        return {"sessions": [{"id": r.id, "sequence": r.sequence, "voters": r.voters, **r.state} for r in rows]}

    @routes.get(PATH)
    async def session(community: str, year: Year, actor: Caller) -> dict[str, Any]:
        """Return a session; nothing that was cast shows before it is counted."""
        return await state_of(desk, subject_of(community, year))

    return routes


def _known(desk: Desk, unit: str) -> None:
    """Refuse a unit that the city has not, before anything is made for it."""
    if unit not in desk.city.units:
        raise Refused("subject.unknown", "unit", subject=unit)
