"""HTTP of deeds: what wishes, lists and projects count for a unit or party in a period, each opening to its facts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from services.feedback.domain.deed import KINDS
from services.feedback.domain.period import Period
from services.feedback.tables.deed import BEHIND, COUNTS
from shared.shell.desk import Caller, Desk

MOST_DEEDS = 1000
PeriodCode = Annotated[str, Query(pattern=r"^20\d{2}(-(0[1-9]|1[0-2]|Q[1-4]))?$")]
Kind = Literal[
    "published", "ordered", "claimed", "done", "rated", "given_up", "lapsed", "overdue", "stale", "resource_refused",
    "resource_overdue",
]  # fmt: skip


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/deeds`."""
    routes = APIRouter(tags=["deeds"])

    @routes.get("/v1/deeds/{unit}")
    async def counts(unit: str, actor: Caller, period: PeriodCode) -> dict[str, Any]:
        """Return the counts of a community, department or member of an alliance; `grade` is the mean of the rated."""
        async with desk.engine.connect() as conn:
            found = {row.kind: row for row in await conn.execute(COUNTS, {"unit": unit, **_span(period)})}
        rated = found.get("rated")
        grade = f"{rated.grades / rated.count:.2f}" if rated else None
        return {
            "unit": unit,
            "period": period,
            "counts": {kind: found[kind].count if kind in found else 0 for kind in KINDS},
            "grade": grade,
        }

    @routes.get("/v1/deeds/{unit}/{kind}")
    async def behind(unit: str, kind: Kind, actor: Caller, period: PeriodCode) -> dict[str, Any]:
        """Return the facts behind one figure."""
        asked = {"unit": unit, "kind": kind, "limit": MOST_DEEDS, **_span(period)}
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(BEHIND, asked)).mappings().all()
        return {"unit": unit, "kind": kind, "period": period, "facts": [dict(row) for row in rows]}

    return routes


def _span(period: str) -> dict[str, datetime]:
    asked = Period.parse(period)
    return {"first": asked.starts_at, "last": asked.ends_at}
