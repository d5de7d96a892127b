"""HTTP of duties: what was missed by whom, and the table of leaders' contact points (联系点)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.feedback.domain.mechanism import require
from services.feedback.domain.opening import check_desk
from services.feedback.tables.contact import CONTACTS, MISSED
from shared.shell.desk import Caller, Desk

Quarter = Annotated[str, Query(pattern=r"^20\d{2}Q[1-4]$")]
Code = Annotated[str | None, Query(max_length=64)]
MOST = 1000


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/duties` and `/v1/leader-contacts`."""
    routes = APIRouter(tags=["duties"])

    @routes.get("/v1/duties")
    async def missed(
        actor: Caller, unit: Code = None, above: Code = None, quarter: Quarter | None = None, duty: Code = None
    ) -> dict[str, Any]:
        """Return missed duties: of a unit's card, under a unit, of a quarter, of one duty."""
        check_desk(actor)
        asked = {"unit": unit, "above": above, "period": quarter, "duty": duty, "limit": MOST}
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(MISSED, asked)).mappings().all()
        return {"missed": [dict(row) for row in rows]}

    @routes.get("/v1/leader-contacts")
    async def contacts(actor: Caller, quarter: Quarter) -> dict[str, Any]:
        """Return every leader's contact points with what he did there in a quarter, act by act."""
        check_desk(actor)
        require(desk.city, "leader-contacts")
        first = date(int(quarter[:4]), int(quarter[-1]) * 3 - 2, 1)
        asked = {"first": first, "end": (first + timedelta(days=95)).replace(day=1)}
        async with desk.engine.connect() as conn:
            rows = [dict(row) for row in (await conn.execute(CONTACTS, asked)).mappings()]
        least = desk.city.limits["leader_visits"]
        return {"quarter": quarter, "least": least, "contacts": [{**r, "met": r["visits"] >= least} for r in rows]}

    return routes
