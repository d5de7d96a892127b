"""Kept counters: how many cases stand where, so that a figure costs the same at a thousand cases and at a million.

A cell is a figure and the columns of `case_view` that it groups by; its columns bear the names of the view's, instants
cut to the first one of their day in Asia/Shanghai, so that a condition on cases is a condition on cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from services.console.projection.case import OPEN_STATUSES, CaseRow
from services.console.projection.rows import text
from shared.kernel.calendar import SHANGHAI
from shared.persistence.connection import Executes

Cell = tuple[Any, ...]
COLUMNS = ("figure", "registered_at", "closed_at", "status", "reminded", "overdue", "supervised", "on_time", "path",
           "unit")  # fmt: skip
FIGURES: Mapping[str, frozenset[str]] = {
    "standing": frozenset({"status", "reminded", "overdue", "supervised"}),
    "closed": frozenset({"closed_at", "on_time", "status"}),
    "way": frozenset({"registered_at", "status", "path"}),
    "recent": frozenset({"registered_at", "unit"}),
    "ground": frozenset({"unit", "overdue"}),
}
"""Figure -> the columns by which it counts: all cases; closed ones; registered ones twice; open ones."""

SLOTS = 16
"""Rows that one cell may have: transactions that write at the same time take different ones and never wait."""

_WRITE = (  # noqa: S608 - our own names
    "WITH slot AS MATERIALIZED (SELECT coalesce((SELECT k FROM generate_series(0, {last}) k "
    "WHERE pg_try_advisory_xact_lock(hashtext(current_schema() || '.case_tally'), k) LIMIT 1), 0) AS k) "
    "INSERT INTO case_tally AS t (slot, {names}, n) SELECT slot.k, {names}, n "
    "FROM slot, json_populate_recordset(NULL::case_tally, CAST(:cells AS json)) "
    "ORDER BY {names} ON CONFLICT (slot, {names}) DO UPDATE SET n = t.n + excluded.n"
).format(last=SLOTS - 1, names=", ".join(COLUMNS))

_DAY = "date_trunc('day', {}, 'Asia/Shanghai')"
ANEW = (  # noqa: S608 - our own names
    "INSERT INTO case_tally (slot, {names}, n) "
    "SELECT 0, 'standing', NULL::timestamptz, NULL::timestamptz, status, reminded, overdue, supervised, NULL::boolean, "
    "NULL::text[], NULL::text, count(*) FROM case_view GROUP BY 4, 5, 6, 7, 8 "
    "UNION ALL SELECT 0, 'closed', NULL, {closed}, status, NULL, NULL, NULL, on_time, NULL, NULL, count(*) "
    "FROM case_view WHERE status = 'closed' GROUP BY 4, 5, 9 "
    "UNION ALL SELECT 0, 'way', {registered}, NULL, status, NULL, NULL, NULL, NULL, path, NULL, count(*) "
    "FROM case_view WHERE registered_at IS NOT NULL GROUP BY 3, 5, 10 "
    "UNION ALL SELECT 0, 'recent', {registered}, NULL, NULL, NULL, NULL, NULL, NULL, NULL, unit, count(*) "
    "FROM case_view WHERE registered_at IS NOT NULL GROUP BY 3, 11 "
    "UNION ALL SELECT 0, 'ground', NULL, NULL, NULL, NULL, overdue, NULL, NULL, NULL, unit, count(*) "
    "FROM case_view WHERE status IN ({open}) GROUP BY 7, 11"
).format(
    names=", ".join(COLUMNS),
    closed=_DAY.format("closed_at"),
    registered=_DAY.format("registered_at"),
    open=", ".join(f"'{status}'" for status in OPEN_STATUSES),
)
"""Counts every case; into an empty `case_tally`."""


def cells(row: CaseRow) -> Iterator[Cell]:
    """Yield the cells that a case is counted in."""
    yield "standing", None, None, row.status, row.reminded, row.overdue, row.supervised, None, None, None
    if row.status == "closed":
        closed = row.closed_at and day_of(row.closed_at)
        yield "closed", None, closed, row.status, None, None, None, row.on_time, None, None
    if row.registered_at is not None:
        day = day_of(row.registered_at)
        yield "way", day, None, row.status, None, None, None, None, tuple(row.path), None
        yield "recent", day, None, None, None, None, None, None, None, row.unit
    if row.status in OPEN_STATUSES:
        yield "ground", None, None, None, None, row.overdue, None, None, None, row.unit


async def move(conn: Executes, before: Mapping[str, CaseRow], after: Mapping[str, CaseRow]) -> None:
    """Count cases where they are now and no more where they were."""
    moved = Counter[Cell]()
    for name, row in after.items():
        was = before.get(name)
        if was is row:
            continue
        moved.update(cells(row))
        if was is not None:
            moved.subtract(cells(was))
    await _write(conn, [(cell, n) for cell, n in moved.items() if n])


async def _write(conn: Executes, moved: Sequence[tuple[Cell, int]]) -> None:
    if moved:
        found = [dict(zip((*COLUMNS, "n"), (*cell, n), strict=True)) for cell, n in moved]
        await conn.execute(text(_WRITE), {"cells": msgspec.json.encode(found).decode()})


def day_of(at: datetime) -> datetime:
    """Return the first instant of the day, in Asia/Shanghai."""
    return _midnight(at.astimezone(SHANGHAI).toordinal())


@lru_cache(2000)
def _midnight(day: int) -> datetime:
    return datetime.fromordinal(day).replace(tzinfo=SHANGHAI)
