"""HTTP of papers: ledgers as workbook, CSV, JSON; notices, minutes and annual summaries as Word and PDF."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import FileResponse, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.background import BackgroundTask

from services.escalation.domain.reading import check_reads_all, check_reads_ledger, check_reads_meeting, reads_words
from services.escalation.papers.annual import Year, annual
from services.escalation.papers.entry import entry
from services.escalation.papers.ledger import FORMS, Cover, LedgerFile, head_words
from services.escalation.papers.meeting import Sitting, in_full
from services.escalation.papers.minutes import earlier_row, minutes, supplement
from services.escalation.papers.notice import notice
from services.escalation.papers.words import day_of
from services.escalation.tables import papers as table
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.papers.files import handed_over
from shared.papers.paper import Paper
from shared.papers.pdf import pdf
from shared.papers.word import word
from shared.shell.desk import Caller, Desk

LedgerForm = Literal["xlsx", "csv", "json"]
PaperForm = Literal["docx", "pdf"]
OfYear = Annotated[int, InPath(ge=2000, le=2100)]
MADE = {"docx": word, "pdf": pdf}
CALLED = frozenset({"convened", "held", "adopted", "missed"})
HELD = frozenset({"held", "adopted"})
SIGNED = frozenset({"adopted"})
_MAY_PAUSE = text("SET LOCAL idle_in_transaction_session_timeout = '60s'")
"""Between two pieces a paper only computes and holds no lock: on a busy machine longer than a writer may pause."""


def router(desk: Desk) -> APIRouter:
    """Return the routes; they must come before those whose last part is any unit."""
    routes = APIRouter(tags=["papers"])

    @asynccontextmanager
    async def at_once() -> AsyncIterator[AsyncConnection]:
        """Read everything as one instant of the database shows it, so that rows and heads fit together."""
        async with desk.engine.connect() as conn:
            await conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            await conn.execute(_MAY_PAUSE)
            yield conn

    def check_ledger(actor: Actor, unit: str) -> None:
        if unit not in desk.city.bodies:
            raise Refused("body.unknown", "unit", body=unit)
        check_reads_ledger(actor, desk.city, unit)

    async def ledger_file(units: Sequence[str], form: str, name: str, plain: str) -> Response:
        folder = tempfile.TemporaryDirectory(prefix="sidan-")
        path = Path(folder.name) / f"{plain}.{form}"
        try:
            today = day_of((await desk.shell.store.now()).now)
            file = FORMS[form](path)
            async with at_once() as conn:
                heads = await table.heads(conn, units)
                for unit in units:
                    body = desk.city.bodies[unit]
                    seq, hash_ = heads.get(unit, (0, ""))
                    file.begin(Cover(unit, desk.city.name_of(unit), body.name, seq, hash_, today))
                    async for piece in table.entries(conn, unit):
                        await asyncio.to_thread(_add, file, unit, piece, desk.city)
            await asyncio.to_thread(file.finish)
        except BaseException:
            folder.cleanup()
            raise
        return FileResponse(path, headers=handed_over(name, form, plain), background=BackgroundTask(folder.cleanup))

    @routes.get("/v1/ledgers.{form}")
    async def ledgers(form: LedgerForm, actor: Caller) -> Response:
        """Return every body's ledger: a workbook with a sheet per body, CSV, or JSON."""
        check_reads_all(actor)
        return await ledger_file(list(desk.city.bodies), form, f"{desk.city.names.zh}联席会议议题台账", "ledgers")

    @routes.get("/v1/ledger/{unit}.{form}")
    async def ledger(unit: str, form: LedgerForm, actor: Caller) -> Response:
        """Return one body's ledger with the official columns and the head of its chain."""
        check_ledger(actor, unit)
        return await ledger_file([unit], form, f"{desk.city.bodies[unit].name}议题台账", f"ledger-{unit}")

    @routes.get("/v1/ledger/{unit}/annual/{year}.{form}")
    async def annual_summary(unit: str, year: OfYear, form: PaperForm, actor: Caller) -> Response:
        """Return a body's annual summary: meetings, topics, what became of them."""
        check_ledger(actor, unit)
        since, before = datetime(year, 1, 1, tzinfo=SHANGHAI), datetime(year + 1, 1, 1, tzinfo=SHANGHAI)
        counted = Year(unit, year)
        async with at_once() as conn:
            async for piece in table.entries(conn, unit):
                for topic, about, lines, _ in piece:
                    counted.add(topic, about, lines, desk.city)
            counted.head = (await table.heads(conn, [unit], before.isoformat())).get(unit, (0, ""))
            meetings = await table.meetings_of(conn, unit, since, before)
        made = annual(counted, meetings, desk.city)
        return await _paper(made, form, f"{made.agency}{made.title}", f"annual-{unit}-{year}")

    @routes.get("/v1/meetings/{meeting}/notice.{form}")
    async def meeting_notice(meeting: str, form: PaperForm, actor: Caller) -> Response:
        """Return the notice of a meeting that was convened, with its whole agenda."""
        async with at_once() as conn:
            called = await _sitting(conn, meeting, actor, desk.city, CALLED)
        made = notice(called)
        return await _paper(made, form, made.title, f"notice-{called.unit}-{called.state['number']}")

    @routes.get("/v1/meetings/{meeting}/minutes.{form}")
    async def meeting_minutes(meeting: str, form: PaperForm, actor: Caller) -> Response:
        """Return the minutes of a meeting that was held; marked as a draft until they are signed.

        Its body, those called to it, and the body above where a topic was moved up read them in full words; others
        read the words that facts carry.
        """
        rows: list[tuple[str, ...]] = []
        async with at_once() as conn:
            held = await _sitting(conn, meeting, actor, desk.city, HELD)
            if _reads_words(actor, desk.city, held.state):
                held = replace(held, state=in_full(held.state, await table.words_of(conn, held.state)))
            async for piece in table.entries(conn, held.unit, unfinished_at=held.began.isoformat()):
                rows += [earlier_row(held, *told) for told in piece]
        made = minutes(held, rows)
        return await _paper(made, form, f"{held.body}{made.title}", f"minutes-{held.unit}-{held.state['number']}")

    @routes.get("/v1/meetings/{meeting}/words")
    async def meeting_words(meeting: str, actor: Caller) -> dict[str, Any]:
        """Return in full words what a meeting has recorded so far: by topic, and of earlier decisions and plans."""
        async with at_once() as conn:
            held = await _sitting(conn, meeting, actor, desk.city, HELD)
            if not _reads_words(actor, desk.city, held.state):
                raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="read words")
            words = await table.words_of(conn, held.state)
        decisions = {draft["topic"]: words.get(draft["digest"], {}) for draft in held.state.get("decisions", ())}
        return {"decisions": decisions, **words.get(held.state.get("digest", ""), {})}

    @routes.get("/v1/meetings/{meeting}/supplements/{number}.{form}")
    async def meeting_supplement(
        meeting: str, number: Annotated[int, InPath(ge=1, le=1000)], form: PaperForm, actor: Caller
    ) -> Response:
        """Return the n-th supplement to signed minutes."""
        async with at_once() as conn:
            held = await _sitting(conn, meeting, actor, desk.city, SIGNED)
            found = await table.supplement(conn, held.unit, meeting, number)
        if found is None:
            raise Refused("subject.unknown", "number", subject=f"{meeting}/{number}")
        text = json.loads(found.words)["text"] if found.words else None
        if text and not _reads_words(actor, desk.city, held.state):
            text = mask(text, len(text))
        made = supplement(held, number, text, datetime.fromisoformat(found.at), head_words(found.seq, found.hash))
        plain = f"supplement-{held.unit}-{held.state['number']}-{number}"
        return await _paper(made, form, f"{held.body}{made.title}{number}", plain)

    return routes


