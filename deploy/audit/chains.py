"""Every ledger's chain in the database, held against all heads that others wrote down (workflows §2.5).

Heads are looked up by the batch and only those that do not fit are kept, so a ledger's length costs no memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

import asyncpg

from deploy.audit import streams
from deploy.audit.anchors import LISTS, STATING, Anchors, heads_said, is_following
from deploy.audit.journals import Finding
from services.escalation.domain.chain import ANCHORING, GENESIS, Anchor, Break, Broken, Check, Record, anchor_below
from services.escalation.domain.heads import subject_of
from shared.contracts.envelope import SEQUENCE, SUBJECT, TYPE
from shared.contracts.topics import STATE_STREAM, topic_name
from shared.persistence.engine import schema_of

BATCH = 2000
Progress = Callable[[str, int], None]

RECORDS = """
SELECT ledger, seq, prev, at, kind, topic, body, line, hash FROM "{schema}".record
WHERE $1::text IS NULL OR ledger = $1 ORDER BY ledger, seq
"""
ANCHORED = 'SELECT ledger, seq, line FROM "{schema}".record WHERE kind = ANY($1)'
STATED = """
SELECT type, subject, sequence, value FROM "{schema}".journal WHERE type = ANY($1) AND sequence > 0 ORDER BY id
"""
_LISTED = 'SELECT "on", page, pages, heads, prev, digest FROM "{schema}".published_heads ORDER BY "on", page'
WORDS = "words:"
"""Stands before a ledger's code where words kept apart are broken."""
_CHANGED = """
SELECT DISTINCT ON (ledger) ledger, topic, meeting, digest FROM "{schema}".wording_proof
WHERE NOT is_genuine AND ($1::text IS NULL OR ledger = $1) ORDER BY ledger, topic, meeting
"""
_MISFITS = """
SELECT a.place FROM unnest($1::text[], $2::int[], $3::text[]) WITH ORDINALITY AS a(ledger, seq, hash, place)
LEFT JOIN "{schema}".record r ON r.ledger = a.ledger AND r.seq = a.seq
WHERE r.hash IS DISTINCT FROM a.hash ORDER BY a.place
"""


@dataclass(slots=True)
class Examined:
    """The heads of what was looked at; the first broken link of each broken ledger.

    `heads:<city>` stands for the daily lists, `words:<ledger>` for words that are not those of their digest any more.
    """

    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    records: int = 0
    broken: dict[str, Broken] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    """Where in a file the broken link is."""


class Misfits:
    """Look heads up in the records; keeps, for each ledger, the earliest that is not there as it was written down."""

    def __init__(self, conn: asyncpg.Connection, schema: str, body: str | None) -> None:
        self.found: dict[str, Anchor] = {}
        self._conn, self._query, self._body = conn, _MISFITS.format(schema=schema), body
        self._waiting: list[tuple[str, Anchor]] = []

    def add(self, ledger: str, anchor: Anchor) -> None:
        """Have a head looked up when it is settled next."""
        if anchor.seq > 0 and self._body in (None, ledger):
            self._waiting.append((ledger, anchor))

    async def settle(self, *, at_least: int = 1) -> None:
        """Look up all that wait, if so many do."""
        if len(self._waiting) < at_least:
            return
        waiting, self._waiting = self._waiting, []
        columns = ([ledger for ledger, _ in waiting], [a.seq for _, a in waiting], [a.hash for _, a in waiting])
        for row in await self._conn.fetch(self._query, *columns):
            ledger, anchor = waiting[row["place"] - 1]
            if ledger not in self.found or anchor.seq < self.found[ledger].seq:
                self.found[ledger] = anchor


async def examine(
    conn: asyncpg.Connection,
    city: str,
    *,
    body: str | None = None,
    kafka: str | None = None,
    against: Anchors | None = None,
    progress: Progress = lambda step, n: None,
) -> Examined:
    """Check every ledger, or one body's, against journal, published lists, other ledgers, `against`, and the stream.

    The stream is read first: whatever is on it is already in the database. Raises KafkaError when it cannot be read.
    """
    schema = schema_of(city, "escalation")
    misfits, done = Misfits(conn, schema, body), Examined()
    if kafka is not None:
        await _on_the_stream(misfits, done, kafka, topic_name(city, STATE_STREAM["escalation"]), progress)
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        for ledger, anchors in (against or {}).items():
            for anchor in anchors:
                misfits.add(ledger, anchor)
        await _written_down(conn, schema, subject_of(city), misfits, done, progress)
        await misfits.settle()
        await _records(conn, schema, body, misfits.found, done, progress)
        for ledger, topic, meeting, digest in await conn.fetch(_CHANGED.format(schema=schema), body):
            where = f"wording {topic} {meeting} {digest[:12]}"
            done.broken.setdefault(f"{WORDS}{ledger}", Broken(Break.EDITED, 0, where))
    return done


