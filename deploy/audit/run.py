"""One audit from beginning to end. What is in flight is looked at again before it counts as wrong."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import asyncpg
from aiokafka.errors import KafkaError

from deploy.audit import cases as case_books
from deploy.audit import journals, streams
from deploy.audit.chains import verify_chains
from deploy.audit.journals import Finding
from shared.contracts.topics import READS, SERVICES, STATED_ON
from shared.persistence.engine import is_away

LOOKS = 8
PAUSE = 1.5
"""Seconds between looks: what is still wrong after the last is no fact in flight."""


class Unreachable(RuntimeError):
    """Nothing can be said: `server` ("database" or "broker") cannot be reached, or went away meanwhile."""

    def __init__(self, server: Literal["database", "broker"], error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.server = server


@dataclass(slots=True)
class Verdict:
    """What the auditor found; `ok` only if nothing is lost, double, out of order, parked for long, or broken."""

    reports: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    facts: dict[str, int] = field(default_factory=dict)
    on_streams: dict[str, int] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)
    pending: int = 0
    parked: int = 0
    aside: int = 0
    quarantined: int = 0
    chains: int = 0
    records: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether every report is in exactly one place and nothing was found."""
        return not self.findings

    def by_kind(self) -> dict[str, int]:
        """Count findings by kind."""
        return dict(Counter(finding.kind for finding in self.findings))

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "ok": self.ok,
            "reports": self.reports,
            "outcomes": self.outcomes,
            "facts": self.facts,
            "on_streams": self.on_streams,
            "repeats": self.repeats,
            "pending": self.pending,
            "parked": self.parked,
            "aside": self.aside,
            "quarantined": self.quarantined,
            "ledgers": self.chains,
            "ledger_records": self.records,
            "found": self.by_kind(),
            "findings": [{"kind": f.kind, "where": f.where, "what": f.what} for f in self.findings[:200]],
        }


async def audit(
    dsn: str, kafka: str, city: str, progress: Callable[[str, int], None] = lambda step, n: None
) -> Verdict:
    """Audit a city as its read-only `auditor` role; `progress(step, n)` is called as work is done.

    Raises `Unreachable`.
    """
    try:
        return await _audit(dsn, kafka, city, progress)
    except KafkaError as error:
        raise Unreachable("broker", error) from error
    except Exception as error:
        if is_away(error):
            raise Unreachable("database", error) from error
        raise


async def _audit(dsn: str, kafka: str, city: str, progress: Callable[[str, int], None]) -> Verdict:
    conn = await asyncpg.connect(dsn, timeout=10)
    try:
        await conn.execute("SET statement_timeout = '600s'; SET idle_in_transaction_session_timeout = '600s'")
        verdict = Verdict()
        found = await _settled(conn, city)
        books = await journals.examine(conn, city)
        verdict.facts, verdict.quarantined = books.facts, sum(books.quarantined.values())
        verdict.pending, verdict.parked = sum(books.pending.values()), sum(books.parked.values())
        verdict.aside = sum(books.aside.values())
        verdict.findings += [*books.findings, *found]
        progress("journals", sum(books.facts.values()))
        for service in SERVICES:
            carried = await streams.read(kafka, city, service, lambda n: progress("streams", n))
            compared = await streams.compare(conn, city, service, carried)
            if compared.newest:
                await streams.read_on(kafka, carried, lambda n: progress("streams", n))
            verdict.findings += carried.findings + compared.findings + streams.missing(carried, compared.newest)
            verdict.on_streams[service] = carried.records - carried.repeats
            verdict.repeats[service] = carried.repeats
        accounts = await _accounts(conn, city)
        verdict.reports, verdict.outcomes = accounts.reports, dict(accounts.outcomes)
        verdict.findings += accounts.findings
        progress("cases", accounts.reports)
        verdict.chains, verdict.records, broken = await verify_chains(conn, city)
        verdict.findings += broken
        return verdict
    finally:
        await conn.close()


async def _settled(conn: asyncpg.Connection, city: str) -> list[Finding]:
    """Find subjects of which a reader has not applied every fact, at every one of several looks."""
    reads = {reader: tuple(STATED_ON[stream] for stream in READS[reader]) for reader in (*SERVICES, "console")}
    still = await journals.unheard(conn, city, reads)
    for _ in range(LOOKS):
        if not still:
            break
        await asyncio.sleep(PAUSE)
        still &= await journals.unheard(conn, city, reads)
    return [
        Finding("unheard", f"{reader} {subject}", f"not every fact of {service} was applied")
        for reader, service, subject in sorted(still)
    ]


async def _accounts(conn: asyncpg.Connection, city: str) -> case_books.Cases:
    """Account for every case; a case on its way from one service to the next is looked at again."""
    accounts = await case_books.account(conn, city)
    for _ in range(LOOKS):
        if not accounts.findings:
            break
        await asyncio.sleep(PAUSE)
        accounts = await case_books.account(conn, city)
    return accounts
