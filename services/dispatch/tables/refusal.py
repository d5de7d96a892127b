"""Refusals on record: appended with the answer, read by whom they concern."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.dispatch.domain.refusal import Refusal
from shared.persistence.connection import Connection

_APPEND = text(
    """
    INSERT INTO refusal (subject, sender, said, message, refused_at, rule, field, params)
    SELECT s, w, k, m, at, r, f, p::jsonb
      FROM unnest(CAST(:subjects AS text[]), CAST(:senders AS text[]), CAST(:said AS text[]), CAST(:messages AS text[]),
                  CAST(:ats AS timestamptz[]), CAST(:rules AS text[]), CAST(:fields AS text[]),
                  CAST(:params AS text[])) u(s, w, k, m, at, r, f, p)
    """
)
_PAGE = text(
    """
    SELECT id, subject AS "order", sender, said, message, refused_at, rule, field, params FROM refusal
     WHERE (CAST(:sender AS text) IS NULL OR sender = :sender) AND (CAST(:order AS text) IS NULL OR subject = :order)
       AND (CAST(:before AS bigint) IS NULL OR id < :before)
     ORDER BY id DESC LIMIT :limit
    """
)


async def save(conn: Connection, rows: Sequence[Any]) -> None:
    """Append the refusals of a batch."""
    kept = [row for row in rows if isinstance(row, Refusal)]
    if kept:
        given = {
            "subjects": [row.subject for row in kept],
            "senders": [row.sender for row in kept],
            "said": [row.said for row in kept],
            "messages": [row.message for row in kept],
            "ats": [row.refused_at for row in kept],
            "rules": [row.rule for row in kept],
            "fields": [row.field for row in kept],
            "params": [json.dumps(dict(row.params), ensure_ascii=False) for row in kept],
        }
        await conn.execute(_APPEND, given)


async def page(
    conn: AsyncConnection, sender: str | None, order: str | None, before: int | None, limit: int
) -> list[Mapping[str, Any]]:
    """Return refusals, the newest first."""
    wanted = {"sender": sender, "order": order, "before": before, "limit": limit}
    return [dict(row) for row in (await conn.execute(_PAGE, wanted)).mappings()]
