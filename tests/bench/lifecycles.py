"""How many whole lifecycles a second, what one costs, how soon an order is at its department.

`CASES` lifecycles go through at saturation, then half that rate for `HALF` seconds. `CORES` pins every process;
`PRELOAD` closed cases are there before. One JSON line and a table; no figure is judged here.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from tests.bench import gauge
from tests.bench.outside import Outside, percentile
from tests.bench.preload import preload
from tests.bench.stand import Stand, city

CASES = int(os.environ.get("CASES", "10000"))
PRELOAD = int(os.environ.get("PRELOAD", "0"))
HALF = float(os.environ.get("HALF", "20"))
WINDOW = min(2000, CASES // 4)
"""Lifecycles under way at saturation; a new one is reported when one is through. All at once would flatter: what intake
did before the first 10 % were through would not be counted."""
WARM = 2000
WITHIN = 900.0
FACTS = 11
"""Registered; opened, dispatched, accepted, handled, verified, closed; invited, answered, completed, rated.

So many reports within minutes look like one another: half of the cases get one fact more, which is not counted.
"""


@dataclass(frozen=True)
class Mark:
    """Where everything stood at one moment."""

    at: float
    done: float
    processor: dict[str, float]
    taken: dict[str, tuple[float, float]]
    """Service -> messages that it took, transactions that it took them in."""


class Course:
    """How many lifecycles are through: closed, and all their facts read by the services that decide nothing of it.

    Closing alone would flatter: the read model and escalation may fall behind without holding a case up.
    """

    def __init__(self, stand: Stand, outside: Outside, admin: asyncpg.Connection) -> None:
        self.stand, self.outside, self.admin = stand, outside, admin
        code = stand.city.code
        sums = ", ".join(
            f"(SELECT coalesce(sum(expected), 0)::bigint FROM {code}_{name}.fence WHERE reader = '{code}.{name}')"
            for name in ("console", "escalation")
        )
        self._read = f"SELECT least({sums}) - (SELECT count(*) FROM {code}_intake.suspected)"

    async def done(self) -> float:
        """Return how many are through since the city was made."""
        return min(len(self.outside.told.closed), await self.admin.fetchval(self._read) / FACTS)

    async def _mark(self, done: float) -> Mark:
        at, processor = time.monotonic(), gauge.processor(self.stand.pids)
        async with httpx.AsyncClient(trust_env=False) as client:
            services = self.stand.stack.services.items()
            pages = {name: (await client.get(f"{url}/metrics")).text for name, url in services}
        return Mark(at, done, processor, {name: _taken(page) for name, page in pages.items()})

    async def drive(self, cases: int) -> tuple[Mark, Mark]:
        """Bring so many through, `WINDOW` at a time; returns where everything stood at 10 % and at 90 %."""
        start, sent, marks = await self.done(), 0, []
        async with asyncio.timeout(WITHIN):
            while len(marks) < 2 or await self.done() - start < cases:
                done = await self.done() - start
                if len(marks) < 2 and done >= cases * (0.1, 0.9)[len(marks)]:
                    marks.append(await self._mark(done))
                room = min(WINDOW - (sent - int(done)), cases - sent)
                await self.outside.report(room)
                sent += room
                await asyncio.sleep(0.1)
        return marks[0], marks[1]


def _taken(page: str) -> tuple[float, float]:
    samples = [s for family in text_string_to_metric_families(page) for s in family.samples]
    messages, transactions = (
        sum(s.value for s in samples if s.name == name)
        for name in ("sidan_messages_total", "sidan_batch_seconds_count")
    )
    return messages, transactions


async def trickle(outside: Outside, rate: float) -> list[float]:
    """Report at a steady rate; returns the seconds from report to order at the department, sorted."""
    outside.told.ordered.clear()
    start, began = len(outside.told.closed), time.monotonic()
    sent = 0
    while (elapsed := time.monotonic() - began) < HALF:
        due = int(elapsed * rate) - sent
        await outside.report(due)
        sent += due
        await asyncio.sleep(0.01)
    await outside.until_closed(start + sent, WITHIN)
    return outside.told.to_order()


async def run(stand: Stand) -> dict[str, Any]:
    """Measure; returns every figure."""
    admin = await asyncpg.connect(stand.stack.dsns["admin"])
    async with Outside(stand.stack.kafka, stand.city) as outside:
        course = Course(stand, outside, admin)
        await course.drive(WARM)
        if PRELOAD:
            await preload(stand.stack.dsns["admin"], stand.city.code, PRELOAD)
        first, last = await course.drive(CASES)
        memory = gauge.memory(stand.pids)
        cases = last.done - first.done
        rate = cases / (last.at - first.at)
        latencies = await trickle(outside, rate / 2)
        refused = outside.told.refused
    await admin.close()
    if refused:
        raise RuntimeError(f"{len(refused)} messages were refused, the first: {refused[0]}")
    return {
        "cases": CASES,
        "preloaded": PRELOAD,
        "cores": sorted(os.sched_getaffinity(0)),
        "lifecycles_per_second": round(rate, 1),
        "facts_per_second": round(rate * FACTS),
        "half_rate": round(rate / 2, 1),
        "to_order_ms": {f"p{p}": round(percentile(latencies, p / 100) * 1000) for p in (50, 99)},
        "messages_per_transaction": {
            n: round((messages - first.taken[n][0]) / (transactions - first.taken[n][1]), 1)
            for n, (messages, transactions) in last.taken.items()
        },
        "cpu_ms": {n: round((last.processor[n] - first.processor[n]) / cases * 1000, 3) for n in stand.pids},
        "memory_mb": {n: round(size / 2**20) for n, size in memory.items()},
    }


def show(found: dict[str, Any]) -> None:
    """Print the JSON line and the table."""
    print(json.dumps(found), flush=True)
    table = Table("process", "CPU ms per lifecycle", "memory MB")
    for name, cost in found["cpu_ms"].items():
        table.add_row(name, f"{cost:.3f}", str(found["memory_mb"][name]))
    table.add_row("all", f"{sum(found['cpu_ms'].values()):.3f}", str(sum(found["memory_mb"].values())))
    console = Console()
    console.print(table)
    console.print(
        f"{found['lifecycles_per_second']} lifecycles/s sustained (10–90 % of {found['cases']}), "
        f"{found['facts_per_second']} facts/s, report → order at {found['half_rate']}/s: "
        f"p50 {found['to_order_ms']['p50']} ms, p99 {found['to_order_ms']['p99']} ms"
    )


def measure() -> dict[str, Any]:
    """Run a city of its own through it; returns every figure."""
    with city() as stand:
        return asyncio.run(run(stand))


if __name__ == "__main__":
    show(measure())
