"""HTTP of clocks: how the due times of a case came about."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter

from services.dispatch.domain.explaining import explain
from services.dispatch.domain.order import Order
from services.dispatch.domain.reading import check_reads
from services.dispatch.tables.clock import CASE, DEADLINES, ORDER
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk


def router(desk: Desk) -> APIRouter:
    """Return the route under `/v1/orders`."""
    routes = APIRouter()

    @routes.get("/v1/orders/{order}/clocks", tags=["orders"])
    async def clocks(order: str, actor: Caller) -> dict[str, Any]:
        """Tell of each running clock its start, budget, counted and closed days, suspensions, rungs and end.

        `order` is the case id or the number of the case.
        """
        async with desk.engine.connect() as conn:
            case = (await conn.execute(CASE, {"case": order})).scalar()
            kept = (await conn.execute(ORDER, {"case": case})).first()
            if kept is None:
                raise Refused("subject.unknown", "order", subject=order)
            armed = {row.name: row.due_at for row in await conn.execute(DEADLINES, {"case": case})}
        found = msgspec.json.decode(kept[0], type=Order)
        check_reads(actor, desk.city, found.responsible, found.lead, found.dispatcher)
        told = explain(found, armed, desk.city)
        zone = desk.city.calendar.zone
        return {
            "case": case,
            "number": found.number,
            "status": found.status,
            "clocks": [msgspec.to_builtins(one, enc_hook=str) for one in told],
            "zone": str(zone),
        }

    return routes
