"""Where duplicates are looked for: traces of recent reports by their blocks, and the list of what is suspected."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Float, Identity, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.intake.domain.erasing import Erased
from services.intake.domain.facts import Rehomed, Suspected
from services.intake.domain.likeness import NEWEST, WINDOW, Trace, blocks
from services.intake.tables.row import Row
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT

PRUNED = 2
"""Old traces that go for each new one: the table shrinks to the window, and no report pays for a backlog."""


class TraceRow(Row, table=True):
    """What the search keeps of one report; `sketch` are 32-bit hashes."""

    __tablename__ = "trace"
    __table_args__ = (
        Index("trace_at", "at"),
        {"comment": "What the search for duplicates keeps of a recent report; nothing in it can be read back."},
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True, cache=1), primary_key=True))
    case_id: str = Field(sa_type=Text, unique=True)
    home: str = Field(sa_type=Text)
    matter: str | None = Field(sa_type=Text)
    unit: str = Field(sa_type=Text)
    grid: str = Field(sa_type=Text)
    community: str = Field(sa_type=Text)
    named: str = Field(sa_type=Text)
    lon: float | None = Field(sa_type=Float)
    lat: float | None = Field(sa_type=Float)
    at: datetime = Field(sa_type=MOMENT)
    sketch: bytes = Field(sa_type=LargeBinary)
    blocks: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))


class TraceBlockRow(Row, table=True):
    """One block of one trace."""

    __tablename__ = "trace_block"
    __table_args__ = (
        {"comment": "Where a trace is looked for: same grid, same matter in it, same rare letter pairs."},
    )

    block: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    trace: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


class SuspectedRow(Row, table=True):
    """A case that may be one with an earlier one."""

    __tablename__ = "suspected"
    __table_args__ = (
        Index("suspected_at", "at", "case_id"),
        {"comment": "Suspected duplicates that wait for a person."},
    )

    case_id: str = Field(sa_type=Text, primary_key=True)
    responsible: str = Field(sa_type=Text)
    score: float = Field(sa_type=Float)
    at: datetime = Field(sa_type=MOMENT)


_NEAR = text(
    "SELECT q.ns, t.case_id, t.home, t.matter, t.unit, t.grid, t.community, t.lon, t.lat, t.named, t.at, t.sketch "
    "FROM (SELECT array_agg(DISTINCT u.n) AS ns, h.trace FROM "
    "unnest(CAST(:ns AS int[]), CAST(:blocks AS bigint[])) u(n, block) "
    "CROSS JOIN LATERAL (SELECT b.trace FROM trace_block b WHERE b.block = u.block ORDER BY b.trace DESC LIMIT :newest)"
    " h GROUP BY h.trace) q JOIN trace t ON t.id = q.trace"
)
_KEEP = text(
    "WITH kept AS (INSERT INTO trace "
    "(case_id, home, matter, unit, grid, community, lon, lat, named, at, sketch, blocks) "
    "SELECT c, h, m, u, g, y, x, l, d, at, s, CAST(b AS bigint[]) FROM unnest(CAST(:cases AS text[]), "
    "CAST(:homes AS text[]), CAST(:matters AS text[]), CAST(:units AS text[]), CAST(:grids AS text[]), "
    "CAST(:communities AS text[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]), CAST(:nameds AS text[]), "
    "CAST(:ats AS timestamptz[]), CAST(:sketches AS bytea[]), CAST(:blocks AS text[])) WITH ORDINALITY "
    "r(c, h, m, u, g, y, x, l, d, at, s, b, o) "
    "ORDER BY o RETURNING id, blocks), "
    "old AS (DELETE FROM trace WHERE id IN (SELECT id FROM trace WHERE at < :since ORDER BY at LIMIT :n "
    "FOR UPDATE SKIP LOCKED) RETURNING id, blocks), "
    "gone AS (DELETE FROM trace_block t USING (SELECT DISTINCT b, id FROM old, unnest(blocks) b) o "
    "WHERE t.block = o.b AND t.trace = o.id) "
    "INSERT INTO trace_block (block, trace) SELECT DISTINCT b, id FROM kept, unnest(blocks) b ORDER BY b, id"
)


_FORGET = text(
    "WITH gone AS (DELETE FROM trace t USING dossier d, report r WHERE d.id = ANY(CAST(:ids AS text[])) "
    "AND r.source = d.source AND r.source_id = d.report_id AND t.case_id = r.case_id RETURNING t.id, t.blocks) "
    "DELETE FROM trace_block b USING (SELECT DISTINCT block, id FROM gone, unnest(blocks) block) o "
    "WHERE b.block = o.block AND b.trace = o.id"
)


async def near(conn: Executes, sought: Sequence[Trace]) -> list[list[Trace]]:
    """Return, for each report, the newest traces of its blocks: one statement for all of them."""
    asked = [(n, block) for n, trace in enumerate(sought) for block in blocks(trace)]
    found: list[list[Trace]] = [[] for _ in sought]
    if not asked:
        return found
    given = {"ns": [n for n, _ in asked], "blocks": [block for _, block in asked], "newest": NEWEST}
    for ns, case, home, matter, unit, grid, community, lon, lat, named, at, sketch in await conn.execute(_NEAR, given):
        hashes = array("I")
        hashes.frombytes(sketch)
        trace = Trace(case, home, matter, unit, grid, community, at, tuple(hashes), lon, lat, named)
        for n in ns:
            found[n].append(trace)
    return found


async def keep(conn: Connection, traces: Sequence[Trace]) -> None:
    """Keep the traces of a batch and let as many, and more, old ones go."""
    if not traces:
        return
    newest = max(t.at for t in traces)
    await conn.execute(
        _KEEP,
        {
            "cases": [t.case for t in traces],
            "homes": [t.home for t in traces],
            "matters": [t.matter for t in traces],
            "units": [t.unit for t in traces],
            "grids": [t.grid for t in traces],
            "communities": [t.community for t in traces],
            "lons": [t.lon for t in traces],
            "lats": [t.lat for t in traces],
            "nameds": [t.named for t in traces],
            "ats": [t.at for t in traces],
            "sketches": [array("I", t.sketch).tobytes() for t in traces],
            "blocks": ["{" + ",".join(map(str, blocks(t))) + "}" for t in traces],
            "since": newest - WINDOW,
            "n": PRUNED * len(traces),
        },
    )


async def rehome(conn: Connection, moved: Sequence[Rehomed]) -> None:
    """Let later reports find the case that answers for an earlier one now."""
    last: Mapping[str, str] = {case: row.home for row in moved for case in row.cases}
    if last:
        await conn.execute(
            text(
                "UPDATE trace t SET home = u.h FROM unnest(CAST(:cases AS text[]), CAST(:homes AS text[])) u(c, h) "
                "WHERE t.case_id = u.c"
            ),
            {"cases": list(last), "homes": list(last.values())},
        )


async def forget(conn: Connection, rows: Sequence[Any]) -> None:
    """Delete the traces of reports whose dossiers are to be erased; the dossiers must still be there."""
    erased = [row.dossier for row in rows if isinstance(row, Erased)]
    if erased:
        await conn.execute(_FORGET, {"ids": erased})


async def suspect(conn: Connection, rows: Sequence[Suspected]) -> None:
    """Bring the list of suspected duplicates up to date: the last word on each case counts."""
    last = {row.case: row for row in rows}
    if not last:
        return
    await conn.execute(text("DELETE FROM suspected WHERE case_id = ANY(CAST(:cases AS text[]))"), {"cases": list(last)})
    listed = [row for row in last.values() if row.responsible is not None]
    if listed:
        await conn.execute(
            text(
                "INSERT INTO suspected (case_id, responsible, score, at) SELECT * FROM unnest(CAST(:cases AS text[]), "
                "CAST(:units AS text[]), CAST(:scores AS float8[]), CAST(:ats AS timestamptz[]))"
            ),
            {
                "cases": [row.case for row in listed],
                "units": [row.responsible for row in listed],
                "scores": [row.score for row in listed],
                "ats": [row.at for row in listed],
            },
        )


async def listed(
    conn: Executes, units: Sequence[str] | None, after: datetime | None, case_after: str, limit: int
) -> list[tuple[str, str, float, datetime]]:
    """Return a page of suspected duplicates (case, state, score, since), oldest first, of these units (None: all)."""
    rows = await conn.execute(
        text(
            "SELECT d.case_id, s.state::text, d.score, d.at FROM suspected d JOIN subject s ON s.id = d.case_id "
            "WHERE (CAST(:units AS text[]) IS NULL OR d.responsible = ANY(CAST(:units AS text[]))) "
            "AND (CAST(:after AS timestamptz) IS NULL OR (d.at, d.case_id) > (CAST(:after AS timestamptz), "
            "CAST(:case AS text))) ORDER BY d.at, d.case_id LIMIT :limit"
        ),
        {"units": None if units is None else list(units), "after": after, "case": case_after, "limit": limit},
    )
    return [(case, state, score, at) for case, state, score, at in rows]
