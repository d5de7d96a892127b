"""HTTP of files: which column is which, a look at what would be read, the run, its progress, the rows it left out."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.intake import translate
from services.intake.chores.rows import FIELDS, Said, batches, read_columns, reading, suggested
from services.intake.domain.facts import Understanding
from services.intake.domain.foresight import foresee
from services.intake.papers.rejected import workbook
from services.intake.tables import importing
from shared.contracts.intake import Report
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.sheets.opening import read_sheet
from shared.sheets.sheet import BadRow, NotATable
from shared.shell.desk import Caller, Desk, json_body, read_as
from shared.shell.ids import new_id
from shared.shell.validation import wrong

MOST_BYTES = 20 << 20
"""Of one file."""
LARGER_BODIES = {"/v1/sources/": MOST_BYTES}
"""Addresses that take more than a command."""
SHOWN = 20
"""First rows, and refused ones, of a preview."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
File = Annotated[str, Query(min_length=1, max_length=200)]
Read = Callable[[str, str], tuple[Understanding, ...]]
Columns = Annotated[str, Query(max_length=2_000)]


def router(desk: Desk, read: Read | None = None) -> APIRouter:
    """Return the routes; `read` is what a trained model says of subject and text, where the service has one."""
    routes = APIRouter(prefix="/v1", tags=["imports"])

    @routes.get("/sources/{source}/columns")
    async def columns(source: str, actor: Caller) -> dict[str, Any]:
        """Show which column of the source's files is which field, as it was last said."""
        _check(desk, source, actor)
        async with desk.engine.connect() as conn:
            return {"source": source, "columns": await importing.columns_of(conn, source), "fields": list(FIELDS)}

    @routes.put("/sources/{source}/columns")
    async def remember(source: str, request: Request, actor: Caller) -> dict[str, Any]:
        """Say once which column is which field, as {"text": "内容", "id": "编号"}."""
        _check(desk, source, actor)
        said = await json_body(request)
        if not isinstance(said, dict) or not all(isinstance(column, str) for column in said.values()):
            raise wrong("body", "应为 字段: 列名", "not field: column")
        found = read_columns(said)
        async with desk.engine.begin() as conn:
            await importing.remember(conn, source, found, f"{actor.kind}.{actor.id}")
        return {"source": source, "columns": found, "fields": list(FIELDS)}

    @routes.post("/sources/{source}/imports", openapi_extra=_BODY)
    async def upload(
        source: str, request: Request, actor: Caller, name: File, columns: Columns = "", dry: bool = False
    ) -> dict[str, Any]:
        """Import a CSV or Excel file, the body; `dry` shows what would be read and writes nothing.

        `columns` (`id=编号,text=内容`) are remembered for the source; without them those remembered count, or in a
        preview those that the headings suggest. The same file again goes on, or is read anew once it was done.
        """
        _check(desk, source, actor)
        content = await request.body()
        if len(content) > MOST_BYTES:
            raise Refused("message.too_large", "body", limit=MOST_BYTES)
        async with desk.engine.connect() as conn:
            known = await importing.columns_of(conn, source)
            now = (await desk.shell.store.clock(conn)).now
        wanted = read_columns(columns) if columns else known
        try:
            heading = await asyncio.to_thread(_heading, name, content)
            wanted = wanted or suggested(heading)
            if "text" not in wanted or not (columns or known or dry):
                raise Refused(
                    "import.columns_needed", "columns", fields=", ".join(FIELDS), heading="、".join(heading),
                    suggested=",".join(f"{field}={column}" for field, column in suggested(heading).items()),
                )  # fmt: skip
            reading(wanted, heading, desk.city)
            if dry:
                shown, ids = await asyncio.to_thread(_preview, desk.city, read, source, name, content, wanted, now)
                async with desk.engine.connect() as conn:
                    return shown | {"known": await importing.known_of(conn, source, ids)}
        except NotATable as error:
            raise Refused("import.not_a_table", "body", reason=error.en, reason_zh=error.zh) from None
        who = f"{actor.kind}.{actor.id}"
        mark = sha256(json.dumps(wanted, sort_keys=True).encode() + content).hexdigest()
        async with desk.engine.begin() as conn:
            if wanted != known:
                await importing.remember(conn, source, wanted, who)
            run = await importing.begin(conn, new_id(), source, mark, name, wanted, content, who)
            return await _run(conn, run)

    @routes.get("/sources/{source}/imports")
    async def runs(source: str, actor: Caller) -> dict[str, Any]:
        """List the last runs of a source, the newest first."""
        _check(desk, source, actor)
        async with desk.engine.connect() as conn:
            return {"source": source, "items": await importing.runs_of(conn, source)}

    @routes.get("/imports/{run}")
    async def progress(run: str, actor: Caller) -> dict[str, Any]:
        """Show how far a run is: rows, share of the file, outcomes, rules."""
        async with desk.engine.connect() as conn:
            found = await _run(conn, run)
        _check(desk, found["source"], actor)
        return found

    @routes.get("/imports/{run}/rejects.xlsx", response_class=Response)
    async def rejects(run: str, actor: Caller) -> Response:
        """Return the rows that were not taken as a workbook, each as it stood with the reason beside it."""
        async with desk.engine.connect() as conn:
            found = await _run(conn, run)
            _check(desk, found["source"], actor)
            left_out = await importing.rejects_of(conn, run)
        with tempfile.TemporaryDirectory(prefix="sidan-") as folder:
            path = Path(folder) / "rejects.xlsx"
            named = {**found, "source": desk.city.sources[found["source"]].names.zh}
            await asyncio.to_thread(workbook, path, named, left_out)
            content = path.read_bytes()
        return Response(
            content, media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="rejects.xlsx"'}
        )

    return routes


