"""Take one batch through load, apply, commit, whatever door it came from."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Protocol

import structlog

from shared.kernel.decisions import Arm
from shared.kernel.replacing import replace
from shared.persistence.engine import RETRY_AT_ONCE, is_away, sqlstate
from shared.shell.apply import Bench, apply
from shared.shell.work import Batch, Clock, Hole, Loaded, OurFault, Outcome, Partition, Relock, Unfenced
from shared.telemetry import metrics
from shared.telemetry.logs import brief
from shared.telemetry.traces import Traces

log = structlog.get_logger()
TRIES = 5
UNIQUE_VIOLATION = "23505"
"""Another transaction was first with the same id: the next try finds it (shell.md §2.2)."""
OUR_STATEMENT = "42"
"""Class of SQLSTATE that blames the statement or its rights: no record is at fault, whichever of them comes."""


class Transaction(Protocol):
    """One transaction: load under locks, then commit an outcome."""

    async def load(self, batch: Batch) -> tuple[Loaded, Batch]:
        """Lock and read all that a batch may touch; returns the batch with its messages opened."""
        ...

    async def load_due(self, limit: int) -> tuple[Loaded, Batch]:
        """Take deadlines that are due."""
        ...

    async def load_stale(self, after: str, limit: int) -> tuple[Loaded, Batch, str]:
        """Take subjects whose deadlines were projected by an older calendar; also tells how far it looked."""
        ...

    async def commit(self, outcome: Outcome, reader: str) -> None:
        """Write everything down."""
        ...


class Store(Protocol):
    """Where a service's subjects, positions, journal and deadlines lie: PostgreSQL, or memory."""

    @property
    def city(self) -> Any:
        """Return the city with the calendars published in it."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin; the end of the block commits, an error or its abandonment rolls everything back."""
        ...

    async def clock(self, conn: Any) -> Clock:
        """Read the clock inside a transaction."""
        ...

    async def now(self) -> Clock:
        """Read the clock."""
        ...

    async def seed(self, wanted: Sequence[tuple[str, Arm]]) -> None:
        """Insert subjects that are not there yet, each with its first deadline."""
        ...

    async def fences(self, reader: str) -> dict[Partition, int]:
        """Return the expected offset of each partition that this reader has a fence for."""
        ...

    async def begin_fences(self, reader: str, positions: Mapping[Partition, int]) -> None:
        """Set the fence of partitions that have none yet."""
        ...

    async def aside(self) -> list[str]:
        """Return the subjects that are set aside."""
        ...


