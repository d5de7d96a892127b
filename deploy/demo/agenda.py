"""Virtual time as outside clients know it, and the list of what they have set themselves to do."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import httpx
import structlog

Deed = Callable[[], Awaitable[None]]
LOG = structlog.get_logger("demo")
_ASK_EVERY = 5.0
"""Real seconds between two looks at the platform's clock; between them it is extrapolated at its rate."""
_AT_ONCE = 32


class VirtualClock:
    """The platform's time, from `GET /v1/clock` of whichever service answers."""

    def __init__(self, http: httpx.AsyncClient, services: Sequence[str]) -> None:
        self._http, self._services = http, list(services)
        self._base: datetime | None = None
        self._since, self.rate = 0.0, 1.0

    def now(self) -> datetime:
        """Return the virtual time. Raises RuntimeError before `follow` has met a service."""
        if self._base is None:
            raise RuntimeError("the platform's clock has not been read yet")
        return self._base + timedelta(seconds=(time.monotonic() - self._since) * self.rate)

    async def read(self) -> bool:
        """Ask the services in turn until one tells the time; say whether one did."""
        for service in self._services:
            with suppress(httpx.HTTPError, KeyError, ValueError):
                before = time.monotonic()
                answer = (await self._http.get(f"{service}/v1/clock")).raise_for_status().json()
                self._base, self.rate = datetime.fromisoformat(answer["now"]), float(answer["rate"])
                self._since = (before + time.monotonic()) / 2
                return True
        return False

    async def start(self) -> None:
        """Wait for the first answer."""
        while not await self.read():  # noqa: ASYNC110 - another process tells the time
            await asyncio.sleep(0.5)

    async def follow(self) -> None:
        """Keep in step for ever; a platform that is away is waited for."""
        while True:
            await self.read()
            await asyncio.sleep(_ASK_EVERY)


class Agenda:
    """Deeds by virtual time; each runs once, on its own, at most `_AT_ONCE` together; a failing one is logged."""

    def __init__(self, now: Callable[[], datetime], rate: Callable[[], float]) -> None:
        self._now, self._rate = now, rate
        self._planned: list[tuple[datetime, int, Deed]] = []
        self._count = itertools.count()
        self._changed = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_AT_ONCE)

    def __len__(self) -> int:
        return len(self._planned)

    def at(self, when: datetime, deed: Deed) -> None:
        """Plan a deed; one whose time is past is done at once."""
        heapq.heappush(self._planned, (when, next(self._count), deed))
        self._changed.set()

    async def run(self) -> None:
        """Do what comes due, for ever."""
        while True:
            self._changed.clear()
            await self._wait()
            while self._planned and self._planned[0][0] <= self._now():
                _, _, deed = heapq.heappop(self._planned)
                await self._room.acquire()
                task = asyncio.create_task(self._do(deed))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def _wait(self) -> None:
        left = 1.0
        if self._planned:
            left = (self._planned[0][0] - self._now()).total_seconds() / max(self._rate(), 1e-6)
        # A clock that is stopped or set anew is noticed within the second.
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._changed.wait(), min(max(left, 0.0), 1.0))

    async def _do(self, deed: Deed) -> None:
        try:
            await deed()
        except Exception as error:  # one actor's mistake must not stop the others
            LOG.error("demo.deed_failed", error=repr(error)[:300])
        finally:
            self._room.release()
