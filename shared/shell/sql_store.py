"""Load and commit on PostgreSQL: set-based, one transaction, one order of locks (shell.md §1-§4, §6).

Fences sorted, missing subjects inserted sorted, subjects locked in order, inbox, the rest.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import text as make_text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.kernel.admission import MatterAdmitted
from shared.kernel.calendar import CalendarYear
from shared.kernel.clock import Mark
from shared.kernel.decisions import CLOCK, SYSTEM, Arm, CalendarChanged, Due, Message
from shared.kernel.replacing import replace
from shared.persistence.connection import Connection
from shared.persistence.engine import transaction
from shared.shell.almanac import Almanac
from shared.shell.apply import Bench, due_id, subjects_of, subjects_to_lock
from shared.shell.opening import open_batch, open_record
from shared.shell.service import kind_of
from shared.shell.sql_outcome import ARM, armed, headers_from, keep_refused, park, write
from shared.shell.states import States
from shared.shell.work import (
    UNSEEN,
    Batch,
    Clock,
    Loaded,
    Outcome,
    Partition,
    Record,
    Reply,
    Subject,
    Work,
)

text = cache(make_text)
"""Each statement is read for its parameters once, not once a batch."""
_MARK = msgspec.json.Decoder(Mark)

_LOCK = (
    "SELECT id, kind, sequence, seen, state::text, aside FROM subject WHERE id = ANY(CAST(:ids AS text[])) "
    "ORDER BY id FOR UPDATE"
)
_LOCK_FREE = f"{_LOCK} SKIP LOCKED"
_FENCES = (
    "SELECT topic, partition, expected, real_at, virtual_at, rate, horizon, clock_timestamp(), "
    "(SELECT coalesce(max(version), 0) FROM {city}.calendar), (SELECT count(*) FROM {city}.admission) FROM fence "
    "LEFT JOIN {city}.clock ON true WHERE reader = :reader AND (topic, partition) IN "
    "(SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]))) "
    "ORDER BY topic, partition FOR UPDATE OF fence"
)
CLOCK_ROW = (
    "SELECT real_at, virtual_at, rate, horizon, clock_timestamp(), "
    "(SELECT coalesce(max(version), 0) FROM {city}.calendar), (SELECT count(*) FROM {city}.admission) "
    "FROM (SELECT 1) one LEFT JOIN {city}.clock ON true"
)
_UNDER_LOCKS = (
    "SELECT c.*, (SELECT array_agg(ARRAY[sender, id, result::text]) FROM inbox WHERE (sender, id) IN "  # noqa: S608
    "(SELECT * FROM unnest(CAST(:senders AS text[]), CAST(:keys AS text[])))), p.subject, p.topic, p.partition, "
    'p."offset", p.key, p.headers::text, p.value, p.stamped_at '
    f"FROM ({CLOCK_ROW}) c LEFT JOIN parked p ON p.subject = ANY(CAST(:ids AS text[])) "
    "ORDER BY p.subject, p.service, p.sequence"
)
"""What is read once the subjects are locked, in one round trip: the clock, ids that came before, what waits."""


class SqlStore:
    """The store of one service in its own schema (the role's search path)."""

    def __init__(self, engine: AsyncEngine, bench: Bench, city_schema: str) -> None:
        self.engine, self.bench, self.service = engine, bench, bench.service
        self._clock_row = text(CLOCK_ROW.format(city=city_schema))
        self.lock_fences = text(_FENCES.format(city=city_schema))
        self.under_locks = text(_UNDER_LOCKS.format(city=city_schema))
        self.almanac = Almanac(bench.city, city_schema)
        self.states = States(self.service.states)

    @property
    def city(self) -> Any:
        """Return the city with what was published in it as far as this process has met it."""
        return self.almanac.city

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """Run one batch: commits at the end, rolls back on any error."""
        async with transaction(self.engine) as conn:
            yield SqlTransaction(self, conn)

    async def clock(self, conn: Connection) -> Clock:
        """Read the one clock row."""
        return _clock(*(await conn.execute(self._clock_row)).one())

    async def now(self) -> Clock:
        """Read the clock on a connection of its own."""
        async with transaction(self.engine) as conn:
            return await self.clock(conn)

    async def seed(self, wanted: Sequence[tuple[str, Arm]]) -> None:
        """Insert subjects that are not there yet, each with its first deadline; existing ones are left alone."""
        async with transaction(self.engine) as conn:
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
            await conn.execute(ARM, armed(arms, (await self.clock(conn)).calendar))

    async def fences(self, reader: str) -> dict[Partition, int]:
        """Return the expected offset of each partition that this reader has a fence for."""
        async with transaction(self.engine) as conn:
            rows = await conn.execute(
                text("SELECT topic, partition, expected FROM fence WHERE reader = :reader"), {"reader": reader}
            )
            return {(topic, partition): expected for topic, partition, expected in rows}

    async def aside(self) -> list[str]:
        """Return the subjects that are set aside."""
        async with transaction(self.engine) as conn:
            return [row[0] for row in await conn.execute(text("SELECT id FROM subject WHERE aside IS NOT NULL"))]

    async def begin_fences(self, reader: str, positions: Mapping[Partition, int]) -> None:
        """Set the fence of partitions that have none yet to the reader's position (shell.md §1.4)."""
        places = sorted(positions)
        async with transaction(self.engine) as conn:
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

    def __init__(self, store: SqlStore, conn: Connection) -> None:
        self.store, self.conn, self.service = store, conn, store.service
        self.calendar = 0
        self._following: list[str] = []
        """The subjects whose deadlines have met the calendar once this transaction commits."""

    # ---- load

    async def load(self, batch: Batch) -> tuple[Loaded, Batch]:
        """Lock everything that the batch may touch and read it; returns the batch with its messages resolved."""
        fences, clock = await self._lock_fences(batch)
        work = await self._resolve(open_batch(batch, self.service.wire, clock))
        may, must = subjects_to_lock(self.service, work)
        return await self._loaded(replace(batch, work=work), fences, may | batch.release, must | batch.extra)

    async def load_due(self, limit: int) -> tuple[Loaded, Batch]:
        """Take due deadlines of subjects that nobody else holds; their rows are gone when this commits (§6.2)."""
        clock = await self.store.clock(self.conn)
        due = (
            await self.conn.execute(
                text(
                    "SELECT subject, name, due_at, data::text, touches FROM deadline WHERE due_at <= :now "
                    "ORDER BY due_at, subject, name LIMIT :n"
                ),
                {"now": clock.now, "n": limit},
            )
        ).all()
        if not due:
            return Loaded(clock, {}, {}), Batch()
        works = await self._resolve(
            [
                Work(Message(Due(n, json.loads(data)), s, CLOCK, SYSTEM, at, due_id(s, n, at), touches=tuple(touches)))
                for s, n, at, data, touches in due
            ]
        )
        needed = [frozenset(subjects_of(self.service, work)) for work in works]
        await self._insert_missing(frozenset().union(*needed))
        locked = await self._lock_subjects(frozenset().union(*needed), skip_locked=True)
        mine: list[int] = []
        left: set[str] = set()
        for n, names in enumerate(needed):
            if due[n][0] in left or not locked.keys() >= names:
                left.add(due[n][0])  # its later rungs wait with it (§6.2)
            else:
                mine.append(n)
        taken = await self.conn.execute(
            text(
                "DELETE FROM deadline d USING unnest(CAST(:subjects AS text[]), CAST(:names AS text[]), "
                "CAST(:dues AS timestamptz[]), CAST(:datas AS text[])) t(s, n, at, data) "
                "WHERE d.subject = t.s AND d.name = t.n AND d.due_at = t.at AND d.data = t.data::jsonb "
                "RETURNING d.subject, d.name"
            ),
            {
                "subjects": [due[n][0] for n in mine],
                "names": [due[n][1] for n in mine],
                "dues": [due[n][2] for n in mine],
                "datas": [due[n][3] for n in mine],
            },
        )
        gone = {(subject, name) for subject, name in taken}  # what was re-armed meanwhile is not due any more
        work = tuple(works[n] for n in mine if (due[n][0], due[n][1]) in gone)
        loaded = Loaded(await self.store.clock(self.conn), {}, locked)
        messages = [w.message for w in work if w.message is not None]
        loaded.prepared = await self.service.store.prepare(self.conn, messages, loaded.clock.now)
        return await self._by_calendar(loaded), Batch(work)

    async def load_stale(self, after: str, limit: int) -> tuple[Loaded, Batch, str]:
        """Take subjects behind `after` that have a deadline projected by an older calendar (decision 45).

        Their deadlines count as projected anew when this commits. Also returns the last subject seen, held or not, or
        "" when there was none.
        """
        clock = await self.store.clock(self.conn)
        found = (
            await self.conn.execute(
                text(
                    "SELECT DISTINCT subject FROM deadline WHERE calendar < :version AND subject > :after "
                    "ORDER BY subject LIMIT :n"
                ),
                {"version": clock.calendar, "after": after, "n": limit},
            )
        ).all() if clock.calendar else []  # fmt: skip
        if not found:
            return Loaded(clock, {}, {}), Batch(), ""
        locked = await self._lock_subjects((subject for (subject,) in found), skip_locked=True)
        loaded = await self._by_calendar(Loaded(await self.store.clock(self.conn), {}, locked))
        self._following = list(locked)
        reason, armed = self.store.almanac.reason, await self._marked(locked)
        work = [
            Work(
                Message(
                    CalendarChanged(self.calendar, reason, tuple(armed.get(subject, ()))),
                    subject,
                    CLOCK,
                    SYSTEM,
                    loaded.clock.now,
                    f"{subject}/calendar/{self.calendar}",
                )
            )
            for subject in sorted(locked)
        ]
        return loaded, Batch(work), found[-1][0]

    async def _marked(self, subjects: Iterable[str]) -> dict[str, list[Arm]]:
        """Return the deadlines that know how they were counted, by an older calendar than this transaction's."""
        rows = await self.conn.execute(
            text(
                "SELECT subject, name, due_at, data::text, touches, mark FROM deadline "
                "WHERE subject = ANY(CAST(:ids AS text[])) AND calendar < :version AND mark IS NOT NULL"
            ),
            {"ids": list(subjects), "version": self.calendar},
        )
        found: dict[str, list[Arm]] = {}
        for subject, name, due_at, data, touches, mark in rows:
            counted = _MARK.decode(mark)
            found.setdefault(subject, []).append(Arm(name, due_at, json.loads(data), subject, tuple(touches), counted))
        return found

    async def _lock_fences(self, batch: Batch) -> tuple[dict[Partition, int], Clock]:
        """Lock the batch's fences and read the clock with them."""
        places = sorted({(w.record.topic, w.record.partition) for w in batch.work if w.record is not None})
        rows = (
            await self.conn.execute(
                self.store.lock_fences,
                {"reader": batch.reader, "topics": [t for t, _ in places], "partitions": [p for _, p in places]},
            )
        ).all() if places else []  # fmt: skip
        fences = {(topic, partition): expected for topic, partition, expected, *_ in rows}
        return fences, _clock(*rows[-1][3:]) if rows else await self.store.clock(self.conn)

    async def _resolve(self, work: Sequence[Work]) -> tuple[Work, ...]:
        messages = [w.message for w in work if w.message is not None and w.message.data is not None]
        resolved = await self.service.store.resolve(self.conn, messages)
        if resolved is messages:
            return tuple(work)
        following = iter(resolved)
        return tuple(
            replace(w, message=next(following), named=()) if w.message is not None and w.message.data is not None else w
            for w in work
        )

    async def _loaded(
        self, batch: Batch, fences: dict[Partition, int], may: frozenset[str], must: frozenset[str]
    ) -> tuple[Loaded, Batch]:
        await self._insert_missing(must)
        subjects = await self._lock_subjects(may | must)
        clock, inbox, parked = await self._under_locks(subjects, batch.work)
        loaded = Loaded(clock, fences, subjects, parked, inbox)
        messages = [w.message for w in batch.work if w.message is not None and w.message.data is not None]
        loaded.prepared = await self.service.store.prepare(self.conn, messages, clock.now)
        return await self._by_calendar(loaded), batch

    async def _by_calendar(self, loaded: Loaded) -> Loaded:
        """Let deciders work by the calendars and grants published until this transaction took its locks."""
        self.calendar = loaded.clock.calendar
        loaded.city = await self.store.almanac.follow(self.conn, loaded.clock)
        return loaded

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
            id_: Subject(id_, sequence, tuple(seen), self.store.states.read(id_, kind, state), aside)
            for id_, kind, sequence, seen, state, aside in rows
        }

    async def _under_locks(
        self, subjects: Mapping[str, Subject], work: Iterable[Work]
    ) -> tuple[Clock, dict[tuple[str, str], Reply], dict[str, list[Work]]]:
        """Read the clock, the answers to ids that came before, and what waits for a predecessor."""
        keys = sorted({w.inbox for w in work if w.inbox is not None})
        given = {"senders": [s for s, _ in keys], "keys": [i for _, i in keys], "ids": list(subjects)}
        rows = await self.conn.execute(self.store.under_locks, given)
        clock = _clock(*rows[0][:7])
        inbox = {(sender, id_): msgspec.json.decode(result, type=Reply) for sender, id_, result in rows[0][7] or ()}
        found: dict[str, list[Work]] = {}
        for row in rows:
            subject, topic, partition, offset, key, headers, value, stamped_at = row[8:]
            if subject is None:
                continue
            record = Record(topic, partition, offset, key, headers_from(headers), value, stamped_at)
            waiting = open_record(record, self.service.wire, clock)
            if waiting.message is not None:
                found.setdefault(subject, []).append(waiting)
        for subject, works in found.items():
            found[subject] = list(await self._resolve(works))
        return clock, inbox, found

    # ---- commit

    async def commit(self, outcome: Outcome, reader: str) -> None:
        """Write everything down; the caller's transaction makes it one."""
        answers = await keep_refused(self.conn, outcome.quarantine)
        journal = [*outcome.journal, *answers]
        await write(self.conn, outcome, journal, reader, self.calendar, self.store.states)
        if self._following:
            await self.conn.execute(
                text("UPDATE deadline SET calendar = :version WHERE subject = ANY(CAST(:ids AS text[])) "
                     "AND calendar < :version"),
                {"version": self.calendar, "ids": self._following},
            )  # fmt: skip
        await park(self.conn, outcome.park)
        years = [row for row in outcome.rows if isinstance(row, CalendarYear)]
        if years:
            await self.store.almanac.write(self.conn, years)
        grants = [row for row in outcome.rows if isinstance(row, MatterAdmitted)]
        if grants:
            await self.store.almanac.grant(self.conn, grants)
        if len(years) + len(grants) < len(outcome.rows):
            others = [row for row in outcome.rows if not isinstance(row, CalendarYear | MatterAdmitted)]
            await self.service.store.save(self.conn, others)


def _clock(
    real_at: datetime | None,
    virtual_at: datetime,
    rate: float,
    horizon: datetime | None,
    real_now: datetime,
    calendar: int,
    grants: int,
) -> Clock:
    if real_at is None:
        return Clock(real_now, real_now, calendar=calendar, grants=grants)
    now = virtual_at + (real_now - real_at) * rate
    return Clock(min(now, horizon) if horizon else now, real_now, rate, calendar, grants)
