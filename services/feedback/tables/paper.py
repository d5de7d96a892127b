"""What the paper of a rating needs beside its facts: the case, and who led it when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_BRIEF = text("SELECT number, matter, place, handled_by, verifier FROM brief WHERE case_id = :case")
_MADE = text("SELECT lead, dispatcher, made_at FROM assignment_line WHERE case_id = :case ORDER BY assignment")


async def about(conn: AsyncConnection, case: str) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """Return what is known of a case, and its assignments, the first one first."""
    brief = (await conn.execute(_BRIEF, {"case": case})).mappings().first()
    made = (await conn.execute(_MADE, {"case": case})).mappings().all()
    return dict(brief or {}), [dict(line) for line in made]
