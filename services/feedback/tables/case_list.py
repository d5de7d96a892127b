"""The cases behind a figure: numerator, denominator and what is left out, page by page (domain.md §7.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import TextClause, text

from services.feedback.domain.policy import Policy
from services.feedback.tables.tally import (
    CLOSED,
    DUE_AT,
    ENDED,
    MADE,
    MEDIATED,
    ON_TIME,
    OUTCOME,
    PAUSED,
    STAYS,
    VALID,
    VERIFIED,
    D,
)
from shared.persistence.connection import Executes

PARTS = ("numerator", "denominator", "excluded")


@dataclass(frozen=True, slots=True)
class Listing:
    """How the cases of a rate are found: `below` is its denominator, `above` its numerator, `out` what is left out."""

    source: str
    below: str
    above: str
    out: str = "false"
    why: str = "''"


_ANSWERS = f"case_line l JOIN answer a ON a.case_id = l.case_id WHERE {ENDED}"
_LINES = "case_line l WHERE true"
_MADE = f"assignment_line l WHERE {MADE}"
_DUE = f"({DUE_AT} > :starts AND {DUE_AT} <= :ends)"
_LEFT = f"CASE WHEN {PAUSED} THEN 'suspended' ELSE l.left END"
_OUT_OF_D = f"({_DUE} AND (NOT {STAYS} OR {PAUSED}))"
_NO_OUTCOME = (f"({VALID} AND NOT {OUTCOME})", "coalesce(l.excluded, 'declined')")
_ASKED = "EXISTS (SELECT 1 FROM answer a WHERE a.case_id = l.case_id)"

LISTINGS: Mapping[str, Listing] = {
    "response": Listing(_ANSWERS, VALID, "a.contacted"),
    "resolution": Listing(_ANSWERS, OUTCOME, "a.solved", *_NO_OUTCOME),
    "satisfaction": Listing(_ANSWERS, OUTCOME, "a.grade = ANY(CAST(:credited AS smallint[]))", *_NO_OUTCOME),
    "coverage": Listing(_ANSWERS, "true", VALID),
    "closing": Listing(_LINES, f"({D} AND NOT {PAUSED})", CLOSED, _OUT_OF_D, _LEFT),
    "on_time": Listing(_LINES, f"({D} AND NOT {PAUSED})", ON_TIME, _OUT_OF_D, _LEFT),
    "rework": Listing(_LINES, VERIFIED, "l.failed"),
    "rating_rework": Listing(_LINES, f"({ENDED} AND {_ASKED})", "l.reworked"),
    "extension": Listing(_LINES, D, "l.extended", f"({_DUE} AND NOT {STAYS})", "l.left"),
    "mediation": Listing(_LINES, MEDIATED, "l.mediated"),
    "hand_back": Listing(_MADE, "true", "l.upheld"),
    "accurate_dispatch": Listing(_MADE, "l.assignment = 1", "(NOT l.upheld AND NOT l.recalled)"),
}
_RESPONSE_OF_ALL = Listing(
    _ANSWERS, f"({VALID} AND l.excluded IS NULL)", "a.contacted", f"({VALID} AND l.excluded IS NOT NULL)", "l.excluded"
)
_ASKED_BACK = Listing(_MADE, "true", "l.asked_back")


@dataclass(frozen=True, slots=True)
class Opened:
    """A figure with its cases: exact numerator, denominator, how many are left out; the page's rows."""

    numerator: Fraction
    denominator: int
    excluded: int
    cases: list[dict[str, Any]]


async def open_figure(
    conn: Executes,
    rate: str,
    unit: str,
    kind: str,
    policy: Policy,
    values: Mapping[str, Any],
    *,
    part: str | None,
    after: str,
    limit: int,
) -> Opened:
    """Return the cases of one rate of a unit, those after the last one seen; `values` are the instants it counts by."""
    listing = _listing(rate, kind, policy)
    whole = {**values, "unit": unit, "credited": [grade for grade, credit in policy.credits.items() if credit]}
    sums = _counting(rate, listing, kind)
    credit, above, below, out = Fraction(), 0, 0, 0
    for row in await conn.execute(sums, _used(sums, whole)):
        credit += policy.credits[row.grade] * row.below if row.grade else 0
        above, below, out = above + row.above, below + row.below, out + row.out
    paged = _paging(rate, listing, kind)
    found = await conn.execute(paged, _used(paged, {**whole, "part": part, "after": after, "limit": limit}))
    return Opened(credit if rate == "satisfaction" else Fraction(above), below, out, [dict(r._mapping) for r in found])


def _listing(rate: str, kind: str, policy: Policy) -> Listing:
    if rate == "response" and policy.exclusion_scope == "all":
        return _RESPONSE_OF_ALL
    return _ASKED_BACK if rate == "hand_back" and kind == "department" else LISTINGS[rate]


def _mine(listing: Listing, kind: str) -> str:
    if kind == "city":
        return "true"
    if listing.source == _MADE:
        return f"l.{'lead' if listing is _ASKED_BACK else 'dispatcher'} = :unit"
    return ":unit IN (l.lead, l.dispatcher, l.community, l.grid, l.subgrid)"


def _counting(rate: str, listing: Listing, kind: str) -> TextClause:
    grade = f"CASE WHEN {listing.below} THEN a.grade END" if rate == "satisfaction" else "CAST(NULL AS int)"
    return text(
        f"SELECT {grade} AS grade, count(*) FILTER (WHERE {listing.below} AND {listing.above}) AS above, "  # noqa: S608
        f"count(*) FILTER (WHERE {listing.below}) AS below, count(*) FILTER (WHERE {listing.out}) AS out "
        f"FROM {listing.source} AND {_mine(listing, kind)} GROUP BY 1"
    )


def _paging(rate: str, listing: Listing, kind: str) -> TextClause:
    of_answer = ", a.reporter, a.contacted, a.solved, a.grade" if listing.source == _ANSWERS else ""
    of_line = ", l.due_at, l.handled_at, l.verified_at, l.closed_at" if listing.source == _LINES else ""
    number = "NULL" if listing.source == _MADE else "l.number"
    place = "l.assignment" if listing.source == _MADE else "l.line"
    key = f"l.case_id || '/' || lpad({place}::text, 5, '0')" + (" || '/' || a.reporter" if of_answer else "")
    return text(
        f"SELECT * FROM (SELECT {key} AS key, l.case_id AS case, {number} AS number, l.lead, l.dispatcher, "  # noqa: S608
        f"CASE WHEN {listing.below} AND {listing.above} THEN 'numerator' WHEN {listing.below} THEN 'denominator' "
        f"ELSE 'excluded' END AS part, CASE WHEN {listing.below} THEN '' ELSE {listing.why} END AS why"
        f"{of_answer}{of_line} FROM {listing.source} AND {_mine(listing, kind)} "
        f"AND ({listing.below} OR {listing.out})) found "
        "WHERE key > :after AND (CAST(:part AS text) IS NULL OR part = :part) ORDER BY key LIMIT :limit"
    )


def _used(statement: TextClause, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in statement.compile().params}
