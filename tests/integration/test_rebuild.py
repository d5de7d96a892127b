"""The read model made anew while the old one serves and facts arrive: no difference to see, nothing lost."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.topics import ensure_topics
from services.console.hearing import SERVICE
from services.console.projection import Heard, tally
from services.console.projection.anew import TABLES
from services.console.rebuild import Lacking, rebuild
from shared.city.load import load
from shared.contracts.envelope import stated
from shared.contracts.topics import STATE_STREAM, TopicConfig, topic_name
from shared.shell.process import Process
from tests.support.console_facts import tell_city
from tests.support.console_stack import NOON
from tests.support.stack import Backing, Cell, delete_topics, make_schemas, numbers
from tests.support.world import settings, until

pytestmark = pytest.mark.stack
CASES = 60
_UNSEEN = ("position", "written", "at")
"""Columns that say when a row was written, not what it says."""


@dataclass
class Told:
    """A cell whose console hears what is sent."""

    cell: Cell
    producer: AIOKafkaProducer
    db: asyncpg.Connection

    async def send(self, facts: Sequence[Heard]) -> None:
        code = self.cell.code
        for fact, after in facts_after(facts):
            topic = topic_name(code, STATE_STREAM[fact.service])
            headers = stated(
                service=fact.service, city=code, subject=fact.subject, sequence=fact.sequence, type_=fact.type,
                acted_at=fact.acted_at, recorded_at=fact.recorded_at, after=after, auth=("system", "system"),
                causation="", city_version="1",
            )  # fmt: skip
            said = [(name, text.encode()) for name, text in headers.items()]
            value, key = fact.data.model_dump_json().encode(), fact.subject.encode()
            await self.producer.send(topic, value, key, headers=said)
        await self.producer.flush()

    async def heard(self, count: int) -> None:
        async def look() -> bool:
            return bool(await self.db.fetchval("SELECT count(*) FROM timeline") == count)

        await until(look, 30, f"{count} facts")

    async def rows(self) -> dict[str, list[Any]]:
        found = {
            table: sorted(row[0] for row in await self.db.fetch(
                f"SELECT (to_jsonb(t) - $1::text[])::text FROM {table} t", list(_UNSEEN)))
            for table in TABLES if table not in ("case_tally", "fence")
        }  # fmt: skip
        groups = ", ".join(tally.COLUMNS)
        counted = f"SELECT {groups}, sum(n) FROM case_tally GROUP BY {groups} HAVING sum(n) <> 0"
        found["case_tally"] = sorted(str(tuple(row)) for row in await self.db.fetch(counted))
        fences = await self.db.fetch("SELECT topic, partition, expected FROM fence")
        found["fence"] = sorted((t.partition(".")[2], p, n) for t, p, n in fences)
        return found


def facts_after(facts: Sequence[Heard]) -> Iterator[tuple[Heard, dict[str, int]]]:
    """Yield each fact with what was stated before it about its subject by others."""
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    for fact in facts:
        yield fact, {name: n for name, n in seen[fact.subject].items() if name != fact.service}
        seen[fact.subject][fact.service] = fact.sequence


@asynccontextmanager
async def told(backing: Backing) -> AsyncIterator[Told]:
    """Run a console of a cell of its own, with two partitions to a stream."""
    code = f"r{next(numbers)}"
    cell = await asyncio.to_thread(make_schemas, backing, code, ("console",))
    topics = [topic_name(code, stream) for stream in STATE_STREAM.values()]
    await ensure_topics(backing.kafka, dict.fromkeys(topics, TopicConfig(2, {})))
    producer = AIOKafkaProducer(bootstrap_servers=backing.kafka)
    await producer.start()
    db = await asyncpg.connect(cell.dsns["console"])
    process = Process(SERVICE, settings(cell, "console"), replace(load("donggang"), code=code))
    await process.start()
    try:
        yield Told(cell, producer, db)
    finally:
        await process.stop()
        await db.close()
        await producer.stop()
        await delete_topics(backing.kafka, topics)


@pytest.fixture(scope="module")
def facts() -> list[Heard]:
    counted: dict[tuple[str, str], int] = defaultdict(int)
    told: list[Heard] = []
    for fact in tell_city(load("donggang"), NOON, CASES):
        counted[fact.subject, fact.service] += 1
        told.append(replace(fact, sequence=counted[fact.subject, fact.service]))
    return told


async def test_a_rebuild_among_arriving_facts_equals_the_live_model_row_by_row(
    backing: Backing, facts: list[Heard]
) -> None:
    third = len(facts) // 3
    parts = facts[: 2 * third], facts[2 * third : -40], facts[-40:]
    async with told(backing) as live:
        for part in parts:
            await live.send(part)
        await live.heard(len(facts))
        expected = await live.rows()
    async with told(backing) as here:
        city = replace(load("donggang"), code=here.cell.code)
        await here.send(parts[0])
        await here.heard(len(parts[0]))
        before = await here.rows()
        sending: list[asyncio.Task[None]] = []

        def tell(stage: str, done: int, of: int) -> None:
            if (stage, done) == ("index", 0):
                sending.append(asyncio.create_task(here.send(parts[1])))
            elif (stage, done) == ("switch", 0):
                sending.append(asyncio.create_task(here.send(parts[2])))

        interrupted = asyncio.create_task(rebuild(here.cell.dsns["admin"], here.cell.kafka, city, _ends_at("index")))
        with pytest.raises(InterruptedError):
            await interrupted
        assert await here.rows() == before
        done = await rebuild(here.cell.dsns["admin"], here.cell.kafka, city, tell)
        await asyncio.gather(*sending)
        await here.heard(len(facts))
        assert done.facts == len(parts[0])
        got = await here.rows()
        for table in TABLES:
            assert got[table] == expected[table], table
        assert await here.db.fetchval("SELECT to_regnamespace($1)", f"{here.cell.code}_console_anew") is None

        await here.db.execute("DELETE FROM timeline WHERE subject = 'case-000001'")
        await rebuild(here.cell.dsns["admin"], here.cell.kafka, city, lambda *_: None)
        assert (await here.rows())["timeline"] == expected["timeline"]


async def test_a_stream_that_lacks_facts_makes_no_read_model(backing: Backing, facts: list[Heard]) -> None:
    async with told(backing) as here:
        city = replace(load("donggang"), code=here.cell.code)
        await here.send(facts[:100])
        await here.heard(100)
        await here.db.execute("INSERT INTO subject (id, kind, seen) VALUES ('lost', 'case', '{3,0,0,0}')")
        before = await here.rows()
        with pytest.raises(Lacking):
            await rebuild(here.cell.dsns["admin"], here.cell.kafka, city, lambda *_: None)
        assert await here.rows() == before


def _ends_at(stage: str) -> Any:
    def tell(name: str, done: int, of: int) -> None:
        if name == stage:
            raise InterruptedError

    return tell
