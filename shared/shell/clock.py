"""The clock door: due deadlines are taken and decided in the transaction that removes them (shell.md §6)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import structlog

from shared.shell.taking import Shell
from shared.telemetry.logs import brief

log = structlog.get_logger()
PAGE = 500
POLL = 0.2
"""Seconds between looks; a deadline is at most this late in real time."""


class ClockDoor:
    """Fires deadlines while our own readers keep up; otherwise our outage would make a department late (§6.3)."""

    def __init__(self, shell: Shell, may_fire: Callable[[], bool]) -> None:
        self.shell, self.may_fire = shell, may_fire

    async def run(self) -> None:
        """Fire for ever."""
        failures = 0
        while True:
            try:
                fired = await self.shell.take_due(PAGE) if self.may_fire() else 0
                failures = 0
            except Exception as error:
                failures = min(failures + 1, 6)
                log.warning("deadlines not fired", error=brief(error))
                await asyncio.sleep(min(5.0, 0.1 * 2**failures) * random.uniform(0.5, 1.5))  # noqa: S311
                continue
            if fired < PAGE:
                await asyncio.sleep(POLL)
