"""HTTP of deeds: what a unit did beside its score, counted by kind for a period, opening to the facts behind."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from services.feedback.domain.deed import KINDS
from services.feedback.domain.period import Period
from services.feedback.domain.score import half_up
from services.feedback.tables.deed import BEHIND, COUNTS
from shared.shell.desk import Caller, Desk

MOST_DEEDS = 1000
PeriodCode = Annotated[str, Query(pattern=r"^20\d{2}(-(0[1-9]|1[0-2]|Q[1-4]))?$")]
Kind = Annotated[str, Path(pattern=f"^({'|'.join(KINDS)})$")]
GRADED = ("rated", "whistle_rated")


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/deeds`."""
    routes = APIRouter(tags=["deeds"])

    @routes.get("/v1/deeds/{unit}")
    async def counts(unit: str, actor: Caller, period: PeriodCode) -> dict[str, Any]:
        """Return the counts of a unit, department, member or party; `grades` are the means of what was rated."""
        async with desk.engine.connect() as conn:
            return {"unit": unit, "period": period, **await counted(conn, unit, Period.parse(period))}

    @routes.get("/v1/deeds/{unit}/{kind}")
    async def behind(unit: str, kind: Kind, actor: Caller, period: PeriodCode) -> dict[str, Any]:
        """Return the facts behind one figure."""
        asked = {"unit": unit, "kind": kind, "limit": MOST_DEEDS, **_span(period)}
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(BEHIND, asked)).mappings().all()
        return {"unit": unit, "kind": kind, "period": period, "facts": [dict(row) for row in rows]}

    return routes


async def counted(conn: AsyncConnection, unit: str, period: Period) -> dict[str, Any]:
    """Return how often each kind counts for a unit in a period, and the means of what was rated."""
    rows = await conn.execute(COUNTS, {"unit": unit, "first": period.starts_at, "last": period.ends_at})
    found = {row.kind: row for row in rows}
    means = {kind: half_up(Fraction(found[kind].grades, found[kind].n)) for kind in GRADED if kind in found}
    return {
        "counts": {kind: found[kind].n if kind in found else 0 for kind in KINDS},
        "grade": means.get("rated"),
        "grades": means,
    }


def _span(period: str) -> dict[str, datetime]:
    asked = Period.parse(period)
    return {"first": asked.starts_at, "last": asked.ends_at}
