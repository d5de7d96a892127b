"""What the streams carry, read by a reader of our own, against what the journals say."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

from deploy.audit.journals import Finding
from shared.contracts.envelope import SEQUENCE, SUBJECT
from shared.contracts.topics import STATE_STREAM, topic_name
from shared.kernel.masking import finds_a_person
from shared.persistence.engine import schema_of

MASK = (1 << 64) - 1
STALLED = 30.0
"""Seconds without a record of those that are there, after which the broker counts as away."""


@dataclass(slots=True)
class Carried:
    """One subject on the wire: how many facts, the sum of their digests (order apart)."""

    last: int = 0
    digest: int = 0


@dataclass(slots=True)
class Stream:
    """A state stream as an independent reader saw it; `exists` is False where the broker knows no such topic."""

    topic: str
    exists: bool = True
    records: int = 0
    repeats: int = 0
    subjects: dict[str, Carried] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    places: dict[Any, int] = field(default_factory=dict)
    """How far each partition was read."""


def _digest(sequence: int, value: bytes) -> int:
    return int.from_bytes(blake2b(sequence.to_bytes(8, "big") + value, digest_size=8).digest(), "big")


async def read(bootstrap: str, city: str, service: str, progress: Callable[[int], None]) -> Stream:
    """Read a whole state stream; a repeat is allowed (at least once), a gap or a swap on the wire is a finding.

    Raises KafkaError when the broker cannot be reached, or goes away meanwhile.
    """
    stream = Stream(topic_name(city, STATE_STREAM[service]))
    await read_on(bootstrap, stream, progress)
    return stream


async def read_on(bootstrap: str, stream: Stream, progress: Callable[[int], None]) -> None:
    """Read what has come since `stream` was read."""
    try:
        async with aclosing(batches(bootstrap, stream.topic, stream.places)) as found:
            async for records in found:
                for record in records:
                    _one(stream, dict(record.headers), record.value or b"")
                progress(len(records))
    except UnknownTopicOrPartitionError:
        stream.exists = False


async def batches(bootstrap: str, topic: str, read: dict[Any, int] | None = None) -> AsyncGenerator[list[Any], None]:
    """Yield what a topic holds now, each partition's records in order, by the batch; `read` says how far it was, and is
    brought up to date.

    Raises KafkaError when the broker cannot be reached, goes away meanwhile, or has no such topic.
    """
    if topic not in await _topics(bootstrap):
        raise UnknownTopicOrPartitionError(topic)
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        places = list(consumer.assignment())
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        for place, offset in (read or {}).items():
            consumer.seek(place, offset)
        last = time.monotonic()
        while any([await consumer.position(place) < ends[place] for place in places]):
            got = await consumer.getmany(timeout_ms=1000, max_records=2000)
            if got:
                last = time.monotonic()
                yield [record for records in got.values() for record in records]
            elif time.monotonic() - last > STALLED:
                raise KafkaTimeoutError(f"{topic}: no record for {STALLED:.0f} s")
        if read is not None:
            read.update({place: await consumer.position(place) for place in places})
    finally:
        with suppress(Exception):
            await consumer.stop()


async def _topics(bootstrap: str) -> set[str]:
    """Return what topics there are; a consumer of a missing one would wait for it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    try:
        await consumer.start()
        return set(await consumer.topics())
    finally:
        with suppress(Exception):
            await consumer.stop()


def _one(stream: Stream, headers: dict[str, bytes], value: bytes) -> None:
    stream.records += 1
    try:
        subject, sequence = headers[SUBJECT].decode(), int(headers[SEQUENCE])
    except (KeyError, ValueError, UnicodeDecodeError):
        stream.findings.append(Finding("foreign", stream.topic, "a record without subject or sequence"))
        return
    carried = stream.subjects.setdefault(subject, Carried())
    if sequence <= carried.last:
        stream.repeats += 1
        return
    if sequence != carried.last + 1:
        what = f"after {carried.last} comes {sequence}"
        stream.findings.append(Finding("gap", f"{stream.topic} {subject}", what))
    if finds_a_person(value.decode(errors="replace")):
        what = f"fact {sequence} holds a mobile or an identity number"
        stream.findings.append(Finding("personal", f"{stream.topic} {subject}", what))
    carried.last = sequence
    carried.digest = (carried.digest + _digest(sequence, value)) & MASK


@dataclass(slots=True)
class Compared:
    """A stream beside its journal: `newest` are facts by subject that are written down, not pending, and were not read.

    A city goes on while it is audited: such a fact may have come to the stream after it was read, see `missing`.
    """

    findings: list[Finding]
    newest: dict[str, int] = field(default_factory=dict)


def missing(stream: Stream, newest: dict[str, int]) -> list[Finding]:
    """Return the facts that a stream does not hold, though it was read on after they were found written down."""
    return [
        Finding("missing", f"{stream.topic} {subject}", "written down, not pending, not on the stream")
        for subject, sequence in newest.items()
        if stream.subjects.get(subject, Carried()).last < sequence
    ]


async def compare(conn: asyncpg.Connection, city: str, service: str, stream: Stream) -> Compared:
    """Hold the stream against the journal, fact by fact; what is still pending may be missing."""
    schema = schema_of(city, service)
    if not stream.exists:
        facts = await conn.fetchval(f'SELECT count(*) FROM "{schema}".journal WHERE sequence > 0')
        what = (
            f"the topic does not exist, {facts} facts are written down: sidan down, sidan up, sidan republish {service}"
        )
        return Compared([Finding("missing", stream.topic, what)])
    first_pending = dict(
        await conn.fetch(
            f'SELECT j.subject, min(j.sequence) FROM "{schema}".pending p JOIN "{schema}".journal j USING (id) '
            "WHERE j.sequence > 0 GROUP BY 1"
        )
    )
    written: dict[str, Carried] = {}
    newest: dict[str, int] = {}
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        query = f'SELECT subject, sequence, value FROM "{schema}".journal WHERE sequence > 0 ORDER BY id'
        async for subject, sequence, value in conn.cursor(query, prefetch=2000):
            carried = stream.subjects.get(subject)
            if sequence > (carried.last if carried else 0):
                if sequence < first_pending.get(subject, 1 << 31):
                    newest[subject] = sequence
                continue
            own = written.setdefault(subject, Carried())
            own.digest = (own.digest + _digest(sequence, value.encode())) & MASK
    found = []
    for subject, carried in stream.subjects.items():
        own = written.get(subject, Carried())
        if own.digest != carried.digest:
            found.append(Finding("differs", f"{stream.topic} {subject}", "stream and journal differ"))
    return Compared(found, newest)
