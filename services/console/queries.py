"""Every question to the read model, as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.console.access.scope import EVERYTHING, Scope
from services.console.projection import tally
from services.console.projection.case import CaseRow
from services.console.projection.ledger import LedgerRow, MeetingRow, TopicRow
from services.console.projection.score import ScoreRow
from services.console.selection import OPEN, Selection
from shared.city.model import City


@dataclass(frozen=True, slots=True)
class Moment:
    """The platform's time, how fast it runs, and up to where every write is visible."""

    now: datetime
    rate: float
    horizon: str


@dataclass(frozen=True, slots=True)
class Told:
    """One fact of a history; `number` and `summary` are those of its case, where it has one."""

    subject: str
    service: str
    sequence: int
    type: str
    acted_at: datetime
    recorded_at: datetime
    position: int
    data: dict[str, Any]
    number: str | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """The composites of a month: of how many units, the lowest and the highest, as published."""

    period: str
    units: int
    lowest: str
    highest: str


async def moment(conn: AsyncConnection) -> Moment:
    """Return what time it is for the platform."""
    query = "SELECT sidan_now(), coalesce((SELECT rate FROM clock), 1), pg_snapshot_xmin(pg_current_snapshot())::text"
    now, rate, horizon = (await conn.execute(text(query))).one()
    return Moment(now, rate, horizon)


async def touched(conn: AsyncConnection, horizon: str) -> frozenset[str]:
    """Return the subjects written since a horizon; some may be named twice, none is missed."""
    query = "SELECT DISTINCT subject FROM timeline WHERE written >= CAST(CAST(:horizon AS text) AS xid8)"
    return frozenset((await conn.execute(text(query), {"horizon": horizon})).scalars())


async def counts(conn: AsyncConnection, city: City, selections: Mapping[str, Selection]) -> dict[str, int]:
    """Return how many cases each selection chooses in the whole city, all at one moment."""
    parts, params = [], dict[str, Any]()
    for index, selection in enumerate(selections.values()):
        counted, values = _counted(city, selection, f"s{index}_")
        parts.append(f"({counted})")
        params |= values
    row = (await conn.execute(text("SELECT " + ", ".join(parts)), params)).one()
    return {name: int(n) for name, n in zip(selections, row, strict=True)}


def _counted(city: City, selection: Selection, prefix: str) -> tuple[str, dict[str, Any]]:
    """Return the statement that counts a selection: from the kept counters where one of them knows all its columns."""
    for choice, among in ((selection, tally.FIGURES), (selection.within_open(), ("ground",))):
        if choice is None:
            continue
        for figure in among:
            if choice.columns() <= tally.FIGURES[figure]:
                condition, params = choice.condition(city, prefix)
                cells = f"FROM case_tally WHERE figure = '{figure}' AND {condition}"
                return f"SELECT coalesce(sum(n), 0) {cells}", params
    condition, params = selection.condition(city, prefix)
    return f"SELECT count(*) FROM case_view WHERE {condition}", params  # noqa: S608


async def case(conn: AsyncConnection, name: str, scope: Scope = EVERYTHING) -> CaseRow | None:
    """Return a case by id or number, if it is within the scope."""
    query = f"SELECT to_jsonb(c)::text FROM case_view c WHERE (id = :name OR number = :name) AND {scope.condition}"  # noqa: S608
    found = await rows(conn, query, CaseRow, name=name, **scope.params)
    return found[0] if found else None


async def beside(conn: AsyncConnection, row: CaseRow, units: Sequence[str], limit: int) -> list[CaseRow]:
    """Return the cases in these units whose work is not done: of the same matter and place first, the newest first."""
    query = (
        "SELECT to_jsonb(c)::text FROM case_view c WHERE unit = ANY (:units) AND id <> :id AND status IN "
        "('registered', 'waiting', 'dispatched', 'accepted', 'suspended', 'escalated') ORDER BY "
        "matter IS NOT DISTINCT FROM :matter DESC, unit IS NOT DISTINCT FROM :unit DESC, received_at DESC LIMIT :limit"
    )
    given = {"units": list(units), "id": row.id, "matter": row.matter, "unit": row.unit}
    return await rows(conn, query, CaseRow, **given, limit=limit)


async def history(conn: AsyncConnection, subject: str) -> list[Told]:
    """Return every fact about a subject, oldest first, in the order in which they were caused."""
    query = "SELECT to_jsonb(t)::text FROM timeline t WHERE subject = :subject ORDER BY position"
    return await rows(conn, query, Told, subject=subject)


