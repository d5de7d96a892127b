"""Scores of a city with a million closed cases in a month: `CASES=1000000 ANSWERS=300000 python -m tests.bench.scores`.

Prints what counting all cards of the month takes, what a year under another policy takes, what a batch adds, what one
figure's first page of cases takes, and the memory of it.
"""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from services.feedback.domain.case_line import AssignmentRow, LineRow
from services.feedback.domain.period import Period
from services.feedback.domain.policy import policy_of, text_of
from services.feedback.domain.publishing import Publication, cards
from services.feedback.domain.ranking import places
from services.feedback.domain.score import ScorePublished
from services.feedback.store import Store
from services.feedback.tables.case_list import open_figure
from services.feedback.tables.tally import span, tallies
from shared.city.load import load
from shared.city.model import City, UnitLevel
from shared.persistence.connection import Connection
from shared.persistence.engine import schema_of
from tests.support.feedback_tables import feedback_tables

CASES = int(os.environ.get("CASES", "1000000"))
ANSWERS = int(os.environ.get("ANSWERS", "300000"))
OTHERS = int(os.environ.get("OTHERS", "100000"))
"""Cases in each of the other eleven months of the year."""
BATCH, BATCHES = 500, 40
MONTH, YEAR = Period.parse("2026-06"), Period.parse("2026")

_UNITS = """
    SELECT g.code AS grid, g.community, g.street, coalesce(s.code, '') AS subgrid, row_number() OVER () - 1 AS n
      FROM unnest($1::text[], $2::text[], $3::text[]) AS g (code, community, street)
      LEFT JOIN unnest($4::text[], $5::text[]) AS s (code, parent) ON s.parent = g.code
"""
_LINES = """
    INSERT INTO case_line
    SELECT gen_random_uuid()::text, 1, 'DG-' || k, CASE WHEN k % 10 < 4 THEN d.code WHEN k % 10 < 6 THEN u.community
           ELSE u.grid END, CASE WHEN k % 10 < 6 THEN u.street ELSE u.community END,
           CASE WHEN k % 10 < 4 THEN u.community END, CASE WHEN k % 10 < 6 THEN u.grid END,
           nullif(u.subgrid, ''), closed - interval '3 days', NULL, NULL, NULL,
           closed - interval '4 days' + k % 13 * interval '4 hours', closed - interval '2 days',
           closed - interval '2 days', k % 12 = 0, k % 15 = 0, k % 9 = 0, NULL, closed, k % 211 = 0, k % 97 = 0,
           CASE WHEN k % 83 = 0 THEN 'unreasonable' END, k % 3 > 0, CASE WHEN k % 50 = 0 THEN closed END
      FROM (SELECT k, $1::timestamptz + (k::float8 / $2::int * $3::float8) * interval '1 second' AS closed
              FROM generate_series(0, $2::int - 1) k) made
      JOIN places u ON u.n = k::bigint * 7919 % (SELECT count(*) FROM places)
      JOIN unnest($4::text[]) WITH ORDINALITY d (code, m) ON d.m = k::bigint * 104729 % cardinality($4::text[]) + 1
"""
_ASSIGNMENTS = """
    INSERT INTO assignment_line
    SELECT case_id, 1, lead, coalesce(dispatcher, 'donggang'), closed_at - interval '8 days', random() < 0.08,
           random() < 0.05, random() < 0.02
      FROM case_line
"""
_ANSWERS = """
    INSERT INTO answer (case_id, reporter, round, unit, period, contacted, solved, grade, valid, outcome)
    SELECT case_id, 'r1', 1, lead, to_char(closed_at, 'YYYY-MM'), random() < 0.9, random() < 0.8,
           CASE WHEN random() < 0.8 THEN 1 + floor(random() * 5)::int END, true, NOT declined
      FROM case_line WHERE random() < $1
"""


async def fill(dsn: str, city: City) -> None:
    """Invent the year in the database itself."""
    conn = await asyncpg.connect(dsn)
    await conn.execute(f'SET search_path TO "{schema_of(city.code, "feedback")}"')
    grids = [(g.code, *(u.code for u in city.ancestors(g.code)[:2])) for g in city.of_level(UnitLevel.GRID)]
    below = [(s.code, s.parent) for s in city.of_level(UnitLevel.SUBGRID)]
    columns = [list(column) for column in (*zip(*grids, strict=True), *zip(*below, strict=True))]
    await conn.execute("CREATE TEMP TABLE places (grid text, community text, street text, subgrid text, n bigint)")
    await conn.execute(f"INSERT INTO places {_UNITS}", *columns)
    period = Period.parse("2026-01")
    for _ in range(12):
        count = CASES if period.code == MONTH.code else OTHERS
        seconds = (period.ends_at - period.starts_at).total_seconds()
        await conn.execute(_LINES, period.starts_at, count, seconds, list(city.departments))
        period = period.following
    await conn.execute(_ASSIGNMENTS)
    await conn.execute(_ANSWERS, ANSWERS / CASES)
    for table in ("case_line", "assignment_line", "answer"):
        await conn.execute(f"VACUUM ANALYZE {table}")
    await conn.execute("CHECKPOINT")
    await conn.close()


