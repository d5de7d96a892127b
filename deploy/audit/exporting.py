"""Export ledgers from the database into a file that `deploy.audit.exported` can check without the system."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import asyncpg

from deploy.audit.anchors import HEAD, STATING, heads_said
from deploy.audit.chains import ANCHORED, BATCH, RECORDS, STATED, Progress
from deploy.audit.exported import Writer
from services.escalation.domain.chain import ANCHORING, Anchor, Record, anchor_below
from shared.persistence.engine import schema_of

SPARSE = [kind for kind in STATING if kind != HEAD]
"""The anchors of a file: one for each record would be nothing but the file a second time."""
_HEADS = """
SELECT DISTINCT ON (ledger) ledger, seq, hash FROM "{schema}".record
WHERE $1::text IS NULL OR ledger = $1 ORDER BY ledger, seq DESC
"""


class NothingToExport(LookupError):
    """There is no record of such a ledger."""


async def export(
    conn: asyncpg.Connection, city: str, path: Path, at: datetime, *, body: str | None = None,
    progress: Progress = lambda step, n: None,
) -> tuple[int, int]:  # fmt: skip
    """Write every ledger, or one body's, as of one moment: CSV if the name ends so, else JSON Lines.

    Returns (ledgers, records). Raises NothingToExport, or OSError where the file cannot be written.
    """
    schema, fresh = schema_of(city, "escalation"), path.with_name(f".{path.name}.{os.getpid()}")
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        rows = await conn.fetch(_HEADS.format(schema=schema), body)
        heads = {row["ledger"]: (row["seq"], row["hash"]) for row in rows}
        if not heads:
            raise NothingToExport(body or city)
        anchors = await _anchors(conn, schema)
        try:
            with fresh.open("wb") as file:
                writer = Writer(file, is_csv=path.suffix.lower() == ".csv")
                writer.open(city, at, heads)
                ledger = ""
                cursor = await conn.cursor(RECORDS.format(schema=schema), body)
                while rows := await cursor.fetch(BATCH):
                    for row in rows:
                        record = Record(*row)
                        if record.ledger != ledger:
                            ledger = record.ledger
                            writer.begin(ledger, heads[ledger], anchors.get(ledger, {}).values())
                        writer.take(record)
                    progress("records", len(rows))
                writer.seal()
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    return len(heads), writer.records


async def _anchors(conn: asyncpg.Connection, schema: str) -> dict[str, dict[tuple[int, str], Anchor]]:
    """Return what minutes, lists and upper ledgers wrote down, each head once, as the first said it."""
    found: dict[str, dict[tuple[int, str], Anchor]] = {}

    def note(ledger: str, anchor: Anchor) -> None:
        if anchor.seq:
            found.setdefault(ledger, {}).setdefault((anchor.seq, anchor.hash), anchor)

    cursor = await conn.cursor(STATED.format(schema=schema), SPARSE)
    while rows := await cursor.fetch(BATCH):
        for kind, subject, sequence, value in rows:
            with suppress(ValueError):  # a fact that cannot be read is found where ledgers are verified
                for ledger, anchor in heads_said(kind, value, f"{kind} {subject}/{sequence}"):
                    note(ledger, anchor)
    cursor = await conn.cursor(ANCHORED.format(schema=schema), [str(kind) for kind in ANCHORING])
    while rows := await cursor.fetch(BATCH):
        for ledger, seq, line in rows:
            if below := anchor_below(line, f"{ledger}#{seq}"):
                note(*below)
    return found
