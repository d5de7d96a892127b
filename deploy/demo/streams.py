"""How outside parties use topics: read what is for them, at least once and in order, and publish."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import ValidationError

from shared.contracts.base import Contract, by_type
from shared.contracts.envelope import Envelope, read, sent
from shared.kernel.refusals import Refused

LOG = structlog.get_logger("demo")
_REMEMBERED = 50_000
"""Subjects whose last sequence is kept, so that a redelivery is known; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One fact or answer: its stream without city and version, its envelope, its content."""

    stream: str
    envelope: Envelope
    data: Contract


class Once:
    """Drop what was delivered before, by (source, subject, sequence), or by id for answers, which have no sequence."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, ...], int] = OrderedDict()

    def is_new(self, topic: str, envelope: Envelope) -> bool:
        """Tell whether a record is new, and remember it."""
        if envelope.sequence:
            key: tuple[str, ...] = (topic, envelope.source, envelope.subject)
            number = envelope.sequence
        else:
            key, number = (topic, envelope.id), 1
        if self._last.get(key, 0) >= number:
            return False
        self._last[key] = number
        self._last.move_to_end(key)
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)
        return True


async def listen(bootstrap: str, topics: Iterable[str], on_heard: Callable[[Heard], None]) -> None:
    """Hand every new record of the topics on, from their beginning, for ever; a broker that is away is waited for.

    Facts with a sequence that a private topic copies are told apart by topic; the positions live as long as this call.
    """
    once, places = Once(), dict[TopicPartition, int]()
    while True:
        try:
            async for record in _records(bootstrap, list(topics), places):
                heard = open_record(record)
                if heard is not None and once.is_new(record.topic, heard.envelope):
                    on_heard(heard)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever the client raises: begin again where we were
            LOG.warning("demo.reader_again", error=repr(error)[:200])
            await asyncio.sleep(1)


async def _records(bootstrap: str, topics: list[str], places: dict[TopicPartition, int]) -> AsyncIterator[Any]:
    # Without a group every partition of the topics is ours, and new metadata is followed by itself.
    reader = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        metadata_max_age_ms=30_000,
    )
    try:
        await reader.start()
        for partition, offset in places.items():
            reader.seek(partition, offset)
        while True:
            for partition, records in (await reader.getmany(timeout_ms=500, max_records=500)).items():
                for record in records:
                    yield record
                    places[partition] = record.offset + 1
    finally:
        with suppress(Exception):
            await reader.stop()


def open_record(record: Any) -> Heard | None:
    """Return what a record says, None where it cannot be read or is of no known type."""
    try:
        envelope = read(record.headers, inside=False)
        known = by_type(envelope.type)
        if known is None:
            return None
        return Heard(record.topic.split(".", 1)[1].rsplit(".", 1)[0], envelope, known.model_validate_json(record.value))
    except (Refused, ValidationError) as error:
        LOG.warning("demo.unreadable", topic=record.topic, offset=record.offset, error=str(error)[:200])
        return None


class Publisher:
    """Publish on topics with an idempotent producer, made anew after any error; sends again until acknowledged."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def send(self, topic: str, key: str, value: bytes, *, id_: str, type_: str, sender: str) -> None:
        """Send one message and return once the broker has it."""
        while True:
            producer: AIOKafkaProducer | None = None
            try:
                producer = await self._ready()
                await producer.send_and_wait(topic, value, key=key.encode(), headers=list(sent(id_, type_, sender)))
                return
            except asyncio.CancelledError:
                raise
            except Exception as error:
                LOG.warning("demo.publisher_again", topic=topic, error=repr(error)[:200])
                if producer is self._producer:  # else another sender has made a new one already, which is in use
                    await self.stop()
                await asyncio.sleep(1)

    async def stop(self) -> None:
        """Let go of the producer."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(Exception):
                await producer.stop()

    async def _ready(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap, enable_idempotence=True, acks="all", linger_ms=5
                )
                await producer.start()
                self._producer = producer
            return self._producer
