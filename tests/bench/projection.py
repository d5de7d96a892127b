"""What the read model costs PostgreSQL and the console a lifecycle, by part. `python -m tests.bench.projection`.

CASES=n stand there before, TOLD=n are told to their end as they come: TAKEN facts a transaction, subjects mixed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table
from sqlalchemy import TextClause

from deploy.local import postgres
from services.console.projection import Heard, project
from shared.city.load import load
from shared.persistence.connection import Connection, Rows
from tests.bench.read_model import cpu_of, database_alone, fill, settle
from tests.support.console_facts import tell_city
from tests.support.console_stack import NOON

FACTS = 10
"""Of one lifecycle, as the other benches count."""
_PART = re.compile(
    r"(SELECT row_to_json|INSERT INTO|UPDATE|DELETE FROM|WITH)\b.*?\b(\w+_(?:view|tally|words|seen)|timeline)\b", re.S
)


class Weighed(Connection):
    """A connection that knows what each statement took of the server's processor and wrote into its log."""

    def __init__(self, raw: Any, pid: int) -> None:
        super().__init__(raw)
        self.pid = pid
        self.spent: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    async def execute(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Rows:
        """Run a statement and book it."""
        before = cpu_of(self.pid)
        rows = await super().execute(statement, values)
        found = _PART.search(statement.text)
        part = f"{'read' if found and found[1].startswith('SELECT') else 'write'} {found[2] if found else 'rest'}"
        self.spent[part] += cpu_of(self.pid) - before  # type: ignore[assignment] - a counter sums seconds as well
        self.calls[part] += 1
        return rows


async def run(dsn: str, city: str, facts: list[Heard], size: int) -> dict[str, Any]:
    """Project the facts; return milliseconds a lifecycle, by part, and the log's bytes."""
    raw = await asyncpg.connect(dsn)
    conn = Weighed(raw, await raw.fetchval("SELECT pg_backend_pid()"))
    wal = await raw.fetchval("SELECT pg_current_wal_insert_lsn()")
    began, server, ours = time.perf_counter(), cpu_of(conn.pid), time.process_time()
    for start in range(0, len(facts), size):
        async with raw.transaction():
            await project(conn, facts[start : start + size])
    passed, server, ours = time.perf_counter() - began, cpu_of(conn.pid) - server, time.process_time() - ours
    written = await raw.fetchval("SELECT pg_current_wal_insert_lsn() - $1::pg_lsn", wal)
    await raw.close()
    lives = len(facts) / FACTS
    rest = server - sum(conn.spent.values())
    parts = {**dict(conn.spent.most_common()), "begin, commit": rest}
    return {
        "facts": len(facts), "seconds": round(passed, 1),
        "server_ms": round(server / lives * 1000, 3), "console_ms": round(ours / lives * 1000, 3),
        "log_kb": round(int(written) / lives / 1024, 1),
        "parts": {part: round(spent / lives * 1000, 3) for part, spent in parts.items()},
    }  # fmt: skip


def main() -> None:
    """Fill, tell, print a table and one JSON line."""
    os.sched_setaffinity(0, {int(core) for core in os.environ.get("CORES", "0").split(",")})
    city = load("donggang")
    facts = list(tell_city(city, NOON, int(os.environ.get("TOLD", "2000")), days=20))
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        folder = Path(place) / "data"
        try:
            with database_alone(folder, city.code) as (admin, dsn):
                asyncio.run(fill(admin, city, int(os.environ.get("CASES", "50000"))))
                asyncio.run(settle(admin, f"{city.code}_console"))
                found = asyncio.run(run(dsn, city.code, facts, int(os.environ.get("TAKEN", "150"))))
        finally:
            postgres.erase(folder)
    table = Table("part", "PostgreSQL, ms a lifecycle")
    for part, spent in found["parts"].items():
        table.add_row(part, f"{spent:.3f}")
    Console(width=80).print(table)
    print(json.dumps(found | {"load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()
