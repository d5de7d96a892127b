"""HTTP of the list of suspected duplicates: what a person is to compare, and with what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from services.intake import store
from services.intake.domain import Case
from services.intake.routes.follow import stage, unit
from services.intake.tables import trace as traces
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk
from shared.shell.validation import wrong


def router(desk: Desk) -> APIRouter:
    """Return the route `/v1/duplicates`."""
    routes = APIRouter(prefix="/v1", tags=["duplicates"])

    @routes.get("/duplicates")
    async def suspected(
        actor: Caller,
        after: Annotated[str, Query(max_length=120)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """List suspected duplicates that wait for the caller's decision, oldest first, with what they are like."""
        if actor.kind not in ("operations", "unit"):
            raise Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act="case.merge.v1")
        units = None
        if actor.kind == "unit":
            units = [code for code in desk.city.units if desk.city.is_within(code, actor.id)]
        async with desk.engine.connect() as conn:
            rows = await traces.listed(conn, units, *_from(after), limit)
            items = [await _pair(conn, *row, desk.city) for row in rows]
        last = items[-1] if len(items) == limit else None
        return {"items": items, "next": f"{last['since']}~{last['case']}" if last else None}

    return routes


async def _pair(conn: Any, case_id: str, state: str, score: float, at: datetime, city: Any) -> dict[str, Any]:
    case = msgspec.json.decode(state, type=Case)
    found = [(one, await store.state_of(conn, one)) for one in case.suspects]
    return {
        **_brief(case_id, case, city),
        "score": score,
        "since": at.isoformat(),
        "suspects": [_brief(one, msgspec.json.decode(known, type=Case), city) for one, known in found if known],
    }


def _brief(case_id: str, case: Case, city: Any) -> dict[str, Any]:
    return {
        "case": case_id,
        "number": case.number,
        "summary": case.summary,
        "matter": case.matter,
        "place": unit(case.placement.unit if case.placement else None, city),
        "status": stage(case.stage),
        "reporters": case.reporters,
    }


def _from(after: str) -> tuple[datetime | None, str]:
    if not after:
        return None, ""
    at, _, case = after.partition("~")
    try:
        return datetime.fromisoformat(at.replace(" ", "+")), case
    except ValueError:
        raise wrong("after", "不是上一页的 next", "not the `next` of a page") from None