async def measure(dsn: str, city: City) -> dict[str, Any]:
    """Take every figure once; the longest of three for what has a limit."""
    raw = await asyncpg.connect(dsn, statement_cache_size=0)
    conn = Connection(raw)
    policy = policy_of(text_of(city.policies[0], MONTH.starts_at))
    other = replace(
        policy, version=2, exclusion_scope="all", response=policy.satisfaction, satisfaction=policy.response
    )
    frozen = {p: p.freeze_at(policy.freeze, city.calendar) for p in (MONTH, YEAR)}
    month, found = await _longest(3, lambda: _count(raw, MONTH, frozen[MONTH], policy, city))
    year, _ = await _longest(3, lambda: _count(raw, YEAR, frozen[YEAR], other, city))
    publishing, _ = await _longest(1, lambda: _publish(raw, found, frozen[MONTH], city))
    unit = next(iter(city.departments))
    values = span(MONTH, frozen[MONTH])
    explaining, opened = await _longest(
        3,
        lambda: open_figure(conn, "on_time", unit, "department", policy, values, part=None, after="", limit=200),
    )
    batches = await _increments(raw, city)
    sizes = await raw.fetch(
        "SELECT relname, pg_total_relation_size(oid) / 1048576 AS mb FROM pg_class "
        "WHERE relname IN ('case_line', 'assignment_line', 'answer') ORDER BY 1"
    )
    counts = {t: await raw.fetchval(f"SELECT count(*) FROM {t}") for t in ("case_line", "assignment_line", "answer")}
    backend = await raw.fetchval("SELECT pg_backend_pid()")
    report = {
        "rows": counts,
        "closed_in_month": await raw.fetchval(
            "SELECT count(*) FROM case_line WHERE closed_at >= $1 AND closed_at < $2", MONTH.starts_at, MONTH.ends_at
        ),
        "cards_of_month": len(found),
        "month_s": round(month, 2),
        "year_what_if_s": round(year, 2),
        "publish_month_s": round(publishing, 2),
        "explain_page_s": round(explaining, 3),
        "explained_cases": opened.denominator,
        "batch_of_500_lines_ms": round(batches * 1000, 1),
        "process_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "backend_peak_mb": peak(backend),
        "tables_mb": {row["relname"]: int(row["mb"]) for row in sizes},
        "load": os.getloadavg(),
    }
    await raw.close()
    return report


async def _longest(times: int, work: Any) -> tuple[float, Any]:
    longest, found = 0.0, None
    for _ in range(times):
        began = time.monotonic()
        found = await work()
        longest = max(longest, time.monotonic() - began)
    return longest, found


async def _count(raw: Any, period: Period, frozen_at: Any, policy: Any, city: City) -> list[Any]:
    async with raw.transaction():
        counted = await tallies(Connection(raw), period, frozen_at, city.root.code)
    found = cards(period, counted, policy, city)
    placed = places(found)
    return [(card, placed.get(card.unit, (None, 0))) for card in found]


async def _publish(raw: Any, found: Sequence[Any], frozen_at: Any, city: City) -> None:
    """Write the month's publications and take them back."""
    scores = [
        ScorePublished(**vars(card), revision=1, place=place, ranked=ranked, frozen_at=frozen_at)
        for card, (place, ranked) in found
    ]
    transaction = raw.transaction()
    await transaction.start()
    await Store("s" * 32, city.code).save(Connection(raw), [Publication(score, frozen_at) for score in scores])
    await transaction.rollback()


async def _increments(raw: Any, city: City) -> float:
    """Return the mean time in which a batch of line changes is kept in the full tables."""
    rows = await raw.fetch("SELECT * FROM case_line TABLESAMPLE SYSTEM (5) LIMIT $1", BATCH * BATCHES)
    lines = [LineRow(**dict(row)) for row in rows]
    store, took = Store("s" * 32, city.code), 0.0
    for n in range(BATCHES):
        some = lines[n * BATCH : (n + 1) * BATCH]
        changed = [replace(line, closed_at=(line.closed_at or MONTH.ends_at) + timedelta(hours=1)) for line in some]
        made = [
            AssignmentRow(line.case_id, 2, line.lead or "", "S01", MONTH.starts_at, False, False, False)
            for line in some
        ]
        began = time.monotonic()
        async with raw.transaction():
            await store.save(Connection(raw), [*changed, *made])
        took += time.monotonic() - began
    return took / BATCHES


def peak(pid: int) -> int | None:
    """Return the most memory of its own that a backend had, in MB, without the shared buffers."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(fields["RssAnon"].split()[0]) // 1024


def main() -> None:
    """Fill, measure, print."""
    city = load("donggang")
    with tempfile.TemporaryDirectory(dir="/tmp") as place, feedback_tables(Path(place) / "data", city.code) as dsns:
        began = time.monotonic()
        asyncio.run(fill(dsns["admin"], city))
        print(f"filled in {time.monotonic() - began:.0f} s", flush=True)
        for name, value in asyncio.run(measure(dsns["feedback"], city)).items():
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
