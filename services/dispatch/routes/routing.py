"""HTTP of routing: which rules were tried for a case, which fired, and who got it since."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter

from services.dispatch.domain.order import OF_TOPIC, Order
from services.dispatch.domain.reading import check_reads
from services.dispatch.domain.routing import explain
from services.dispatch.papers.sheet import MADE_OF, assignments
from services.dispatch.tables.clock import CASE, ORDER
from services.dispatch.tables.load import loads
from shared.city.routing import compared
from shared.kernel.refusals import Refused
from shared.persistence.journal import facts_of, reading
from shared.shell.desk import Caller, Desk

_FACTS = reading(MADE_OF)


def router(desk: Desk) -> APIRouter:
    """Return the route under `/v1/orders`."""
    routes = APIRouter()

    @routes.get("/v1/orders/{order}/route", tags=["orders"])
    async def route(order: str, actor: Caller) -> dict[str, Any]:
        """Tell what the rules say of a case, and each assignment that was made with the rule or hand that made it.

        `order` is the case id or the number of the case. An order of a topic without a case has no route.
        """
        async with desk.engine.connect() as conn:
            case = (await conn.execute(CASE, {"case": order})).scalar()
            kept = (await conn.execute(ORDER, {"case": case})).first()
            if case is None or kept is None:
                raise Refused("subject.unknown", "order", subject=order)
            made = assignments(case, await facts_of(conn, case, _FACTS))
            open_orders = await loads(conn, compared(desk.city))
        found = msgspec.json.decode(kept[0], type=Order)
        check_reads(actor, desk.city, found.responsible, found.lead, found.dispatcher)
        return {
            "case": case,
            "number": found.number,
            "matter": found.matter,
            "place": found.unit,
            "source": found.source,
            "rules": None if found.matter == OF_TOPIC else msgspec.to_builtins(explain(found, desk.city, open_orders)),
            "assignments": [
                {
                    "assignment": sheet.assignment,
                    "at": sheet.dispatched_at.isoformat(),
                    "dispatcher": sheet.dispatcher,
                    "rule": sheet.rule,
                    "lead": sheet.lead,
                    "support": sheet.support,
                    "handler": sheet.handler,
                }
                for sheet in made
            ],
        }

    return routes
