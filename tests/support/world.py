"""Drive the shell on the real servers: write records as other services would, run a process, look at rows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.contracts.base import Contract
from shared.contracts.envelope import sent, stated
from shared.contracts.topics import topic_name
from shared.shell.process import Process
from shared.shell.service import Service
from shared.shell.settings import Settings
from tests.support import mini


async def until(condition: Callable[[], Any], seconds: float = 20.0, what: str = "") -> Any:
    """Wait until the (possibly async) condition is true and return it; fails after some seconds."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s: {what or condition}"
        await asyncio.sleep(0.05)


def fact_headers(
    cell: Any, data: Contract, subject: str, sequence: int, after: Mapping[str, int] | None = None
) -> list[tuple[str, bytes]]:
    """Return the headers that the stating service would put."""
    now = datetime.now(UTC)
    headers = stated(
        service=data.SERVICE, city=cell.code, subject=subject, sequence=sequence, type_=data.TYPE, acted_at=now,
        recorded_at=now, after=after or {}, auth=("system", "system"), causation="", city_version="v1",
    )  # fmt: skip
    return [(k, v.encode()) for k, v in headers.items()]


class World:
    """A cell with a producer, a database connection and as many processes as a test starts."""

    def __init__(self, cell: Any, producer: AIOKafkaProducer, db: asyncpg.Connection) -> None:
        self.cell, self.producer, self.db = cell, producer, db

    async def fact(
        self, data: Contract, subject: str, sequence: int, *, partition: int = 0, stream: str = "cases",
        after: Mapping[str, int] | None = None, headers: list[tuple[str, bytes]] | None = None,
        value: bytes | None = None,
    ) -> int:  # fmt: skip
        """Write one fact of another service; returns its offset."""
        meta = await self.producer.send_and_wait(
            topic_name(self.cell.code, stream),
            value if value is not None else data.model_dump_json().encode(),
            subject.encode(),
            partition=partition,
            headers=headers if headers is not None else fact_headers(self.cell, data, subject, sequence, after),
        )
        return int(meta.offset)

    async def reply(self, data: Contract, id_: str, *, department: str = "hb", value: bytes | None = None,
                    headers: Any = None) -> None:  # fmt: skip
        """Write one reply as a department would."""
        await self.producer.send_and_wait(
            topic_name(self.cell.code, f"replies.{department}"),
            value if value is not None else data.model_dump_json().encode(),
            b"k",
            headers=headers if headers is not None else list(sent(id_, data.TYPE, f"/{department}")),
        )

    async def rows(self, query: str, *args: Any) -> list[Any]:
        return list(await self.db.fetch(query, *args))

    async def value(self, query: str, *args: Any) -> Any:
        return await self.db.fetchval(query, *args)

    async def jump(self, virtual_at: datetime) -> None:
        """Set the city's clock, which then goes on at the speed of real time."""
        admin = await asyncpg.connect(self.cell.dsns["admin"])
        try:
            clock = f"{self.cell.code}.clock"
            await admin.execute(f"DELETE FROM {clock}")
            await admin.execute(f"INSERT INTO {clock} VALUES (clock_timestamp(), $1, 1, NULL)", virtual_at)
        finally:
            await admin.close()

    async def again(self) -> None:
        """Connect to the database anew, after it was away."""
        with suppress(Exception):
            self.db.terminate()
        self.db = await asyncpg.connect(self.cell.dsns["dispatch"], timeout=5)

    async def state(self, subject: str) -> dict[str, Any] | None:
        """Return the miniature's state of a subject."""
        import json

        text = await self.db.fetchval("SELECT state::text FROM subject WHERE id = $1", subject)
        return json.loads(text) if text else None

    async def log_of(self, stream: str) -> list[Any]:
        """Read a whole topic with a reader of its own."""
        topic = topic_name(self.cell.code, stream)
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=self.cell.kafka, enable_auto_commit=False)
        await consumer.start()
        try:
            places = list(consumer.assignment())
            ends = await consumer.end_offsets(places)
            starts = await consumer.beginning_offsets(places)
            await consumer.seek_to_beginning(*places)
            wanted = sum(ends[p] - starts[p] for p in places)
            found: list[Any] = []
            end = time.monotonic() + 30
            while len(found) < wanted:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
                assert time.monotonic() < end, f"{len(found)} of {wanted} records of {topic}"
            return found
        finally:
            await consumer.stop()


def settings(cell: Any, service: str = "dispatch", port: int = 1, kafka: str = "") -> Settings:
    return Settings(
        city_file=Path("none"), kafka=kafka or cell.kafka, postgres=cell.dsns[service], http_port=port, secret="s" * 32
    )


@asynccontextmanager
async def running(
    cell: Any, *, wait: bool = True, service: Service = mini.SERVICE, kafka: str = ""
) -> AsyncIterator[Process]:
    """Run the miniature as a process of its own would run, on this event loop."""
    process = Process(service, settings(cell, service.name, kafka=kafka), mini.MiniCity(cell.code))
    await process.start()
    try:
        if wait:
            await until(lambda: process.reading and all(r.assigned() for r in process.readers), 30, "assigned")
        yield process
    finally:
        await process.stop()


@asynccontextmanager
async def world(cell: Any) -> AsyncIterator[World]:
    """Connect to a cell."""
    producer = AIOKafkaProducer(bootstrap_servers=cell.kafka, acks="all")
    await producer.start()
    db = await asyncpg.connect(cell.dsns["dispatch"])
    made = World(cell, producer, db)
    try:
        yield made
    finally:
        await producer.stop()
        await made.db.close()
