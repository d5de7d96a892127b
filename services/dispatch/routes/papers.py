"""HTTP of an order's papers: 问题交办单 and 处置反馈单 as Word, PDF and data."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.dispatch.papers.order import assignment_paper, disposal_paper
from services.dispatch.papers.sheet import MADE_OF, assignments, check_reads, disposals
from shared.kernel.refusals import Refused
from shared.papers.files import handed_over
from shared.papers.paper import Paper
from shared.papers.pdf import pdf
from shared.papers.word import word
from shared.persistence.journal import Stated, facts_of, reading
from shared.shell.desk import Caller, Desk

Form = Literal["docx", "pdf", "json"]
Which = Annotated[int | None, Query(ge=1, le=1000)]
MADE = {"docx": word, "pdf": pdf}
_FACTS = reading(MADE_OF)
S = TypeVar("S")


def router(desk: Desk) -> APIRouter:
    """Return the routes of the two papers."""
    routes = APIRouter(tags=["papers"])

    async def stated(order: str) -> list[Stated]:
        async with desk.engine.connect() as conn:
            return await facts_of(conn, order, _FACTS)

    @routes.get("/v1/orders/{order}/assignment.{form}")
    async def assignment(order: str, form: Form, actor: Caller, number: Which = None) -> Response:
        """Return the 问题交办单 of the n-th assignment, of the present one without a number."""
        sheet = _one(order, assignments(order, await stated(order)), number)
        check_reads(actor, sheet, desk.city)
        name = f"问题交办单{sheet.number}-{sheet.assignment}"
        return await _handed(sheet, assignment_paper, desk.city, form, name, f"assignment-{sheet.assignment}")

    @routes.get("/v1/orders/{order}/disposal.{form}")
    async def disposal(order: str, form: Form, actor: Caller, number: Which = None) -> Response:
        """Return the 处置反馈单 of the n-th finish, of the last one without a number."""
        sheet = _one(order, disposals(order, await stated(order)), number)
        check_reads(actor, sheet.assignment, desk.city)
        name = f"处置反馈单{sheet.assignment.number}-{sheet.report}"
        return await _handed(sheet, disposal_paper, desk.city, form, name, f"disposal-{sheet.report}")

    return routes


def _one(order: str, sheets: list[S], number: int | None) -> S:
    if not sheets or (number is not None and number > len(sheets)):
        raise Refused("subject.unknown", "number" if sheets else "order", subject=f"{order}/{number or ''}".rstrip("/"))
    return sheets[(number or 0) - 1]


async def _handed(sheet: S, paper: Callable[[S, Any], Paper], city: Any, form: Form, name: str, plain: str) -> Response:
    content = msgspec.json.encode(sheet) if form == "json" else await asyncio.to_thread(MADE[form], paper(sheet, city))
    return Response(content, headers=handed_over(name, form, plain))
