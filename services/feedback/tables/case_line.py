"""The lines of orders and their assignments, from which every figure of every period is counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, PrimaryKeyConstraint, SmallInteger, Text, TextClause, text
from sqlmodel import Field

from services.feedback.domain.case_line import AssignmentRow, LineRow
from services.feedback.domain.counting import LateChange
from services.feedback.tables.row import Row
from shared.persistence.connection import Executes
from shared.persistence.rows import MOMENT, insert, rows_of


class CaseLineRow(Row, table=True):
    """One line of an order: units, times, outcomes; a unit stands in one column alone."""

    __tablename__ = "case_line"
    __table_args__ = (
        PrimaryKeyConstraint("case_id", "line"),
        Index("case_line_due", "due_at"),
        Index("case_line_paused", "due_before", postgresql_where="due_before IS NOT NULL"),
        Index("case_line_verified", "first_verified_at"),
        Index("case_line_closed", "closed_at"),
        Index("case_line_mediated", "mediated_at", postgresql_where="mediated_at IS NOT NULL"),
    )

    case_id: str = Field(sa_type=Text)
    line: int = Field(sa_type=SmallInteger)
    number: str = Field(sa_type=Text)
    lead: str | None = Field(sa_type=Text)
    dispatcher: str | None = Field(sa_type=Text)
    community: str | None = Field(sa_type=Text)
    grid: str | None = Field(sa_type=Text)
    subgrid: str | None = Field(sa_type=Text)
    due_at: datetime | None = Field(sa_type=MOMENT)
    due_before: datetime | None = Field(sa_type=MOMENT)
    suspended_at: datetime | None = Field(sa_type=MOMENT)
    resumed_at: datetime | None = Field(sa_type=MOMENT)
    handled_at: datetime | None = Field(sa_type=MOMENT)
    verified_at: datetime | None = Field(sa_type=MOMENT)
    first_verified_at: datetime | None = Field(sa_type=MOMENT)
    failed: bool = Field(sa_type=Boolean)
    extended: bool = Field(sa_type=Boolean)
    overdue: bool = Field(sa_type=Boolean)
    left: str | None = Field(sa_type=Text)
    closed_at: datetime | None = Field(sa_type=MOMENT)
    declined: bool = Field(sa_type=Boolean)
    reworked: bool = Field(sa_type=Boolean)
    excluded: str | None = Field(sa_type=Text)
    mediated: bool = Field(sa_type=Boolean)
    mediated_at: datetime | None = Field(sa_type=MOMENT)


class AssignmentLineRow(Row, table=True):
    """One assignment: who dispatched to whom, and whether it came back."""

    __tablename__ = "assignment_line"
    __table_args__ = (PrimaryKeyConstraint("case_id", "assignment"), Index("assignment_line_made", "made_at"))

    case_id: str = Field(sa_type=Text)
    assignment: int = Field(sa_type=SmallInteger)
    lead: str = Field(sa_type=Text)
    dispatcher: str = Field(sa_type=Text)
    made_at: datetime = Field(sa_type=MOMENT)
    asked_back: bool = Field(sa_type=Boolean)
    upheld: bool = Field(sa_type=Boolean)
    recalled: bool = Field(sa_type=Boolean)


class LateChangeRow(Row, table=True):
    """What changed for a unit in a frozen period: the cause of a further revision."""

    __tablename__ = "late_change"
    __table_args__ = (PrimaryKeyConstraint("period", "unit", "case_id", "cause", "changed_at"),)

    period: str = Field(sa_type=Text)
    unit: str = Field(sa_type=Text)
    case_id: str = Field(sa_type=Text)
    cause: str = Field(sa_type=Text)
    changed_at: datetime = Field(sa_type=MOMENT)


APPEND_ONLY = ("late_change",)


def _replace(names: Sequence[str]) -> str:
    return "DO UPDATE SET " + ", ".join(f'"{name}" = excluded."{name}"' for name in names)


def _upsert(row: type[Row], *keys: str) -> TextClause:
    names = [column.name for column in row.__table__.columns if column.name not in keys]  # type: ignore[attr-defined]
    return insert(row.__table__, f"ON CONFLICT ({', '.join(keys)}) {_replace(names)}")  # type: ignore[attr-defined]


_LINES = _upsert(CaseLineRow, "case_id", "line")
_ASSIGNMENTS = _upsert(AssignmentLineRow, "case_id", "assignment")
_LATE = insert(LateChangeRow.__table__, "ON CONFLICT DO NOTHING")  # type: ignore[attr-defined]

_CAUSES = text(
    """
    SELECT c.period, c.unit, array_agg(DISTINCT c.cause ORDER BY c.cause) AS causes
      FROM late_change c
      LEFT JOIN LATERAL (SELECT max(s.published_at) AS at FROM score s
                          WHERE s.period = c.period AND s.unit = c.unit) last ON true
     WHERE c.period = ANY(CAST(:periods AS text[])) AND (last.at IS NULL OR c.changed_at > last.at)
     GROUP BY c.period, c.unit
    """
)


async def causes(conn: Executes, periods: Collection[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return why the cards of these periods have changed since their last revision: period -> unit -> causes."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for period, unit, said in await conn.execute(_CAUSES, {"periods": sorted(periods)}):
        found.setdefault(period, {})[unit] = tuple(said)
    return found


async def save_lines(conn: Executes, rows: Sequence[Any]) -> None:
    """Keep the newest form of each line and assignment of a batch, and what changed in frozen periods."""
    lines = {(row.case_id, row.line): row for row in rows if isinstance(row, LineRow)}
    if lines:
        await conn.execute(_LINES, rows_of(list(lines.values())))
    made = {(row.case_id, row.assignment): row for row in rows if isinstance(row, AssignmentRow)}
    if made:
        await conn.execute(_ASSIGNMENTS, rows_of(list(made.values())))
    late = [row for row in rows if isinstance(row, LateChange)]
    if late:
        await conn.execute(_LATE, rows_of(late))