async def sequence(conn: AsyncConnection, subject: str, service: str) -> int:
    """Return the last fact of a service about a subject that the read model holds; 0 for none."""
    query = "SELECT coalesce(max(sequence), 0) FROM timeline WHERE subject = :subject AND service = :service"
    return int((await conn.execute(text(query), {"subject": subject, "service": service})).scalar_one())


async def sequences(conn: AsyncConnection, subjects: Sequence[str], service: str) -> dict[str, int]:
    """Return the same of several subjects; one without a fact is left out."""
    query = (
        "SELECT subject, max(sequence) FROM timeline WHERE subject = ANY (:subjects) AND service = :service GROUP BY 1"
    )
    return await _pairs(conn, query, subjects=list(subjects), service=service)


async def reminders(conn: AsyncConnection, subjects: Sequence[str]) -> dict[str, int]:
    """Return how often somebody reminded of each case: reporters by their links, units by hand; no clock."""
    query = (
        "SELECT subject, count(*) FROM timeline WHERE subject = ANY (:subjects) AND (type = 'case.reminded.v1' "
        "OR (type = 'order.reminded.v1' AND data ->> 'by' IS NOT NULL)) GROUP BY 1"
    )
    return await _pairs(conn, query, subjects=list(subjects))


async def latest(conn: AsyncConnection, limit: int, without: Sequence[str]) -> list[Told]:
    """Return the last facts, newest first, but those of the named types."""
    query = (
        "SELECT (to_jsonb(t) || jsonb_build_object('number', c.number, 'summary', c.summary))::text FROM "
        "(SELECT * FROM timeline WHERE NOT type = ANY (:without) ORDER BY recorded_at DESC, position DESC "
        "LIMIT :limit) t LEFT JOIN case_view c ON c.id = t.subject ORDER BY t.recorded_at DESC, t.position DESC"
    )
    return await rows(conn, query, Told, limit=limit, without=list(without))


async def longest_overdue(conn: AsyncConnection, limit: int) -> list[CaseRow]:
    """Return the open cases that have been overdue longest."""
    query = (
        f"SELECT to_jsonb(c)::text FROM case_view c WHERE {OPEN} AND overdue ORDER BY overdue_since, id LIMIT :limit"  # noqa: S608
    )
    return await rows(conn, query, CaseRow, limit=limit)


async def open_by_unit(conn: AsyncConnection) -> dict[str, tuple[int, int]]:
    """Return open and overdue cases per unit of their place."""
    query = (
        "SELECT unit, sum(n)::bigint, coalesce(sum(n) FILTER (WHERE overdue), 0)::bigint FROM case_tally "
        "WHERE figure = 'ground' AND unit IS NOT NULL GROUP BY unit HAVING sum(n) > 0"
    )
    return {unit: (count, late) for unit, count, late in await conn.execute(text(query))}


async def registered_by_unit(conn: AsyncConnection, since: datetime) -> dict[str, int]:
    """Return the cases registered since the beginning of a day per unit of their place."""
    query = (
        "SELECT unit, sum(n)::bigint FROM case_tally WHERE figure = 'recent' AND registered_at >= :since "
        "AND unit IS NOT NULL GROUP BY unit HAVING sum(n) > 0"
    )
    return await _pairs(conn, query, since=since)


async def paths(conn: AsyncConnection, since: datetime) -> list[tuple[tuple[str, ...], bool, int]]:
    """Return how many cases registered since the beginning of a day went which way up the ladder, and ended there."""
    query = (
        "SELECT path, status = 'closed', sum(n)::bigint FROM case_tally WHERE figure = 'way' "
        "AND registered_at >= :since AND status NOT IN ('held', 'rejected', 'withdrawn', 'merged', 'split') "
        "AND cardinality(path) > 0 GROUP BY 1, 2 HAVING sum(n) > 0"
    )
    return [(tuple(path), closed, n) for path, closed, n in await conn.execute(text(query), {"since": since})]


async def median_seconds(conn: AsyncConnection, since: datetime) -> dict[str, float]:
    """Return per rung the median time, in seconds, that cases it solved took there."""
    query = (
        "SELECT path[cardinality(path)], percentile_cont(0.5) WITHIN GROUP (ORDER BY rung_seconds) FROM case_view "
        "WHERE registered_at >= :since AND status = 'closed' AND rung_seconds IS NOT NULL AND cardinality(path) > 0 "
        "GROUP BY 1"
    )
    return await _pairs(conn, query, since=since)


