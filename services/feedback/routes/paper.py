"""HTTP of the paper of a rating: 工作评分单 as Word, PDF and data."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.feedback.domain.opening import check_open
from services.feedback.papers.rating import rating_paper
from services.feedback.papers.sheet import MADE_OF, rounds
from services.feedback.tables.paper import about
from shared.kernel.refusals import Refused
from shared.papers.files import handed_over
from shared.papers.pdf import pdf
from shared.papers.word import word
from shared.persistence.journal import facts_of, reading
from shared.shell.desk import Caller, Desk

Form = Literal["docx", "pdf", "json"]
MADE = {"docx": word, "pdf": pdf}
_FACTS = reading(MADE_OF)


def router(desk: Desk) -> APIRouter:
    """Return the route of the paper."""
    routes = APIRouter(tags=["papers"])

    @routes.get("/v1/cases/{case}/rating.{form}")
    async def rating(
        case: str, form: Form, actor: Caller, number: Annotated[int | None, Query(ge=1, le=1000)] = None
    ) -> Response:
        """Return the 工作评分单 of the n-th round, of the last without a number; for whom it rates, and those above."""
        async with desk.engine.connect() as conn:
            sheets = rounds(case, await facts_of(conn, case, _FACTS), *await about(conn, case))
        if not sheets or (number is not None and number > len(sheets)):
            raise Refused(
                "subject.unknown", "number" if sheets else "case", subject=f"{case}/{number or ''}".rstrip("/")
            )
        sheet = sheets[(number or 0) - 1]
        check_open(actor, sheet.lead or sheet.unit, desk.city)
        made = msgspec.json.encode(sheet)
        if form != "json":
            made = await asyncio.to_thread(MADE[form], rating_paper(sheet, desk.city))
        return Response(
            made, headers=handed_over(f"工作评分单{sheet.number}-{sheet.round}", form, f"rating-{sheet.round}")
        )

    return routes
