"""The store in memory, for tests and the simulation: the same rules as on PostgreSQL, no waiting, settable time.

Its coroutines await nothing real, so they can be driven by hand; a transaction that is dropped has changed nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from heapq import heappop, heappush
from typing import Any

from shared.kernel.admission import MatterAdmitted
from shared.kernel.calendar import CalendarYear
from shared.kernel.decisions import CLOCK, SYSTEM, Arm, CalendarChanged, Due, Message
from shared.kernel.replacing import replace
from shared.shell.almanac import admitting, following
from shared.shell.apply import Bench, due_id, fold_deadlines, is_disarmed, subjects_of, subjects_to_lock
from shared.shell.opening import open_batch, open_record
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

FactId = tuple[str, str, int]
"""Subject, service, sequence."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A subject row; its state is a frozen dataclass, so that no copy is needed."""

    sequence: int = 0
    seen: tuple[int, ...] = UNSEEN
    state: Any = None
    aside: str | None = None


@dataclass(slots=True)
class Tables:
    """What the tables of one service's schema hold."""

    fences: dict[str, dict[Partition, int]] = attribute(default_factory=dict)
    """By reader: partition -> expected offset."""
    subjects: dict[str, Kept] = attribute(default_factory=dict)
    inbox: dict[tuple[str, str], Reply] = attribute(default_factory=dict)
    parked: dict[str, dict[FactId, tuple[Record, str]]] = attribute(default_factory=dict)
    """By subject."""
    quarantine: dict[tuple[str, int, int, str], Quarantined] = attribute(default_factory=dict)
    journal: list[JournalRow] = attribute(default_factory=list)
    """The id of a row is its place here plus one."""
    pending: list[int] = attribute(default_factory=list)
    deadlines: dict[str, dict[str, Arm]] = attribute(default_factory=dict)
    """By subject and name."""
    due: list[tuple[datetime, str, str]] = attribute(default_factory=list)
    """A heap over the deadlines; an entry whose deadline is gone or has moved counts for nothing."""
    years: list[CalendarYear] = attribute(default_factory=list)
    """The calendars published in the city."""
    grants: list[MatterAdmitted] = attribute(default_factory=list)
    """The matters granted to communities in the city, or taken from them again."""
    projected: dict[str, int] = attribute(default_factory=dict)
    """Subject -> how many of them its deadlines have met; none where it is missing."""

    def arm(self, arm: Arm) -> None:
        """Arm or re-arm a deadline."""
        if not self.deadlines.get(arm.subject):
            self.projected[arm.subject] = len(self.years)
        self.deadlines.setdefault(arm.subject, {})[arm.name] = arm
        heappush(self.due, (arm.due_at, arm.subject, arm.name))

    def first_due(self, limit: int, now: datetime | None = None) -> list[Arm]:
        """Return the earliest deadlines, those that are due by `now` or any."""
        found: list[tuple[datetime, str, str]] = []
        while self.due and len(found) < limit and (now is None or self.due[0][0] <= now):
            entry = heappop(self.due)
            armed = self.deadlines.get(entry[1], {}).get(entry[2])
            if armed is not None and armed.due_at == entry[0] and entry not in found[-1:]:
                found.append(entry)
        for entry in found:
            heappush(self.due, entry)
        return [self.deadlines[subject][name] for _, subject, name in found]


class AlreadyThere(Exception):
    """A unique key was met a second time within one transaction's commit."""


class Effects:
    """What a service's own store is given for a connection: its changes, to be made only if the batch commits."""

    def __init__(self) -> None:
        self.wanted: list[Callable[[], None]] = []

    def at_commit(self, effect: Callable[[], None]) -> None:
        """Have a change made when, and only when, the transaction commits; it must not fail."""
        self.wanted.append(effect)


