"""Fill a lost state stream again from the journal, which is the record (shell.md §5.4, architecture §1)."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg
from aiokafka import AIOKafkaConsumer

from shared.contracts.topics import READS, STATE_STREAM, topic_name
from shared.persistence.engine import schema_of


class NotLost(RuntimeError):
    """The stream holds as many records as the journal has facts: there is nothing to fill again."""


async def republish(admin_dsn: str, kafka: str, city: str, service: str) -> tuple[int, Mapping[str, int]]:
    """Have the service's relay send all its facts again, and every reader of them begin anew.

    Returns the number of facts and, for each reader, of the partitions set back. Facts that departments subscribe to
    reach them a second time (at least once, to be dropped by subject and sequence). Raises `NotLost` for a stream that
    lacks nothing. The stream must exist; answers to outside parties are not repeated.
    """
    stream = STATE_STREAM[service]
    topic = topic_name(city, stream)
    there = await _count(kafka, topic)
    conn = await asyncpg.connect(admin_dsn)
    try:
        async with conn.transaction():
            schema = schema_of(city, service)
            facts = f'FROM "{schema}".journal WHERE $1 = ANY(streams)'
            stated = await conn.fetchval(f"SELECT count(*) {facts}", stream)
            if there >= stated:
                raise NotLost(f"{topic}: {there} records, {stated} facts in the journal")
            await conn.execute(
                f'INSERT INTO "{schema}".pending (id) SELECT id {facts} ORDER BY id ON CONFLICT DO NOTHING', stream
            )
            readers: dict[str, int] = {}
            for name in (reader for reader, streams in READS.items() if stream in streams):
                readers[name] = await _set_back(conn, schema_of(city, name), topic)
            return stated, readers
    finally:
        await conn.close()


async def _set_back(conn: asyncpg.Connection, schema: str, topic: str) -> int:
    """Let a reader expect the first record; what it knows already it drops by its identity."""
    if await conn.fetchval("SELECT to_regclass($1)", f'"{schema}".fence') is None:
        return 0
    done = await conn.execute(f'UPDATE "{schema}".fence SET expected = 0 WHERE topic = $1', topic)  # noqa: S608 - of a city's code
    return int(done.rpartition(" ")[2])


async def _count(kafka: str, topic: str) -> int:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        places = list(consumer.assignment())
        starts, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        return sum(ends[place] - starts[place] for place in places)
    finally:
        await consumer.stop()
