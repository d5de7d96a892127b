"""HTTP of stars: apply, review, award together, score each year, lower at once, read."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.feedback.domain.star import StarKind, subject_of
from services.feedback.routes.state import state_of
from services.feedback.tables.star import ALL, HELD, VOTES
from shared.contracts.base import Contract
from shared.contracts.supervision import ApplyForStar, AwardStars, PunishStar, ReviewStar, ScoreStar
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, IfMatch, Key, body_schema, json_body, read_as, reply_body

MOST_STARS = 1000
ACTS: dict[str, type[Contract]] = {"review": ReviewStar, "score": ScoreStar, "punish": PunishStar}


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/stars`."""
    routes = APIRouter(tags=["stars"])

    @routes.post("/v1/stars/award", openapi_extra=body_schema(AwardStars))
    async def award(request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Award every star named, all together or none."""
        asked = read_as(AwardStars, await json_body(request))
        return reply_body(await desk.submit(asked, asked.stars[0], actor, key))

    @routes.post("/v1/stars/{kind}/{code}/apply", openapi_extra=body_schema(ApplyForStar))
    async def apply(kind: StarKind, code: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Apply for a star."""
        asked = read_as(ApplyForStar, await json_body(request), kind=kind, code=code)
        if asked.unit not in desk.city.units and asked.unit not in desk.city.departments:
            raise Refused("subject.unknown", "unit", subject=asked.unit)
        return reply_body(await desk.submit(asked, subject_of(kind, code), actor, key, creates=True))

    for name, contract in ACTS.items():
        _act(routes, desk, name, contract)

    @routes.get("/v1/stars")
    async def held(
        actor: Caller, after: Annotated[str | None, Query(max_length=128)] = None, every: bool = False
    ) -> dict[str, Any]:
        """Return the stars that are held, for merit lists, or `every` one; `after` is the last one already seen.

        `votes` are those that public votes gave it, shown alone: they weigh nothing (workflows §4.7).
        """
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(ALL if every else HELD, {"after": after, "limit": MOST_STARS})).all()
            votes = Counter[str]()
            for vote in await conn.execute(VOTES):
                votes[vote.code] += vote.votes
        stars = [{"id": row.id, **row.state, "votes": votes.get(row.state["code"])} for row in rows]
        if every:
            return {"stars": [{**one, "sequence": row.sequence} for one, row in zip(stars, rows, strict=True)]}
        return {"stars": stars}

    @routes.get("/v1/stars/{kind}/{code}")
    async def star(kind: StarKind, code: str, actor: Caller) -> dict[str, Any]:
        """Return how a star stands."""
        return await state_of(desk, subject_of(kind, code))

    return routes


def _act(routes: APIRouter, desk: Desk, name: str, contract: type[Contract]) -> None:
    @routes.post(f"/v1/stars/{{kind}}/{{code}}/{name}", name=contract.TYPE, openapi_extra=body_schema(contract))
    async def act(
        kind: StarKind, code: str, request: Request, actor: Caller, key: Key, sequence: IfMatch
    ) -> dict[str, Any]:
        asked = read_as(contract, await json_body(request))
        return reply_body(await desk.submit(asked, subject_of(kind, code), actor, key, sequence))
