"""The public list of what communities may be given: every change a version, for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Text, text
from sqlmodel import Field

from services.intake.domain.admission import AdmissionChange
from services.intake.tables.row import Row
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT

APPEND_ONLY = ("admission_change",)


class AdmissionChangeRow(Row, table=True):
    """One change of the list; its number is the version."""

    __tablename__ = "admission_change"

    version: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    matter: str = Field(sa_type=Text)
    standing: str = Field(sa_type=Text)
    department: str = Field(sa_type=Text)
    from_on: date
    rule: str | None = Field(sa_type=Text)
    why: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=MOMENT)


_ADD = text(
    "INSERT INTO admission_change (matter, standing, department, from_on, rule, why, at) SELECT * FROM unnest("
    "CAST(:matters AS text[]), CAST(:standings AS text[]), CAST(:departments AS text[]), CAST(:days AS date[]), "
    "CAST(:rules AS text[]), CAST(:whys AS text[]), CAST(:at AS timestamptz[]))"
)
_LIST = text(
    "SELECT version, matter, standing, department, from_on, rule, why, at FROM (SELECT DISTINCT ON (matter) * "
    "FROM admission_change WHERE CAST(:version AS bigint) IS NULL OR version <= CAST(:version AS bigint) "
    "ORDER BY matter, version DESC) last ORDER BY version DESC"
)


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Add the changes of a batch."""
    new = [row for row in rows if isinstance(row, AdmissionChange)]
    if new:
        await conn.execute(
            _ADD,
            {
                "matters": [row.matter for row in new],
                "standings": [row.standing for row in new],
                "departments": [row.department for row in new],
                "days": [row.from_on for row in new],
                "rules": [row.rule for row in new],
                "whys": [row.why for row in new],
                "at": [row.at for row in new],
            },
        )


async def listed(conn: Executes, version: int | None) -> list[dict[str, Any]]:
    """Return where each matter that was asked for stood at a version, now without one, the last change first."""
    return [dict(row._mapping) for row in await conn.execute(_LIST, {"version": version})]
