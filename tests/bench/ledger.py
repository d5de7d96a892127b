"""How fast ledgers are verified: in memory, from a file, from PostgreSQL; records a second of one core, and memory.

`RECORDS=n python -m tests.bench.ledger` (default 200,000). The ledger has the mean record of a simulated year.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from deploy.audit.chains import Examined, examine
from deploy.audit.exported import Writer, examine_file
from deploy.local.resolver import local_stack
from services.escalation.domain.chain import GENESIS, Record, make_record, verify
from shared.persistence.engine import schema_of
from tests.support.stack import make_schemas

RECORDS = int(os.environ.get("RECORDS", "200000"))
LEDGERS = 100
CODE = "benched"
COLUMNS = [field.name for field in fields(Record)]
HEAD = json.dumps({"body": "", "level": "estate", "kind": "decided", "topic": "T-DG-20260112-0001", "case": ""})


def records() -> Iterator[Record]:
    """Make some ledgers, one after another."""
    for ledger in (f"C{n:03}" for n in range(LEDGERS)):
        prev = GENESIS
        for seq in range(1, RECORDS // LEDGERS + 1):
            body = {"meeting": f"meeting:{ledger}:{seq}", "decision": "resolve", "words": prev, "lead": "housing",
                    "support": ["finance", "water-company"], "due_on": "2026-09-18"}  # fmt: skip
            at, topic = "2026-07-03T16:00:00+08:00", f"T-DG-20260112-{seq:04}"
            record = make_record(ledger, seq, prev, at, "decided", topic, body)
            prev = record.hash
            yield record


def told(what: str, work: Callable[[], object]) -> None:
    """Run and print: records a second of processor time, and by how much the peak of memory rose."""
    before, began, wall = _peak(), time.process_time(), time.perf_counter()
    work()
    spent, took = time.process_time() - began, time.perf_counter() - wall
    rate = f"{RECORDS / spent:>10,.0f} records/s of one core"
    print(f"{what:<44}{rate}   {took:6.2f} s   peak memory +{_peak() - before:,.0f} MB", flush=True)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_memory() -> None:
    """Verify chains alone."""
    made: dict[str, list[Record]] = {}
    for record in records():
        made.setdefault(record.ledger, []).append(record)
    print(f"{RECORDS:,} records of {len(record.line.encode())} bytes in {LEDGERS} ledgers")
    told("chain, records in memory", lambda: [verify(ledger, chain) for ledger, chain in made.items()])


def from_file(path: Path) -> None:
    """Verify an exported file."""
    with path.open("wb") as file:
        writer = Writer(file, is_csv=path.suffix == ".csv")
        writer.open("bench", datetime.now(UTC), [f"C{n:03}" for n in range(LEDGERS)])
        ledger = ""
        for record in records():
            if record.ledger != ledger:
                ledger = record.ledger
                writer.begin(ledger, (record.seq, record.hash), ())
            writer.take(record)
        writer.seal()
    told(f"exported file, {path.suffix[1:]} of {path.stat().st_size / 1e6:.0f} MB", lambda: _whole(examine_file(path)))


def from_database(folder: Path) -> None:
    """Verify the tables of a real PostgreSQL, every head held against the journal's fact of it."""
    with local_stack(folder, profile="test") as backing:
        cell = make_schemas(backing, CODE, ("escalation",))
        asyncio.run(_fill(cell.dsns["admin"]))
        told("database, with the journal's heads", lambda: _whole(asyncio.run(_examine(cell.dsns["auditor"]))))


async def _fill(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    schema = schema_of(CODE, "escalation")
    await conn.copy_records_to_table("record", schema_name=schema, columns=COLUMNS, records=map(astuple, records()))
    await conn.execute(
        f'INSERT INTO "{schema}".journal (subject, sequence, type, streams, key, headers, value) '
        "SELECT 'ledger:' || ledger, seq, 'ledger.head.v1', '{ledger}', ledger, '{}', "
        f"jsonb '{HEAD}' || jsonb_build_object('body', ledger, 'seq', seq, 'hash', hash) "
        f'FROM "{schema}".record ORDER BY ledger, seq'
    )
    await conn.execute("ANALYZE")
    await conn.close()


async def _examine(dsn: str) -> Examined:
    conn = await asyncpg.connect(dsn)
    try:
        return await examine(conn, CODE)
    finally:
        await conn.close()


def _whole(done: Examined) -> None:
    assert not done.broken, done.broken
    assert done.records == RECORDS


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        from_file(Path(name) / "ledgers.jsonl")
        from_file(Path(name) / "ledgers.csv")
        from_database(Path(name) / "stack")
    in_memory()


if __name__ == "__main__":
    main()
