"""Supervision orders as they are listed: entered when issued, completed by an answer or its absence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.supervision import SupervisionLine
from shared.persistence.connection import Connection

_TYPES = {
    "case_id": "text", "number": "int", "of": "text", "charged": "text", "supervisor": "text", "by_hand": "boolean",
    "issued_at": "timestamptz", "receipt_due_at": "timestamptz", "answered_at": "timestamptz", "answer": "text",
    "missed_at": "timestamptz",
}  # fmt: skip
_NAMES = ", ".join(f'"{name}"' for name in _TYPES)
_VALUES = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _TYPES.items())
_ENTER = text(
    f"INSERT INTO supervision ({_NAMES}) "  # noqa: S608  names of ours
    f"SELECT * FROM unnest({_VALUES}) ON CONFLICT (case_id, number) DO UPDATE SET "
    "answered_at = coalesce(excluded.answered_at, supervision.answered_at), "
    "answer = coalesce(excluded.answer, supervision.answer), "
    "missed_at = coalesce(excluded.missed_at, supervision.missed_at)"
)
LISTED = text(
    """
    SELECT * FROM supervision
     WHERE (CAST(:charged AS text) IS NULL OR charged = :charged)
       AND (CAST(:supervisor AS text) IS NULL OR supervisor = :supervisor)
       AND (NOT :open OR answered_at IS NULL)
     ORDER BY receipt_due_at DESC, case_id, number LIMIT :limit
    """
)
"""Supervision orders by who must answer, who issued them, whether an answer is still owed; the newest first."""


async def save(conn: Connection, rows: Sequence[Any]) -> None:
    """Enter what a batch says of supervision orders, the last word on each."""
    lines: dict[tuple[str, int], SupervisionLine] = {}
    waves: list[dict[tuple[str, int], SupervisionLine]] = []
    for row in rows:
        if not isinstance(row, SupervisionLine):
            continue
        if (row.case_id, row.number) in lines:
            waves.append(lines)
            lines = {}
        lines[row.case_id, row.number] = row
    for wave in (*waves, lines) if lines else ():
        entered = [wave[key] for key in sorted(wave)]
        await conn.execute(_ENTER, {name: [getattr(row, name) for row in entered] for name in _TYPES})
