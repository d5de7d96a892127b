"""Send what the journal holds and the stream does not yet have, in order, at least once (shell.md §5)."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import asyncpg
import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.partitioner import murmur2
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from shared.contracts.topics import MAX_REQUEST_BYTES, STATE_STREAM, topic_name
from shared.telemetry import metrics
from shared.telemetry.logs import brief

log = structlog.get_logger()

_HEADERS = msgspec.json.Decoder(dict[str, str])
PAGE = 1000
STOP_SECONDS = 2.0
"""What a producer has for its last batches; what it does not get away stays pending."""
POLL = 0.05
"""Seconds between looks when nobody wakes it."""
NEXT_PAGE = (
    "SELECT id, subject, streams, key, headers::text AS headers, value, written_at FROM journal WHERE id = ANY(ARRAY("
    "SELECT id FROM pending WHERE id <> ALL($1::bigint[]) ORDER BY id LIMIT $2)) ORDER BY id"
)


class AheadOfJournal(RuntimeError):
    """The stream holds facts that the journal does not: a database restored from an old backup. Nothing may be sent."""


class Batches:
    """Records of one page gathered by partition: one call and one future for each batch instead of each record."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self.producer = producer
        self.open: dict[tuple[str, int], Any] = {}
        self.futures: list[asyncio.Future[object]] = []
        self.partitions: dict[str, int] = {}
        self.count = 0

    async def add(self, topic: str, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """Put a record behind those of its partition."""
        if topic not in self.partitions:
            self.partitions[topic] = len(await self.producer.partitions_for(topic))
        place = topic, _hash(key) % self.partitions[topic]
        self.count += 1
        batch = self.open.get(place)
        if batch is not None and batch.append(timestamp=None, key=key, value=value, headers=headers) is not None:
            return
        if batch is not None:
            await self._send(place, batch)
        self.open[place] = batch = self.producer.create_batch()
        batch.append(timestamp=None, key=key, value=value, headers=headers)

    async def delivered(self) -> int:
        """Send the rest and return how many records the broker has, once it has all of them."""
        for place, batch in self.open.items():
            await self._send(place, batch)
        await asyncio.gather(*self.futures)
        return self.count

    async def _send(self, place: tuple[str, int], batch: Any) -> None:
        batch.close()  # an open one would linger
        self.futures.append(await self.producer.send_batch(batch, place[0], partition=place[1]))


@lru_cache(100_000)
def _hash(key: bytes) -> int:
    """Return what the client's own partitioner takes modulo the number of partitions."""
    return int(murmur2(key) & 0x7FFFFFFF)


class Relay:
    """The one sender of a service; a second process waits for the advisory lock."""

    def __init__(self, dsn: str, bootstrap: str, city: str, service: str) -> None:
        self.dsn, self.bootstrap, self.city, self.service = dsn, bootstrap, city, service
        self._woken = asyncio.Event()
        self._held: dict[int, str] = {}
        self.leads = False
        self.oldest: datetime | None = None

    def wake(self) -> None:
        """Say that facts were written down."""
        self._woken.set()

    async def run(self) -> None:
        """Send for ever; after any error everything begins anew from the database (§5.2)."""
        n = 0
        while True:
            try:
                await self._lead()
            except AheadOfJournal:
                raise
            except Exception as error:
                metrics.RELAY_ERRORS.inc()
                log.warning("relay starts anew", error=brief(error))
                n = min(n + 1, 6)
                await asyncio.sleep(min(5.0, 0.1 * 2**n) * random.uniform(0.5, 1.5))  # noqa: S311
            else:
                n = 0
            finally:
                self.leads = False

    async def _lead(self) -> None:
        conn = await asyncpg.connect(self.dsn, timeout=10, command_timeout=30)
        producer: AIOKafkaProducer | None = None
        try:
            while not await conn.fetchval(  # noqa: ASYNC110 - another process holds it
                "SELECT pg_try_advisory_lock(hashtext(current_schema() || '.relay'))"
            ):
                await asyncio.sleep(0.5)
            self.leads = True
            await conn.execute("SET synchronous_commit = off")  # what is lost of `pending` is sent twice, no more
            producer = AIOKafkaProducer(
                bootstrap_servers=self.bootstrap,
                enable_idempotence=True,
                acks="all",
                linger_ms=5,
                max_batch_size=131_072,
                compression_type="lz4",
                max_request_size=MAX_REQUEST_BYTES,
                metadata_max_age_ms=30_000,
            )
            await producer.start()
            await self._compare(conn)
            while True:
                self._woken.clear()
                if not await self._send_page(conn, producer):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(POLL):  # Python 3.11's wait_for can swallow a cancellation
                            await self._woken.wait()
        finally:
            if producer is not None:
                with suppress(Exception):
                    await asyncio.wait_for(producer.stop(), STOP_SECONDS)
            with suppress(Exception):
                await conn.close(timeout=2)

    async def _send_page(self, conn: asyncpg.Connection, producer: AIOKafkaProducer) -> bool:
        rows = await conn.fetch(NEXT_PAGE, list(self._held), PAGE)
        self.oldest = rows[0]["written_at"] if rows else None
        held = set(self._held.values())
        batches = Batches(producer)
        ids: list[int] = []
        for row in rows:
            if row["subject"] in held:
                self._held[row["id"]] = row["subject"]  # or a thousand of these would fill every page
                continue
            headers = [(name, text.encode()) for name, text in _HEADERS.decode(row["headers"]).items()]
            key, value = row["key"].encode(), row["value"].encode()
            if DefaultRecordBatchBuilder.estimate_size_in_bytes(key, value, headers) > MAX_REQUEST_BYTES:
                held.add(row["subject"])
                self._held[row["id"]] = row["subject"]
                metrics.HELD_BACK.set(len(self._held))
                log.error("fact cannot be sent; its subject waits", id=row["id"], subject=row["subject"])
                continue
            for stream in row["streams"]:
                await batches.add(topic_name(self.city, stream), key, value, headers)
            ids.append(row["id"])
        if not ids:
            return False
        metrics.SENT.inc(await batches.delivered())
        await conn.execute("DELETE FROM pending WHERE id = ANY($1::bigint[])", ids)
        return True

    async def _compare(self, conn: asyncpg.Connection) -> None:
        """Refuse to send if the stream's last facts are unknown to the journal (§5.4)."""
        topic = topic_name(self.city, STATE_STREAM[self.service])
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=self.bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            places = list(consumer.assignment())
            if not places:
                raise RuntimeError(f"{topic} is not there yet")
            ends = await consumer.end_offsets(places)
            starts = await consumer.beginning_offsets(places)
            for place in places:
                if ends[place] <= starts[place]:
                    continue
                consumer.seek(place, ends[place] - 1)
                record = await asyncio.wait_for(consumer.getone(place), 10)
                found = {name: value.decode("utf-8", "replace") for name, value in record.headers}
                subject, sequence = found.get("ce_subject", ""), int(found.get("ce_sequence", "0"))
                known = await conn.fetchval("SELECT sequence FROM subject WHERE id = $1", subject)
                if found.get("ce_source", "").endswith(f"/{self.service}") and sequence > (known or 0):
                    raise AheadOfJournal(f"{topic}/{place.partition}: {subject} is at {sequence}, journal at {known}")
        finally:
            await consumer.stop()


async def gauge_pending(conn: asyncpg.Connection) -> None:
    """Measure the backlog; cheap because pending is nearly always empty."""
    count = await conn.fetchval("SELECT count(*) FROM (SELECT 1 FROM pending LIMIT 100000) p")
    oldest = await conn.fetchval(
        "SELECT written_at FROM journal WHERE id = (SELECT min(id) FROM pending) ORDER BY id LIMIT 1"
    )
    metrics.PENDING.set(count)
    metrics.PENDING_AGE.set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0)