_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary", "type": "string"}}}}}  # fmt: skip  # noqa: E501


def _check(desk: Desk, source: str, actor: Actor) -> None:
    """Let the source itself and operations in."""
    if actor.kind != "operations" and (actor.kind, actor.id) != ("source", source):
        raise Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act="report.import")
    if source not in desk.city.sources:
        raise Refused("report.unknown_source", "source", source=source)


async def _run(conn: Any, run: str) -> dict[str, Any]:
    found = await importing.run_of(conn, run)
    if found is None:
        raise Refused("subject.unknown", "run", subject=run)
    return found


def _heading(name: str, content: bytes) -> list[str]:
    with read_sheet(name, BytesIO(content)) as sheet:
        return list(sheet.heading)


def _preview(
    city: Any, read: Read | None, source: str, name: str, content: bytes, columns: Mapping[str, str], now: datetime
) -> tuple[dict[str, Any], list[str]]:
    """Return what would be read and become of it, duplicates apart, and the ids; nothing is written."""
    outcomes, rules = Counter[str](), Counter[str]()
    first: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    ids: list[str] = []
    with read_sheet(name, BytesIO(content)) as sheet:
        heading = list(sheet.heading)
        says = reading(columns, heading, city).report
        for row, said in (one for batch in batches(sheet.rows, says) for one in batch):
            outcome, why = _foreseen(city, read, source, said, now)
            outcomes[outcome] += 1
            rules.update([why["rule"]] if why else [])
            if len(first) < SHOWN:
                shown = {"report": said} if isinstance(said, dict) else {}
                first.append({"line": row.line, "outcome": outcome, **shown, **(why or {})})
            if why and len(refused) < SHOWN:
                refused.append({"line": row.line, "outcome": outcome, **why})
            if isinstance(said, dict):
                ids.append(said["id"])
    return {
        "source": source, "name": name, "columns": dict(columns), "heading": heading, "rows": outcomes.total(),
        "outcomes": outcomes, "rules": rules, "first": first, "refused": refused,
    }, ids  # fmt: skip


def _foreseen(
    city: Any, read: Read | None, source: str, said: Said, now: datetime
) -> tuple[str, dict[str, str] | None]:
    """Return the outcome of a row and, if it would not be taken, why."""
    if isinstance(said, BadRow):
        return "refused", {"rule": "import.row", "field": said.field, "zh": said.zh, "en": said.en}
    try:
        told = foresee(translate.wire.to_domain(read_as(Report, said)), source, now, city, read)
    except Refused as error:
        zh, en = words(error.rule, error.params)
        return "refused", {"rule": error.rule, "field": error.field, "zh": zh, "en": en}
    if told.rule is None:
        return told.outcome, None
    zh, en = words(told.rule, {"city": city.names.zh})
    return told.outcome, {"rule": told.rule, "field": "", "zh": zh, "en": en}
