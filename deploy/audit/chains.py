"""Every ledger's chain, held against all heads that others wrote down (workflows §2.5)."""

from __future__ import annotations

import json

import asyncpg

from deploy.audit.journals import Finding
from services.escalation.domain.chain import Anchor, Record, anchors_below, verify
from shared.persistence.engine import schema_of

_RECORDS = 'SELECT ledger, seq, prev, at, kind, topic, body, line, hash FROM "{schema}".record ORDER BY ledger, seq'
_STATED = """
SELECT type, subject, sequence, value FROM "{schema}".journal
WHERE type IN ('ledger.head.v1', 'meeting.adopted.v1', 'topic.moved_up.v1') ORDER BY id
"""


Chains = tuple[dict[str, list[Record]], dict[str, list[Anchor]]]
"""Ledger -> its records as they are kept, ledger -> its heads as others wrote them down."""


async def read_chains(conn: asyncpg.Connection, city: str) -> Chains:
    """Read every ledger and every head in adopted minutes, upper ledgers and the journal, as of one moment."""
    schema = schema_of(city, "escalation")
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        rows = [Record(**dict(row)) for row in await conn.fetch(_RECORDS.format(schema=schema))]
        stated = await conn.fetch(_STATED.format(schema=schema))
    ledgers: dict[str, list[Record]] = {}
    for record in rows:
        ledgers.setdefault(record.ledger, []).append(record)
    anchors = anchors_below(rows)
    for row in stated:
        said = json.loads(row["value"])
        body, seq, hash_ = (
            said["body"],
            said.get("seq", said.get("ledger_seq")),
            said.get("hash", said.get("ledger_hash")),
        )
        where = f"{row['type']} {row['subject']}/{row['sequence']}"
        anchors.setdefault(body, []).append(Anchor(seq, hash_, where))
        ledgers.setdefault(body, [])
    return ledgers, anchors


async def verify_chains(conn: asyncpg.Connection, city: str) -> tuple[int, int, list[Finding]]:
    """Return how many ledgers and records there are, and the first broken link of each broken ledger."""
    ledgers, anchors = await read_chains(conn, city)
    found = []
    for ledger, records in ledgers.items():
        broken = verify(ledger, records, anchors.get(ledger, ()))
        if broken is not None:
            found.append(Finding("chain", f"ledger {ledger} #{broken.seq}", f"{broken.what} {broken.where}".strip()))
    return len(ledgers), sum(map(len, ledgers.values())), found
