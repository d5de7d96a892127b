"""The read model made anew beside the one that serves: all facts folded in memory, written once, then put in its place.

Tables of the same form stand in a schema beside the console's. With them go what the log door knows of the facts in
them (subjects, fences, parked), so that after the change of places it reads on exactly behind what the new ones hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.console.projection import Heard, Model, rows, seen, tally, words
from shared.persistence.connection import Connection
from shared.shell.rereading import Order
from shared.shell.service import kind_of
from shared.shell.sql_outcome import headers_to
from shared.shell.work import UNSEEN

TABLES = (
    *("fence", "subject", "parked"),
    *(
        "timeline",
        "case_view",
        "case_words",
        "case_seen",
        "case_tally",
        "topic_view",
        "meeting_view",
        "ledger_view",
        "score_view",
    ),
)
"""What changes places; the fences first, since every transaction of the log door locks them first."""
CHUNK = 5_000

_LIKE = "CREATE TABLE {new}.{table} (LIKE {old}.{table} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS)"
_KEYS = (
    "SELECT conname, pg_get_constraintdef(oid) AS said FROM pg_constraint WHERE conrelid = to_regclass($1) "
    "AND contype IN ('p', 'u')"
)
_INDEXES = (
    "SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS said FROM pg_index i "
    "WHERE i.indrelid = to_regclass($1) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid "
    "AND c.contype IN ('p', 'u'))"
)
_FORM = "SELECT coalesce(array_to_string(reloptions, ', '), '') FROM pg_class WHERE oid = to_regclass($1)"


class Lacking(RuntimeError):
    """The streams hold fewer facts than the read model that serves: it would lose some."""


class Anew:
    """The tables beside those of a schema, on an administrator's connection."""

    def __init__(self, conn: asyncpg.Connection, schema: str, city: str) -> None:
        self.conn, self.old, self.new, self.city = conn, schema, f"{schema}_anew", city

    async def begin(self) -> None:
        """Make empty tables without indexes; what an interrupted attempt left is thrown away."""
        await self.conn.execute(f'DROP SCHEMA IF EXISTS "{self.new}" CASCADE')
        await self.conn.execute(f'CREATE SCHEMA "{self.new}" AUTHORIZATION "{self.old}_owner"')
        await self.conn.execute(f'SET ROLE "{self.old}_owner"')
        for table in TABLES:
            await self.conn.execute(_LIKE.format(new=f'"{self.new}"', old=f'"{self.old}"', table=table))
            form = await self.conn.fetchval(_FORM, self._was(table))
            if form:
                await self.conn.execute(f'ALTER TABLE "{self.new}".{table} SET ({form})')
        await self.conn.execute("RESET ROLE")
        await self.conn.execute(f'SET search_path TO "{self.new}", "{self.old}", "{self.city}"')
        for table in rows.KEYS:
            await self._finish(table, _KEYS)

    async def keep(self, facts: Sequence[tuple[Heard, bytes]]) -> None:
        """Append facts, each with its JSON, to the timeline."""
        records = [(f.subject, f.service, f.sequence, f.type, f.acted_at, f.recorded_at, said.decode(), 0)
                   for f, said in facts]  # fmt: skip
        columns = ("subject", "service", "sequence", "type", "acted_at", "recorded_at", "data", "written")
        await self._copy("timeline", records, columns)

    async def write(self, model: Model, order: Order, reader: str, positions: Mapping[tuple[str, int], int]) -> None:
        """Write down what some partitions came to: rows, subjects, what waits, how far they were read."""
        conn = Connection(self.conn)
        for table, found in (
            ("case_view", model.cases), ("topic_view", model.topics), ("meeting_view", model.meetings),
            ("ledger_view", model.ledgers), ("score_view", model.scores),
        ):  # fmt: skip
            every: list[Any] = list(found.values())
            for start in range(0, len(every), CHUNK):
                await rows.write(conn, table, every[start : start + CHUNK])
                if table == "case_view":
                    said = [words.words_of(row) for row in every[start : start + CHUNK]]
                    await rows.write(conn, "case_words", said)
        subjects = [(name, kind_of(name), seen, order.aside.get(name)) for name, seen in order.seen.items()]
        await self._copy("subject", subjects, ("id", "kind", "seen", "aside"))
        waiting = [
            (m.subject, m.source, m.sequence, r.topic, r.partition, r.offset, r.key, headers_to(r.headers), r.value,
             r.timestamp, order.aside.get(m.subject, "early"))
            for works in order.waiting.values() for w in works if (m := w.message) and (r := w.record)
        ]  # fmt: skip
        columns = ("subject", "service", "sequence", "topic", "partition", "offset", "key", "headers", "value",
                   "stamped_at", "why")  # fmt: skip
        await self._copy("parked", list({row[:3]: row for row in waiting}.values()), columns)
        fences = [(reader, topic, partition, at) for (topic, partition), at in positions.items()]
        await self._copy("fence", fences, ("reader", "topic", "partition", "expected"))

    async def finish(self) -> None:
        """Make keys and indexes as the old tables have them, and count every case."""
        for table in TABLES:
            if table not in rows.KEYS:
                await self._finish(table, _KEYS)
        await self.conn.execute(tally.ANEW)
        await self.conn.execute(seen.ANEW)
        for table in TABLES:
            await self._finish(table, _INDEXES)
            await self.conn.execute(f'ANALYZE "{self.new}".{table}')

    async def take_place(self) -> None:
        """Put the new tables where the old ones are, inside the caller's transaction, which holds their fences.

        Raises Lacking where the old ones hold facts that the new ones do not.
        """
        for table in TABLES:
            await self.conn.execute(f'LOCK TABLE "{self.old}".{table} IN ACCESS EXCLUSIVE MODE')
        before, after = [await self._seen(schema) for schema in (self.old, self.new)]
        if any(there > here for there, here in zip(before, after, strict=True)):
            raise Lacking(f"{list(before)} facts by service, {list(after)} in the streams")
        for table in TABLES:
            await self.conn.execute(f'DROP TABLE "{self.old}".{table}')
            await self.conn.execute(f'ALTER TABLE "{self.new}".{table} SET SCHEMA "{self.old}"')
        await self.conn.execute(f'DROP SCHEMA "{self.new}"')

    def engine(self, dsn: str) -> AsyncEngine:
        """Return connections to the new tables, with those of the console that have no new one behind them."""
        url = dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
        path = f'"{self.new}", "{self.old}", "{self.city}"'
        return create_async_engine(url, pool_size=1, connect_args={"server_settings": {"search_path": path}})

    async def _finish(self, table: str, asked: str) -> None:
        for name, said in await self.conn.fetch(asked, self._was(table)):
            if asked is _KEYS:
                await self.conn.execute(f'ALTER TABLE "{self.new}".{table} ADD CONSTRAINT "{name}" {said}')
            else:
                moved = said.replace(f" ON {self.old}.{table} ", f' ON "{self.new}".{table} ', 1)
                if moved == said:
                    raise RuntimeError(f"index {name}: {said}")
                await self.conn.execute(moved)

    async def _copy(self, table: str, records: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> None:
        if records:
            await self.conn.copy_records_to_table(table, schema_name=self.new, records=records, columns=columns)

    async def _seen(self, schema: str) -> tuple[int, ...]:
        sums = ", ".join(f"coalesce(sum(seen[{n}]), 0)::bigint" for n in range(1, len(UNSEEN) + 1))
        return tuple(await self.conn.fetchrow(f'SELECT {sums} FROM "{schema}".subject'))  # noqa: S608 - our own names

    def _was(self, table: str) -> str:
        return f'"{self.old}".{table}'
