"""Send notices to reporters: at least once, in order per reporter, slower where a channel fails, never in the way.

A notice is taken under a lease, sent, then marked. A process that dies in between leaves it to be sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from services.intake.chores.channel import Channel, Notice, NotSent
from services.intake.domain.notification import said
from services.intake.tables import notification
from services.intake.tables.notification import Due, Ended
from shared.persistence.engine import transaction
from shared.shell.desk import Desk
from shared.telemetry import metrics
from shared.telemetry.logs import brief

log = structlog.get_logger()
AT_ONCE = 50
"""Notices taken together, all under way at the same time."""
SEND_SECONDS = 20.0
LEASE_SECONDS = 3 * SEND_SECONDS
IDLE_SECONDS = 2.0
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3_600.0
MOST_ATTEMPTS = 15
"""With the pauses between them some six hours; then a person must look at the channel."""


class Sender:
    """Sends what is due by the first channel that reaches the reporter."""

    def __init__(self, desk: Desk, channels: Sequence[Channel], link: Callable[[str], str]) -> None:
        self._desk, self._channels, self._link = desk, channels, link

    async def run(self) -> None:
        """Send for ever; an error of ours pauses like a failing channel."""
        pause = IDLE_SECONDS
        while True:
            try:
                sent = await self.once()
                pause = 0.0 if sent == AT_ONCE else IDLE_SECONDS
            except Exception as error:
                log.warning("notices not sent", error=brief(error))
                pause = min(max(pause, IDLE_SECONDS) * 2, 60.0)
            await asyncio.sleep(pause)

    async def once(self) -> int:
        """Send what is due now, up to a bound; returns how many were taken."""
        async with transaction(self._desk.engine) as conn:
            due = await notification.take(conn, AT_ONCE, LEASE_SECONDS)
        if due:
            ended = await asyncio.gather(*(self._one(one) for one in due))
            async with transaction(self._desk.engine) as conn:
                await notification.end(conn, ended)
            for one in ended:
                metrics.NOTICES.labels(one.channel or "none", one.state).inc()
        return len(due)

    async def _one(self, due: Due) -> Ended:
        if due.identity is None or due.number is None:
            return Ended(due.id, "erased")
        contact = contact_of(due)
        channel = next((channel for channel in self._channels if channel.reaches(contact)), None)
        if channel is None:
            return Ended(due.id, "no_channel")
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await channel.send(self._notice(due, due.number), contact)
        except Exception as error:
            why = str(error) if isinstance(error, NotSent) else type(error).__name__
            log.warning("notice not sent", notice=due.id, channel=channel.code, attempt=due.attempts, error=why)
            if due.attempts >= MOST_ATTEMPTS:
                return Ended(due.id, "given_up", channel.code, why)
            return Ended(due.id, notification.WAITING, channel.code, why, pause_after(due.attempts))
        return Ended(due.id, "sent", channel.code)

    def _notice(self, due: Due, number: str) -> Notice:
        unit = self._desk.city.name_of(due.unit) if due.unit else ""
        zh, en = said(due.step, number, unit, due.note, due.rule, due.params)
        at = due.at.astimezone(self._desk.city.calendar.zone)
        return Notice(due.id, due.dossier, number, due.step, at, zh, en, self._link(due.case))


def contact_of(due: Due) -> Mapping[str, str]:
    """Return what may stand in a channel's address: what the reporter left, and under what his source knows him."""
    return {**(due.identity or {}), "source": due.source or "", "report": due.report or ""}


def pause_after(attempts: int) -> float:
    """Return the seconds before the next attempt: doubled each time, at most an hour."""
    return min(FIRST_PAUSE * 2.0 ** (attempts - 1), LONGEST_PAUSE)
