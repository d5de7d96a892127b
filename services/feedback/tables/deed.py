"""Deeds as they are heard, and their counts by unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, SmallInteger, Text, text
from sqlmodel import Field

from services.feedback.domain.deed import Deed
from services.feedback.tables.row import Row
from shared.persistence.connection import Connection
from shared.persistence.rows import MOMENT, insert, rows_of


class DeedRow(Row, table=True):
    """One thing that counts for one unit or party."""

    __tablename__ = "deed"
    __table_args__ = (Index("deed_of_unit", "unit", "at"),)

    subject: str = Field(sa_type=Text, primary_key=True)
    sequence: int = Field(primary_key=True)
    unit: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text, primary_key=True)
    at: datetime = Field(sa_type=MOMENT)
    grade: int | None = Field(sa_type=SmallInteger)


APPEND_ONLY = ("deed",)

_KEEP = insert(Row.metadata.tables["deed"])
COUNTS = text(
    """
    SELECT kind, CAST(count(*) AS int) AS n, CAST(sum(grade) AS int) AS grades FROM deed
     WHERE unit = :unit AND at >= :first AND at < :last GROUP BY kind
    """
)
"""How often each kind counts for a unit within a time, with the sum of the grades."""
BEHIND = text(
    """
    SELECT subject, sequence, at, grade FROM deed
     WHERE unit = :unit AND kind = :kind AND at >= :first AND at < :last ORDER BY at, subject, sequence LIMIT :limit
    """
)
"""What lies behind one of these figures."""


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep what was heard."""
    kept = [row for row in rows if isinstance(row, Deed)]
    if kept:
        await conn.execute(_KEEP, rows_of(kept))
