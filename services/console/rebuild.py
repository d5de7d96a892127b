"""Make the read model anew from the streams while the old one serves, then put it in its place."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.console.hearing import SERVICE
from services.console.projection import Heard, Model, heard_of
from services.console.projection.anew import Anew, Lacking
from shared.city.model import City
from shared.persistence.engine import schema_of
from shared.persistence.migrate import grant
from shared.shell.apply import Bench
from shared.shell.ids import new_id
from shared.shell.rereading import Order, Streams
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.work import Partition, Work

NEAR = 2_000
"""So few facts behind the streams the new model takes the last ones while the old one is held, and its place."""
PATIENCE = 60_000
"""Milliseconds to wait for locks: of a rebuild that was killed and whose last statement still runs, or of readers."""

Tell = Callable[[str, int, int], None]
"""(stage, done, of): `read`, `index`, `follow`, `switch`; counts of facts in the first and third."""


class Busy(RuntimeError):
    """Another rebuild of this read model is under way."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many facts were folded from the beginning, how many came meanwhile."""

    facts: int
    meanwhile: int


async def rebuild(dsn: str, kafka: str, city: City, tell: Tell) -> Rebuilt:
    """Make the read model of a city anew; whatever ends it early leaves the old one as it is.

    `dsn` is the administrator's. Raises Lacking where the streams hold fewer facts than the read model that serves,
    Busy where another rebuild is under way.
    """
    schema = schema_of(city.code, "console")
    conn = await asyncpg.connect(dsn, server_settings={"synchronous_commit": "off"})
    try:
        await conn.execute(f"SET lock_timeout = {PATIENCE}")
        try:
            await conn.execute("SELECT pg_advisory_lock(hashtext($1))", f"{schema}.rebuild")
        except asyncpg.LockNotAvailableError:
            raise Busy(schema) from None
        anew = Anew(conn, schema, schema_of(city.code))
        await anew.begin()
        async with Streams(kafka, city.code, "console") as streams:
            return await _rebuild(conn, dsn, city, anew, streams, tell)
    finally:
        conn.terminate()


async def _rebuild(conn: asyncpg.Connection, dsn: str, city: City, anew: Anew, streams: Streams, tell: Tell) -> Rebuilt:
    engine = anew.engine(dsn)
    bench = Bench(SERVICE, city, city.code, city.version, new_id)
    shell = Shell(SqlStore(engine, bench, schema_of(city.code)), bench)
    try:
        facts = await _read(anew, streams, shell, tell)
        tell("index", 0, 1)
        await anew.finish()
        tell("index", 1, 1)
        meanwhile, came = 0, NEAR + 1
        while came > NEAR:
            came = await streams.follow(shell)
            meanwhile += came
            tell("follow", meanwhile, meanwhile)
        tell("switch", 0, 1)
        async with conn.transaction():
            await conn.execute(f'LOCK TABLE "{anew.old}".fence IN EXCLUSIVE MODE')
            meanwhile += await streams.follow(shell, await _fences(conn, anew.old, streams.group))
            await engine.dispose()
            await anew.take_place()
            await grant(conn, city.code, "console")
        tell("switch", 1, 1)
        return Rebuilt(facts, meanwhile)
    finally:
        await engine.dispose()


async def _read(anew: Anew, streams: Streams, shell: Shell, tell: Tell) -> int:
    groups = await streams.groups()
    total, done, facts = sum([await streams.waiting(places) for places in groups]), 0, 0
    clock, bench = await shell.store.now(), shell.bench
    gc.collect()
    gc.freeze()
    gc.disable()  # what is folded refers to nothing that refers back
    try:
        for places in groups:
            model, order, positions = Model(), Order(bench.reads), dict[Partition, int]()
            async with anew.conn.transaction():
                async for works, records, reached in streams.reread(places, order, SERVICE.wire, clock):
                    told = [_told(work, clock.now) for work in works]
                    for fact, _ in told:
                        model.fold(fact)
                    await anew.keep(told)
                    positions = reached
                    facts, done = facts + len(told), done + records
                    tell("read", done, total)
                positions = positions or {(p.topic, p.partition): 0 for p in places}
                await anew.write(model, order, streams.group, positions)
    finally:
        gc.enable()
    return facts


def _told(work: Work, now: datetime) -> tuple[Heard, bytes]:
    """Return a fact and its words as they stand in the stream: what its writer wrote needs no writing again."""
    assert work.message is not None
    assert work.record is not None
    return heard_of(work.message, now), work.record.value


async def _fences(conn: asyncpg.Connection, schema: str, reader: str) -> Mapping[Partition, int]:
    query = f'SELECT topic, partition, expected FROM "{schema}".fence WHERE reader = $1'  # noqa: S608 - our own names
    return {(topic, partition): expected for topic, partition, expected in await conn.fetch(query, reader)}


__all__ = ["Busy", "Lacking", "Rebuilt", "rebuild"]
