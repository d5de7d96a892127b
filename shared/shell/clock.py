"""The clock door: due deadlines are taken and decided in the transaction that removes them (shell.md §6)."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

import structlog

from shared.shell.taking import Shell
from shared.telemetry.logs import brief

log = structlog.get_logger()
PAGE = 500
LONGEST_TRANSACTION = 60.0
"""Seconds after which no transaction that began before can still commit (shell.md §1.6: 30 s a statement)."""
POLL = 0.2
"""Seconds between looks; a deadline is at most this late in real time."""


class ClockDoor:
    """Fires deadlines while our own readers keep up; otherwise our outage would make a department late (§6.3)."""

    def __init__(self, shell: Shell, may_fire: Callable[[], bool]) -> None:
        self.shell, self.may_fire = shell, may_fire
        self.follower = Follower(shell)

    async def run(self) -> None:
        """Fire for ever."""
        failures = 0
        while True:
            try:
                may_fire = self.may_fire()
                fired = await self.shell.take_due(PAGE) if may_fire else 0
                moved = may_fire and await self.follower.step(time.monotonic())
                failures = 0
            except Exception as error:
                failures = min(failures + 1, 6)
                log.warning("deadlines not fired", error=brief(error))
                await asyncio.sleep(min(5.0, 0.1 * 2**failures) * random.uniform(0.5, 1.5))  # noqa: S311
                continue
            if fired < PAGE and not moved:
                await asyncio.sleep(POLL)


class Follower:
    """Walks the deadlines after a calendar was published, page by page, until none is left that has not met it."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self._version = self._done = 0
        self._after, self._is_clean = "", True
        self._settled_at = self._rests_until = 0.0

    async def step(self, now: float) -> bool:
        """Take one page, if there may be something to take at this instant (seconds); tells whether to come at once.

        A transaction that began before the publication may still arm a new subject by the older calendar: after a walk
        that found nothing there is a last one when none of them can be alive any more.
        """
        version = self.shell.calendar
        if version != self._version:
            self._version, self._after, self._is_clean = version, "", True
            self._settled_at, self._rests_until = now + LONGEST_TRANSACTION, now
        if version == self._done or now < self._rests_until:
            return False
        self._after, taken = await self.shell.project_anew(self._after, PAGE)
        if self._after:
            self._is_clean = False
            return taken > 0
        if self._is_clean and now >= self._settled_at:
            self._done = version
        elif self._is_clean:
            self._rests_until = self._settled_at
        self._is_clean = True
        return False
