"""The published scores of a period as a bulletin needs them: the newest revision of every card, and the city's past."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

PAST = 6
"""Periods that a trend shows."""

_CARDS = text(
    """
    SELECT DISTINCT ON (unit) score, published_at FROM score WHERE period = :period ORDER BY unit, revision DESC
    """
)
_TREND = text(
    """
    SELECT score FROM (
        SELECT DISTINCT ON (period) period, score FROM score
         WHERE unit = :unit AND period <= :period AND length(period) = length(:period)
           AND (period LIKE '%Q%') = (CAST(:period AS text) LIKE '%Q%')
         ORDER BY period DESC, revision DESC
    ) AS newest ORDER BY period DESC LIMIT :most
    """
)


async def published(conn: AsyncConnection, period: str, root: str) -> tuple[list[Any], list[Any]]:
    """Return (score, published_at) of every card of a period, and the city's own scores up to it, oldest first."""
    rows = [(row.score, row.published_at) for row in await conn.execute(_CARDS, {"period": period})]
    trend = await conn.execute(_TREND, {"unit": root, "period": period, "most": PAST})
    return rows, list(trend.scalars())[::-1]