async def pending_entries(conn: AsyncConnection, per_level: int) -> tuple[dict[str, int], list[TopicRow]]:
    """Return per level how many topics wait for a decision, and the first of each: moved-up ones, then by answer."""
    counted = "SELECT level, count(*) FROM topic_view WHERE entry IN ('open', 'tabled') GROUP BY level"
    totals = await _pairs(conn, counted)
    query = (
        "SELECT (to_jsonb(t) - 'place')::text FROM (SELECT *, row_number() OVER (PARTITION BY level "
        "ORDER BY from_body IS NULL, answer_due_at, topic) AS place FROM topic_view "
        "WHERE entry IN ('open', 'tabled')) t WHERE place <= :per_level ORDER BY level, place"
    )
    return totals, await rows(conn, query, TopicRow, per_level=per_level)


async def year_of_meetings(conn: AsyncConnection, since: datetime) -> dict[str, tuple[int, int, int]]:
    """Return per level the meetings held since then and what their minutes resolved and moved up."""
    query = (
        "SELECT level, count(*), coalesce(sum(resolved), 0), coalesce(sum(moved_up), 0) FROM meeting_view "
        "WHERE held_at >= :since GROUP BY level"
    )
    found = await conn.execute(text(query), {"since": since})
    return {level: (held, resolved, moved_up) for level, held, resolved, moved_up in found}


async def written_off(conn: AsyncConnection, since: datetime) -> dict[str, int]:
    """Return per level the entries written off since then."""
    query = "SELECT level, count(*) FROM topic_view WHERE written_off_at >= :since GROUP BY level"
    return await _pairs(conn, query, since=since)


async def next_meetings(conn: AsyncConnection, now: datetime) -> dict[str, datetime]:
    """Return per level when the next meeting opens."""
    query = (
        "SELECT level, min(opens_at) FROM meeting_view WHERE opens_at >= :now AND status IN ('planned', 'convened') "
        "GROUP BY level"
    )
    return await _pairs(conn, query, now=now)


async def entries_of(conn: AsyncConnection, case_id: str) -> list[TopicRow]:
    """Return the ledger entries of a case's topics, oldest first."""
    query = "SELECT to_jsonb(t)::text FROM topic_view t WHERE case_id = :case ORDER BY opened_at, body"
    return await rows(conn, query, TopicRow, case=case_id)


async def meetings(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, MeetingRow]:
    """Return meetings by id."""
    query = "SELECT to_jsonb(t)::text FROM meeting_view t WHERE id = ANY (:ids)"
    return {row.id: row for row in await rows(conn, query, MeetingRow, ids=list(ids))}


async def ledgers(conn: AsyncConnection, bodies: Sequence[str]) -> dict[str, LedgerRow]:
    """Return the heads of ledgers by the unit of their body."""
    query = "SELECT to_jsonb(t)::text FROM ledger_view t WHERE body = ANY (:bodies)"
    return {row.body: row for row in await rows(conn, query, LedgerRow, bodies=list(bodies))}


async def latest_score(conn: AsyncConnection, unit: str) -> ScoreRow | None:
    """Return the newest month that feedback stated for a unit."""
    query = (
        "SELECT to_jsonb(t)::text FROM score_view t WHERE unit = :unit AND period ~ '^[0-9]{4}-[0-9]{2}$' "
        "ORDER BY period DESC LIMIT 1"
    )
    found = await rows(conn, query, ScoreRow, unit=unit)
    return found[0] if found else None


async def published(conn: AsyncConnection) -> Published | None:
    """Return the newest month for which feedback published a composite, how many units have one, and their range."""
    query = (
        "SELECT period, count(*), min(composite::numeric)::text, max(composite::numeric)::text FROM score_view "
        "WHERE composite IS NOT NULL AND revision > 0 GROUP BY period ORDER BY period DESC LIMIT 1"
    )
    found = (await conn.execute(text(query))).one_or_none()
    return Published(*found) if found else None


async def rows(conn: AsyncConnection, query: str, kind: type[Any], **params: Any) -> list[Any]:
    """Return what a query finds as JSON, as rows of a kind."""
    return [msgspec.json.decode(row, type=kind) for (row,) in await conn.execute(text(query), params)]


async def _pairs(conn: AsyncConnection, query: str, **params: Any) -> dict[str, Any]:
    return {row[0]: row[1] for row in await conn.execute(text(query), params)}
