"""Where every report is: exactly one end, or exactly one responsible unit with a clock (domain.md §7.1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import asyncpg

from deploy.audit.journals import Finding
from shared.persistence.engine import schema_of

_FIRST = """
SELECT subject, (array_agg(type ORDER BY id))[1] AS first,
       (array_agg(type ORDER BY id DESC) FILTER (WHERE type = ANY ($1)))[1] AS last
FROM "{intake}".journal WHERE sequence > 0 AND type LIKE 'case.%' GROUP BY subject
"""
"""The duties of units and leaders are written in intake's journal as well; they are no cases."""
_PLACING = [
    f"case.{what}.v1"
    for what in ("held", "registered", "solved_on_spot", "rejected", "merged", "unmerged", "withdrawn", "split")
]
"""What says where a case is; a reminder or one more reporter does not."""
_STANDING = """
SELECT DISTINCT ON (subject) subject, type, value::jsonb ->> 'status' AS status,
       value::jsonb ->> 'responsible' AS responsible, value::jsonb ->> 'clock' AS clock,
       value::jsonb ->> 'due_at' AS due_at FROM "{dispatch}".journal
WHERE sequence > 0 AND position(':' in subject) = 0 ORDER BY subject, id DESC
"""
_OWN = """
SELECT DISTINCT subject FROM "{escalation}".journal
WHERE type IN ('topic.resolved.v1', 'topic.squad_formed.v1') AND (value::jsonb ->> 'own_order')::boolean
"""
"""Topics without a case whose resolution made an order of its own: nobody reported them."""
_REGISTER = 'SELECT case_id, status, responsible FROM "{dispatch}".responsibility'


@dataclass(slots=True)
class Cases:
    """Every report counted once, by where it is."""

    reports: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


async def account(conn: asyncpg.Connection, city: str) -> Cases:
    """Account for every case that intake knows; a claim without any fact was refused and answered at the door."""
    intake, dispatch, escalation = (schema_of(city, name) for name in ("intake", "dispatch", "escalation"))
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        known = await conn.fetch(_FIRST.format(intake=intake), _PLACING)
        standing = {row["subject"]: row for row in await conn.fetch(_STANDING.format(dispatch=dispatch))}
        register = {row["case_id"]: row for row in await conn.fetch(_REGISTER.format(dispatch=dispatch))}
        own = {row["subject"] for row in await conn.fetch(_OWN.format(escalation=escalation))}
    cases = Cases(len(known))
    for row in known:
        _one(cases, row, standing.pop(row["subject"], None), register)
    for subject, order in standing.items():
        if subject in own:
            _, finding = _place(f"topic {subject}", order, register.get(subject))
            cases.findings += [finding] if finding else []
        else:
            cases.findings.append(Finding("foreign", f"dispatch {subject}", "an order without a report"))
    return cases


def _one(cases: Cases, row: asyncpg.Record, order: asyncpg.Record | None, register: dict[str, asyncpg.Record]) -> None:
    case, last = row["subject"], row["last"]
    if order is None:
        if last == "case.rejected.v1":
            cases.outcomes["rejected"] += 1
        elif last == "case.merged.v1":
            cases.outcomes["merged"] += 1
        elif last == "case.withdrawn.v1" and row["first"] in ("case.held.v1", "case.merged.v1"):
            cases.outcomes["withdrawn"] += 1
        elif last == "case.held.v1":
            cases.outcomes["in_triage"] += 1
        else:
            cases.outcomes["nowhere"] += 1
            cases.findings.append(Finding("nowhere", f"case {case}", f"{last}, but dispatch has no order"))
        return
    if last in ("case.held.v1", "case.rejected.v1"):
        cases.outcomes["two_places"] += 1
        cases.findings.append(Finding("two_places", f"case {case}", f"{last} at intake and an order at dispatch"))
        return
    outcome, finding = _place(f"case {case}", order, register.get(case))
    cases.outcomes[outcome] += 1
    cases.findings += [finding] if finding else []


def _place(what: str, order: asyncpg.Record, entry: asyncpg.Record | None) -> tuple[str, Finding | None]:
    """Return where an order is, and what is wrong with that; `entry` is its line in the register."""
    if entry is None or (entry["status"], entry["responsible"]) != (order["status"], order["responsible"]):
        told = f"journal: {order['status']} at {order['responsible']}"
        listed = f"register: {entry['status']} at {entry['responsible']}" if entry else "not in the register"
        return "two_places", Finding("two_places", what, f"{told}; {listed}")
    status = str(order["status"])
    if status in ("closed", "withdrawn"):
        return status, None
    if order["responsible"] and order["clock"] and order["due_at"]:
        return "open", None
    return "nowhere", Finding("nowhere", what, f"{status} without a responsible unit or a clock")
