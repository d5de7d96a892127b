"""What papers are made of, as one transaction sees it: heads, entries with all their records and words, meetings."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.papers.entry import Fate, Line

PIECE = 500
"""Topics read at once: some five thousand records."""

_HEADS = text(
    """
    SELECT DISTINCT ON (ledger) ledger, seq, hash FROM record
     WHERE ledger = ANY(CAST(:ledgers AS text[])) AND (CAST(:before AS text) IS NULL OR at < :before)
     ORDER BY ledger, seq DESC
    """
)
_TOPICS = text("SELECT topic FROM record WHERE ledger = :ledger AND topic <> '' GROUP BY topic ORDER BY min(seq)")
_UNFINISHED = text(
    """
    SELECT topic FROM record WHERE ledger = :ledger AND topic <> '' AND at < :before GROUP BY topic
    HAVING bool_or(kind = 'decided') AND NOT bool_or(
           kind IN ('written_off', 'withdrawn') OR (kind = 'combined' AND CAST(body AS json) ->> 'into' IS NOT NULL))
     ORDER BY min(seq)
    """
)
_LINES = text(
    """
    SELECT r.topic, r.ledger, r.seq, r.at, r.kind, r.body, w.text AS words
      FROM record r LEFT JOIN wording w ON w.digest = CAST(r.body AS json) ->> 'words'
     WHERE r.topic = ANY(CAST(:topics AS text[]))
     ORDER BY array_position(CAST(:topics AS text[]), r.topic), r.at, r.ledger, r.seq
    """
)
_ABOUT = text(
    """
    (SELECT DISTINCT ON (b.topic) b.topic, CAST(s.state AS jsonb) AS state
       FROM entry_board b JOIN subject s ON s.id = b.case_id
      WHERE b.body = :ledger AND b.topic = ANY(CAST(:topics AS text[])) AND s.state ->> 'id' = b.topic
      ORDER BY b.topic, coalesce(s.state ->> 'home', ''), b.case_id)
    UNION ALL
    SELECT topic, state FROM shelved WHERE topic = ANY(CAST(:topics AS text[]))
    """
)
_MEETING = text("SELECT state FROM subject WHERE id = :meeting AND kind = 'meeting' AND state IS NOT NULL")
_CASES = text("SELECT id, state FROM subject WHERE id = ANY(CAST(:cases AS text[])) AND state IS NOT NULL")
_SHELVED = text("SELECT topic, state FROM shelved WHERE topic = ANY(CAST(:topics AS text[]))")
_ADOPTED = text(
    """
    SELECT max(at) FROM record
     WHERE ledger = :ledger AND kind = 'decided' AND topic = ANY(CAST(:topics AS text[]))
       AND CAST(body AS json) ->> 'meeting' = :meeting
    """
)
_WORDS = text("SELECT digest, text FROM wording WHERE digest = ANY(CAST(:digests AS text[]))")
_SUPPLEMENT = text(
    """
    SELECT r.seq, r.hash, r.at, w.text AS words
      FROM record r LEFT JOIN wording w ON w.digest = CAST(r.body AS json) ->> 'words'
     WHERE r.ledger = :ledger AND r.kind = 'corrected' AND r.topic = ''
       AND CAST(r.body AS json) ->> 'meeting' = :meeting
       AND CAST(CAST(r.body AS json) ->> 'supplement' AS int) = :number
    """
)
_MEETINGS = text(
    """
    SELECT status, temporary, makeup, opens_at FROM meeting_board
     WHERE body = :body AND opens_at >= :since AND opens_at < :before ORDER BY opens_at, id
    """
)

_FATES = text(
    "SELECT topic, kind, at, said FROM outcome WHERE topic = ANY(CAST(:topics AS text[])) ORDER BY at, case_id, kind"
)

Told = tuple[str, dict[str, Any], list[Line], list[Fate]]
"""A topic, its present state (its last where the case has another topic by now), all its records, what came of it."""


async def heads(conn: AsyncConnection, ledgers: Sequence[str], before: str | None = None) -> dict[str, tuple[int, str]]:
    """Return sequence and hash of each ledger's last record, or of the last one before an instant (ISO 8601)."""
    found = await conn.execute(_HEADS, {"ledgers": list(ledgers), "before": before})
    return {row.ledger: (row.seq, row.hash) for row in found}


