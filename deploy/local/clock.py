"""The one clock row of a city: virtual time that neither jumps nor runs while nobody works."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from deploy.local.database import schema_of

FASTEST = 360.0
"""The smallest limit of the rules is 15 minutes; one hop between services must stay small beside it (shell.md 6.4)."""
BEAT = 10.0
"""Real seconds between two writings of the row while the stack runs."""


_GO_ON = """UPDATE "{cell}".clock SET rate = $2, real_at = clock_timestamp(), virtual_at = least(
    virtual_at + least(clock_timestamp() - real_at, make_interval(secs => $1)) * rate, coalesce(horizon, 'infinity'))"""
_BEGIN = """INSERT INTO "{cell}".clock (real_at, virtual_at, rate)
    SELECT now, coalesce($1::timestamptz, now), $2 FROM clock_timestamp() AS now"""
_WRITE = """UPDATE "{cell}".clock SET rate = coalesce($1::double precision, rate), real_at = clock_timestamp(),
    virtual_at = "{cell}".sidan_now()"""


async def start_clock(admin: str, city: str, rate: float, *, virtual_at: datetime | None = None) -> None:
    """Let virtual time run on at `rate` from where it stopped, at first from `virtual_at` or now.

    Real time without a row stays real time at rate 1. After a crash nobody stopped the row: time goes on from the
    latest it can have been, two beats after the last writing, so that it neither jumps nor turns back.
    """
    cell = schema_of(city)
    connection = await asyncpg.connect(admin)
    try:
        went_on = await connection.execute(_GO_ON.format(cell=cell), 2 * BEAT, rate)
        if went_on == "UPDATE 0" and (rate != 1 or virtual_at is not None):
            await connection.execute(_BEGIN.format(cell=cell), virtual_at, rate)
    finally:
        await connection.close()


async def write_clock(admin: str, city: str, *, rate: float | None = None) -> None:
    """Write the row anew at this moment, without a jump; `rate` 0 stops virtual time. Nothing happens without a row."""
    connection = await asyncpg.connect(admin, timeout=2, command_timeout=2)
    try:
        await connection.execute(_WRITE.format(cell=schema_of(city)), rate)
    finally:
        await connection.close()


async def read_clock(dsn: str, city: str) -> datetime:
    """Return what time it is for the city."""
    connection = await asyncpg.connect(dsn, timeout=2, command_timeout=2)
    try:
        now: datetime = await connection.fetchval(f'SELECT "{schema_of(city)}".sidan_now()')
        return now
    finally:
        await connection.close()
