"""Sweep what has been kept for as long as the city allows: dossiers after their case, notices after they were sent,
runs of imports with the rows that they left out.

Real time (shell.md §6.5): a clock that runs fast must not erase anybody early.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from services.intake.domain.erasing import RETENTION
from services.intake.tables import alarm, dossier, importing, notification
from shared.contracts.people import EraseDossier
from shared.shell.desk import Desk
from shared.telemetry.logs import brief

log = structlog.get_logger()
EVERY_SECONDS = 3600.0
AT_ONCE = 200


async def sweep(desk: Desk) -> None:
    """Sweep every hour, for ever; what fails is tried again an hour later."""
    while True:
        try:
            if gone := await once(desk):
                log.info("dossiers outlived", gone=gone)
        except Exception as error:
            log.warning("not swept", error=brief(error))
        await asyncio.sleep(EVERY_SECONDS)


async def once(desk: Desk) -> int:
    """Delete what is past and erase every dossier whose time is over; returns how many of these are gone."""
    async with desk.engine.begin() as conn:
        await notification.prune(conn, desk.city.limits["notice_days"])
        await alarm.prune(conn, (await desk.shell.store.clock(conn)).now)
        await importing.prune(conn, desk.city.limits["notice_days"])
    gone = 0
    while True:
        async with desk.engine.connect() as conn:
            found = await dossier.outlived(conn, desk.city.limits["dossier_days"], AT_ONCE)
        wanted: list[Any] = [
            (EraseDossier(dossier=d.dossier), d.case, RETENTION, f"retention/{d.dossier}", False) for d in found
        ]
        replies = await desk.submit_many(wanted)
        gone += sum(reply.rule is None for reply in replies)
        if len(found) < AT_ONCE or any(reply.rule for reply in replies):
            return gone