async def entries(conn: AsyncConnection, ledger: str, *, unfinished_at: str | None = None) -> AsyncIterator[list[Told]]:
    """Yield a ledger's topics in its order, in pieces, each with its records in every ledger.

    `unfinished_at` keeps those that had been decided but not ended at an instant (ISO 8601).
    """
    statement = _UNFINISHED if unfinished_at else _TOPICS
    values = {"ledger": ledger, **({"before": unfinished_at} if unfinished_at else {})}
    topics = list((await conn.execute(statement, values)).scalars())
    for piece in (topics[at : at + PIECE] for at in range(0, len(topics), PIECE)):
        about = {row.topic: row.state for row in await conn.execute(_ABOUT, {"ledger": ledger, "topics": piece})}
        fates: dict[str, list[Fate]] = {}
        for row in await conn.execute(_FATES, {"topics": piece}):
            fates.setdefault(row.topic, []).append(Fate(row.kind, row.at, row.said))
        rows = await conn.execute(_LINES, {"topics": piece})
        yield [
            (topic, about.get(topic, {}), [Line(r.ledger, r.seq, r.at, r.kind, r.body, r.words) for r in lines],
             fates.get(topic, []))
            for topic, lines in groupby(rows, key=lambda row: str(row.topic))
        ]  # fmt: skip


async def meeting(conn: AsyncConnection, id_: str) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """Return a meeting's state, with the instant of adoption where a record tells it, and its topics' states."""
    found = (await conn.execute(_MEETING, {"meeting": id_})).scalar_one_or_none()
    if found is None:
        return None
    agenda = found.get("agenda", [])
    states = {row.id: row.state for row in await conn.execute(_CASES, {"cases": [item["case"] for item in agenda]})}
    asked = {"topics": [item["topic"] for item in agenda]}
    shelved = {row.topic: row.state for row in await conn.execute(_SHELVED, asked)}
    topics = [shelved.get(item["topic"]) or _topic(item["topic"], states.get(item["case"])) for item in agenda]
    if found["status"] == "adopted" and not found.get("adopted_at"):
        values = {"ledger": found["unit"], "topics": [item["topic"] for item in agenda], "meeting": id_}
        found["adopted_at"] = (await conn.execute(_ADOPTED, values)).scalar_one()
    return found, topics


async def words_of(conn: AsyncConnection, state: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return by digest the full words of what a meeting has recorded, as far as they are kept."""
    digests = [draft["digest"] for draft in state.get("decisions", ())] + [state.get("digest", "")]
    rows = await conn.execute(_WORDS, {"digests": [digest for digest in digests if digest]})
    return {row.digest: json.loads(row.text) for row in rows}


async def supplement(conn: AsyncConnection, ledger: str, meeting: str, number: int) -> Any:
    """Return the record of a meeting's n-th supplement (`seq`, `hash`, `at`) with its `words`, or None."""
    found = await conn.execute(_SUPPLEMENT, {"ledger": ledger, "meeting": meeting, "number": number})
    return found.one_or_none()


async def meetings_of(conn: AsyncConnection, body: str, since: datetime, before: datetime) -> list[dict[str, Any]]:
    """Return a body's meetings between two instants."""
    found = await conn.execute(_MEETINGS, {"body": body, "since": since, "before": before})
    return [dict(row._mapping) for row in found]


def _topic(id_: str, state: dict[str, Any] | None) -> dict[str, Any]:
    return state if state is not None and state.get("id") == id_ else {"id": id_}
