"""Intake over HTTP: report, follow, withdraw, triage, read a dossier."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request

from services.intake import store
from services.intake.chores.photos import Blobs
from services.intake.domain import Case
from services.intake.routes import (
    admission,
    dossier,
    duplicate,
    example,
    follow,
    grid_service,
    ground_work,
    household,
    importing,
    nearby,
    photo,
)
from services.intake.routes.follow import parts_of, progress, seen, unit
from services.intake.routes.report import MOST_REPORTS, take_many
from shared.contracts.base import Contract
from shared.contracts.intake import (
    KeepApart,
    MergeCase,
    RejectCase,
    RemindCase,
    Report,
    SplitCase,
    SupplementReport,
    TriageCase,
    UnmergeCase,
    WithdrawReport,
)
from shared.kernel.refusals import Refused
from shared.shell.allowance import Allowance
from shared.shell.desk import Caller, Desk, IfMatch, Key, commands, json_body, read_as, reply_body
from shared.shell.validation import wrong

AT_ONCE, PER_SECOND = 60, 5.0
"""Calls of one address without a token."""
COMMANDS: dict[str, type[Contract]] = {
    "triage": TriageCase,
    "reject": RejectCase,
    "merge": MergeCase,
    "unmerge": UnmergeCase,
    "keep-apart": KeepApart,
    "split": SplitCase,
    "remind": RemindCase,
    "supplement": SupplementReport,
}


def router(desk: Desk, blobs: Blobs, read: importing.Read | None = None) -> APIRouter:
    """Return the routes of intake; `read` is a trained model, where the service has one."""
    routes = APIRouter()
    routes.include_router(_reports(desk))
    routes.include_router(_triage(desk))
    routes.include_router(dossier.router(desk))
    routes.include_router(example.router(desk))
    routes.include_router(duplicate.router(desk))
    routes.include_router(follow.router(desk, Allowance(AT_ONCE, PER_SECOND)))
    routes.include_router(ground_work.router(desk, Allowance(AT_ONCE, PER_SECOND)))
    routes.include_router(household.router(desk))
    routes.include_router(importing.router(desk, read))
    routes.include_router(admission.router(desk, Allowance(AT_ONCE, PER_SECOND)))
    routes.include_router(grid_service.router(desk, Allowance(AT_ONCE, PER_SECOND)))
    routes.include_router(photo.router(desk, blobs, Allowance(AT_ONCE, PER_SECOND)))
    routes.include_router(nearby.router(desk))
    routes.include_router(commands(desk, "cases", None, COMMANDS))
    return routes


def _reports(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/v1/reports", tags=["reports"])

    @routes.post("", openapi_extra=_reports_schema())
    async def report(request: Request, actor: Caller) -> dict[str, Any]:
        """Take one report or a list of up to 1,000; each answers with case, number and address, or with its refusal."""
        if actor.kind != "source":
            raise Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act=Report.TYPE)
        if actor.id not in desk.city.sources:
            raise Refused("report.unknown_source", "source", source=actor.id)
        body = await json_body(request)
        if isinstance(body, list):
            return {"items": await take_many(desk, body, actor)}
        reply = await desk.submit(read_as(Report, body), "", actor, f"report:{body.get('id')}", creates=True)
        return dict(reply.answers[0]["data"])

    @routes.post("/{source}/{report:path}/withdraw")
    async def withdraw(source: str, report: str, actor: Caller, key: Key, sequence: IfMatch) -> dict[str, Any]:
        """Take a report back for its reporter."""
        case, _ = await _followed(desk, source, report)
        return reply_body(await desk.submit(WithdrawReport(), case, actor, key, sequence))

    @routes.get("/{source}/{report:path}")
    async def follow(source: str, report: str, actor: Caller) -> dict[str, Any]:
        """Show how far a report is: number, words, who answers, steps; nothing about its reporter."""
        if actor.kind != "operations" and (actor.kind, actor.id) != ("source", source):
            raise Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act="report.follow")
        case_id, case = await _followed(desk, source, report)
        async with desk.engine.connect() as conn:
            shown = await seen(conn, case)
            return timeline(case_id, shown, desk.city, await parts_of(conn, shown))

    return routes


def _triage(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["triage"])

    @routes.get("/triage")
    async def waiting(
        actor: Caller,
        after: Annotated[str, Query(max_length=120)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """List what waits for the caller's decision, by due time; `next` goes into `after` for the following page."""
        if actor.kind not in ("operations", "unit"):
            raise Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act="case.triage.v1")
        unit = actor.id if actor.kind == "unit" else None
        async with desk.engine.connect() as conn:
            total, rows = await store.held(conn, unit, *_from(after), limit)
        items = [_held(case, msgspec.json.decode(state, type=Case), desk.city) for case, state in rows]
        last = items[-1] if len(items) == limit else None
        return {"total": total, "items": items, "next": f"{last['due_at']}~{last['case']}" if last else None}

    return routes


async def _followed(desk: Desk, source: str, report: str) -> tuple[str, Case]:
    async with desk.engine.connect() as conn:
        found = await store.case_of(conn, source, report)
    if found is None:
        raise Refused("subject.unknown", "report", subject=f"{source}/{report}")
    return found[0], msgspec.json.decode(found[1], type=Case)


def timeline(case_id: str, case: Case, city: Any, parts: Iterable[Case] = ()) -> dict[str, Any]:
    """Return what a source may see of its report."""
    known = {
        "source": case.source,
        "report": case.report,
        "case": case_id,
        "follows": case.follows,
        "repeats": case.repeats,
    }
    return known | progress(case, city, parts)


def _held(case_id: str, case: Case, city: Any) -> dict[str, Any]:
    assert case.held is not None, "a listed case is held"
    assert case.due_at is not None, "a held case has a limit"
    return {
        "case": case_id,
        "number": case.number,
        "summary": case.summary,
        "why": case.held.why,
        "placement": msgspec.to_builtins(case.placement),
        "place": unit(case.placement.unit if case.placement else None, city),
        "guesses": [
            {**msgspec.to_builtins(guess), "name": city.matters[guess.matter].name}
            for guess in case.held.guesses
            if guess.matter in city.matters
        ],
        "responsible": unit(case.responsible, city),
        "due_at": case.due_at.astimezone(city.calendar.zone).isoformat(),
    }


def _from(after: str) -> tuple[datetime | None, str]:
    if not after:
        return None, ""
    due, _, case = after.partition("~")
    try:
        return datetime.fromisoformat(due.replace(" ", "+")), case
    except ValueError:
        raise wrong("after", "不是上一页的 next", "not the `next` of a page") from None


def _reports_schema() -> dict[str, Any]:
    one = Report.model_json_schema()
    many = {"type": "array", "maxItems": MOST_REPORTS, "items": one}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": [one, many]}}}}}
