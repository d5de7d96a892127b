"""Measure the log door: `python -m tests.shell.measure [facts]`. Figures to read, never to assert."""

from __future__ import annotations

import asyncio
import cProfile
import logging
import pstats
import sys
import tempfile
import time
from pathlib import Path

import structlog

from deploy.local.resolver import local_stack
from shared.shell.work import Batch, Record, Work
from tests.support.mini import registered
from tests.support.office import GROUP, DictOffice, Office, SqlOffice
from tests.support.stack import make_cell
from tests.support.world import fact_headers, running, until, world

BATCH = 500
PARTITIONS = 12


def records(office: Office, count: int, kind: str = "case") -> list[list[Record]]:
    """Return registered cases over the partitions, in batches as a reader would get them."""
    made = [office.fact(registered(), f"{kind}-{n:06}", 1, partition=n % PARTITIONS) for n in range(count)]
    return [made[n : n + BATCH] for n in range(0, count, BATCH)]


def through(office: Office, count: int) -> float:
    """Return messages a second through load, apply and commit, and print where the time goes."""
    batches = records(office, count)
    office.drive(office.shell.store.begin_fences(GROUP, {(r.topic, r.partition): 0 for r in batches[0]}))
    profile = cProfile.Profile()
    began = time.perf_counter()
    for batch in batches:
        office.drive(office.shell.take(Batch([Work(None, r) for r in batch], GROUP), "log"))
    took = time.perf_counter() - began
    again = records(office, min(count, 5000), "more")
    profile.enable()
    for batch in again:
        office.drive(office.shell.take(Batch([Work(None, r) for r in batch], GROUP), "log"))
    profile.disable()
    stats = pstats.Stats(profile)
    stats.sort_stats("tottime").print_stats(12)
    stats.sort_stats("cumtime").print_stats(r"(shell/(apply|sql_store|dict_store|opening)|contracts)")
    return count / took


async def through_kafka(cell: object, count: int) -> tuple[float, float]:
    """Return messages a second read and decided, and facts a second until the last one was sent on."""
    async with world(cell) as w:
        value = registered().model_dump_json().encode()
        sent = []
        for n in range(count):
            headers = fact_headers(cell, registered(), f"case-{n:06}", 1)
            topic = f"{cell.code}.cases.v1"  # type: ignore[attr-defined]
            sent.append(
                await w.producer.send(topic, value, f"case-{n:06}".encode(), partition=n % PARTITIONS, headers=headers)
            )
        await asyncio.gather(*sent)
        async with running(cell):
            began = time.perf_counter()

            async def decided() -> bool:
                return bool(await w.value("SELECT count(*) = $1 FROM subject WHERE state IS NOT NULL", count))

            async def relayed() -> bool:
                return bool(await w.value("SELECT count(*) = 0 FROM pending"))

            await until(decided, 300)
            read = time.perf_counter() - began
            await until(relayed, 300)
            return count / read, count / (time.perf_counter() - began)


def main() -> None:
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(f"in memory: {through(DictOffice(), count):,.0f} messages/s")
    with tempfile.TemporaryDirectory() as folder, local_stack(Path(folder)) as backing:
        office = SqlOffice(make_cell(backing, "bench", ("dispatch",)))
        print(f"PostgreSQL: {through(office, count):,.0f} messages/s")
        office.close()
        read, sent = asyncio.run(through_kafka(make_cell(backing, "wire", ("dispatch",)), count))
        print(f"Kafka to PostgreSQL: {read:,.0f} messages/s; sent on: {sent:,.0f} facts/s")


if __name__ == "__main__":
    main()