class Shell:
    """One service's shell on its store; `wake` is called when facts were written down, for the relay."""

    def __init__(self, store: Store, bench: Bench) -> None:
        self.store, self.bench = store, bench
        self._aside_in_a_row = 0
        self.calendar = 0
        """How many calendars were published when deadlines were last looked at."""
        self.traces: Traces | None = None
        self.wake: Callable[[], None] = lambda: None
        self.wake_clock: Callable[[], None] = lambda: None

    async def take(self, batch: Batch, door: str) -> Outcome:
        """Apply a batch in one transaction; returns what the last one of it led to.

        Where one record breaks the whole batch, each is taken alone, and that one as unreadable (shell.md §4.2).
        """
        try:
            return await self._take(batch, door)
        except Exception as error:
            if door != "log" or batch.spoiled or not batch.work or not _may_blame_one(error):
                raise
            log.error("batch with a record that cannot be kept", error=brief(error), records=len(batch.work))
            if len(batch.work) == 1:
                return await self._take(replace(batch, spoiled=type(error).__name__), door)
        for work in batch.work:
            outcome = await self.take(replace(batch, work=[work]), door)
        return outcome

    async def _take(self, batch: Batch, door: str) -> Outcome:
        """Apply a batch; deadlocks and missing locks are tried again at once."""
        batch = replace(batch, aside_in_a_row=0 if batch.release else self._aside_in_a_row)
        for left in reversed(range(TRIES)):
            started = time.perf_counter()
            try:
                async with self.store.transaction() as tx:
                    loaded, resolved = await tx.load(batch)
                    begun: list[Any] = []
                    if self.traces is not None:
                        works, begun = self.traces.begin(resolved.work, door)
                        resolved = replace(resolved, work=works)
                    try:
                        outcome = apply(self.bench, loaded, resolved)
                        await tx.commit(outcome, batch.reader)
                    finally:
                        for span in begun:
                            span.end()
            except Relock as more:
                batch = replace(batch, extra=batch.extra | more.subjects)
                if not left:
                    raise
            except Exception as error:
                if sqlstate(error) not in (*RETRY_AT_ONCE, UNIQUE_VIOLATION) or not left:
                    raise
            else:
                if not batch.release:  # what fails again was known before
                    self._aside_in_a_row = outcome.aside_in_a_row
                self._done(outcome, door, len(batch.work), started)
                return outcome
        raise AssertionError("unreachable")

    async def release(self, subject: str) -> bool:
        """Try a subject that is set aside once more, with everything that waits for it; tells whether it went."""
        outcome = await self.take(Batch(release=frozenset({subject})), "log")
        return not any(name == subject for name, _ in outcome.set_aside)

    async def take_due(self, limit: int = 500) -> int:
        """Fire due deadlines; returns how many."""
        started = time.perf_counter()
        async with self.store.transaction() as tx:
            loaded, batch = await tx.load_due(limit)
            self.calendar = loaded.clock.calendar
            if not batch.work:
                return 0
            outcome = apply(self.bench, loaded, batch)
            await tx.commit(outcome, "")
        for work in batch.work:
            if work.message is not None:
                late = (loaded.clock.now - work.message.acted_at).total_seconds() / (loaded.clock.rate or 1.0)
                metrics.FIRED_LATE.observe(max(0.0, late))
        self._done(outcome, "clock", len(batch.work), started)
        return len(batch.work)

    async def project_anew(self, after: str = "", limit: int = 500) -> tuple[str, int]:
        """Let up to so many subjects behind `after` follow the calendar that was published since (decision 45).

        Returns the last one seen, "" at the end, and how many were taken; one that is held just now is left for later.
        """
        started = time.perf_counter()
        async with self.store.transaction() as tx:
            loaded, batch, last = await tx.load_stale(after, limit)
            if not batch.work:
                return last, 0
            outcome = apply(self.bench, loaded, batch)
            await tx.commit(outcome, "")
        self._done(outcome, "calendar", len(batch.work), started)
        return last, len(batch.work)

    def _done(self, outcome: Outcome, door: str, messages: int, started: float) -> None:
        metrics.BATCH_SECONDS.labels(door).observe(time.perf_counter() - started)
        metrics.BATCH_MESSAGES.labels(door).inc(messages)
        for type_, count in Counter(row.type for row in outcome.journal).items():
            metrics.FACTS.labels(type_).inc(count)
        if outcome.duplicates:
            metrics.DUPLICATES.labels(door).inc(outcome.duplicates)
        for kept, _ in outcome.quarantine:
            metrics.QUARANTINED.labels(kept.rule).inc()
        for reply in outcome.replies.values():
            if reply.rule:
                metrics.REFUSED.labels(reply.rule).inc()
        for subject, why in outcome.set_aside:
            metrics.SET_ASIDE.inc()
            log.error("set aside", subject=subject, why=why)
        for topic, partition in outcome.rewound:
            metrics.REWOUND.labels(topic).inc()
            log.error("log rewound", topic=topic, partition=partition)
        if outcome.journal or outcome.quarantine:
            self.wake()
        if outcome.deadlines:
            with suppress(Exception):
                self.wake_clock()


def _may_blame_one(error: Exception) -> bool:
    """Tell whether an error may lie in one record, so that the others can be taken without it."""
    if isinstance(error, Hole | Unfenced | OurFault | Relock) or is_away(error):
        return False
    return sqlstate(error) not in RETRY_AT_ONCE and (sqlstate(error) or "")[:2] != OUR_STATEMENT
