"""Households by code, with what is personal about them: read through an audited call, emptied when a person goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Text, text
from sqlmodel import Field

from services.intake.domain.household import HouseholdKept
from services.intake.tables.row import Row
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT, insert, rows_of

APPEND_ONLY = ("household_read",)
_DIGITS = r"right(regexp_replace(phone, '\D', '', 'g'), 11)"
"""A telephone number as it is compared, as in dossiers."""


class HouseholdRow(Row, table=True):
    """One household of a grid."""

    __tablename__ = "household"
    __table_args__ = ({"comment": "Personal data: read by the household's grid and community alone."},)

    unit: str = Field(sa_type=Text, primary_key=True)
    household: str = Field(sa_type=Text, primary_key=True)
    door: str = Field(sa_type=Text)
    contact: str | None = Field(sa_type=Text)
    phone: str | None = Field(sa_type=Text)


class HouseholdReadRow(Row, table=True):
    """One reading of what is personal about a household."""

    __tablename__ = "household_read"
    __table_args__ = ({"comment": "Who read a household, when, why; append-only."},)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    unit: str = Field(sa_type=Text, index=True)
    household: str = Field(sa_type=Text)
    reader: str = Field(sa_type=Text)
    why: str = Field(sa_type=Text)
    read_at: datetime = Field(sa_type=MOMENT)


_KEEP = insert(
    Row.metadata.tables["household"],
    "ON CONFLICT (unit, household) DO UPDATE SET door = excluded.door, contact = excluded.contact, "
    "phone = excluded.phone",
)
_DROP = text(
    "DELETE FROM household WHERE (unit, household) IN (SELECT * FROM unnest(CAST(:units AS text[]), "
    "CAST(:households AS text[])))"
)
PAGE = text(
    "SELECT h.household, max(v.at) AS last_at FROM household h LEFT JOIN visit v "
    "ON v.unit = h.unit AND v.household = h.household WHERE h.unit = :unit AND h.household > :after "
    "GROUP BY h.household ORDER BY h.household LIMIT :limit"
)
"""Households of a grid by code, each with its last visit."""
ONE = text("SELECT household, door, contact, phone FROM household WHERE unit = :unit AND household = :household")
"""What is personal about a household."""
_NOTE = text(
    "INSERT INTO household_read (unit, household, reader, why, read_at) VALUES (:unit, :household, :reader, :why, :at)"
)
READINGS = text(
    "SELECT reader, why, read_at FROM household_read WHERE unit = :unit AND household = :household ORDER BY id"
)
"""Who read a household, in order."""
_FORGET = text(
    f"UPDATE household SET contact = NULL, phone = NULL WHERE {_DIGITS} = right(regexp_replace(:phone, '\\D', '', "  # noqa: S608
    "'g'), 11)"
)


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep the households of a batch, the last word on each; delete those that left."""
    last = {(row.unit, row.household): row for row in rows if isinstance(row, HouseholdKept)}
    kept = [row for row in last.values() if row.door is not None]
    if kept:
        await conn.execute(_KEEP, rows_of(kept))
    gone = [row for row in last.values() if row.door is None]
    if gone:
        await conn.execute(_DROP, {"units": [r.unit for r in gone], "households": [r.household for r in gone]})


async def note_reading(conn: Executes, unit: str, household: str, reader: str, why: str, at: datetime) -> None:
    """Keep for ever who reads a household, why and when."""
    said = {"unit": unit, "household": household, "reader": reader, "why": why, "at": at}
    await conn.execute(_NOTE, said)


async def forget(conn: Executes, phone: str) -> None:
    """Empty whom to ask for in every household that has this telephone number; door and code stay."""
    await conn.execute(_FORGET, {"phone": phone})
