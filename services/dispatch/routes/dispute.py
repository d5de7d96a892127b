"""HTTP of disputes: open, name a mediator, agree, fail, withdraw; the dossier and the agreement for his unit alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.dispatch.domain.mediating import check_reader
from services.dispatch.papers.agreement import agreement
from services.dispatch.tables.dispute import read
from services.dispatch.tables.record import STATE
from shared.contracts.base import Contract
from shared.contracts.dispute import FailDispute, NameMediator, OpenDispute, ReachAgreement, WithdrawDispute
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.papers.files import handed_over
from shared.papers.pdf import pdf
from shared.papers.word import word
from shared.shell.desk import Caller, Desk, commands

COMMANDS: dict[str, type[Contract]] = {
    "open-dispute": OpenDispute,
    "name-mediator": NameMediator,
    "agree": ReachAgreement,
    "fail-dispute": FailDispute,
    "withdraw-dispute": WithdrawDispute,
}
MADE = {"docx": word, "pdf": pdf}
Why = Annotated[str, Query(min_length=4, max_length=200)]


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/orders/{order}`."""
    routes = APIRouter(tags=["disputes"])
    routes.include_router(commands(desk, "orders", "order", COMMANDS))

    async def dossier(order: str, actor: Actor, why: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        async with desk.engine.begin() as conn:
            row = (await conn.execute(STATE, {"id": order})).one_or_none()
            dispute = row.state.get("dispute") if row else None
            if row is None or dispute is None:
                raise Refused("dispute.not_opened", "order")
            check_reader(actor, dispute["mediator"].partition(":")[0] or dispute["opened_by"])
            now = (await desk.shell.store.clock(conn)).now
            return row.state, await read(conn, order, f"{actor.kind}.{actor.id}", why, now)

    @routes.get("/v1/orders/{order}/dispute")
    async def names(order: str, actor: Caller, why: Why) -> dict[str, Any]:
        """Show who quarrels about what to the mediator's unit, to nobody else; each reading is kept."""
        state, found = await dossier(order, actor, why)
        return {"order": order, "number": state["number"], "status": state["dispute"]["status"], **found}

    @routes.get("/v1/orders/{order}/agreement.{form}")
    async def paper(order: str, form: Literal["docx", "pdf"], actor: Caller) -> Response:
        """Return the agreement for signature (调解协议书)."""
        state, found = await dossier(order, actor, "print agreement")
        made = agreement(state["number"], state["dispute"], found, desk.city)
        if made is None:
            raise Refused("dispute.not_agreed", "order")
        content = await asyncio.to_thread(MADE[form], made)
        return Response(content, headers=handed_over(f"调解协议书{state['number']}", form, f"agreement-{order}"))

    return routes
