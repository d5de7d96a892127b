"""HTTP of the link: whoever has it sees how far the report is, without an account; nothing about its reporter."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from services.intake import store
from services.intake.domain import Case
from services.intake.domain.case import Status
from services.intake.domain.stage import words_of
from services.intake.papers.follow import page
from services.intake.tables import photo
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.shell.allowance import Allowance, address_of
from shared.shell.desk import Desk
from shared.shell.problems import problem
from shared.shell.tokens import read as read_token

PATH = "/v1/follow"
PAGES = Actor("resident", "pages")
"""As whom the console asks whose link a token is."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
"""The page runs nothing, loads nothing, and gives its address to nobody."""


def token_of(secret: str, city: str, case: str) -> str:
    """Return the unguessable token of a case: its id and 256 bits that only we can make."""
    mac = hmac.new(secret.encode(), f"follow\n{city}\n{case}".encode(), sha256).digest()
    return f"{case}.{urlsafe_b64encode(mac).decode().rstrip('=')}"


def path_of(secret: str, city: str, case: str) -> str:
    """Return the path at which whoever has it follows a case."""
    return f"{PATH}/{token_of(secret, city, case)}"


def router(desk: Desk, allowance: Allowance) -> APIRouter:
    """Return the route under `/v1/follow`."""
    routes = APIRouter(prefix=PATH, tags=["follow"])

    @routes.get("/{token}", response_model=None)
    async def follow(token: str, request: Request) -> HTMLResponse | JSONResponse | dict[str, Any]:
        """Show where it is, who answers for it, what was done: as a page to a browser, as JSON to a program."""
        allowance.take(address_of(request))
        case = held_by(desk, token)
        known = None
        if case is not None:
            async with desk.engine.connect() as conn:
                state = await store.state_of(conn, case)
                known = await seen(conn, msgspec.json.decode(state, type=Case)) if state else None
        if case is None or known is None:
            return problem(Refused("follow.unknown_link", "token"), 404)
        async with desk.engine.connect() as conn:
            shown = progress(known, desk.city, await parts_of(conn, known))
        if is_page(request, desk):
            async with desk.engine.connect() as conn:
                photos = len(await photo.of_report(conn, case))
                return {**shown, **await holder(conn, case, known), "summary": known.summary, "photos": photos}
        if "text/html" in request.headers.get("Accept", ""):
            return HTMLResponse(page(shown, desk.city.names), headers=HEADERS)
        return shown

    return routes


async def seen(conn: Any, case: Case) -> Case:
    """Return a case as its reporter sees it: once it was merged, how far the case is that answers for it since."""
    root = case
    while root.status is Status.MERGED and root.home is not None:
        state = await store.state_of(conn, root.home)
        if state is None:
            break
        root = msgspec.json.decode(state, type=Case)
    if root is case:
        return case
    since = case.steps[-1].at
    return replace(
        case,
        stage=root.stage,
        responsible=root.responsible,
        due_at=root.due_at,
        reason=root.reason,
        parts=root.parts,
        steps=(*case.steps, *(step for step in root.steps if step.at > since)),
    )


async def parts_of(conn: Any, case: Case) -> tuple[Case, ...]:
    """Return the cases that a case was split into."""
    states = [await store.state_of(conn, part) for part in case.parts]
    return tuple(msgspec.json.decode(state, type=Case) for state in states if state is not None)


def held_by(desk: Desk, token: str) -> str | None:
    """Return the case whose link a token is, None for any other."""
    case, _, _ = token.rpartition(".")
    right = token_of(desk.secret, desk.city_code, case)
    is_right = hmac.compare_digest(token.encode("utf-8", "replace"), right.encode())
    return case if case and ":" not in case and is_right else None


def is_page(request: Request, desk: Desk) -> bool:
    """Tell whether the platform's own pages ask, which act for the holder of a link afterwards."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and read_token(desk.secret, desk.city_code, token.strip()) == PAGES


async def holder(conn: Any, case_id: str, case: Case) -> dict[str, Any]:
    """Return which case answers for a report now, and under which id its reporter is known there."""
    name, root = case_id, case
    while root.home is not None and root.status is Status.MERGED:
        state = await store.state_of(conn, root.home)
        if state is None:
            break
        name, root = root.home, msgspec.json.decode(state, type=Case)
    mine = next((m.reporter for m in root.members if m.case == case_id), root.reporter)
    return {"case": name, "reporter": mine, "reporters": root.reporters}


def progress(case: Case, city: Any, parts: Iterable[Case] = ()) -> dict[str, Any]:
    """Return how far a case is, and each of its parts, in words; no id, so that whoever has the link may see it."""
    zone = city.calendar.zone
    rule = None
    if case.rule:
        zh, en = words(case.rule, dict(case.params))
        rule = {"rule": case.rule, "zh": zh, "en": en}
    return {
        "number": case.number,
        "outcome": case.outcome,
        "status": stage("withdrawn" if case.gone else case.stage),
        "responsible": unit(case.responsible, city),
        "due_at": case.due_at.astimezone(zone).isoformat() if case.due_at else None,
        "reply": rule,
        "closed_as": case.reason,
        "steps": [
            {
                **stage(step.stage),
                "at": step.at.astimezone(zone).isoformat(),
                "unit": unit(step.unit, city),
                "note": step.note or None,
            }
            for step in case.steps
        ],
        "parts": [{"summary": part.summary, **progress(part, city)} for part in parts],
    }


def stage(code: str) -> dict[str, str]:
    """Return a stage with its words."""
    zh, en = words_of(code)
    return {"code": code, "zh": zh, "en": en}


def unit(code: str | None, city: Any) -> Mapping[str, str] | None:
    """Return a unit with its name."""
    return {"code": code, "name": city.name_of(code)} if code else None
