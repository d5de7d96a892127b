"""Seed a city file's calendar from the published statutory calendars."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from chinese_calendar.constants import Holiday, holidays, workdays


def statutory(first: int, last: int) -> dict[str, list[str]]:
    """Return `holidays` and `makeups` of the years as city-file entries, runs of days written `first..last`.

    The source is the library chinesecalendar, which follows the State Council's notices; it knows 2004 to 2026.
    """
    return {
        "holidays": _runs(day for day in holidays if first <= day.year <= last),
        "makeups": _runs(day for day in workdays if first <= day.year <= last),
    }


def festivals(first: int, last: int) -> dict[date, str]:
    """Return the Chinese name of each day off of the years, for a person who asks why a day did not count."""
    return {day: Holiday(name).chinese for day, name in holidays.items() if first <= day.year <= last}


def _runs(days: Iterable[date]) -> list[str]:
    ordered = sorted(days)
    if not ordered:
        return []
    runs: list[list[date]] = [[ordered[0]]]
    for before, day in pairwise(ordered):
        if day - before == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [str(run[0]) if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in runs]
