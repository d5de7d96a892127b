"""What the services wrote down: gaps, doubles, order, what waits, what was refused."""

from __future__ import annotations

from dataclasses import dataclass, field

import asyncpg

from shared.contracts.topics import SERVICES
from shared.persistence.engine import schema_of

LIMIT = 20
"""Findings of one kind that are printed; all are counted."""

_SEQUENCES = """
SELECT subject, count(*) AS n, count(DISTINCT sequence) AS different, max(sequence) AS last,
       bool_or(disordered) AS disordered FROM (
    SELECT subject, sequence, sequence < max(sequence) OVER (PARTITION BY subject ORDER BY id) AS disordered
    FROM "{schema}".journal WHERE sequence > 0) j
GROUP BY subject HAVING count(*) <> count(DISTINCT sequence) OR max(sequence) <> count(DISTINCT sequence)
    OR min(sequence) <> 1 OR bool_or(disordered)
"""
_STATES = """
SELECT s.id, s.sequence, coalesce(j.last, 0) AS last FROM "{schema}".subject s
LEFT JOIN (SELECT subject, max(sequence) AS last FROM "{schema}".journal WHERE sequence > 0 GROUP BY subject) j
    ON j.subject = s.id WHERE s.sequence <> coalesce(j.last, 0)
"""
_UNHEARD = """
SELECT o.id, o.sequence, r.seen[{place}] AS seen FROM "{stating}".subject o
LEFT JOIN "{reading}".subject r ON r.id = o.id
WHERE o.sequence > 0 AND coalesce(r.seen[{place}], 0) <> o.sequence LIMIT 1000
"""


@dataclass(slots=True)
class Finding:
    """One thing that is wrong: what, where, and words a person can act on."""

    kind: str
    where: str
    what: str


@dataclass(slots=True)
class Journals:
    """What was found in the journals of all services."""

    facts: dict[str, int] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)
    parked: dict[str, int] = field(default_factory=dict)
    aside: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


async def examine(conn: asyncpg.Connection, city: str) -> Journals:
    """Examine every service's journal."""
    found = Journals()
    for service in SERVICES:
        schema = schema_of(city, service)
        found.facts[service] = await conn.fetchval(f'SELECT count(*) FROM "{schema}".journal WHERE sequence > 0')
        found.pending[service] = await conn.fetchval(f'SELECT count(*) FROM "{schema}".pending')
        found.quarantined[service] = await conn.fetchval(
            f"SELECT count(*) FROM \"{schema}\".quarantine WHERE state = 'kept'"
        )
        for row in await conn.fetch(_SEQUENCES.format(schema=schema)):
            if row["n"] != row["different"]:
                kind, what = "double", f"{row['n'] - row['different']} sequences stated twice"
            elif row["last"] != row["different"]:
                kind, what = "gap", f"{row['different']} facts but the last is {row['last']}"
            else:
                kind, what = "order", "facts written down out of order"
            found.findings.append(Finding(kind, f"{service} {row['subject']}", what))
        for row in await conn.fetch(_STATES.format(schema=schema)):
            what = f"state at {row['sequence']}, journal at {row['last']}"
            found.findings.append(Finding("gap", f"{service} {row['id']}", what))
    for service in (*SERVICES, "console"):
        schema = schema_of(city, service)
        found.parked[service] = await conn.fetchval(f'SELECT count(*) FROM "{schema}".parked')
        found.aside[service] = await conn.fetchval(f'SELECT count(*) FROM "{schema}".subject WHERE aside IS NOT NULL')
        for row in await conn.fetch(f'SELECT id, aside FROM "{schema}".subject WHERE aside IS NOT NULL LIMIT {LIMIT}'):
            found.findings.append(Finding("aside", f"{service} {row['id']}", row["aside"]))
        for row in await conn.fetch(
            f'SELECT subject, service, sequence FROM "{schema}".parked '
            f"WHERE at < clock_timestamp() - interval '60 s' LIMIT {LIMIT}"
        ):
            what = f"waits for what comes before {row['service']} {row['sequence']}"
            found.findings.append(Finding("parked", f"{service} {row['subject']}", what))
    return found


async def unheard(conn: asyncpg.Connection, city: str, reads: dict[str, tuple[str, ...]]) -> set[tuple[str, str, str]]:
    """Return (reader, stating service, subject) wherever a reader has not applied every fact (yet)."""
    found: set[tuple[str, str, str]] = set()
    for reader, stating in reads.items():
        for service in stating:
            query = _UNHEARD.format(
                place=SERVICES.index(service) + 1,
                stating=schema_of(city, service),
                reading=schema_of(city, reader),
            )
            found |= {(reader, service, row["id"]) for row in await conn.fetch(query)}
    return found
