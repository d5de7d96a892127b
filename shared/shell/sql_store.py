"""Load and commit on PostgreSQL: set-based, one transaction, one order of locks (shell.md §1-§4, §6).

Fences sorted, missing subjects inserted sorted, subjects locked in order, inbox, the rest.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.kernel.decisions import CLOCK, OUTSIDE, SYSTEM, Arm, Due, Message
from shared.shell.apply import Bench, subjects_of
from shared.shell.opening import open_record
from shared.shell.service import kind_of
from shared.shell.work import (
    UNSEEN,
    Batch,
    Clock,
    JournalRow,
    Loaded,
    Outcome,
    Partition,
    Quarantined,
    Record,
    Reply,
    Subject,
    Work,
)

_LOCK = (
    "SELECT id, kind, sequence, seen, state::text, aside FROM subject WHERE id = ANY(CAST(:ids AS text[])) "
    "ORDER BY id FOR UPDATE"
)
_LOCK_FREE = f"{_LOCK} SKIP LOCKED"
CLOCK_ROW = (
    "SELECT real_at, virtual_at, rate, horizon, clock_timestamp() FROM (SELECT 1) one LEFT JOIN {city}.clock ON true"
)


class SqlStore:
    """The store of one service in its own schema (the role's search path)."""

    def __init__(self, engine: AsyncEngine, bench: Bench, city_schema: str) -> None:
        self.engine, self.bench, self.service = engine, bench, bench.service
        self._clock_row = text(CLOCK_ROW.format(city=city_schema))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """Run one batch: commits at the end, rolls back on any error."""
        async with self.engine.begin() as conn:
            yield SqlTransaction(self, conn)

    async def clock(self, conn: AsyncConnection) -> Clock:
        """Read the one clock row."""
        real_at, virtual_at, rate, horizon, real_now = (await conn.execute(self._clock_row)).one()
        if real_at is None:
            return Clock(real_now, real_now)
        now = virtual_at + (real_now - real_at) * rate
        return Clock(min(now, horizon) if horizon else now, real_now, rate)

    async def now(self) -> Clock:
        """Read the clock on a connection of its own."""
        async with self.engine.connect() as conn:
            return await self.clock(conn)

    async def seed(self, wanted: Sequence[tuple[str, Arm]]) -> None:
        """Insert subjects that are not there yet, each with its first deadline; existing ones are left alone."""
        async with self.engine.begin() as conn:
            new = await conn.execute(
                text(
                    "INSERT INTO subject (id, kind, seen) SELECT id, kind, CAST(:seen AS int[]) "
                    "FROM unnest(CAST(:ids AS text[]), CAST(:kinds AS text[])) t(id, kind) ORDER BY id "
                    "ON CONFLICT DO NOTHING RETURNING id"
                ),
                {"ids": [s for s, _ in wanted], "kinds": [kind_of(s) for s, _ in wanted], "seen": list(UNSEEN)},
            )
            born = {row[0] for row in new}
            arms = [replace(arm, subject=subject) for subject, arm in wanted if subject in born]
            await _arm(conn, arms)

    async def fences(self, reader: str) -> dict[Partition, int]:
        """Return the expected offset of each partition that this reader has a fence for."""
        async with self.engine.connect() as conn:
            rows = await conn.execute(
                text("SELECT topic, partition, expected FROM fence WHERE reader = :reader"), {"reader": reader}
            )
            return {(topic, partition): expected for topic, partition, expected in rows}

    async def begin_fences(self, reader: str, positions: Mapping[Partition, int]) -> None:
        """Set the fence of partitions that have none yet to the reader's position (shell.md §1.4)."""
        places = sorted(positions)
        async with self.engine.begin() as conn:
            await conn.execute(
                text(
                    "INSERT INTO fence (reader, topic, partition, expected) SELECT :reader, t, p, e "
                    "FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:expected AS bigint[])) "
                    "u(t, p, e) ORDER BY t, p ON CONFLICT DO NOTHING"
                ),
                {
                    "reader": reader,
                    "topics": [t for t, _ in places],
                    "partitions": [p for _, p in places],
                    "expected": [positions[place] for place in places],
                },
            )


class SqlTransaction:
    """One transaction: load under locks, then commit an outcome."""

    def __init__(self, store: SqlStore, conn: AsyncConnection) -> None:
        self.store, self.conn, self.service = store, conn, store.service

    # ---- load

    async def load(self, batch: Batch) -> tuple[Loaded, Batch]:
        """Lock everything that the batch may touch and read it; returns the batch with its messages resolved."""
        fences = await self._lock_fences(batch)
        clock = await self.store.clock(self.conn)
        work = await self._resolve(
            [
                open_record(w.record, self.service.wire, clock) if w.message is None and w.record else w
                for w in batch.work
            ]
        )
        may_exist, must_exist = self._subjects(work)
        return await self._loaded(
            replace(batch, work=work), fences, may_exist | batch.release, must_exist | batch.extra
        )

    async def load_due(self, limit: int) -> tuple[Loaded, Batch]:
        """Take due deadlines of subjects that nobody else holds; their rows are gone when this commits (§6.2)."""
        clock = await self.store.clock(self.conn)
        rows = (
            await self.conn.execute(
                text(
                    "SELECT subject, name, due_at, touches FROM deadline WHERE due_at <= :now ORDER BY due_at LIMIT :n"
                ),
                {"now": clock.now, "n": limit},
            )
        ).all()
        wanted = {s for subject, _, _, touches in rows for s in (subject, *touches)}
        if not wanted:
            return Loaded(clock, {}, {}), Batch()
        await self._insert_missing(wanted)
        locked = await self._lock_subjects(wanted, skip_locked=True)
        mine = [(r[0], r[1]) for r in rows if locked.keys() >= {r[0], *r[3]}]
        taken = await self.conn.execute(
            text(
                "DELETE FROM deadline d USING unnest(CAST(:subjects AS text[]), CAST(:names AS text[])) t(s, n) "
                "WHERE d.subject = t.s AND d.name = t.n AND d.due_at <= :now "
                "RETURNING d.subject, d.name, d.due_at, d.data::text, d.touches"
            ),
            {"subjects": [s for s, _ in mine], "names": [n for _, n in mine], "now": clock.now},
        )
        due = sorted(taken.all(), key=lambda r: (r[2], r[0], r[1]))
        messages = [
            Message(Due(n, json.loads(data)), s, CLOCK, SYSTEM, at, f"{s}/{n}/{at.isoformat()}", touches=tuple(touches))
            for s, n, at, data, touches in due
        ]
        resolved = await self.service.store.resolve(self.conn, messages)
        work = tuple(Work(m) for m in resolved)
        missing = {s for w in work for s in subjects_of(self.service, w)} - locked.keys()
        if missing:
            raise RuntimeError(f"a deadline needs subjects that it was not armed with: {sorted(missing)[:5]}")
        loaded = Loaded(await self.store.clock(self.conn), {}, locked)
        loaded.prepared = await self.service.store.prepare(self.conn, list(resolved), loaded.clock.now)
        return loaded, Batch(work)

    async def _lock_fences(self, batch: Batch) -> dict[Partition, int]:
        places = sorted({(w.record.topic, w.record.partition) for w in batch.work if w.record is not None})
        if not places:
            return {}
        rows = await self.conn.execute(
            text(
                "SELECT topic, partition, expected FROM fence WHERE reader = :reader AND (topic, partition) IN "
                "(SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]))) "
                "ORDER BY topic, partition FOR UPDATE"
            ),
            {"reader": batch.reader, "topics": [t for t, _ in places], "partitions": [p for _, p in places]},
        )
        return {(topic, partition): expected for topic, partition, expected in rows}

    async def _resolve(self, work: Sequence[Work]) -> tuple[Work, ...]:
        messages = [w.message for w in work if w.message is not None and w.message.data is not None]
        resolved = iter(await self.service.store.resolve(self.conn, messages))
        return tuple(
            replace(w, message=next(resolved)) if w.message is not None and w.message.data is not None else w
            for w in work
        )

    def _subjects(self, work: Iterable[Work]) -> tuple[frozenset[str], frozenset[str]]:
        """Split the subjects: those that get a row if missing, and those that a bogus id must not make (§3.2)."""
        may: set[str] = set()
        must: set[str] = set()
        for w in work:
            if w.message is None:
                continue
            names = subjects_of(self.service, w)
            if w.message.source == OUTSIDE and not w.message.creates:
                may.update(names[:1])
                may.update(names[1:])
            else:
                must.update(names)
        return frozenset(may - {""}), frozenset(must)

    async def _loaded(
        self, batch: Batch, fences: dict[Partition, int], may: frozenset[str], must: frozenset[str]
    ) -> tuple[Loaded, Batch]:
        await self._insert_missing(must)
        subjects = await self._lock_subjects(may | must)
        clock = await self.store.clock(self.conn)
        parked = await self._parked(subjects, clock)
        loaded = Loaded(clock, fences, subjects, parked, await self._inbox(batch.work))
        messages = [w.message for w in batch.work if w.message is not None and w.message.data is not None]
        loaded.prepared = await self.service.store.prepare(self.conn, messages, clock.now)
        return loaded, batch

    async def _insert_missing(self, ids: Iterable[str]) -> None:
        names = sorted(ids)
        if names:
            await self.conn.execute(
                text(
                    "INSERT INTO subject (id, kind, seen) SELECT id, kind, CAST(:seen AS int[]) "
                    "FROM unnest(CAST(:ids AS text[]), CAST(:kinds AS text[])) t(id, kind) "
                    "WHERE NOT EXISTS (SELECT 1 FROM subject s WHERE s.id = t.id) ORDER BY id ON CONFLICT DO NOTHING"
                ),
                {"ids": names, "kinds": [kind_of(n) for n in names], "seen": list(UNSEEN)},
            )

    async def _lock_subjects(self, ids: Iterable[str], *, skip_locked: bool = False) -> dict[str, Subject]:
        names = sorted(ids)
        if not names:
            return {}
        rows = await self.conn.execute(
            text(_LOCK_FREE if skip_locked else _LOCK),
            {"ids": names},
        )
        return {
            id_: Subject(id_, sequence, tuple(seen), self._state(kind, state), aside)
            for id_, kind, sequence, seen, state, aside in rows
        }

    def _state(self, kind: str, state: str | None) -> Any:
        return None if state is None else msgspec.json.decode(state, type=self.service.states[kind])

    async def _parked(self, subjects: Mapping[str, Subject], clock: Clock) -> dict[str, list[Work]]:
        rows = await self.conn.execute(
            text(
                'SELECT subject, topic, partition, "offset", key, headers::text, value, stamped_at FROM parked '
                "WHERE subject = ANY(CAST(:ids AS text[])) ORDER BY subject, service, sequence"
            ),
            {"ids": list(subjects)},
        )
        found: dict[str, list[Work]] = {}
        for subject, topic, partition, offset, key, headers, value, stamped_at in rows:
            record = Record(topic, partition, offset, key, _headers_from(headers), value, stamped_at)
            found.setdefault(subject, []).append(open_record(record, self.service.wire, clock))
        for subject, works in found.items():
            found[subject] = list(await self._resolve(works))
        return found

    async def _inbox(self, work: Iterable[Work]) -> dict[tuple[str, str], Reply]:
        keys = sorted({w.inbox for w in work if w.inbox is not None and not (w.message and w.message.creates)})
        if not keys:
            return {}
        rows = await self.conn.execute(
            text(
                "SELECT sender, id, result::text FROM inbox WHERE (sender, id) IN "
                "(SELECT * FROM unnest(CAST(:senders AS text[]), CAST(:ids AS text[])))"
            ),
            {"senders": [s for s, _ in keys], "ids": [i for _, i in keys]},
        )
        return {(sender, id_): msgspec.json.decode(result, type=Reply) for sender, id_, result in rows}

    # ---- commit

    async def commit(self, outcome: Outcome, reader: str) -> None:
        """Write everything down; the caller's transaction makes it one."""
        await self._save_inbox(outcome.inbox)
        await self._save_subjects(outcome.subjects)
        await self._save_deadlines(outcome)
        answers = await self._save_quarantine(outcome.quarantine)
        await self._save_journal([*outcome.journal, *answers])
        await self._save_parked(outcome)
        if outcome.rows:
            await self.service.store.save(self.conn, outcome.rows)
        await self._move_fences(outcome.fences, reader)

    async def _save_inbox(self, inbox: Mapping[tuple[str, str], Reply]) -> None:
        if inbox:
            keys = sorted(inbox)
            await self.conn.execute(
                text(
                    "INSERT INTO inbox (sender, id, result) SELECT s, i, r::jsonb FROM "
                    "unnest(CAST(:senders AS text[]), CAST(:ids AS text[]), CAST(:results AS text[])) t(s, i, r)"
                ),
                {
                    "senders": [s for s, _ in keys],
                    "ids": [i for _, i in keys],
                    "results": [msgspec.json.encode(inbox[k]).decode() for k in keys],
                },
            )

    async def _save_subjects(self, subjects: Sequence[Subject]) -> None:
        if subjects:
            await self.conn.execute(
                text(
                    "UPDATE subject s SET sequence = u.n, seen = u.seen::int[], state = u.state::jsonb, aside = u.aside "
                    "FROM unnest(CAST(:ids AS text[]), CAST(:ns AS int[]), CAST(:seens AS text[]), "
                    "CAST(:states AS text[]), CAST(:asides AS text[])) u(id, n, seen, state, aside) WHERE s.id = u.id"
                ),
                {
                    "ids": [s.id for s in subjects],
                    "ns": [s.sequence for s in subjects],
                    "seens": ["{" + ",".join(map(str, s.seen)) + "}" for s in subjects],
                    "states": [None if s.state is None else msgspec.json.encode(s.state).decode() for s in subjects],
                    "asides": [s.aside for s in subjects],
                },
            )

    async def _save_deadlines(self, outcome: Outcome) -> None:
        arms: dict[tuple[str, str], Arm] = {}
        cancels: list[tuple[str, str]] = []
        for change in outcome.deadlines:
            if isinstance(change, Arm):
                arms[change.subject, change.name] = change
                continue
            cancels.append((change.subject, change.name))
            for key in [k for k in arms if k[0] == change.subject and _matches(k[1], change.name)]:
                del arms[key]
        if cancels:
            await self.conn.execute(
                text(
                    "DELETE FROM deadline d USING unnest(CAST(:subjects AS text[]), CAST(:names AS text[])) t(s, n) "
                    "WHERE d.subject = t.s AND (d.name = t.n OR (right(t.n, 1) = '*' "
                    "AND starts_with(d.name, left(t.n, -1))))"
                ),
                {"subjects": [s for s, _ in cancels], "names": [n for _, n in cancels]},
            )
        await _arm(self.conn, list(arms.values()))

    async def _save_quarantine(self, kept: Sequence[tuple[Quarantined, JournalRow | None]]) -> list[JournalRow]:
        """Keep refused records once; return the answers of those that are new."""
        answers: list[JournalRow] = []
        for quarantined, answer in kept:
            record = quarantined.record
            new = await self.conn.execute(
                text(
                    'INSERT INTO quarantine (topic, partition, "offset", digest, key, headers, value, stamped_at, '
                    "sender, rule, field, params) VALUES (:topic, :partition, :offset, :digest, :key, "
                    "CAST(:headers AS jsonb), :value, :at, :sender, :rule, :field, CAST(:params AS jsonb)) "
                    "ON CONFLICT DO NOTHING RETURNING id"
                ),
                {
                    "topic": record.topic,
                    "partition": record.partition,
                    "offset": record.offset,
                    "digest": record.digest,
                    "key": record.key,
                    "headers": _headers_to(record.headers),
                    "value": record.value,
                    "at": record.timestamp,
                    "sender": quarantined.sender,
                    "rule": quarantined.rule,
                    "field": quarantined.field,
                    "params": json.dumps(dict(quarantined.params)),
                },
            )
            if new.first() is not None and answer is not None:
                answers.append(answer)
        return answers

    async def _save_journal(self, rows: Sequence[JournalRow]) -> None:
        if rows:
            await self.conn.execute(
                text(
                    "WITH kept AS (INSERT INTO journal (subject, sequence, type, streams, key, headers, value) "
                    "SELECT s, n, t, string_to_array(st, ' '), k, h::jsonb, v FROM unnest(CAST(:subjects AS text[]), "
                    "CAST(:sequences AS int[]), CAST(:types AS text[]), CAST(:streams AS text[]), CAST(:keys AS text[]), "
                    "CAST(:headers AS text[]), CAST(:values AS text[])) WITH ORDINALITY u(s, n, t, st, k, h, v, o) "
                    "ORDER BY o RETURNING id) INSERT INTO pending (id) SELECT id FROM kept"
                ),
                {
                    "subjects": [r.subject for r in rows],
                    "sequences": [r.sequence for r in rows],
                    "types": [r.type for r in rows],
                    "streams": [" ".join(r.streams) for r in rows],
                    "keys": [r.key for r in rows],
                    "headers": [json.dumps(dict(r.headers), ensure_ascii=False) for r in rows],
                    "values": [r.value for r in rows],
                },
            )

    async def _save_parked(self, outcome: Outcome) -> None:
        for work, why in outcome.park:
            message, record = work.message, work.record
            assert message is not None
            assert record is not None
            await self.conn.execute(
                text(
                    'INSERT INTO parked (subject, service, sequence, topic, partition, "offset", key, headers, value, '
                    "stamped_at, why) VALUES (:subject, :service, :sequence, :topic, :partition, :offset, :key, "
                    "CAST(:headers AS jsonb), :value, :at, :why) ON CONFLICT DO NOTHING"
                ),
                {
                    "subject": message.subject,
                    "service": message.source,
                    "sequence": message.sequence,
                    "topic": record.topic,
                    "partition": record.partition,
                    "offset": record.offset,
                    "key": record.key,
                    "headers": _headers_to(record.headers),
                    "value": record.value,
                    "at": record.timestamp,
                    "why": why,
                },
            )
        gone = [w.message for w in outcome.unpark if w.message is not None]
        if gone:
            await self.conn.execute(
                text(
                    "DELETE FROM parked p USING unnest(CAST(:subjects AS text[]), CAST(:services AS text[]), "
                    "CAST(:sequences AS int[])) t(s, v, n) "
                    "WHERE p.subject = t.s AND p.service = t.v AND p.sequence = t.n"
                ),
                {
                    "subjects": [m.subject for m in gone],
                    "services": [m.source for m in gone],
                    "sequences": [m.sequence for m in gone],
                },
            )

    async def _move_fences(self, fences: Mapping[Partition, int], reader: str) -> None:
        if fences:
            places = sorted(fences)
            await self.conn.execute(
                text(
                    "UPDATE fence f SET expected = u.e FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), "
                    "CAST(:expected AS bigint[])) u(t, p, e) "
                    "WHERE f.reader = :reader AND f.topic = u.t AND f.partition = u.p"
                ),
                {
                    "reader": reader,
                    "topics": [t for t, _ in places],
                    "partitions": [p for _, p in places],
                    "expected": [fences[place] for place in places],
                },
            )


async def _arm(conn: AsyncConnection, arms: Sequence[Arm]) -> None:
    if arms:
        await conn.execute(
            text(
                "INSERT INTO deadline (subject, name, due_at, data, touches) "
                "SELECT s, n, d, j::jsonb, string_to_array(t, ' ') FROM unnest(CAST(:subjects AS text[]), "
                "CAST(:names AS text[]), CAST(:dues AS timestamptz[]), CAST(:datas AS text[]), CAST(:touches AS text[])) "
                "u(s, n, d, j, t) ON CONFLICT (subject, name) DO UPDATE SET due_at = excluded.due_at, "
                "data = excluded.data, touches = excluded.touches"
            ),
            {
                "subjects": [a.subject for a in arms],
                "names": [a.name for a in arms],
                "dues": [a.due_at for a in arms],
                "datas": [msgspec.json.encode(a.data).decode() for a in arms],
                "touches": [" ".join(a.touches) for a in arms],
            },
        )


def _matches(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _headers_to(headers: Iterable[tuple[str, bytes]]) -> str:
    return json.dumps([[name, (value or b"").hex()] for name, value in headers])


def _headers_from(stored: str) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, bytes.fromhex(value)) for name, value in json.loads(stored))
