"""What a service said about one subject, read back from its journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.base import Contract, by_type


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact and the instant at which it counts."""

    data: Any
    at: datetime


def reading(types: Sequence[type[Contract]]) -> TextClause:
    """Return the statement for `facts_of`; types stand in it, since the planner takes a partial index for no others."""
    return text(
        "SELECT type, headers ->> 'ce_time' AS at, value FROM journal"  # noqa: S608  types of ours only
        f" WHERE subject = :subject AND type IN ({_listed(types)}) ORDER BY id"
    )


async def facts_of(conn: AsyncConnection, subject: str, reading: TextClause) -> list[Stated]:
    """Return what was stated about a subject, in the order in which it was decided."""
    found: list[Stated] = []
    for row in await conn.execute(reading, {"subject": subject}):
        known = by_type(row.type)
        assert known is not None
        found.append(Stated(known.model_validate_json(row.value), datetime.fromisoformat(row.at)))
    return found


def _listed(types: Sequence[type[Contract]]) -> str:
    return ", ".join(f"'{known.TYPE}'" for known in types)
