"""HTTP of bulletins: a period's published scores as Word, PDF and Excel."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import Response

from services.feedback.domain.opening import check_desk
from services.feedback.papers.bulletin import bulletin, workbook
from services.feedback.papers.card import period_words
from services.feedback.tables.bulletin import published
from shared.kernel.refusals import Refused
from shared.papers.files import handed_over
from shared.papers.pdf import pdf
from shared.papers.word import word
from shared.shell.desk import Caller, Desk

Form = Literal["docx", "pdf", "xlsx"]
Period = Annotated[str, InPath(pattern=r"^\d{4}(-(0[1-9]|1[0-2]|Q[1-4]))?$")]


def router(desk: Desk) -> APIRouter:
    """Return the routes of bulletins."""
    routes = APIRouter(tags=["papers"])

    @routes.get("/v1/bulletins/{period}.{form}")
    async def period_bulletin(period: Period, form: Form, actor: Caller) -> Response:
        """Return the bulletin of a month (2026-11), quarter (2026-Q4) or year (2026) whose scores are published."""
        check_desk(actor)
        async with desk.engine.connect() as conn:
            rows, trend = await published(conn, period, desk.city.root.code)
        if not rows:
            raise Refused("score.unpublished", "period", period=period)
        cards = [score for score, _ in rows]
        if form == "xlsx":
            content = await asyncio.to_thread(_workbook, period, cards, trend, desk)
        else:
            made = bulletin(period, cards, trend, max(at for _, at in rows), desk.city)
            content = await asyncio.to_thread({"docx": word, "pdf": pdf}[form], made)
        name = f"{desk.city.names.zh}{period_words(period)}群众评单情况通报"
        return Response(content, headers=handed_over(name, form, f"bulletin-{period}"))

    return routes


def _workbook(period: str, cards: list[dict[str, object]], trend: list[dict[str, object]], desk: Desk) -> bytes:
    with tempfile.TemporaryDirectory(prefix="sidan-") as folder:
        path = Path(folder) / "bulletin.xlsx"
        workbook(path, period, cards, trend, desk.city)
        return path.read_bytes()
