"""What reporters added to their reports; it stays with the dossier and goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.domain.erasing import Erased
from services.intake.domain.facts import Added
from services.intake.tables.row import Row
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT, insert, rows_of


class SupplementRow(Row, table=True):
    """One addition."""

    __tablename__ = "supplement"
    __table_args__ = ({"comment": "Personal data: a reporter's later words; erased with his dossier."},)

    id: str = Field(sa_type=Text, primary_key=True)
    dossier: str = Field(sa_type=Text, index=True)
    text: str = Field(sa_type=Text)
    photos: list[Any] = Field(sa_type=JSONB)
    at: datetime = Field(sa_type=MOMENT)


_ADD = insert(SupplementRow.__table__)  # type: ignore[attr-defined]
_ERASE = text("DELETE FROM supplement WHERE dossier = ANY(CAST(:ids AS text[]))")
_OF = text(
    "SELECT s.dossier, s.text, s.photos, s.at FROM supplement s JOIN dossier d ON d.id = s.dossier "
    "WHERE d.case_id = ANY(CAST(:cases AS text[])) ORDER BY s.at, s.id"
)


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep the additions of a batch; delete those of erased dossiers."""
    added = [row for row in rows if isinstance(row, Added)]
    if added:
        await conn.execute(_ADD, rows_of(added))
    erased = [row.dossier for row in rows if isinstance(row, Erased)]
    if erased:
        await conn.execute(_ERASE, {"ids": erased})


async def of_cases(conn: Executes, cases: Sequence[str]) -> Mapping[str, list[dict[str, Any]]]:
    """Return what was added to the dossiers of these cases, by dossier, in order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in await conn.execute(_OF, {"cases": cases}):
        found.setdefault(row.dossier, []).append({"text": row.text, "photos": row.photos, "at": row.at})
    return found
