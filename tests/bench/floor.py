"""The floor: the same records and rows moved by raw aiokafka and asyncpg, without validation, rules, order or identity.

Five readers as the five services, each a process: a batch of records in, one transaction with the same number of rows
in and out, the same number of records on to the same streams, then the position is committed. What the platform does
beyond this is what it is for; what share of this it reaches is the figure to read.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.topics import ensure_topics
from tests.bench import gauge, lifecycles
from tests.bench.stand import servers

CASES, WINDOW, WITHIN = lifecycles.CASES, lifecycles.WINDOW, lifecycles.WITHIN


@dataclass(frozen=True)
class Step:
    """What one reader does with a record of a kind: rows it writes and records it sends on."""

    sends: Sequence[tuple[str, str]] = ()
    """(stream, kind) of each; those of state streams are also rows of its journal."""
    deadlines: int = 0


READS: Mapping[str, Sequence[str]] = {
    "intake": ("reports", "orders", "feedback"),
    "dispatch": ("replies", "cases", "feedback"),
    "escalation": ("cases", "orders", "feedback"),
    "feedback": ("ratings", "cases", "orders"),
    "console": ("cases", "orders", "feedback"),
}
STEPS: Mapping[tuple[str, str], Step] = {
    ("intake", "report"): Step([("cases", "registered"), ("receipts", "received")]),
    ("dispatch", "registered"): Step(
        [("orders", "opened"), ("orders", "dispatched"), ("department", "dispatched")], deadlines=3
    ),
    ("dispatch", "accept"): Step([("orders", "accepted"), ("department", "accepted")], deadlines=3),
    ("dispatch", "finish"): Step(
        [("orders", "handled"), ("orders", "verified"), ("department", "handled"), ("department", "verified")]
    ),
    ("dispatch", "completed"): Step([("orders", "closed"), ("department", "closed")]),
    ("feedback", "verified"): Step([("feedback", "invited"), ("receipts", "invitation")], deadlines=1),
    ("feedback", "rating"): Step([("feedback", "answered"), ("feedback", "completed")]),
    ("feedback", "closed"): Step([("feedback", "rated")]),
}
"""(reader, kind) -> step; everything else a reader hears changes its subject row alone."""
OUTSIDE = {"dispatched": ("replies", "accept"), "accepted": ("replies", "finish"), "invitation": ("ratings", "rating")}
"""What the outside answers to what it reads."""
PARTITIONS = {"cases": 12, "orders": 12, "feedback": 12, "reports": 3, "receipts": 1, "ratings": 1} | {
    "department": 8, "replies": 8,
}  # fmt: skip

VALUE = json.dumps({"text": "x" * 420}).encode()
"""As long as the mean fact."""
HEADERS = [
    ("ce_specversion", b"1.0"), ("ce_id", b"dispatch/0199f1d2-0000-7000-8000-000000000000/2"), ("ce_type", b""),
    ("ce_source", b"/donggang/dispatch"), ("ce_subject", b"0199f1d2-0000-7000-8000-000000000000"),
    ("ce_time", b"2026-11-22T08:00:00.000000+00:00"), ("ce_recordedtime", b"2026-11-22T08:00:00.000000+00:00"),
    ("ce_correlationid", b"0199f1d2-0000-7000-8000-000000000000"),
    ("ce_causationid", b"intake/0199f1d2-0000-7000-8000-000000000000/1"), ("ce_authtype", b"system"),
    ("ce_authid", b"intake"), ("ce_cityversion", b"donggang-1"), ("content-type", b"application/json"),
    ("ce_sequence", b"2"), ("ce_after", b"intake:1"),
]  # fmt: skip

TABLES = """
CREATE TABLE {0}.subject (id text PRIMARY KEY, n int NOT NULL, state text NOT NULL) WITH (fillfactor = 80);
CREATE TABLE {0}.journal (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject text, headers text, value text);
CREATE TABLE {0}.inbox (id text PRIMARY KEY);
CREATE TABLE {0}.deadline (subject text, name text, due_at timestamptz, PRIMARY KEY (subject, name));
CREATE TABLE {0}.timeline (subject text, n bigserial, data text, PRIMARY KEY (subject, n));
"""


def _producer(kafka: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=kafka, enable_idempotence=True, acks="all", linger_ms=5, max_batch_size=131_072,
        compression_type="lz4",
    )  # fmt: skip


class Node:
    """One bare reader: consumer, connection, producer."""

    def __init__(self, name: str, kafka: str, dsn: str) -> None:
        self.name, self.kafka, self.dsn = name, kafka, dsn

    async def run(self) -> None:
        """Move records until it is ended."""
        conn = await asyncpg.connect(self.dsn)
        await conn.execute(f"SET search_path TO {self.name}")
        producer = _producer(self.kafka)
        topics = [f"floor.{stream}" for stream in READS[self.name]]
        consumer = AIOKafkaConsumer(
            *topics, bootstrap_servers=self.kafka, group_id=self.name, enable_auto_commit=False,
            auto_offset_reset="earliest",
        )  # fmt: skip
        await producer.start()
        await consumer.start()
        while True:
            found = await consumer.getmany(timeout_ms=50, max_records=500)
            records = [record for batch in found.values() for record in batch]
            if not records:
                continue
            heard = [(record.key.decode(), _kind(record.headers)) for record in records]
            async with conn.transaction():
                await self._write(conn, heard, [record.value.decode() for record in records])
            futures = [
                await producer.send(*_record(stream, subject, kind))
                for subject, heard_kind in heard
                for stream, kind in STEPS.get((self.name, heard_kind), Step()).sends
            ]
            if futures:
                await asyncio.gather(*futures)
            await consumer.commit()

    async def _write(self, conn: asyncpg.Connection, heard: Sequence[tuple[str, str]], values: Sequence[str]) -> None:
        subjects = sorted({subject for subject, _ in heard})
        await conn.execute(
            "INSERT INTO subject SELECT s, 0, '' FROM unnest($1::text[]) s ON CONFLICT DO NOTHING", subjects
        )
        await conn.fetch("SELECT id, n, state FROM subject WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE", subjects)
        await conn.execute(
            "UPDATE subject SET n = n + 1, state = $2 WHERE id = ANY($1::text[])", subjects, VALUE.decode()
        )
        if self.name == "console":
            await conn.execute(
                "INSERT INTO timeline (subject, data) SELECT * FROM unnest($1::text[], $2::text[])",
                [subject for subject, _ in heard], values,
            )  # fmt: skip
            return
        steps = [(subject, kind, STEPS.get((self.name, kind), Step())) for subject, kind in heard]
        facts = [subject for subject, _, step in steps for stream, _ in step.sends if stream != "department"]
        if facts:
            headers = json.dumps([[name, value.decode()] for name, value in HEADERS])
            await conn.execute(
                "INSERT INTO journal (subject, headers, value) SELECT s, $2, $3 FROM unnest($1::text[]) s",
                facts, headers, VALUE.decode(),
            )  # fmt: skip
        inbox = [f"{kind}-{subject}" for subject, kind, _ in steps if kind in ("accept", "finish", "rating")]
        if inbox:
            await conn.execute("INSERT INTO inbox SELECT unnest($1::text[])", inbox)
        due = [(subject, f"{kind}{n}") for subject, kind, step in steps for n in range(step.deadlines)]
        if due:
            await conn.execute("DELETE FROM deadline WHERE subject = ANY($1::text[])", [subject for subject, _ in due])
            await conn.execute(
                "INSERT INTO deadline SELECT s, n, now() FROM unnest($1::text[], $2::text[]) t(s, n)",
                [subject for subject, _ in due], [name for _, name in due],
            )  # fmt: skip


def _kind(headers: Sequence[tuple[str, bytes]]) -> str:
    return next(value for name, value in headers if name == "ce_type").decode()


def _record(stream: str, subject: str, kind: str) -> tuple[object, ...]:
    headers = [(name, kind.encode() if name == "ce_type" else value) for name, value in HEADERS]
    return f"floor.{stream}", VALUE, subject.encode(), None, None, headers


def _node(name: str, kafka: str, dsn: str) -> None:
    asyncio.run(Node(name, kafka, dsn).run())


async def _drive(kafka: str, pids: Mapping[str, int]) -> tuple[float, dict[str, float]]:
    """Report, answer as the outside, count closings and what console and escalation have read."""
    producer, consumer = _producer(kafka), AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await producer.start()
    await consumer.start()
    consumer.assign([TopicPartition(f"floor.{s}", n) for s in ("department", "receipts") for n in range(PARTITIONS[s])])
    await consumer.seek_to_beginning()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    sent = closed = 0
    done, looked = 0.0, 0.0
    marks: list[tuple[float, float, dict[str, float]]] = []
    async with asyncio.timeout(WITHIN):
        while done < CASES:
            for _ in range(min(WINDOW - (sent - int(done)), CASES - sent)):
                await producer.send(*_record("reports", f"0199f1d2-0000-7000-8000-{sent:012d}", "report"))
                sent += 1
            for records in (await consumer.getmany(timeout_ms=50, max_records=500)).values():
                for record in records:
                    kind = _kind(record.headers)
                    closed += kind == "closed"
                    if kind in OUTSIDE:
                        await producer.send(*_record(OUTSIDE[kind][0], record.key.decode(), OUTSIDE[kind][1]))
            if time.monotonic() - looked > 0.1:
                looked = time.monotonic()
                with suppress(KafkaError):  # the groups' coordinator is not there from the start
                    read = [await admin.list_consumer_group_offsets(name) for name in ("console", "escalation")]
                    done = min(closed, *(sum(place.offset for place in places.values()) / 10 for places in read))
            if len(marks) < 2 and done >= CASES * (0.1, 0.9)[len(marks)]:
                marks.append((time.monotonic(), done, gauge.processor(pids)))
    await admin.close()
    await producer.stop()
    await consumer.stop()
    (at, some, before), (end, most, after) = marks
    return (most - some) / (end - at), {n: (after[n] - before[n]) / (most - some) * 1000 for n in pids}


@dataclass(frozen=True)
class _Topic:
    partitions: int
    config: Mapping[str, str]


async def _prepare(kafka: str, dsn: str) -> None:
    await ensure_topics(kafka, {f"floor.{name}": _Topic(n, {}) for name, n in PARTITIONS.items()})
    conn = await asyncpg.connect(dsn)
    for name in READS:
        await conn.execute(f"CREATE SCHEMA {name}")
        await conn.execute(TABLES.format(name))
    await conn.close()


def measure() -> dict[str, Any]:
    """Run the floor on servers of its own; returns its figures."""
    with servers() as (_, backing):
        asyncio.run(_prepare(backing.kafka, backing.postgres))
        context = multiprocessing.get_context("spawn")
        nodes = {
            name: context.Process(target=_node, args=(name, backing.kafka, backing.postgres), daemon=True)
            for name in READS
        }
        try:
            for node in nodes.values():
                node.start()
            pids = {name: node.pid or 0 for name, node in nodes.items()}
            pids |= {child.name: child.pid for child in backing.children} | {"load": os.getpid()}
            rate, cost = asyncio.run(_drive(backing.kafka, pids))
        finally:
            for node in nodes.values():
                node.kill()
                node.join()
    return {"lifecycles_per_second": round(rate, 1), "cpu_ms": {n: round(c, 3) for n, c in cost.items()}}


def main() -> None:
    """Measure floor, city, floor on the same cores; print the city's share of the mean floor."""
    floors = [measure()]
    platform = lifecycles.measure()
    floors.append(measure())
    rates = [floor["lifecycles_per_second"] for floor in floors]
    costs = [sum(floor["cpu_ms"].values()) for floor in floors]
    lifecycles.show(
        platform
        | {
            "floor": floors,
            "share_of_floor": round(platform["lifecycles_per_second"] / (sum(rates) / 2), 3),
            "cpu_over_floor": round(sum(platform["cpu_ms"].values()) / (sum(costs) / 2), 2),
        }
    )
    print(f"floor {rates[0]} and {rates[1]} lifecycles/s at {costs[0]:.2f} and {costs[1]:.2f} ms")


if __name__ == "__main__":
    main()
