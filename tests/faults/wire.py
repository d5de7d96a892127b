"""Every topic of a city read from its first record by a plain reader that shares nothing with the platform's own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from hashlib import sha256

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

OUTSIDE = ("reports", "ratings", "replies")
"""Families of topics that others write."""


@dataclass
class Seen:
    """What the topics hold."""

    records: int = 0
    repeats: int = 0
    facts: dict[tuple[str, str], dict[int, str]] = field(default_factory=dict)
    """(service, subject) -> sequence -> digest of the content, as first seen on the state stream."""
    ids: dict[str, set[str]] = field(default_factory=dict)
    """Topic -> ids of the records on it."""
    outside: list[tuple[str, int, int, str, str]] = field(default_factory=list)
    """(topic, partition, offset, message id, report id or nothing) of what outside parties sent."""
    receipts: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """(source, report id) -> cases that receipts named; nothing for a rejection."""
    ends: dict[TopicPartition, int] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)


async def ends_of(bootstrap: str, city: str) -> dict[TopicPartition, int]:
    """Return where each partition of the city ends."""
    places = await _places(bootstrap, city)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, request_timeout_ms=10_000)
    await consumer.start()
    try:
        consumer.assign(places)  # or the client has no metadata of them and asks for ever
        return dict(await asyncio.wait_for(consumer.end_offsets(places), 20))
    finally:
        await consumer.stop()


async def _places(bootstrap: str, city: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        known = await admin.describe_topics()
    finally:
        await admin.close()
    mine = (topic for topic in known if topic["topic"].startswith(f"{city}."))
    return [TopicPartition(topic["topic"], part["partition"]) for topic in mine for part in topic["partitions"]]


async def read_all(bootstrap: str, city: str) -> Seen:
    """Read it all."""
    seen = Seen(ends=await ends_of(bootstrap, city))
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        left = {place for place, end in seen.ends.items() if end > 0}
        consumer.assign(sorted(left))
        await consumer.seek_to_beginning(*left)
        last: dict[tuple[str, str, str], int] = {}
        while left:
            batches = await consumer.getmany(timeout_ms=500, max_records=2000)
            for records in batches.values():
                for record in records:
                    _one(seen, last, city, record)
            done = {place for place in left if await consumer.position(place) >= seen.ends[place]}
            left -= done
            if done:
                consumer.pause(*done)
    finally:
        await consumer.stop()
    return seen


def _one(seen: Seen, last: dict[tuple[str, str, str], int], city: str, record: object) -> None:
    topic, value = record.topic, record.value or b""  # type: ignore[attr-defined]
    said = {name: (raw or b"").decode("utf-8", "replace") for name, raw in record.headers}  # type: ignore[attr-defined]
    stream = topic.removeprefix(f"{city}.").rsplit(".", 1)[0]
    family, _, member = stream.partition(".")
    seen.records += 1
    known = seen.ids.setdefault(topic, set())
    id_ = said.get("ce_id", "")
    if family in OUTSIDE:
        known.add(id_)
        report = json.loads(value)["id"] if family == "reports" else ""
        seen.outside.append((topic, record.partition, record.offset, id_, report))  # type: ignore[attr-defined]
        return
    if family == "receipts":
        known.add(id_)
        body = json.loads(value)
        if body.get("report") and "token" not in body:
            cases = seen.receipts.setdefault((member, body["report"]), set())
            cases.update([body["case"]] if "case" in body else [])
        return
    service, subject = said.get("ce_source", "").rsplit("/", 1)[-1], said.get("ce_subject", "")
    number = int(said.get("ce_sequence", "0"))
    if not number:  # an answer on a department's stream
        known.add(id_)
        return
    before = last.get((topic, service, subject), 0)
    if id_ in known:
        seen.repeats += 1
    elif number <= before or (not member and number != before + 1):
        seen.disordered.append(f"{topic} {subject}: {number} after {before}")
    known.add(id_)
    last[topic, service, subject] = max(before, number)
    if not member:
        digest = sha256(value).hexdigest()
        if seen.facts.setdefault((service, subject), {}).setdefault(number, digest) != digest:
            seen.twice.append(f"{topic} {subject}/{number}: two contents on the stream")