async def _sitting(conn: AsyncConnection, id_: str, actor: Actor, city: Any, statuses: frozenset[str]) -> Sitting:
    found = await table.meeting(conn, id_)
    if found is None or found[0]["unit"] not in city.bodies:
        raise Refused("subject.unknown", "meeting", subject=id_)
    state = found[0]
    check_reads_meeting(actor, city, state["unit"], (*state["invited"], *state["attendance"]))
    if state["status"] not in statuses:
        raise Refused("paper.too_early", "meeting", meeting=id_, status=state["status"])
    return Sitting(*found, city)


def _reads_words(actor: Actor, city: Any, state: Mapping[str, Any]) -> bool:
    called = (*state["invited"], *state["attendance"])
    moved_up = any(draft["kind"] == "move_up" for draft in state.get("decisions", ()))
    return reads_words(actor, city, state["unit"], called, moved_up=moved_up)


def _add(file: LedgerFile, unit: str, piece: Sequence[table.Told], city: Any) -> None:
    file.add(entry(unit, topic, about, lines, city, fates) for topic, about, lines, fates in piece)


async def _paper(made: Paper, form: str, name: str, plain: str) -> Response:
    content = await asyncio.to_thread(MADE[form], made)
    return Response(content, headers=handed_over(name, form, plain))
