"""The calendars published in a city, one table for all services beside the one clock (shell.md §6, decision 45).

Every transaction learns with the clock how many there are; a process that knows fewer reads the rest before it decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import text

from shared.kernel.calendar import CalendarYear
from shared.persistence.connection import Connection


def following(city: Any, years: Iterable[CalendarYear]) -> Any:
    """Return the city with these calendars published, in their order."""
    calendar = city.calendar
    for year in years:
        calendar = calendar.with_year(year)
    return replace(city, calendar=calendar)


class Almanac:
    """What one process has read of them: `city` works by those up to `version`, the last published for `reason`."""

    def __init__(self, city: Any, schema: str) -> None:
        self._file = self.city = city
        self.version, self.reason = 0, ""
        self._read = text(f'SELECT content::text FROM "{schema}".calendar ORDER BY version')  # noqa: S608  ours
        self._write = text(
            f'INSERT INTO "{schema}".calendar (version, year, content) '  # noqa: S608  ours
            "SELECT v, y, c::jsonb FROM unnest(CAST(:versions AS int[]), CAST(:years AS int[]), "
            "CAST(:contents AS text[])) t(v, y, c) ORDER BY v"
        )

    async def follow(self, conn: Connection, version: int) -> Any:
        """Return the city as it works when so many calendars are published."""
        if version != self.version:
            rows = await conn.execute(self._read)
            years = [msgspec.json.decode(content, type=CalendarYear) for (content,) in rows]
            self.city = following(self._file, years) if years else self._file
            self.version, self.reason = (years[-1].version, years[-1].reason) if years else (0, "")
        return self.city

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
