"""HTTP of dispatch: what units and departments do with an order, and the register of responsibility."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.dispatch.domain.order import Status
from services.dispatch.domain.reading import check_reads
from services.dispatch.routes import (
    alliance,
    calendar,
    clock,
    dispute,
    listing,
    membership,
    papers,
    project,
    refusal,
    replies,
    routing,
    whistle,
    wish,
)
from services.dispatch.store import ONE, PAGE
from services.dispatch.tables.supervision import LISTED
from shared.contracts.base import Contract
from shared.contracts.dispatch import (
    Accept,
    AnswerPart,
    AnswerSupervision,
    AskExtension,
    AskRelease,
    AskSuspension,
    DispatchTo,
    Finish,
    HandBack,
    JudgeExtension,
    JudgeHandBack,
    JudgeRelease,
    JudgeSuspension,
    JudgeUnable,
    PassUp,
    Progress,
    Recall,
    Remind,
    Resume,
    StateDispute,
    Supervise,
    Unable,
    Verify,
)
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, commands

COMMANDS: dict[str, type[Contract]] = {
    "accept": Accept,
    "progress": Progress,
    "hand-back": HandBack,
    "unable": Unable,
    "finish": Finish,
    "extension": AskExtension,
    "suspension": AskSuspension,
    "answer-part": AnswerPart,
    "release": AskRelease,
    "pass-up": PassUp,
    "judge-hand-back": JudgeHandBack,
    "judge-extension": JudgeExtension,
    "judge-suspension": JudgeSuspension,
    "judge-unable": JudgeUnable,
    "judge-release": JudgeRelease,
    "resume": Resume,
    "recall": Recall,
    "state-dispute": StateDispute,
    "verify": Verify,
    "dispatch": DispatchTo,
    "remind": Remind,
    "supervise": Supervise,
    "answer-supervision": AnswerSupervision,
}
MOST_ORDERS = 500
_READERS = frozenset({"department", "unit", "operations"})

CodeText = Annotated[str | None, Query(max_length=64)]


def router(desk: Desk) -> APIRouter:
    """Return the routes of dispatch under `/v1`."""
    routes = APIRouter()
    routes.include_router(replies.router(desk, COMMANDS))
    routes.include_router(refusal.router(desk))
    routes.include_router(commands(desk, "orders", "order", COMMANDS))
    routes.include_router(calendar.router(desk))
    routes.include_router(clock.router(desk))
    routes.include_router(dispute.router(desk))
    routes.include_router(whistle.router(desk))
    routes.include_router(membership.router(desk))
    routes.include_router(papers.router(desk))
    routes.include_router(routing.router(desk))
    for part in (wish, listing, project, alliance):
        routes.include_router(part.router(desk))

    @routes.get("/v1/orders/{order}", tags=["orders"])
    async def order(order: str, actor: Caller) -> dict[str, Any]:
        """Return where an order stands: who is responsible, which clock runs until when."""
        _check_reader(actor)
        async with desk.engine.connect() as conn:
            row = (await conn.execute(ONE, {"case": order})).mappings().first()
        if row is None:
            raise Refused("subject.unknown", "order", subject=order)
        return dict(row)

    @routes.get("/v1/orders", tags=["orders"])
    async def orders(
        actor: Caller,
        responsible: CodeText = None,
        judge: CodeText = None,
        status: Status | None = None,
        after: Annotated[str, Query(max_length=64)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ORDERS)] = 100,
    ) -> dict[str, Any]:
        """List orders by who is responsible, who must judge a request, or status; `next` goes into `after`."""
        _check_reader(actor)
        wanted = {"responsible": responsible, "judge": judge, "status": status, "after": after, "limit": limit}
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(PAGE, wanted)).mappings().all()
        return {"orders": [dict(row) for row in rows], "next": rows[-1]["case_id"] if len(rows) == limit else None}

    @routes.get("/v1/supervisions", tags=["orders"])
    async def supervisions(
        actor: Caller,
        charged: CodeText = None,
        supervisor: CodeText = None,
        open: bool = False,
        limit: Annotated[int, Query(ge=1, le=MOST_ORDERS)] = 100,
    ) -> dict[str, Any]:
        """List supervision orders by who must answer and who issued them; `open`: those not answered yet."""
        check_reads(actor, desk.city, charged, supervisor)
        wanted = {"charged": charged, "supervisor": supervisor, "open": open, "limit": limit}
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(LISTED, wanted)).mappings().all()
        return {"supervisions": [dict(row) for row in rows]}

    return routes


def _check_reader(actor: Actor) -> None:
    if actor.kind not in _READERS:
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="read orders")
