"""HTTP of the list of suspected duplicates: what a person is to compare, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from msgspec.json import decode

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
            read = [(case_id, decode(state, type=Case), score, at) for case_id, state, score, at in rows]
            alike = await store.states_of(conn, {one for _, case, _, _ in read for one in case.suspects})
        items = [_pair(*row, alike, desk.city) for row in read]
        last = items[-1] if len(items) == limit else None
        return {"items": items, "next": f"{last['since']}~{last['case']}" if last else None}

    return routes


def _pair(case_id: str, case: Case, score: float, at: datetime, alike: Mapping[str, str], city: Any) -> dict[str, Any]:
    return {
        **_brief(case_id, case, city),
        "score": score,
        "since": at.isoformat(),
        "suspects": [_brief(one, decode(alike[one], type=Case), city) for one in case.suspects if one in alike],
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
