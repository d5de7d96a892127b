"""The register of responsibility: one row per case, written set-wise with the facts that change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.dispatch.domain.register import Responsibility
from shared.shell.service import NoTables

METADATA = MetaData()

RESPONSIBILITY = Table(
    "responsibility",
    METADATA,
    Column("case_id", Text, primary_key=True),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("responsible", Text),
    Column("rung", Text),
    Column("clock", Text),
    Column("due_at", DateTime(timezone=True)),
    Column("matter", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("summary", Text, nullable=False),
    Column("assignment", Integer, nullable=False),
    Column("dispatcher", Text, nullable=False),
    Column("lead", Text),
    Column("request", Text),
    Column("judge", Text),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Index("responsibility_of", "responsible", "status", "case_id"),
    Index("responsibility_judge", "judge", "case_id"),
)

APPEND_ONLY: tuple[str, ...] = ()

_TYPES = {
    "case_id": "text[]",
    "number": "text[]",
    "status": "text[]",
    "responsible": "text[]",
    "rung": "text[]",
    "clock": "text[]",
    "due_at": "timestamptz[]",
    "matter": "text[]",
    "unit": "text[]",
    "urgent": "bool[]",
    "summary": "text[]",
    "assignment": "int[]",
    "dispatcher": "text[]",
    "lead": "text[]",
    "request": "text[]",
    "judge": "text[]",
    "updated_at": "timestamptz[]",
}
_COLUMNS = ", ".join(_TYPES)
_VALUES = ", ".join(f"CAST(:{name} AS {kind})" for name, kind in _TYPES.items())
_KEPT = ("case_id", "number", "matter", "unit", "urgent", "summary")
"""What never changes of a case."""
_CHANGED = ", ".join(f"{name} = excluded.{name}" for name in _TYPES if name not in _KEPT)

_ENTER = text(
    f"INSERT INTO responsibility ({_COLUMNS}) SELECT * FROM unnest({_VALUES}) "  # noqa: S608  names of ours only
    f"ON CONFLICT (case_id) DO UPDATE SET {_CHANGED}"
)

ONE = text(f"SELECT {_COLUMNS} FROM responsibility WHERE case_id = :case")  # noqa: S608
PAGE = text(
    f"SELECT {_COLUMNS} FROM responsibility"  # noqa: S608
    " WHERE (CAST(:responsible AS text) IS NULL OR responsible = :responsible)"
    " AND (CAST(:status AS text) IS NULL OR status = :status)"
    " AND (CAST(:judge AS text) IS NULL OR judge = :judge)"
    " AND case_id > :after ORDER BY case_id LIMIT :limit"
)


class Store(NoTables):
    """Dispatch's own table; every message already names its order."""

    async def save(self, conn: AsyncConnection, rows: Sequence[Any]) -> None:
        """Enter the last standing of each case of the batch, in the order of their ids."""
        last = {row.case_id: row for row in rows if isinstance(row, Responsibility)}
        if not last:
            return
        entered = [last[case] for case in sorted(last)]
        await conn.execute(_ENTER, {name: [getattr(row, name) for row in entered] for name in _TYPES})
