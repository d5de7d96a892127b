"""HTTP of results that are handed over: export a year, list what was, fetch it as it was."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import tempfile
from pathlib import Path as File
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from services.feedback.domain.exporting import COLUMNS, WORDS, ExportKind, subject_of
from services.feedback.domain.opening import check_desk, check_operations
from services.feedback.papers.result import TITLES, workbook
from services.feedback.tables.result import EXPORTS, HANDED_OVER
from shared.contracts.appraisal import ExportResults
from shared.kernel.refusals import Refused
from shared.papers.files import handed_over
from shared.shell.desk import Caller, Desk, Key, reply_body

Year = Annotated[int, Path(ge=2000, le=2100)]
Form = Literal["json", "csv", "xlsx"]
PATH = "/v1/results/{kind}/{year}"
MOST = 500


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/results`."""
    routes = APIRouter(tags=["results"])

    @routes.post(f"{PATH}/export")
    async def export(kind: ExportKind, year: Year, actor: Caller, key: Key) -> dict[str, Any]:
        """Hand a year's results over as operations; what has not changed is refused."""
        asked = ExportResults.model_validate({"kind": kind, "year": year})
        return reply_body(await desk.submit(asked, subject_of(kind, year), actor, key, creates=True))

    @routes.get("/v1/results")
    async def exports(actor: Caller) -> dict[str, Any]:
        """Return everything that was handed over, with its revision and digest."""
        check_desk(actor)
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(EXPORTS, {"limit": MOST})).mappings().all()
        return {"exports": [dict(row) for row in rows]}

    @routes.get(f"{PATH}.{{form}}")
    async def fetch(
        kind: ExportKind, year: Year, form: Form, actor: Caller,
        revision: Annotated[int | None, Query(ge=1, le=10_000)] = None,
    ) -> Response:  # fmt: skip
        """Return an export as it was handed over: the very text of its digest, or a table of it."""
        check_desk(actor)
        if kind is ExportKind.MEMBERS:
            check_operations(actor, "read members' grades")
        asked = {"kind": kind, "year": year, "revision": revision}
        async with desk.engine.connect() as conn:
            found = (await conn.execute(HANDED_OVER, asked)).one_or_none()
        if found is None:
            raise Refused("subject.unknown", "year", subject=subject_of(kind, year))
        name, plain = f"{year}年度{TITLES[kind]}第{found.revision}次", f"{kind}-{year}-{found.revision}"
        if form == "json":
            made = found.content.encode()
        elif form == "csv":
            made = _csv(kind, json.loads(found.content))
        else:
            made = await asyncio.to_thread(_workbook, kind, year, found, desk.city)
        return Response(made, headers=handed_over(name, form, plain))

    return routes


def _csv(kind: ExportKind, lines: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(WORDS[name] for name in COLUMNS[kind])
    writer.writerows([line[name] for name in COLUMNS[kind]] for line in lines)
    return ("\ufeff" + text.getvalue()).encode()


def _workbook(kind: ExportKind, year: int, found: Any, city: Any) -> bytes:
    with tempfile.TemporaryDirectory(prefix="sidan-") as folder:
        path = File(folder) / "results.xlsx"
        workbook(path, kind, year, found.revision, found.digest, json.loads(found.content), city)
        return path.read_bytes()
