"""One compact row per case: what analysis counts and checks draw from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field

from services.feedback.domain.brief import Brief
from services.feedback.tables.row import Row
from shared.persistence.connection import Connection
from shared.persistence.rows import MOMENT, insert, rows_of


class BriefRow(Row, table=True):
    """What is known of a case."""

    __tablename__ = "brief"
    __table_args__ = (
        Index("brief_registered", "registered_at"),
        Index("brief_closed", "closed_at"),
        Index("brief_matter", "matter", "community", "registered_at"),
    )

    case_id: str = Field(sa_type=Text, primary_key=True)
    number: str | None = Field(sa_type=Text)
    matter: str | None = Field(sa_type=Text)
    kind: str | None = Field(sa_type=Text)
    source: str | None = Field(sa_type=Text)
    place: str | None = Field(sa_type=Text)
    county: str | None = Field(sa_type=Text)
    street: str | None = Field(sa_type=Text)
    community: str | None = Field(sa_type=Text)
    grid: str | None = Field(sa_type=Text)
    raised_by: str | None = Field(sa_type=Text)
    handler: str | None = Field(sa_type=Text)
    registered_at: datetime | None = Field(sa_type=MOMENT)
    lead: str | None = Field(sa_type=Text)
    dispatcher: str | None = Field(sa_type=Text)
    handled_by: str | None = Field(sa_type=Text)
    verifier: str | None = Field(sa_type=Text)
    closed_at: datetime | None = Field(sa_type=MOMENT)
    reason: str | None = Field(sa_type=Text)
    written_off_at: datetime | None = Field(sa_type=MOMENT)
    mobilised_at: datetime | None = Field(sa_type=MOMENT)


_NAMES = tuple(field.name for field in fields(Brief))
_KEEP = insert(
    Row.metadata.tables["brief"],
    "ON CONFLICT (case_id) DO UPDATE SET "
    + ", ".join(f"{name} = coalesce(excluded.{name}, brief.{name})" for name in _NAMES if name != "case_id"),
)


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Add what a batch told to the briefs of its cases, in one statement."""
    told = merged(row for row in rows if isinstance(row, Brief))
    if told:
        await conn.execute(_KEEP, rows_of(told))


def merged(briefs: Iterable[Brief]) -> list[dict[str, Any]]:
    """Return one row per case; what a later message tells stands."""
    found: dict[str, dict[str, Any]] = {}
    for brief in briefs:
        row = found.setdefault(brief.case_id, dict.fromkeys(_NAMES))
        row |= {name: value for name in _NAMES if (value := getattr(brief, name)) is not None}
    return list(found.values())
