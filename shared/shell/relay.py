"""Send what the journal holds and the stream does not yet have, in order, at least once (shell.md §5)."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from datetime import UTC, datetime

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from shared.contracts.topics import MAX_REQUEST_BYTES, STATE_STREAM, topic_name
from shared.telemetry import metrics
from shared.telemetry.logs import brief

log = structlog.get_logger()

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
        futures: list[asyncio.Future[object]] = []
        ids: list[int] = []
        for row in rows:
            if row["subject"] in held:
                self._held[row["id"]] = row["subject"]  # or a thousand of these would fill every page
                continue
            headers = [(name, value.encode()) for name, value in json.loads(row["headers"]).items()]
            try:
                for stream in row["streams"]:
                    futures.append(
                        await producer.send(
                            topic_name(self.city, stream), row["value"].encode(), row["key"].encode(), headers=headers
                        )
                    )
            except MessageSizeTooLargeError:
                held.add(row["subject"])
                self._held[row["id"]] = row["subject"]
                metrics.HELD_BACK.set(len(self._held))
                log.error("fact cannot be sent; its subject waits", id=row["id"], subject=row["subject"])
                continue
            ids.append(row["id"])
        if not ids:
            return False
        await asyncio.gather(*futures)
        await conn.execute("DELETE FROM pending WHERE id = ANY($1::bigint[])", ids)
        metrics.SENT.inc(len(futures))
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
