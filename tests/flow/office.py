"""One service of the simulation: its real shell on a store that watches every commit, its readers, relay and clock."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from shared.kernel.decisions import Arm, Context, Decision, Message
from shared.shell.apply import Bench
from shared.shell.dict_store import DictStore, DictTransaction, Tables
from shared.shell.service import Service, kind_of
from shared.shell.taking import Shell
from shared.shell.work import Batch, JournalRow, Loaded, Outcome, Partition, Reply, Subject


class Crash(BaseException):
    """The process dies here: nothing in it can catch that."""


class Unfit(Exception):
    """Something that PostgreSQL could not have given back as it was written."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction did: the messages its deciders met, in order, and the facts and answers written down."""

    met: tuple[Message, ...]
    journal: tuple[JournalRow, ...]


class WatchedTables(Tables):
    """Tables of which some subjects are locked by another worker, so that the clock passes them over."""

    locked: frozenset[str] = frozenset()

    def first_due(self, limit: int, now: datetime | None = None) -> list[Arm]:
        found = Tables.first_due(self, limit, now)
        if not self.locked:
            return found
        passed: set[str] = set()
        free: list[Arm] = []
        for arm in found:
            if arm.subject in passed or self.locked & {arm.subject, *arm.touches}:
                passed.add(arm.subject)  # its later rungs wait with it
            else:
                free.append(arm)
        return free


@dataclass
class Watch:
    """What is known of a service's commits beside its tables."""

    commits: list[Commit] = field(default_factory=list)
    met: list[Message] = field(default_factory=list)
    """Of the transaction under way."""
    armed: dict[tuple[str, str], Arm] = field(default_factory=dict)
    """The deadlines that must be there, kept one change at a time."""
    armings: Counter[tuple[str, str, datetime]] = field(default_factory=Counter)
    """How often a deadline was armed for an instant."""
    set_aside: list[tuple[str, str]] = field(default_factory=list)
    versions: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    """Subject -> (step, state) of its last commits."""


class WatchedTransaction(DictTransaction):
    """A transaction whose states and deadlines go through JSON, as in PostgreSQL."""

    store: WatchedStore

    def __init__(self, store: WatchedStore) -> None:
        super().__init__(store)
        self.fired: list[Arm] = []

    async def load(self, batch: Batch) -> tuple[Loaded, Batch]:
        loaded, resolved = await super().load(batch)
        return self.store.on_load(loaded, resolved)

    async def load_due(self, limit: int) -> tuple[Loaded, Batch]:
        loaded, batch = await super().load_due(limit)
        self.fired = self._taken
        self.store.on_due(self)
        return loaded, batch

    async def commit(self, outcome: Outcome, reader: str) -> None:
        outcome.deadlines = [_written(change) if isinstance(change, Arm) else change for change in outcome.deadlines]
        outcome.inbox = {
            key: msgspec.json.decode(msgspec.json.encode(r), type=Reply) for key, r in outcome.inbox.items()
        }
        for subject in outcome.subjects:
            subject.state = self._through_json(subject)
        await super().commit(outcome, reader)

    def _through_json(self, subject: Subject) -> Any:
        if subject.state is None:
            return None
        kind = self.service.states[kind_of(subject.id)]
        read = msgspec.json.decode(msgspec.json.encode(subject.state), type=kind)
        if read != subject.state:
            raise Unfit(f"{self.service.name} {subject.id}: {subject.state} is read back as {read}")
        return read

    def finish(self) -> None:
        if self._outcome is not None:
            self.store.on_commit(self._outcome[0], self.fired)
        super().finish()


def _written(arm: Arm) -> Arm:
    return replace(arm, data=json.loads(msgspec.json.encode(arm.data)))


class WatchedStore(DictStore):
    """The store of one service; `dies` makes the next transaction end before or after its commit."""

    def __init__(self, bench: Bench, at: datetime, step: Callable[[], int]) -> None:
        super().__init__(bench, at)
        self.tables: WatchedTables = WatchedTables()
        self.watch = Watch()
        self.step = step
        self.dies: str | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WatchedTransaction]:
        self.watch.met.clear()
        tx = WatchedTransaction(self)
        yield tx
        if self.dies == "before":
            raise Crash
        tx.finish()
        if self.dies == "after":
            raise Crash

    def on_load(self, loaded: Loaded, batch: Batch) -> tuple[Loaded, Batch]:
        """Give a planted fault its chance."""
        return loaded, batch

    def on_due(self, tx: WatchedTransaction) -> None:
        """Give a planted fault its chance."""

    def on_commit(self, outcome: Outcome, fired: list[Arm]) -> None:
        """Keep what the audit will ask for."""
        watch = self.watch
        watch.commits.append(Commit(tuple(watch.met), tuple(outcome.journal)))
        watch.set_aside += outcome.set_aside
        for arm in fired:
            watch.armed.pop((arm.subject, arm.name), None)
        for change in outcome.deadlines:
            if isinstance(change, Arm):
                watch.armed[change.subject, change.name] = change
                watch.armings[change.subject, change.name, change.due_at] += 1
            else:
                for subject, name in [*watch.armed]:
                    is_meant = name.startswith(change.name[:-1]) if change.name[-1] == "*" else name == change.name
                    if subject == change.subject and is_meant:
                        del watch.armed[subject, name]
        for subject in outcome.subjects:
            watch.versions[subject.id] = [*watch.versions.get(subject.id, ())[-3:], (self.step(), subject.state)]


@dataclass
class Reader:
    """One consumer group: where its client stands in each partition, until when a topic lags."""

    group: str
    topics: tuple[str, ...]
    position: dict[Partition, int] = field(default_factory=dict)
    """Where the client reads next; the fence is the store's."""
    lags_until: dict[str, int] = field(default_factory=dict)


class Office:
    """A service with its readers; the store's clock is set by the world."""

    def __init__(
        self, service: Service, city: Any, new_id: Callable[[], str], at: datetime, step: Callable[[], int]
    ) -> None:
        self.name = service.name
        self.wire = service.wire
        self.evolve = service.evolve
        bench = Bench(replace(service, decide=self._watched(service)), city, city.code, city.version, new_id)
        self.store = WatchedStore(bench, at, step)
        self.shell = Shell(self.store, bench)
        self.readers: list[Reader] = []
        self.down_until = 0

    def _watched(self, service: Service) -> Callable[[Mapping[str, Any], Message, Context], Decision]:
        def decide(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
            self.store.watch.met.append(message)
            return service.decide(states, message, context)

        return decide

    def state(self, subject: str) -> Any:
        """Return the state of a subject as a GET would show it."""
        kept = self.store.tables.subjects.get(subject)
        return kept.state if kept else None

    def peek(self, subject: str, since: int) -> Any:
        """Return the oldest state that was true at some time after a step: what a read without lock may return."""
        versions = self.store.watch.versions.get(subject)
        if not versions:
            return None
        at = max((n for n, (step, _) in enumerate(versions) if step <= since), default=None)
        if at is None:
            return None if len(versions) < 4 else versions[0][1]
        return versions[at][1]
