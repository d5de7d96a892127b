"""Faults to plant, in the simulation or round the shell, never in its code: each must be found by some check."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from services.dispatch.domain import evolve as dispatch_evolve
from services.dispatch.domain import facts as dispatch_facts
from services.feedback.domain import answering
from shared.contracts.topics import topic_name
from shared.shell.apply import _Run
from shared.shell.dict_store import Effects
from shared.shell.work import Batch, Loaded
from tests.flow.office import Crash, WatchedStore, WatchedTransaction
from tests.flow.stores import FeedbackTables
from tests.flow.streams import Streams
from tests.flow.world import World

Plant = Callable[[ExitStack], None]
FAULTS: dict[str, Plant] = {}
Stack = ExitStack


def fault(name: str) -> Callable[[Plant], Plant]:
    """Enter a fault under its name."""

    def enter(plant: Plant) -> Plant:
        FAULTS[name] = plant
        return plant

    return enter


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Have a fault in place while the block runs."""
    with ExitStack() as stack:
        FAULTS[name](stack)
        yield


def put(stack: Stack, owner: Any, name: str, wrong: Any) -> None:
    """Replace a function until the stack is closed."""
    stack.enter_context(patch.object(owner, name, wrong))


def _firsts(batch: Batch) -> dict[tuple[str, int], int]:
    first: dict[tuple[str, int], int] = {}
    for work in batch.work:
        if work.record is not None:
            first.setdefault((work.record.topic, work.record.partition), work.record.offset)
    return first


def _all(batch: Batch) -> frozenset[tuple[str, int, int]]:
    return frozenset((r.topic, r.partition, r.offset) for w in batch.work if (r := w.record) is not None)


@fault("no fence, the client's own position")
def no_fence(stack: Stack) -> None:
    def on_load(self: WatchedStore, loaded: Loaded, batch: Batch) -> tuple[Loaded, Batch]:
        loaded.fences = _firsts(batch)
        return loaded, replace(batch, holes_accepted=_all(batch))

    place = World.place

    def stay(self: World, office: Any) -> None:
        before = [dict(reader.position) for reader in office.readers]
        place(self, office)
        for reader, position in zip(office.readers, before, strict=True):
            reader.position.update(position)

    put(stack, WatchedStore, "on_load", on_load)
    put(stack, World, "place", stay)
    put(stack, World, "settle", lambda *_: None)


@fault("the fence is a filter")
def filter_fence(stack: Stack) -> None:
    def on_load(self: WatchedStore, loaded: Loaded, batch: Batch) -> tuple[Loaded, Batch]:
        work = [
            w for w in batch.work
            if w.record is None or w.record.offset >= loaded.fences.get((w.record.topic, w.record.partition), 0)
        ]  # fmt: skip
        return loaded, replace(batch, work=work, holes_accepted=_all(batch))

    put(stack, WatchedStore, "on_load", on_load)


@fault("a lost batch is not noticed")
def no_hole_check(stack: Stack) -> None:
    put(stack, WatchedStore, "on_load", lambda _, loaded, b: (loaded, replace(b, holes_accepted=_all(b))))


@fault("a hole is believed without the log")
def hole_believed(stack: Stack) -> None:
    """Take what the log has after the fence for proof, whichever record came."""
    deliver = World.deliver

    def believing(self: World, office: Any, reader: Any, records: Any, **more: Any) -> bool:
        came = {(r.topic, r.partition): r.offset for r in reversed(records)}
        following = World._following

        def any_later(world: World, place: Any, offset: int) -> Any:
            found = following(world, place, offset)
            return (*place, came.get(place, -1)) if found[2] > offset else found

        with patch.object(World, "_following", any_later):
            return deliver(self, office, reader, records, **more)

    put(stack, World, "deliver", believing)


@fault("the fence moves apart, before")
def fence_apart(stack: Stack) -> None:
    @asynccontextmanager
    async def transaction(self: WatchedStore) -> AsyncIterator[WatchedTransaction]:
        self.watch.met.clear()
        tx = WatchedTransaction(self)
        yield tx
        if self.dies == "before":
            if tx._outcome is not None:
                outcome, reader = tx._outcome
                self.tables.fences.setdefault(reader, {}).update(outcome.fences)
            raise Crash
        tx.finish()
        if self.dies == "after":
            raise Crash

    put(stack, WatchedStore, "transaction", transaction)


@fault("no parking, facts as they come")
def no_parking(stack: Stack) -> None:
    put(stack, _Run, "_is_next", lambda *_: True)


@fault("order by sequence alone, causes ignored")
def causes_ignored(stack: Stack) -> None:
    is_next = _Run._is_next
    put(stack, _Run, "_is_next", lambda self, subject, m: is_next(self, subject, replace(m, after={})))


@fault("parked facts are forgotten")
def parked_forgotten(stack: Stack) -> None:
    put(stack, _Run, "_take_waiting", lambda *_: [])


@fault("a fact names its causes wrongly")
def wrong_after(stack: Stack) -> None:
    journal = _Run._journal

    def forgetful(self: _Run, *args: Any) -> Any:
        row = journal(self, *args)
        return replace(row, headers={name: value for name, value in row.headers.items() if name != "ce_after"})

    put(stack, _Run, "_journal", forgetful)


