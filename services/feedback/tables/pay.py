"""Verifications as they fall due and are done, and the figures of a month that pay rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index, Text, text
from sqlmodel import Field

from services.feedback.domain.pay import HouseholdVisit, VerificationDone, VerificationDue
from services.feedback.tables.row import Row
from shared.persistence.connection import Connection
from shared.persistence.rows import MOMENT, insert, rows_of


class VerificationRow(Row, table=True):
    """One verification, once for each time that the case was handled."""

    __tablename__ = "verification"
    __table_args__ = (Index("verification_due", "due_at"),)

    case_id: str = Field(sa_type=Text, primary_key=True)
    handled_at: datetime = Field(sa_type=MOMENT, primary_key=True)
    unit: str = Field(sa_type=Text)
    due_at: datetime = Field(sa_type=MOMENT)
    done_at: datetime | None = Field(sa_type=MOMENT)


class VisitDayRow(Row, table=True):
    """How many household visits a grid person logged on a day."""

    __tablename__ = "visit_day"

    unit: str = Field(sa_type=Text, primary_key=True)
    day: date = Field(sa_type=Date, primary_key=True)
    visits: int


_DUE = insert(Row.metadata.tables["verification"])
_VISIT = insert(
    Row.metadata.tables["visit_day"],
    "ON CONFLICT (unit, day) DO UPDATE SET visits = visit_day.visits + excluded.visits",
)
_DONE = text(
    """
    UPDATE verification v SET done_at = told.done_at
      FROM json_to_recordset(CAST(:rows AS json)) AS told (case_id text, done_at timestamptz)
     WHERE v.case_id = told.case_id AND v.done_at IS NULL AND v.handled_at <= told.done_at
    """
)

VISITS = text(
    """
    SELECT unit, CAST(count(*) AS int) AS days, CAST(sum(visits) AS int) AS visits
      FROM visit_day WHERE day BETWEEN :first AND :last GROUP BY unit
    """
)
"""Days with a household visit, and visits, by grid person."""
MONTH = text(
    """
    SELECT unit, CAST(sum(reports) AS int) AS reports, CAST(sum(solved) AS int) AS solved,
           CAST(sum(in_time) AS int) AS in_time, CAST(sum(due) AS int) AS due
      FROM (SELECT coalesce(handler, raised_by) AS unit, count(*) AS reports, count(handler) AS solved,
                   0 AS in_time, 0 AS due
              FROM brief WHERE registered_at >= :first AND registered_at < :last
               AND coalesce(handler, raised_by) IS NOT NULL
             GROUP BY 1
            UNION ALL
            SELECT unit, 0, 0, count(*) FILTER (WHERE done_at <= due_at), count(*)
              FROM verification WHERE due_at >= :first AND due_at < :last
             GROUP BY 1) AS told
     GROUP BY unit
    """
)
"""Reports, solved on the spot, verifications in time and due, by the unit of the grid person."""
BEHIND = text(
    """
    SELECT 'report' AS what, case_id, number, registered_at AS at, handler IS NOT NULL AS counts
      FROM brief
     WHERE coalesce(handler, raised_by) = :unit AND registered_at >= :first AND registered_at < :last
    UNION ALL
    SELECT 'verification', v.case_id, b.number, v.due_at, v.done_at <= v.due_at IS TRUE
      FROM verification v LEFT JOIN brief b USING (case_id)
     WHERE v.unit = :unit AND v.due_at >= :first AND v.due_at < :last
     ORDER BY 1, 4, 2
    """
)
"""The cases behind one grid person's month: `counts` tells solved on the spot, or verified in time."""


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Note what fell due, then what was done."""
    due = [row for row in rows if isinstance(row, VerificationDue)]
    if due:
        await conn.execute(_DUE, rows_of([{**_columns(row), "done_at": None} for row in due]))
    visited = Counter((row.unit, row.day) for row in rows if isinstance(row, HouseholdVisit))
    if visited:
        counted = [{"unit": unit, "day": day, "visits": count} for (unit, day), count in visited.items()]
        await conn.execute(_VISIT, rows_of(counted))
    done = [row for row in rows if isinstance(row, VerificationDone)]
    if done:
        await conn.execute(_DONE, rows_of(done))


def _columns(row: VerificationDue) -> dict[str, Any]:
    return {"case_id": row.case_id, "handled_at": row.handled_at, "unit": row.unit, "due_at": row.due_at}
