"""How late deadlines fire: `ARMED=1000000 DUE=12000 SECONDS=60 CORES=0,1 python -m tests.bench.deadlines`.

A million deadlines lie in dispatch's table; `DUE` of them come due evenly over `SECONDS`, the others later. Two
workers, each a process with a clock door of its own, on a real PostgreSQL that keeps what it acknowledges. Prints how
late the reminders were written down, what fired twice, and what did not fire. One JSON line; nothing is judged.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from services.dispatch.domain import STATES, decide, evolve, touches
from services.dispatch.store import Store
from services.dispatch.translate import WIRE, refusal
from shared.city.load import load
from shared.persistence.engine import connect, schema_of
from shared.shell.apply import Bench
from shared.shell.clock import ClockDoor
from shared.shell.ids import new_id
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.work import UNSEEN
from tests.bench.calendar import AT, accepted
from tests.bench.outside import percentile
from tests.bench.stand import servers
from tests.support.stack import make_schemas

ARMED = int(os.environ.get("ARMED", "1000000"))
DUE = int(os.environ.get("DUE", "12000"))
SECONDS = float(os.environ.get("SECONDS", "60"))
LEAD = 5.0
"""Seconds from the last row to the first deadline."""
WORKERS, CHUNK, CITY = 2, 20_000, "donggang"

_SUBJECTS = """INSERT INTO subject (id, kind, seen, state, sequence)
    SELECT i, 'case', $2::int[], s::json, 3 FROM unnest($1::text[], $3::text[]) t(i, s)"""
_DEADLINES = """INSERT INTO deadline (subject, name, due_at, data, touches)
    SELECT s, 'handle.reminder', d, '{"version": 0, "assignment": 1}', '{}'
      FROM unnest($1::text[], $2::timestamptz[]) t(s, d)"""
_FIRED = """SELECT subject, extract(epoch FROM written_at - (headers ->> 'ce_time')::timestamptz)
    FROM journal WHERE type = 'order.reminded.v1'"""


def work(dsn: str) -> None:
    """Fire what comes due until ended."""
    city = load(CITY)
    service = Service("dispatch", decide, evolve, STATES, WIRE, Store(), refusal=refusal, touches=touches)
    bench = Bench(service, city, city.code, city.version, new_id)
    shell = Shell(SqlStore(connect(dsn), bench, schema_of(city.code)), bench)
    asyncio.run(ClockDoor(shell, lambda: True).run())


async def fill(db: Any) -> list[str]:
    """Put the deadlines into the table, each of a case of its own; returns the cases whose come due in this run."""
    order = accepted(load(CITY), AT).states["c"]
    chance, far = random.Random(5), datetime.now(UTC) + timedelta(days=2)
    soon = [f"case-{n:07d}" for n in range(DUE)]
    for first in range(0, ARMED - DUE, CHUNK):
        ids = [f"later-{n:07d}" for n in range(first, min(first + CHUNK, ARMED - DUE))]
        await db.execute(_DEADLINES, ids, [far + timedelta(seconds=chance.randrange(60 * 86_400)) for _ in ids])
    state = msgspec.json.encode(replace(order, opened_at=AT)).decode()
    await db.execute(_SUBJECTS, soon, list(UNSEEN), [state] * DUE)
    await db.execute("ANALYZE")
    start = datetime.now(UTC) + timedelta(seconds=LEAD)
    await db.execute(_DEADLINES, soon, [start + timedelta(seconds=SECONDS * n / DUE) for n in range(DUE)])
    return soon


async def measure(dsns: dict[str, str]) -> dict[str, Any]:
    """Fill, let the workers fire, read what they wrote."""
    db = await asyncpg.connect(dsns["admin"])
    await db.execute(f'SET search_path TO "{schema_of(CITY, "dispatch")}"')
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=work, args=(dsns["dispatch"],), daemon=True) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    soon = await fill(db)
    until = time.monotonic() + LEAD + SECONDS + 30
    left = True
    while left and time.monotonic() < until:
        await asyncio.sleep(1)
        left = await db.fetchval("SELECT EXISTS (SELECT FROM deadline WHERE due_at < now() + interval '1 day')")
    for worker in workers:
        worker.kill()
    fired = await db.fetch(_FIRED)
    await db.close()
    late = sorted(float(seconds) for _, seconds in fired)
    return {
        "armed": ARMED,
        "fired": len(fired),
        "twice": len(fired) - len({case for case, _ in fired}),
        "not_fired": len(set(soon) - {case for case, _ in fired}),
        "late_ms": {f"p{p}": round(percentile(late, p / 100) * 1000) for p in (50, 99, 99.9)},
        "most_ms": round(late[-1] * 1000) if late else None,
    }


def main() -> None:
    """Measure on servers of its own."""
    with servers() as (_, backing):
        print(json.dumps(asyncio.run(measure(make_schemas(backing, CITY, ("dispatch",)).dsns))), flush=True)


if __name__ == "__main__":
    main()
