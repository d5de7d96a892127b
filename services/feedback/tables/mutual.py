"""What each side sealed; read by nobody but the decider that opens it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, text
from sqlmodel import Field

from services.feedback.domain.mutual import Sealing
from services.feedback.tables.row import Row
from shared.kernel.decisions import Due, Message
from shared.persistence.connection import Connection
from shared.persistence.rows import insert, rows_of


class SealingRow(Row, table=True):
    """One side's points with the salt of its seal."""

    __tablename__ = "sealing"

    box: str = Field(sa_type=Text, primary_key=True)
    rater: str = Field(sa_type=Text, primary_key=True)
    rated: str = Field(sa_type=Text, primary_key=True)
    points: int
    salt: str = Field(sa_type=Text)


_KEEP = insert(Row.metadata.tables["sealing"])
_SEALED = text("SELECT box, rater, rated, points, salt FROM sealing WHERE box = ANY(CAST(:boxes AS text[]))")


async def find(conn: Connection, messages: Sequence[Message]) -> dict[str, Any]:
    """Return, by message id, all that is sealed in the window of a deadline that opens something."""
    due = [m for m in messages if isinstance(m.data, Due) and m.data.name.partition(":")[0] in ("seal", "mutual")]
    if not due:
        return {}
    sealed: dict[str, dict[tuple[str, str], Sealing]] = defaultdict(dict)
    for row in await conn.execute(_SEALED, {"boxes": sorted({m.subject for m in due})}):
        sealed[row.box][row.rater, row.rated] = Sealing(row.box, row.rater, row.rated, row.points, row.salt)
    return {m.id: sealed[m.subject] for m in due}


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep what was sealed."""
    kept = [row for row in rows if isinstance(row, Sealing)]
    if kept:
        await conn.execute(_KEEP, rows_of(kept))
