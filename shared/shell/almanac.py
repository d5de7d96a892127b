"""What is published in a city beside its file: calendars (decision 45), matters granted to communities (decision 58).

One table each for all services beside the one clock (shell.md §6). Every transaction learns with the clock how many
there are; a process that knows fewer reads the rest before it decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from shared.kernel.admission import MatterAdmitted, admitted_on
from shared.kernel.calendar import CalendarYear
from shared.kernel.replacing import replace
from shared.persistence.connection import Connection
from shared.shell.work import Clock


def following(city: Any, years: Iterable[CalendarYear]) -> Any:
    """Return the city with these calendars published, in their order."""
    calendar = city.calendar
    for year in years:
        calendar = calendar.with_year(year)
    return replace(city, calendar=calendar)


def admitting(city: Any, published: Iterable[MatterAdmitted], now: datetime) -> Any:
    """Return the city with the matters that are granted by now given to communities."""
    granted = admitted_on(city.calendar.local(now).date(), published)
    return city.admitting(granted) if granted else city


class Almanac:
    """What one process has read of them: `city` works by them, by the last calendar, published for `reason`, too."""

    def __init__(self, city: Any, schema: str) -> None:
        self._file = self._dated = self.city = city
        self.version, self.reason = 0, ""
        self._granted: tuple[MatterAdmitted, ...] = ()
        self._known: tuple[int, frozenset[str]] = (0, frozenset())
        """By which calendar and with which matters `city` was made."""
        self._read = text(f'SELECT content::text FROM "{schema}".calendar ORDER BY version')  # noqa: S608  ours
        self._read_grants = text(f'SELECT matter, from_on FROM "{schema}".admission ORDER BY version')  # noqa: S608
        self._grant = text(
            f'INSERT INTO "{schema}".admission (matter, from_on) SELECT m, d FROM '  # noqa: S608  ours
            "unnest(CAST(:matters AS text[]), CAST(:days AS date[])) t(m, d)"
        )
        self._write = text(
            f'INSERT INTO "{schema}".calendar (version, year, content) '  # noqa: S608  ours
            "SELECT v, y, c::jsonb FROM unnest(CAST(:versions AS int[]), CAST(:years AS int[]), "
            "CAST(:contents AS text[])) t(v, y, c) ORDER BY v"
        )

    async def follow(self, conn: Connection, clock: Clock) -> Any:
        """Return the city as it works at this time, when so many calendars and grants are published."""
        if clock.calendar != self.version:
            rows = await conn.execute(self._read)
            years = [msgspec.json.decode(content, type=CalendarYear) for (content,) in rows]
            self._dated = following(self._file, years) if years else self._file
            self.version, self.reason = (years[-1].version, years[-1].reason) if years else (0, "")
        if clock.grants != len(self._granted):
            found = await conn.execute(self._read_grants)
            self._granted = tuple(MatterAdmitted(matter, from_on) for matter, from_on in found)
        today = self._dated.calendar.local(clock.now).date() if self._granted else None
        known = (self.version, admitted_on(today, self._granted) if today else frozenset())
        if known != self._known:
            self.city = self._dated.admitting(known[1]) if known[1] else self._dated
            self._known = known
        return self.city

    async def grant(self, conn: Connection, rows: list[MatterAdmitted]) -> None:
        """Publish grants: every transaction that begins after this one's commit works by them."""
        await conn.execute(
            self._grant, {"matters": [row.matter for row in rows], "days": [row.from_on for row in rows]}
        )

    async def write(self, conn: Connection, years: list[CalendarYear]) -> None:
        """Publish calendars: every transaction that begins after this one's commit works by them."""
        await conn.execute(
            self._write,
            {
                "versions": [year.version for year in years],
                "years": [year.year for year in years],
                "contents": [msgspec.json.encode(year).decode() for year in years],
            },
        )