@fault("a deadline is removed apart")
def deadline_apart(stack: Stack) -> None:
    def on_due(self: WatchedStore, tx: WatchedTransaction) -> None:
        for arm in tx._taken:
            del self.tables.deadlines[arm.subject][arm.name]
        tx._taken = []

    put(stack, WatchedStore, "on_due", on_due)


@fault("a deadline is removed after")
def deadline_after(stack: Stack) -> None:
    """Fire first and remove in a transaction of its own, which a crash prevents."""

    @asynccontextmanager
    async def transaction(self: WatchedStore) -> AsyncIterator[WatchedTransaction]:
        self.watch.met.clear()
        tx = WatchedTransaction(self)
        yield tx
        if self.dies == "before" and not tx.fired:
            raise Crash
        if self.dies is not None:
            tx._taken = []
        tx.finish()
        if self.dies is not None:
            raise Crash

    put(stack, WatchedStore, "transaction", transaction)


@fault("two relays at once")
def two_relays(stack: Stack) -> None:
    def relay(self: World, office: Any, limit: int, *, dies: bool = False) -> None:
        page = office.store.tables.pending[:limit]
        mine = [id_ for id_ in page if self.chance(0.5)]
        for id_ in [*mine, *(id_ for id_ in page if id_ not in mine)]:
            self.send_row(office, id_)
        del office.store.tables.pending[: len(page)]

    put(stack, World, "relay", relay)


@fault("the relay forgets before it sends")
def relay_forgets(stack: Stack) -> None:
    def relay(self: World, office: Any, limit: int, *, dies: bool = False) -> None:
        tables = office.store.tables
        page = tables.pending[:limit]
        del tables.pending[: len(page)]
        for id_ in page[: self.random.randint(0, len(page))] if dies else page:
            self.send_row(office, id_)

    put(stack, World, "relay", relay)


@fault("the relay sends to the first stream only")
def no_copies(stack: Stack) -> None:
    def send_row(self: World, office: Any, id_: int) -> None:
        row = office.store.tables.journal[id_ - 1]
        headers = tuple((name, value.encode()) for name, value in row.headers.items())
        topic = topic_name(self.city.code, row.streams[0])
        self.streams.append(topic, row.key.encode(), headers, row.value.encode(), self.now, self.steps)

    put(stack, World, "send_row", send_row)


@fault("partitions without regard to the key")
def any_partition(stack: Stack) -> None:
    append = Streams.append

    def anywhere(self: Streams, topic: str, *args: Any, **more: Any) -> Any:
        total = sum(len(log) for log in self.logs.values())
        return append(self, topic, *args, **{**more, "partition": total % self.partitions[topic]})

    put(stack, Streams, "append", anywhere)


@fault("the inbox is ignored")
def no_inbox(stack: Stack) -> None:
    commit = WatchedTransaction.commit

    async def forgetting(self: WatchedTransaction, outcome: Any, reader: str) -> None:
        outcome.inbox = {}
        await commit(self, outcome, reader)

    put(stack, WatchedTransaction, "commit", forgetting)


@fault("two transactions without locks")
def no_locks(stack: Stack) -> None:
    """Now and then a transaction writes only after the next one, which had not seen it."""

    @asynccontextmanager
    async def transaction(self: WatchedStore) -> AsyncIterator[WatchedTransaction]:
        self.watch.met.clear()
        tx = WatchedTransaction(self)
        yield tx
        if self.dies == "before":
            raise Crash
        late = vars(self).setdefault("late", [])
        if self.step() % 7 == 0 and not late:
            late.append((tx, list(self.watch.met)))
            return
        tx.finish()
        for old, met in late:
            self.watch.met[:] = met
            old.finish()
        late.clear()
        if self.dies == "after":
            raise Crash

    put(stack, WatchedStore, "transaction", transaction)


@fault("a service's own tables apart")
def tables_apart(stack: Stack) -> None:
    put(stack, Effects, "at_commit", lambda self, effect: effect())


@fault("evolve differs from decide")
def evolve_differs(stack: Stack) -> None:
    right = dispatch_evolve.table[dispatch_facts.OrderDispatched]

    def wrong(order: Any, fact: Any, at: Any) -> Any:
        return replace(right(order, fact, at), dispatcher=order.dispatcher)

    stack.enter_context(patch.dict(dispatch_evolve.table, {dispatch_facts.OrderDispatched: wrong}))


@fault("the desk's list keeps what is done")
def list_keeps(stack: Stack) -> None:
    put(stack, FeedbackTables, "_change", lambda self, effects, table, key, row, latest: table.setdefault(key, row))


@fault("a form outweighs the call-back before it")
def form_outweighs(stack: Stack) -> None:
    right = answering.why_unscored

    def wrong(case: Any, asked: Any, at: Any) -> str | None:
        return right(case, replace(asked, by=None), at)

    put(stack, answering, "why_unscored", wrong)


__all__ = ["FAULTS", "planted"]
