"""Counting in SQL: every card of a period in one pass over the lines, and the cases behind each figure.

The conditions stand here once; the counts and the lists of cases are made of the same ones. `tests/integration` holds
them against the plain form in `domain/tally.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.feedback.domain.period import Period
from services.feedback.domain.tally import EMPTY, Tally
from shared.persistence.connection import Executes

PAUSED = "(l.due_before IS NOT NULL AND l.suspended_at <= :ends AND (l.resumed_at IS NULL OR l.resumed_at > :ends))"
DUE_AT = f"(CASE WHEN {PAUSED} THEN l.due_before ELSE l.due_at END)"
STAYS = "(l.left IS NULL OR l.overdue OR l.left IN ('overdue', 'rework', 'dissatisfied'))"
D = f"({DUE_AT} > :starts AND {DUE_AT} <= :ends AND {STAYS})"
S = f"({D} AND {PAUSED})"
CLOSED = f"({D} AND NOT {PAUSED} AND l.verified_at <= :frozen_at)"
ON_TIME = f"({CLOSED} AND l.handled_at <= {DUE_AT})"
VERIFIED = "(l.first_verified_at >= :starts AND l.first_verified_at < :ends)"
ENDED = "(l.closed_at >= :starts AND l.closed_at < :ends)"
MEDIATED = "(l.mediated_at >= :starts AND l.mediated_at < :ends)"
VALID = "a.grade IS NOT NULL"
EXCLUDED = f"({VALID} AND l.excluded IS NOT NULL)"
OUTCOME = f"({VALID} AND l.excluded IS NULL AND a.outcome)"
_TOUCHED = (
    f"((l.due_at > :starts AND l.due_at <= :ends) OR (l.due_before > :starts AND l.due_before <= :ends) "
    f"OR {VERIFIED} OR {ENDED} OR {MEDIATED})"
)

MADE = "l.made_at >= :starts AND l.made_at < :ends"

OF_LINES: Mapping[str, str] = {
    "cases": ENDED,
    "due": D,
    "suspended": S,
    "closed": CLOSED,
    "on_time": ON_TIME,
    "extended": f"{D} AND l.extended",
    "verified": VERIFIED,
    "reworked": f"{VERIFIED} AND l.failed",
    "mediated": f"{MEDIATED} AND l.mediated",
    "mediation_failed": f"{MEDIATED} AND NOT l.mediated",
}
OF_ANSWERS: Mapping[str, str] = {
    "asked": "true",
    "answers": VALID,
    "contacted": f"{VALID} AND a.contacted",
    "excluded": EXCLUDED,
    "excluded_contacted": f"{EXCLUDED} AND a.contacted",
    "outcomes": OUTCOME,
    "solved": f"{OUTCOME} AND a.solved",
    **{f"grade_{grade}": f"{OUTCOME} AND a.grade = {grade}" for grade in range(1, 6)},
}
OF_RECEIVED: Mapping[str, str] = {"received": "true", "asked_back": "l.asked_back"}
OF_MADE: Mapping[str, str] = {
    "made": "true",
    "upheld": "l.upheld",
    "dispatched": "l.assignment = 1",
    "accurate": "l.assignment = 1 AND NOT l.upheld AND NOT l.recalled",
}
_UNITS = ("lead", "dispatcher", "community", "grid", "subgrid")


def _counts(of: Mapping[str, str]) -> str:
    return ", ".join(f"count(*) FILTER (WHERE {condition}) AS {name}" for name, condition in of.items())


def _sums(names: Mapping[str, str]) -> str:
    return ", ".join(f"CAST(sum({name}) AS bigint) AS {name}" for name in names)


def _per_unit(of: Mapping[str, str], source: str) -> str:
    """Count combinations of units first, then each unit's combinations: one pass over the lines, however many units."""
    units = ", ".join(_UNITS)
    return (
        f"WITH found AS (SELECT {', '.join(f'l.{unit}' for unit in _UNITS)}, {_counts(of)} FROM {source} "  # noqa: S608 - conditions of our own
        f"GROUP BY {', '.join(f'l.{unit}' for unit in _UNITS)}) "
        f"SELECT unit, {_sums(of)} FROM found, unnest(ARRAY[CAST(:root AS text), {units}]) unit "
        f"WHERE unit IS NOT NULL GROUP BY unit"
    )


_OF_MONTHS = "a.period = ANY(CAST(:months AS text[]))"
"""An answer's period is the month of closing, so that the other months' need not be looked at."""
_ANSWERED = f"case_line l JOIN answer a ON a.case_id = l.case_id AND {_OF_MONTHS} WHERE {ENDED}"
_OF_LINES = text(_per_unit(OF_LINES, f"case_line l WHERE {_TOUCHED}"))
_OF_ANSWERS = text(_per_unit({**OF_ANSWERS}, _ANSWERED))
_ASKED_CASES = text(
    _per_unit(
        {"asked_cases": "true", "rating_reworked": "l.reworked"},
        f"case_line l WHERE {ENDED} AND EXISTS (SELECT 1 FROM answer a WHERE a.case_id = l.case_id AND {_OF_MONTHS})",  # noqa: S608 - ours
    )
)


def _of_assignments(of: Mapping[str, str], unit: str) -> str:
    return (
        f"SELECT unit, {_sums(of)} FROM (SELECT l.{unit} AS one, {_counts(of)} FROM assignment_line l WHERE {MADE} "  # noqa: S608
        f"GROUP BY 1) found, unnest(ARRAY[CAST(:root AS text), NULLIF(one, CAST(:root AS text))]) unit "
        f"WHERE unit IS NOT NULL GROUP BY unit"
    )


_OF_RECEIVED = text(_of_assignments(OF_RECEIVED, "lead"))
_OF_MADE = text(_of_assignments(OF_MADE, "dispatcher"))
STATEMENTS = (_OF_LINES, _OF_ANSWERS, _ASKED_CASES, _OF_RECEIVED, _OF_MADE)


_PATIENT = text("SET LOCAL statement_timeout = '180s'")
"""A year of millions of lines takes longer than a statement of a batch may."""


async def tallies(conn: Executes, period: Period, frozen_at: datetime, root: str) -> dict[str, Tally]:
    """Count every card of a period; the whole city stands under `root`."""
    values = span(period, frozen_at) | {"root": root}
    await conn.execute(_PATIENT)
    found: dict[str, dict[str, int]] = {}
    for statement in STATEMENTS:
        for row in await conn.execute(statement, _used(statement, values)):
            counts = dict(row._mapping)
            found.setdefault(counts.pop("unit"), {}).update(counts)
    return {unit: _tally(counts) for unit, counts in found.items()}


def span(period: Period, frozen_at: datetime) -> dict[str, Any]:
    """Return the instants by which the conditions count."""
    return {
        "starts": period.starts_at,
        "ends": period.ends_at,
        "frozen_at": frozen_at,
        "months": [month.code for month in period.months],
    }


def _used(statement: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in statement.compile().params}


def _tally(counts: Mapping[str, int]) -> Tally:
    grades = {g: n for g in range(1, 6) if (n := counts.get(f"grade_{g}", 0))}
    plain = {name: n for name, n in counts.items() if not name.startswith("grade_")}
    return replace(EMPTY, **plain, grades=grades)
