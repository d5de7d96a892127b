"""Send the rows of the files that wait as reports, a batch at a time; a run that broke off goes on where it was.

A batch is sent before its rows are counted: after a death the last one is sent again, which changes nothing, since the
same id of a source is one report.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from io import BytesIO

import structlog

from services.intake.chores.rows import Batch, batches, reading
from services.intake.routes.report import take_many
from services.intake.tables import importing
from services.intake.tables.importing import Reject, Taken
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.sheets.opening import read_sheet
from shared.sheets.sheet import BadRow, NotATable, text_of
from shared.shell.desk import Desk
from shared.telemetry.logs import brief

log = structlog.get_logger()
IDLE_SECONDS = 0.5
_PASSING = frozenset({"database.away", "internal.error", "source.too_many"})
"""Rules that refuse for now alone: the run goes on where it was when its lease is over."""
MOST_ROWS = 100_000
LONGEST_KEPT = 2_000
"""Characters of a cell of a refused row that are kept for the workbook."""


class Importer:
    """Takes up one file after the other."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Import for ever; what fails is taken up again when its lease is over."""
        while True:
            try:
                done = await self.once()
            except Exception as error:
                log.warning("import broke off", error=brief(error))
                done = False
            if not done:
                await asyncio.sleep(IDLE_SECONDS)

    async def once(self) -> bool:
        """Import the file that has waited longest, whole; tells whether there was one."""
        async with self._desk.engine.begin() as conn:
            taken = await importing.take(conn)
            if taken is not None and taken.rows == 0:
                await importing.restart(conn, taken.id)
        if taken is None:
            return False
        problem = None
        try:
            await self._import(taken)
        except NotATable as error:
            problem = {"rule": "import.not_a_table", "zh": error.zh, "en": error.en}
        except Refused as error:
            if error.rule in _PASSING:
                raise
            zh, en = words(error.rule, error.params)
            problem = {"rule": error.rule, "zh": zh, "en": en}
        async with self._desk.engine.begin() as conn:
            await importing.end(conn, taken.id, problem)
        log.info("imported", run=taken.id, source=taken.source, failed=problem is not None)
        return True

    async def _import(self, taken: Taken) -> None:
        outcomes, rules = Counter(taken.outcomes), Counter(taken.rules)
        rows = taken.rows
        with read_sheet(taken.name, BytesIO(taken.content)) as sheet:
            says = reading(taken.columns, sheet.heading, self._desk.city).report
            found: Iterator[Batch] = batches(sheet.rows, says, skip=rows)
            while batch := await asyncio.to_thread(next, found, None):
                if rows + len(batch) > MOST_ROWS:
                    raise Refused("import.too_many_rows", "", most=MOST_ROWS)
                rejects = await self._send(taken, batch, outcomes, rules)
                rows += len(batch)
                async with self._desk.engine.begin() as conn:
                    await importing.progress(
                        conn, taken.id, rows, sheet.part_read(), outcomes, rules, sheet.heading, rejects
                    )

    async def _send(self, taken: Taken, batch: Batch, outcomes: Counter[str], rules: Counter[str]) -> list[Reject]:
        actor = Actor("source", taken.source)
        told = await take_many(self._desk, [said for _, said in batch if not isinstance(said, BadRow)], actor)
        if any(answer.get("rule") == "source.too_many" for answer in told):
            most = self._desk.city.sources[taken.source].a_minute
            raise Refused("source.too_many", "source", source=taken.source, most=most, seconds=60)
        answers = iter(told)
        rejects = []
        for row, said in batch:
            if isinstance(said, BadRow):
                outcome, why = "refused", (said.field, "import.row", said.zh, said.en)
            else:
                answer = next(answers)
                outcome, rule = answer["outcome"], answer.get("rule") or ""
                rules.update([rule] if rule else [])
                why = (answer.get("field", ""), rule, answer.get("title", ""), answer.get("title_en", ""))
                if outcome == "rejected":
                    why = ("", rule, *words(rule, answer.get("params", {"city": self._desk.city.names.zh})))
            outcomes[outcome] += 1
            if outcome in ("refused", "rejected"):
                cells = tuple(text_of(cell)[:LONGEST_KEPT] for cell in row.cells)
                rejects.append(Reject(taken.id, row.line, cells, *why))
        return rejects
