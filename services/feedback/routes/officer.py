"""HTTP of the feedback desk: whom to call back, what to judge, which exclusions are asked, what people wrote."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.feedback.domain.exclusion import Stage
from services.feedback.domain.task import Kind
from services.feedback.tables.exclusion import EXCLUSIONS
from services.feedback.tables.remark import REMARKS
from services.feedback.tables.task import WAITING
from shared.contracts.base import Contract
from shared.contracts.feedback import (
    AskExclusion,
    DecideExclusion,
    JudgeDissatisfaction,
    RateOwnOrder,
    RecordCallBack,
    RecordReturnVisit,
    SupportExclusion,
)
from shared.kernel.decisions import Actor
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, commands
from shared.shell.validation import wrong

COMMANDS: dict[str, type[Contract]] = {
    "rate": RateOwnOrder,
    "judge": JudgeDissatisfaction,
    "call-back": RecordCallBack,
    "return-visit": RecordReturnVisit,
    "ask-exclusion": AskExclusion,
    "support-exclusion": SupportExclusion,
    "decide-exclusion": DecideExclusion,
}
MOST_TASKS = 500
MOST_WORDS = 1_000
"""Characters of a remark that its lead reads, starred out where they tell who wrote it."""
OF_REPORTERS = frozenset({"comment", "call_back", "return_visit"})
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

After = Annotated[str, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=MOST_TASKS)]


def router(desk: Desk) -> APIRouter:
    """Return the routes of the desk's people."""
    routes = APIRouter()

    @routes.get("/v1/call-backs", tags=["call-backs"])
    async def call_backs(actor: Caller, after: After = "", limit: Limit = 100) -> dict[str, Any]:
        """List the reporters to call back, the window that ends first at the top; `next` goes into `after`."""
        return await _waiting(desk, actor, Kind.CALL_BACK, after, limit)

    @routes.get("/v1/judgements", tags=["judgements"])
    async def judgements(actor: Caller, after: After = "", limit: Limit = 100) -> dict[str, Any]:
        """List the dissatisfied answers to judge, by due time; `next` goes into `after`."""
        return await _waiting(desk, actor, Kind.JUDGE, after, limit)

    @routes.get("/v1/exclusions", tags=["exclusions"])
    async def exclusions(
        actor: Caller,
        unit: Annotated[str | None, Query(max_length=64)] = None,
        period: Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}$")] = None,
        stage: Stage | None = None,
        after: After = "",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """List exclusions of a unit, a month (YYYY-MM) or a stage: ground, who asked, who supported, who decided."""
        wanted = {"unit": unit, "period": period, "stage": stage, "after": after, "limit": limit}
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(EXCLUSIONS, wanted)).mappings().all()
        return {"exclusions": [dict(row) for row in rows], "next": rows[-1]["case"] if len(rows) == limit else None}

    @routes.get("/v1/cases/{case}/remarks", tags=["cases"])
    async def remarks(case: str, actor: Caller) -> dict[str, Any]:
        """Return what people wrote: all of it to operations, the reporters' words, masked, to the lead of the case."""
        if actor.kind not in ("operations", "department", "unit"):
            raise _not_allowed(actor, "read remarks")
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(REMARKS, {"case": case})).all()
        if actor.kind == "operations":
            return {"remarks": [_remark(row, row.text) for row in rows]}
        if any(row.lead != actor.id for row in rows):
            raise _not_allowed(actor, "read remarks")
        return {"remarks": [_remark(row, mask(row.text, MOST_WORDS)) for row in rows if row.kind in OF_REPORTERS]}

    routes.include_router(commands(desk, "cases", None, COMMANDS))
    return routes


async def _waiting(desk: Desk, actor: Actor, kind: Kind, after: str, limit: int) -> dict[str, Any]:
    if actor.kind != "operations":
        raise _not_allowed(actor, f"read tasks: {kind.value}")
    due_at, case, reporter = _place(after)
    wanted = {"kind": kind.value, "due_at": due_at, "case": case, "reporter": reporter, "limit": limit}
    async with desk.engine.connect() as conn:
        rows = (await conn.execute(WAITING, wanted)).mappings().all()
    last = rows[-1] if len(rows) == limit else None
    following = f"{last['due_at'].astimezone(UTC).isoformat()}~{last['case']}~{last['reporter']}" if last else None
    return {"tasks": [dict(row) for row in rows], "next": following}


def _place(after: str) -> tuple[datetime, str, str]:
    if not after:
        return LONG_AGO, "", ""
    due, _, rest = after.replace(" ", "+").partition("~")
    case, _, reporter = rest.partition("~")
    with suppress(ValueError):
        at = datetime.fromisoformat(due)
        if at.tzinfo is not None:
            return at, case, reporter
    raise wrong("after", "不是上一页的 next", "not the `next` of a page")


def _remark(row: Any, words: str) -> dict[str, Any]:
    return {"round": row.round, "reporter": row.reporter, "kind": row.kind, "text": words}


def _not_allowed(actor: Actor, act: str) -> Refused:
    return Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act=act)
