"""The list of cases as a workbook (导出): a job of its own, in the order and the words of the screen, with progress."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import listing, paging, queries
from services.console.access import scope
from services.console.access.accounts import Signed
from services.console.access.gateway import record, required
from services.console.access.scope import Scope
from services.console.projection.case import CaseRow
from services.console.selection import Selection, selected
from services.console.words import LANGUAGES, TONGUES, Tongue, word
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI
from shared.kernel.refusals import Refused
from shared.kernel.rules import register
from shared.papers.files import handed_over
from shared.papers.paper import Column
from shared.papers.workbook import Sheet, Workbook

MOST = 100_000
"""Cases in one workbook; who wants more narrows the list, as does who sees a part of the city and has more of it than
are counted."""
STEP = 1_000
"""Cases that are read and written at a time; between two the others of the process have their turn."""
COLUMNS = (
    (word("单号"), 20, "number"),
    (word("标题"), 40, "summary"),
    (word("状态"), 10, "chip"),
    (word("事项"), 22, "matter_name"),
    (word("层级"), 10, "rung"),
    (word("责任单位"), 18, "responsible_name"),
    (word("到期"), 13, "due"),
    (word("剩余"), 18, "left"),
    (word("来源"), 14, "source"),
    (word("反映人数"), 9, "reporters"),
    (word("网格"), 18, "unit_name"),
)
"""Heading, width, and what the row of the page calls it: as on the screen."""

register(
    {
        "export.too_many": (
            "符合条件的多于 {most} 件，请缩小范围再导出",
            "More than {most} cases match: narrow the list, then export",
        ),
        "export.unknown": ("没有这次导出，请重新导出", "No such export: begin it anew"),
    }
)
_log = logging.getLogger(__name__)


@dataclass
class Job:
    """One export: how far it is, and whose."""

    id: str
    login: str
    total: int
    folder: Path
    done: int = 0
    state: str = "running"
    """running, done or failed."""
    work: asyncio.Task[None] | None = None

    @property
    def file(self) -> Path:
        """Return where the workbook is."""
        return self.folder / "cases.xlsx"

    def shown(self) -> dict[str, Any]:
        """Return what the page shows."""
        return {"id": self.id, "total": self.total, "done": self.done, "state": self.state}


class Exports:
    """The exports of this process: one a person, the next takes the place of the last."""

    def __init__(self, engine: AsyncEngine, city: City) -> None:
        self._engine, self._city = engine, city
        self._jobs: dict[str, Job] = {}

    async def begin(self, signed: Signed, selection: Selection, sort: str, t: Tongue) -> Job:
        """Begin an export; raises Refused("export.too_many")."""
        sees = scope.of(signed.actor(self._city), self._city)
        async with self._engine.connect() as conn:
            total, is_capped = await paging.total(conn, self._city, selection, sees)
        if is_capped or total > MOST:
            raise Refused("export.too_many", "total", most=f"{paging.CAP if is_capped else MOST:,}")
        self._drop(signed.login)
        folder = Path(tempfile.mkdtemp(prefix="sidan-export-"))
        job = self._jobs[signed.login] = Job(secrets.token_hex(16), signed.login, total, folder)
        job.work = asyncio.create_task(self._run(job, signed, selection, sort, sees, t), name="export")
        return job

    def find(self, signed: Signed, id_: str) -> Job:
        """Return an export of one's own; raises Refused("export.unknown")."""
        job = self._jobs.get(signed.login)
        if job is None or job.id != id_:
            raise Refused("export.unknown", "id")
        return job

    def close(self) -> None:
        """Stop what runs, and remove all files."""
        for login in list(self._jobs):
            self._drop(login)

    def _drop(self, login: str) -> None:
        job = self._jobs.pop(login, None)
        if job is not None:
            if job.work is not None:
                job.work.cancel()
            shutil.rmtree(job.folder, ignore_errors=True)

    async def _run(
        self, job: Job, signed: Signed, selection: Selection, sort: str, sees: Scope, t: Tongue
    ) -> None:  # fmt: skip
        try:
            async with self._engine.connect() as begun:
                conn = await begun.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                now = (await queries.moment(conn)).now
                book = Workbook(job.file, t("案件"))
                sheet = self._sheet(book, job, signed, now, t)
                while rows := (
                    await paging.page(conn, self._city, selection, sort, STEP, job.done, sees)
                ).rows:  # all of one moment
                    await asyncio.to_thread(_write, sheet, rows, self._city, t, now)
                    job.done += len(rows)
                await asyncio.to_thread(book.close)
            job.total, job.state = job.done, "done"
        except Exception:
            _log.exception("export.failed")
            job.state = "failed"

    def _sheet(self, book: Workbook, job: Job, signed: Signed, now: datetime, t: Tongue) -> Sheet:
        said = t(
            "{who}（{login}）{at} 导出 · 范围：{scope} · {n} 件 · 内部资料，请勿外传",
            who=signed.name, login=signed.login, at=f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            scope=self._city.name_of(signed.post.at), n=f"{job.total:,}",
        )  # fmt: skip
        columns = [Column(t(name), width) for name, width, _ in COLUMNS]
        return book.sheet(t("案件"), t("案件"), columns, subtitle=said, foot=said, frozen=1)


def _write(sheet: Sheet, rows: Sequence[CaseRow], city: City, t: Tongue, now: datetime) -> None:
    for row in rows:
        shown = listing.show(row, city, t, now)
        sheet.row([shown[key] for _, _, key in COLUMNS])


def router(exports: Exports, engine: AsyncEngine) -> APIRouter:
    """Return the addresses of exports: begin one, see how far it is, fetch the file."""
    routes = APIRouter(prefix="/exports/cases", include_in_schema=False)

    @routes.post("")
    async def begin(request: Request, sort: str = "-received", lang: str = "zh") -> dict[str, Any]:
        signed = required()
        selection = selected(request.query_params, sort)
        job = await exports.begin(signed, selection, sort, TONGUES[lang if lang in LANGUAGES else "zh"])
        await record(engine, signed, "console", f"/exports/cases?{request.url.query}", job.id, 200, "")
        return job.shown()

    @routes.get("/{id_}.xlsx")
    async def file(id_: str) -> FileResponse:
        job = exports.find(required(), id_)
        if job.state != "done":
            raise Refused("export.unknown", "id")
        name = TONGUES["zh"](word("案件"))
        return FileResponse(job.file, headers=handed_over(name, "xlsx", "cases"))

    @routes.get("/{id_}")
    async def state(id_: str) -> dict[str, Any]:
        return exports.find(required(), id_).shown()

    return routes
