"""One look a second at the read model, for everybody who watches."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import structlog
from nicegui import Event
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import figures, paging, queries, stories
from services.console.access import commands
from services.console.access.scope import Scope
from services.console.projection.case import CaseRow
from services.console.projection.ledger import TopicRow
from services.console.projection.score import ScoreRow
from services.console.queries import Moment, Published, Told
from services.console.selection import Selection
from shared.city.model import City, UnitLevel
from shared.kernel.calendar import SHANGHAI
from shared.telemetry import metrics
from shared.telemetry.logs import brief

EVERY = 1.0
"""Real seconds between two looks."""
V = TypeVar("V")
log = structlog.get_logger("console")


@dataclass(frozen=True, slots=True)
class Board:
    """One level of the joint meetings: what waits, when it meets next, what it did this year."""

    level: str
    pending: int
    entries: tuple[TopicRow, ...]
    next_at: datetime | None
    held: int
    resolved: int
    moved_up: int
    written_off: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The city at one version of the read model."""

    version: int
    at: datetime
    today: date
    counts: dict[str, int]
    steps: tuple[figures.Step, ...]
    grids: dict[str, tuple[int, int]]
    recent: dict[str, int]
    unplaced: int
    overdue: tuple[CaseRow, ...]
    boards: tuple[Board, ...]
    stream: tuple[Told, ...]
    score: ScoreRow | None
    published: Published | None


@dataclass(frozen=True, slots=True)
class Tick:
    """What a look found: the time, the newest snapshot, and which subjects changed since the last look."""

    moment: Moment
    snapshot: Snapshot
    touched: frozenset[str]
    late: tuple[str, ...] = ()
    """Topics of which the read model is late."""
    unread: Mapping[str, int] = field(default_factory=dict)
    """Account -> outcomes of its commands that wait under the bell."""


class Ticker:
    """Looks once a second and tells pages through `ticked`; the snapshot is made anew only when something changed."""

    def __init__(self, engine: AsyncEngine, city: City, late: Callable[[], Sequence[str]] = tuple) -> None:
        self.engine, self.city, self._late = engine, city, late
        self._were_late: Sequence[str] = ()
        self.ticked: Event[[Tick]] = Event()
        self.last: Tick | None = None
        self._said: dict[object, Any] = {}
        self._medians: tuple[datetime, dict[str, float]] | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look until the block ends."""
        task = asyncio.create_task(self._run(), name="console-ticker")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def once(self, key: object, make: Callable[[], V]) -> V:
        """Return what `make` returns, made once per snapshot and key for all pages together."""
        if key not in self._said:
            self._said[key] = make()
        value: V = self._said[key]
        return value

    async def count(self, selection: Selection, scope: Scope) -> tuple[int, bool]:
        """Return how many cases within a scope a selection chooses now, and whether there are more than that."""
        async with self.engine.connect() as conn:
            return await paging.total(conn, self.city, selection, scope)

    async def _run(self) -> None:
        while True:
            try:
                with metrics.LOOK_SECONDS.time():
                    self.last = tick = await self.look()
                self.ticked.emit(tick)
            except (
                Exception
            ) as error:  # whatever it is, the next look may succeed; pages show the age of what they have
                log.warning("console.look_failed", error=brief(error))
            await asyncio.sleep(EVERY)

    async def look(self) -> Tick:
        """Look once, in one read-only transaction that sees one moment."""
        async with self.engine.connect() as conn:
            conn = await conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            before = self.last
            moment = await queries.moment(conn)
            touched = await queries.touched(conn, before.moment.horizon) if before else frozenset[str]()
            unread, late = await commands.unread(conn), self._still_late()
            if before and not touched and _minute(before.snapshot.at) == _minute(moment.now):
                return Tick(moment, before.snapshot, touched, late, unread)
            snapshot = await self._snapshot(conn, moment.now, before.snapshot.version + 1 if before else 1)
        self._said.clear()
        return Tick(moment, snapshot, touched, late, unread)

    def _still_late(self) -> tuple[str, ...]:
        """Return what is late and was at the last look: a record that has just come after a silence is not."""
        before, self._were_late = self._were_late, self._late()
        return tuple(topic for topic in self._were_late if topic in before)

    async def _snapshot(self, conn: Any, now: datetime, version: int) -> Snapshot:
        today = now.astimezone(SHANGHAI).date()
        window = _midnight(figures.window_start(today))
        grids, unplaced = self._by_grid(await queries.open_by_unit(conn))
        week = _midnight(today - timedelta(days=6))
        recent, _ = self._by_grid({unit: (n, 0) for unit, n in (await queries.registered_by_unit(conn, week)).items()})
        return Snapshot(
            version=version,
            at=now,
            today=today,
            counts=await queries.counts(conn, self.city, figures.tiles(today)),
            steps=figures.ladder(await queries.paths(conn, window), await self._median(conn, now, window)),
            grids=grids,
            recent={code: n for code, (n, _) in recent.items()},
            unplaced=unplaced,
            overdue=tuple(await queries.longest_overdue(conn, 6)),
            boards=await self._boards(conn, now, _midnight(today.replace(month=1, day=1))),
            stream=tuple(await queries.latest(conn, 8, stories.QUIET)),
            score=await queries.latest_score(conn, self.city.root.code),
            published=await queries.published(conn),
        )

    async def _median(self, conn: Any, now: datetime, since: datetime) -> dict[str, float]:
        """Return the medians of the ladder, counted anew each minute: no list stands behind them, and they are dear."""
        if self._medians is None or self._medians[0] != _minute(now):
            self._medians = _minute(now), await queries.median_seconds(conn, since)
        return self._medians[1]

    def _by_grid(self, units: dict[str, tuple[int, int]]) -> tuple[dict[str, tuple[int, int]], int]:
        grids: dict[str, tuple[int, int]] = {}
        unplaced = 0
        for code, (count, late) in units.items():
            grid = self.city.at_level(code, UnitLevel.GRID) if code in self.city.units else None
            if grid is None:
                unplaced += count
                continue
            before = grids.get(grid.code, (0, 0))
            grids[grid.code] = (before[0] + count, before[1] + late)
        return grids, unplaced

    async def _boards(self, conn: Any, now: datetime, year: datetime) -> tuple[Board, ...]:
        pending, entries = await queries.pending_entries(conn, 3)
        held = await queries.year_of_meetings(conn, year)
        gone = await queries.written_off(conn, year)
        upcoming = await queries.next_meetings(conn, now)
        return tuple(
            Board(
                level.code,
                pending.get(level.code, 0),
                tuple(entry for entry in entries if entry.level == level.code),
                upcoming.get(level.code),
                *held.get(level.code, (0, 0, 0)),
                written_off=gone.get(level.code, 0),
            )
            for level in self.city.chain
        )


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
