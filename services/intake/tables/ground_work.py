"""Who holds a post by name, the versions of notices, what grid members logged, households and when each was visited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.domain.ground_work import HolderName, Logged, Published
from services.intake.tables.row import Row
from shared.persistence.connection import Connection
from shared.persistence.rows import MOMENT, insert, rows_of

APPEND_ONLY = ("notice", "visit")


class HolderRow(Row, table=True):
    """The name and telephone of whoever holds a post; gone when he leaves it."""

    __tablename__ = "holder"

    unit: str = Field(sa_type=Text, primary_key=True)
    post: str = Field(sa_type=Text, primary_key=True)
    holder: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text)
    phone: str | None = Field(sa_type=Text)


class NoticeRow(Row, table=True):
    """One version of a unit's public notice: codes alone; names are looked up while they stand."""

    __tablename__ = "notice"

    unit: str = Field(sa_type=Text, primary_key=True)
    version: int = Field(primary_key=True)
    seats: list[Any] = Field(sa_type=JSONB)
    at: datetime = Field(sa_type=MOMENT)


class VisitRow(Row, table=True):
    """One logged piece of grid work; a household is a code."""

    __tablename__ = "visit"
    __table_args__ = (Index("visit_of_unit", "unit", "at"), Index("visit_of_household", "unit", "household", "at"))

    unit: str = Field(sa_type=Text, primary_key=True)
    visit: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text)
    household: str | None = Field(sa_type=Text)
    at: datetime = Field(sa_type=MOMENT)
    findings: int


_TABLES = Row.metadata.tables
_FILL = insert(
    _TABLES["holder"], "ON CONFLICT (unit, post, holder) DO UPDATE SET name = excluded.name, phone = excluded.phone"
)
_PUBLISH = insert(_TABLES["notice"])
_LOG = insert(_TABLES["visit"], "ON CONFLICT DO NOTHING")
_LEAVE = text(
    "DELETE FROM holder WHERE (unit, post, holder) IN (SELECT * FROM unnest(CAST(:units AS text[]), "
    "CAST(:posts AS text[]), CAST(:holders AS text[])))"
)
HOLDERS = text("SELECT unit, post, holder, name, phone FROM holder WHERE unit = ANY(CAST(:units AS text[]))")
"""The people of some units by name."""
NOTICES = text("SELECT version, seats, at FROM notice WHERE unit = :unit ORDER BY version DESC LIMIT 200")
"""The versions of a unit's notice, the newest first."""
WORK = text(
    """
    SELECT kind, count(*) AS n, sum(findings) AS findings, max(at) AS last_at,
           count(DISTINCT (at AT TIME ZONE 'Asia/Shanghai')::date) AS days
      FROM visit WHERE unit = :unit AND at >= :first AND at < :last GROUP BY kind ORDER BY kind
    """
)
"""What a unit's member did in a span, by kind."""
UNVISITED = text(
    """
    SELECT household, max(at) AS last_at FROM (
      SELECT household, at FROM visit WHERE unit = :unit AND household IS NOT NULL
       UNION ALL SELECT household, NULL FROM household WHERE unit = :unit) known
     GROUP BY household HAVING coalesce(max(at) < :before, true) ORDER BY 2 NULLS FIRST, 1 LIMIT 500
    """
)
"""Households that are in the register or were visited once, and not since an instant: never visited ones first."""


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep people, notices and logged work of a batch; who took and left a post in one batch is gone."""
    people = {(row.unit, row.post, row.holder): row for row in rows if isinstance(row, HolderName)}
    filled = [row for row in people.values() if row.name is not None]
    if filled:
        await conn.execute(_FILL, rows_of(filled))
    left = [row for row in people.values() if row.name is None]
    if left:
        named = {"units": [r.unit for r in left], "posts": [r.post for r in left], "holders": [r.holder for r in left]}
        await conn.execute(_LEAVE, named)
    for kind, statement in ((Published, _PUBLISH), (Logged, _LOG)):
        kept = [row for row in rows if isinstance(row, kind)]
        if kept:
            await conn.execute(statement, rows_of(kept))