class DictStore:
    """The store of one service; `at` and `real_at` are its clock, to be set by whoever drives it."""

    def __init__(self, bench: Bench, at: datetime) -> None:
        self.bench, self.service = bench, bench.service
        self.tables = Tables()
        self.at = self.real_at = at
        self.rate = 1.0
        self._is_open = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[DictTransaction]:
        """Run one batch: all of it at the end, nothing on an error or when dropped."""
        if self._is_open:
            raise RuntimeError("one transaction at a time: what PostgreSQL's locks would keep waiting")
        self._is_open = True
        try:
            tx = DictTransaction(self)
            yield tx
            tx.finish()
        finally:
            self._is_open = False

    async def clock(self, conn: Any) -> Clock:
        """Return the clock as it was set."""
        return Clock(self.at, self.real_at, self.rate, len(self.tables.years), len(self.tables.grants))

    @property
    def city(self) -> Any:
        """Return the city with what was published in it."""
        years, grants = self.tables.years, self.tables.grants
        city = following(self.bench.city, years) if years else self.bench.city
        return admitting(city, grants, self.at) if grants else city

    async def now(self) -> Clock:
        """Return the clock as it was set."""
        return await self.clock(None)

    def next_due(self) -> datetime | None:
        """Return when the earliest deadline is due."""
        first = self.tables.first_due(1)
        return first[0].due_at if first else None

    async def seed(self, wanted: Sequence[tuple[str, Arm]]) -> None:
        """Insert subjects that are not there yet, each with its first deadline; existing ones are left alone."""
        for subject, arm in wanted:
            if subject not in self.tables.subjects:
                self.tables.subjects[subject] = Kept()
                self.tables.arm(replace(arm, subject=subject))

    async def fences(self, reader: str) -> dict[Partition, int]:
        """Return the expected offset of each partition that this reader has a fence for."""
        return dict(self.tables.fences.get(reader, {}))

    async def begin_fences(self, reader: str, positions: Mapping[Partition, int]) -> None:
        """Set the fence of partitions that have none yet to the reader's position (shell.md §1.4)."""
        self.tables.fences[reader] = {**positions, **self.tables.fences.get(reader, {})}

    async def aside(self) -> list[str]:
        """Return the subjects that are set aside."""
        return [name for name, kept in self.tables.subjects.items() if kept.aside is not None]


