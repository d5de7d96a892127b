"""What looking for duplicates costs a report: `python -m tests.bench.gathering [REPORTS] [RECENT …]`.

RECENT made-up reports of the last week (default 10000 100000 1000000) are copied into the tables of the search in a
real PostgreSQL (beyond 100,000 they repeat, at the same places in the same words); then REPORTS (default 4000) come in
batches of 200, as the shell takes them: claimed, placed, compared, their traces kept and old ones let go. Every tenth
tells again what somebody told just before. Prints for each amount: reports a second of one core, and where the time
goes. A core is what this process and its PostgreSQL backend use together, so a busy machine matters little.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from array import array
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import text

from services.intake.domain.gathering import compare
from services.intake.domain.likeness import Trace, blocks
from services.intake.domain.registration import seek
from services.intake.domain.report import Report, ReportPlace
from services.intake.store import Store
from services.intake.tables import trace as traces
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor, Message
from shared.persistence.connection import Connection
from shared.persistence.engine import connect, schema_of, transaction
from shared.shell.ids import new_id
from tests.bench.stand import servers
from tests.support.stack import make_schemas

BATCH = 200
DIFFERENT = 100_000
NOW = datetime(2026, 11, 23, 18, tzinfo=SHANGHAI)
TICK = os.sysconf("SC_CLK_TCK")
COLUMNS = (
    "id",
    "case_id",
    "home",
    "matter",
    "unit",
    "grid",
    "community",
    "named",
    "lon",
    "lat",
    "at",
    "sketch",
    "blocks",
)


class Town:
    """Reports of a week: a place in the city, a matter of it, words that nobody else says, or what a neighbour said."""

    def __init__(self, city: Any) -> None:
        self.city, self.chance = city, random.Random(7)
        self.grids = [unit for unit in city.units.values() if unit.level.value in ("grid", "subgrid")]
        self.matters = [m.code for m in city.matters.values() if m.kind.value == "problem"]
        self.words = ["".join(chr(self.chance.randrange(0x4E00, 0x5A00)) for _ in range(2)) for _ in range(6_000)]
        self.said: list[Report] = []

    def report(self, number: int) -> Report:
        """Return a report with 20 to 80 characters of text."""
        if self.said and number % 10 == 0:
            before = self.chance.choice(self.said[-50:])
            return Report(f"r{number}", before.text + "，尽快", place=before.place, matter=before.matter)
        unit = self.chance.choice(self.grids)
        words = self.chance.choices(self.words, k=self.chance.randint(10, 40))
        made = Report(
            f"r{number}", "".join(words), place=ReportPlace(unit=unit.code), matter=self.chance.choice(self.matters)
        )
        self.said.append(made)
        return made

    def trace(self, number: int, at: datetime) -> Trace:
        """Return what is kept of one, as the service makes it."""
        found = seek(self.report(number), f"c{number}", at, "mini", None, self.city)
        assert found is not None
        return found


async def fill(dsn: str, schema: str, town: Town, amount: int) -> None:
    """Copy so many recent reports into the emptied tables, spread over the six days before now, oldest first."""
    pool = [(trace, blocks(trace)) for trace in (town.trace(n, NOW) for n in range(min(amount, DIFFERENT)))]
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(f'SET search_path TO "{schema}"')
        await conn.execute("TRUNCATE trace, trace_block RESTART IDENTITY")
        for first in range(0, amount, 50_000):
            rows, pairs = [], []
            for n in range(first, min(first + 50_000, amount)):
                t, of = pool[n % len(pool)]
                case, at = f"c{n}", NOW - timedelta(days=6) * (1 - n / amount)
                where = (t.matter, t.unit, t.grid, t.community, t.named, t.lon, t.lat)
                rows.append((n + 1, case, case, *where, at, array("I", t.sketch).tobytes(), list(of)))
                pairs += [(block, n + 1) for block in set(of)]
            await conn.copy_records_to_table("trace", records=rows, columns=COLUMNS)
            await conn.copy_records_to_table("trace_block", records=pairs, columns=("block", "trace"))
        await conn.execute("SELECT setval(pg_get_serial_sequence('trace', 'id'), (SELECT max(id) FROM trace))")
        await conn.execute("VACUUM ANALYZE trace")
        await conn.execute("VACUUM ANALYZE trace_block")
        await conn.execute("CHECKPOINT")
    finally:
        await conn.close()


class Spent:
    """Processor seconds of this process and of its backend, by what they went into."""

    def __init__(self, backend: int) -> None:
        self.stat = Path(f"/proc/{backend}/stat")
        self.by: dict[str, float] = {}
        self.last = self._now()

    def _now(self) -> tuple[float, float]:
        fields = self.stat.read_text().rpartition(")")[2].split()
        return time.process_time(), (int(fields[11]) + int(fields[12])) / TICK

    def on(self, what: str) -> None:
        """Book what was spent since the last call."""
        now = self._now()
        for who, before, after in zip(("here", "database"), self.last, now, strict=True):
            self.by[f"{what}, {who}"] = self.by.get(f"{what}, {who}", 0.0) + after - before
        self.last = now

    def all(self) -> float:
        """Return all of it."""
        return sum(self.by.values())


def batches(town: Town, first: int, reports: int) -> Iterator[list[Message]]:
    """Return so many reports as messages, in the order of their time."""
    made = [
        Message(
            town.report(first + n), "", "outside", Actor("source", "mini"), NOW + timedelta(seconds=n), f"m{first + n}"
        )
        for n in range(reports)
    ]
    for at in range(0, reports, BATCH):
        yield made[at : at + BATCH]


async def measure(engine: Any, store: Store, town: Town, first: int, reports: int, *, gathers: bool) -> Spent:
    """Take reports in and return what it cost."""
    async with transaction(engine) as conn:
        backend = int(await conn.scalar(text("SELECT pg_backend_pid()")))
    spent = Spent(backend)
    for batch in batches(town, first, reports):
        spent.on("making reports")
        async with transaction(engine) as conn:
            assert await conn.scalar(text("SELECT pg_backend_pid()")) == backend
            keys = sorted({(m.actor.id, m.data.id) for m in batch})
            known = await store._claim(conn, keys)
            spent.on("claiming")
            if gathers:
                await _gathered(conn, store, [(m, known[m.actor.id, m.data.id]) for m in batch], spent)
        spent.on("committing")
    del spent.by["making reports, here"], spent.by["making reports, database"]
    return spent


async def _gathered(conn: Connection, store: Store, batch: list[tuple[Message, str]], spent: Spent) -> None:
    sought = [seek(m.data, case, m.acted_at, m.actor.id, None, store.city) for m, case in batch]
    found = [trace for trace in sought if trace is not None]
    spent.on("placing, sketching")
    near = await traces.near(conn, found)
    spent.on("looking up")
    likes = compare(found, near, store.city.shares)
    assert sum(1 for one, _ in likes if one) > 0
    spent.on("comparing")
    await traces.keep(conn, found)
    spent.on("keeping")


async def main(reports: int, amounts: list[int]) -> None:
    with servers() as (_, backing):
        city = load("donggang")
        cell = await asyncio.to_thread(make_schemas, backing, city.code, ("intake",))
        engine = connect(cell.dsns["intake"], size=1)
        store, town, taken = Store(new_id, city), Town(city), 0
        for amount in amounts:
            await fill(cell.dsns["admin"], schema_of(city.code, "intake"), town, amount)
            first = 10_000_000 + taken
            await measure(
                engine, store, town, first, 2 * BATCH, gathers=True
            )  # statements are prepared, pages are warm
            alone = await measure(engine, store, town, first + reports, reports, gathers=False)
            whole = await measure(engine, store, town, first + 2 * reports, reports, gathers=True)
            taken += 3 * reports
            added = (whole.all() - alone.all()) / reports
            print(f"{amount:,} recent reports: {reports / whole.all():,.0f} reports/s of one core; "
                  f"the search adds {added * 1e3:.2f} ms to a report")  # fmt: skip
            print("  " + "; ".join(f"{what} {s / reports * 1e6:.0f} µs" for what, s in whole.by.items()), flush=True)
        await engine.dispose()


if __name__ == "__main__":
    given = [int(said) for said in sys.argv[1:]]
    asyncio.run(main(given[0] if given else 4_000, given[1:] or [10_000, 100_000, 1_000_000]))