async def _on_the_stream(misfits: Misfits, done: Examined, kafka: str, topic: str, progress: Progress) -> None:
    async with aclosing(streams.batches(kafka, topic)) as batches:
        async for records in batches:
            for record in records:
                headers = {name: value.decode(errors="replace") for name, value in record.headers}
                kind = headers.get(TYPE, "")
                if kind in STATING:
                    where = f"{topic} {kind} {headers.get(SUBJECT)}/{headers.get(SEQUENCE)}"
                    _note(misfits, done, kind, record.value or b"", where)
            await misfits.settle(at_least=BATCH)
            progress("stream", len(records))
    await misfits.settle()


def _note(misfits: Misfits, done: Examined, kind: str, value: str | bytes, where: str) -> None:
    try:
        for ledger, anchor in heads_said(kind, value, where):
            misfits.add(ledger, anchor)
    except ValueError:
        done.broken.setdefault(where, Broken(Break.EDITED, 0, where))


async def _written_down(
    conn: asyncpg.Connection, schema: str, lists: str, misfits: Misfits, done: Examined, progress: Progress
) -> None:
    """Look up what minutes, moves, lists and the heads' own facts say in the journal, and upper ledgers of lower."""
    prev, digests = GENESIS, []
    cursor = await conn.cursor(STATED.format(schema=schema), list(STATING))
    while rows := await cursor.fetch(BATCH):
        for kind, subject, sequence, value in rows:
            where = f"{kind} {subject}/{sequence}"
            _note(misfits, done, kind, value, where)
            if kind == LISTS and where not in done.broken:
                said = json.loads(value)
                if not is_following(said, prev):
                    done.broken.setdefault(lists, Broken(Break.EDITED, sequence, where))
                prev = said["digest"]
                digests.append(prev)
        await misfits.settle(at_least=BATCH)
        progress("journal", len(rows))
    rows = await conn.fetch(_LISTED.format(schema=schema))
    prev = GENESIS
    for place, row in enumerate(rows, start=1):
        said = {**row, "on": row["on"].isoformat(), "heads": json.loads(row["heads"])}
        if place > len(digests) or digests[place - 1] != row["digest"] or not is_following(said, prev):
            done.broken.setdefault(lists, Broken(Break.EDITED, place, f"published_heads {row['on']}/{row['page']}"))
        prev = row["digest"]
    if len(rows) < len(digests):
        done.broken.setdefault(lists, Broken(Break.TRUNCATED, len(rows) + 1, "published_heads"))
    cursor = await conn.cursor(ANCHORED.format(schema=schema), [str(kind) for kind in ANCHORING])
    while rows := await cursor.fetch(BATCH):
        for ledger, seq, line in rows:
            if below := anchor_below(line, f"{ledger}#{seq}"):
                misfits.add(*below)
        await misfits.settle(at_least=BATCH)


async def _records(
    conn: asyncpg.Connection, schema: str, body: str | None, anchors: Mapping[str, Anchor], done: Examined,
    progress: Progress,
) -> None:  # fmt: skip
    """Check record by record; the ledgers come one after another."""
    left, ledger, check = dict(anchors), "", Check("")
    cursor = await conn.cursor(RECORDS.format(schema=schema), body)
    while rows := await cursor.fetch(BATCH):
        for row in rows:
            record = Record(*row)
            if record.ledger != ledger:
                _end(done, ledger, check)
                ledger = record.ledger
                check = Check(ledger, [left.pop(ledger)] if ledger in left else ())
            check.take(record)
        done.records += len(rows)
        progress("records", len(rows))
    _end(done, ledger, check)
    for ledger, anchor in left.items():  # of these there is no record at all
        _end(done, ledger, Check(ledger, [anchor]))


def _end(done: Examined, ledger: str, check: Check) -> None:
    if ledger:
        done.heads[ledger] = check.head
        if (broken := check.end()) is not None:
            done.broken[ledger] = broken


async def verify_chains(conn: asyncpg.Connection, city: str) -> tuple[int, int, list[Finding]]:
    """Return how many ledgers and records there are, and the first broken link of each broken ledger."""
    done = await examine(conn, city)
    found = [
        Finding("chain", f"ledger {ledger} #{broken.seq}", f"{broken.what} {broken.where}".strip())
        for ledger, broken in sorted(done.broken.items())
    ]
    return len(done.heads), done.records, found
