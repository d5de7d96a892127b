"""Names and words of disputes, which no stream carries: kept, read on record, erased."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.dispatch.domain.dispute import DisputeErased, DisputeText, PartyRow
from shared.persistence.connection import Connection, Executes

_PARTIES = text(
    """
    INSERT INTO dispute_party (case_id, party, name, phone)
    SELECT * FROM unnest(CAST(:cases AS text[]), CAST(:parties AS text[]), CAST(:names AS text[]),
                         CAST(:phones AS text[]))
    """
)
_TEXTS = text(
    """
    INSERT INTO dispute_text (case_id, about, clauses, signed, agreed_at)
    SELECT c, a, cl::jsonb, s::jsonb, at
      FROM unnest(CAST(:cases AS text[]), CAST(:abouts AS text[]), CAST(:clauses AS text[]), CAST(:signed AS text[]),
                  CAST(:ats AS timestamptz[])) u(c, a, cl, s, at)
    """
)
_AGREED = text(
    """
    UPDATE dispute_text t SET clauses = u.cl::jsonb, signed = u.s::jsonb, agreed_at = u.at
      FROM unnest(CAST(:cases AS text[]), CAST(:clauses AS text[]), CAST(:signed AS text[]),
                  CAST(:ats AS timestamptz[])) u(c, cl, s, at)
     WHERE t.case_id = u.c
    """
)
_ERASE = (
    text("DELETE FROM dispute_party WHERE case_id = ANY(CAST(:cases AS text[]))"),
    text("DELETE FROM dispute_text WHERE case_id = ANY(CAST(:cases AS text[]))"),
)
_READ = text("INSERT INTO dispute_read (case_id, reader, why, read_at) VALUES (:case, :reader, :why, :at)")
_NAMES = text("SELECT party, name, phone FROM dispute_party WHERE case_id = :case ORDER BY length(party), party")
_WORDS = text("SELECT about, clauses, signed, agreed_at FROM dispute_text WHERE case_id = :case")


async def save(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep what a batch says of disputes: first who, then what, then what was agreed, then what is erased."""
    parties = [row for row in rows if isinstance(row, PartyRow)]
    if parties:
        given = {
            "cases": [row.case for row in parties],
            "parties": [row.party for row in parties],
            "names": [row.name for row in parties],
            "phones": [row.phone for row in parties],
        }
        await conn.execute(_PARTIES, given)
    said = [row for row in rows if isinstance(row, DisputeText)]
    opened, agreed = [row for row in said if row.about is not None], [row for row in said if row.about is None]
    if opened:
        await conn.execute(
            _TEXTS, {**_columns(opened), "abouts": [row.about for row in opened], "ats": [None] * len(opened)}
        )
    if agreed:
        await conn.execute(_AGREED, _columns(agreed))
    erased = sorted({row.case for row in rows if isinstance(row, DisputeErased)})
    for statement in _ERASE if erased else ():
        await conn.execute(statement, {"cases": erased})


def _columns(rows: Sequence[DisputeText]) -> dict[str, list[Any]]:
    return {
        "cases": [row.case for row in rows],
        "clauses": [json.dumps(row.clauses, ensure_ascii=False) for row in rows],
        "signed": [json.dumps(row.signed) for row in rows],
        "ats": [row.at for row in rows],
    }


async def read(conn: Executes, case: str, reader: str, why: str, at: datetime) -> Mapping[str, Any]:
    """Return names and words of a dispute and keep who read them; what was erased is simply not there."""
    await conn.execute(_READ, {"case": case, "reader": reader, "why": why, "at": at})
    names = [dict(row._mapping) for row in await conn.execute(_NAMES, {"case": case})]
    words = [dict(row._mapping) for row in await conn.execute(_WORDS, {"case": case})]
    return {"parties": names, **(words[0] if words else {})}