class DictTransaction:
    """One transaction: reads the tables, gathers changes, makes them all in `finish`."""

    def __init__(self, store: DictStore) -> None:
        self.store, self.service, self.tables = store, store.service, store.tables
        self.effects: Any = Effects()
        self._born: set[str] = set()
        self._taken: list[Arm] = []
        self._outcome: tuple[Outcome, str] | None = None

    async def load(self, batch: Batch) -> tuple[Loaded, Batch]:
        """Read everything that the batch may touch; returns the batch with its messages resolved."""
        clock = await self.store.now()
        work = await self._resolve(open_batch(batch, self.service.wire, clock))
        places = {(w.record.topic, w.record.partition) for w in work if w.record is not None}
        known = await self.store.fences(batch.reader)
        may, must = subjects_to_lock(self.service, work)
        must |= batch.extra
        self._born |= {name for name in must if name not in self.tables.subjects}
        there = (may | batch.release) & self.tables.subjects.keys()
        subjects = {name: self._subject(name) for name in sorted(must | there)}
        keys = {w.inbox for w in work if w.inbox is not None}
        loaded = Loaded(
            clock,
            {place: known[place] for place in places if place in known},
            subjects,
            await self._parked(subjects, clock),
            {key: self.tables.inbox[key] for key in keys if key in self.tables.inbox},
        )
        messages = [w.message for w in work if w.message is not None and w.message.data is not None]
        loaded.prepared = await self.service.store.prepare(self.effects, messages, clock.now)
        loaded.city = self.store.city
        return loaded, replace(batch, work=work)

    async def load_due(self, limit: int) -> tuple[Loaded, Batch]:
        """Take due deadlines; they are gone when this commits (shell.md §6.2)."""
        clock = await self.store.now()
        due = self.tables.first_due(limit, clock.now)
        if not due:
            return Loaded(clock, {}, {}), Batch()
        self._taken = due
        works = await self._resolve(
            [
                Work(
                    Message(
                        Due(arm.name, arm.data),
                        arm.subject,
                        CLOCK,
                        SYSTEM,
                        arm.due_at,
                        due_id(arm.subject, arm.name, arm.due_at),
                        touches=arm.touches,
                    )
                )
                for arm in due
            ]
        )
        needed = {name for work in works for name in subjects_of(self.service, work)}
        self._born |= {name for name in needed if name not in self.tables.subjects}
        loaded = Loaded(clock, {}, {name: self._subject(name) for name in sorted(needed)})
        messages = [w.message for w in works if w.message is not None]
        loaded.prepared = await self.service.store.prepare(self.effects, messages, clock.now)
        loaded.city = self.store.city
        return loaded, Batch(works)

    async def load_stale(self, after: str, limit: int) -> tuple[Loaded, Batch, str]:
        """Take subjects whose deadlines were projected by an older calendar."""
        clock, tables = await self.store.now(), self.tables
        stale = sorted(s for s in tables.deadlines if s > after and tables.projected.get(s, 0) < clock.calendar)[:limit]
        if not stale:
            return Loaded(clock, {}, {}), Batch(), ""
        self.effects.at_commit(lambda: tables.projected.update(dict.fromkeys(stale, clock.calendar)))
        loaded = Loaded(clock, {}, {name: self._subject(name) for name in stale}, city=self.store.city)
        work = []
        for name in stale:
            armed = tuple(arm for arm in tables.deadlines[name].values() if arm.mark is not None)
            changed = CalendarChanged(clock.calendar, tables.years[-1].reason, armed)
            work.append(Work(Message(changed, name, CLOCK, SYSTEM, clock.now, f"{name}/calendar/{clock.calendar}")))
        return loaded, Batch(work), stale[-1]

    async def commit(self, outcome: Outcome, reader: str) -> None:
        """Keep the outcome for the end of the transaction; what could fail fails here."""
        if outcome.inbox.keys() & self.tables.inbox.keys():
            raise AlreadyThere(f"inbox: {sorted(outcome.inbox.keys() & self.tables.inbox.keys())}")
        years = [row for row in outcome.rows if isinstance(row, CalendarYear)]
        if years:
            self.effects.at_commit(lambda: self.tables.years.extend(years))
        grants = [row for row in outcome.rows if isinstance(row, MatterAdmitted)]
        if grants:
            self.effects.at_commit(lambda: self.tables.grants.extend(grants))
        if len(years) + len(grants) < len(outcome.rows):
            others = [row for row in outcome.rows if not isinstance(row, CalendarYear | MatterAdmitted)]
            await self.service.store.save(self.effects, others)
        self._outcome = outcome, reader

    def finish(self) -> None:
        """Make every change."""
        if self._outcome is None:
            return
        outcome, reader = self._outcome
        tables = self.tables
        for name in self._born:
            tables.subjects[name] = Kept()
        tables.inbox.update(outcome.inbox)
        for subject in outcome.subjects:
            tables.subjects[subject.id] = Kept(subject.sequence, subject.seen, subject.state, subject.aside)
        self._change_deadlines(outcome)
        self._write_down([*outcome.journal, *self._quarantine(outcome)])
        for work, why in outcome.park:
            if work.message is not None and work.record is not None:
                waiting = tables.parked.setdefault(work.message.subject, {})
                waiting.setdefault(_fact_id(work.message), (work.record, why))
        for work in outcome.unpark:
            if work.message is not None:
                waiting = tables.parked.get(work.message.subject, {})
                waiting.pop(_fact_id(work.message), None)
                if not waiting:
                    tables.parked.pop(work.message.subject, None)
        if outcome.fences:
            tables.fences.setdefault(reader, {}).update(outcome.fences)
        for effect in self.effects.wanted:
            effect()

    def _change_deadlines(self, outcome: Outcome) -> None:
        deadlines = self.tables.deadlines
        for arm in self._taken:
            del deadlines[arm.subject][arm.name]
        cancels, arms = fold_deadlines(outcome.deadlines)
        for cancel in cancels:
            names = deadlines.get(cancel.subject, {})
            for name in [name for name in names if is_disarmed((cancel.subject, name), cancel)]:
                del names[name]
        for arm in arms:
            self.tables.arm(arm)
        for subject in {cancel.subject for cancel in cancels} | {arm.subject for arm in self._taken}:
            if not deadlines.get(subject, True):
                del deadlines[subject]

    def _quarantine(self, outcome: Outcome) -> list[JournalRow]:
        answers: list[JournalRow] = []
        for kept, answer in outcome.quarantine:
            record = kept.record
            key = (record.topic, record.partition, record.offset, record.digest)
            if key not in self.tables.quarantine:
                self.tables.quarantine[key] = kept
                if answer is not None:
                    answers.append(answer)
        return answers

    def _write_down(self, rows: Sequence[JournalRow]) -> None:
        for row in rows:
            self.tables.journal.append(row)
            self.tables.pending.append(len(self.tables.journal))

    def _subject(self, name: str) -> Subject:
        kept = self.tables.subjects.get(name, Kept())
        return Subject(name, kept.sequence, kept.seen, kept.state, kept.aside)

    async def _resolve(self, work: Sequence[Work]) -> tuple[Work, ...]:
        messages = [w.message for w in work if w.message is not None and w.message.data is not None]
        resolved = iter(await self.service.store.resolve(self.effects, messages))
        return tuple(
            replace(w, message=next(resolved), named=()) if w.message is not None and w.message.data is not None else w
            for w in work
        )

    async def _parked(self, subjects: Mapping[str, Subject], clock: Clock) -> dict[str, list[Work]]:
        found: dict[str, list[Work]] = {}
        for subject in subjects:
            if (waiting := self.tables.parked.get(subject)) is None:
                continue
            works = [open_record(waiting[id_][0], self.service.wire, clock) for id_ in sorted(waiting)]
            found[subject] = list(await self._resolve([w for w in works if w.message is not None]))
        return found


def _fact_id(message: Message) -> FactId:
    return message.subject, message.source, message.sequence
