"""What a grid has to do on its round: to verify, to handle, to ask after, what is late; from the read model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.console import moments
from services.console.clocks import left
from services.console.listing import matter_name
from services.console.projection.case import CaseRow
from services.console.words import Tongue, word
from shared.city.model import City

TABS = {"verify": word("待核查"), "todo": word("待处理"), "back": word("回访"), "late": word("超期")}
MOST = 50
"""Cards on one tab; a grid has a handful."""
_OWN = "responsible = :unit AND status = ANY ('{dispatched,accepted,handled}')"
_WHICH = {
    "verify": "responsible = :unit AND status = 'handled'",
    "todo": "responsible = :unit AND status = ANY ('{dispatched,accepted}')",
    "back": "unit = ANY (:below) AND status = 'verified'",
    "late": f"{_OWN} AND overdue",
}
_COUNT = text(
    "SELECT " + ", ".join(f"count(*) FILTER (WHERE {which}) AS {tab}" for tab, which in _WHICH.items())  # noqa: S608
    + " FROM case_view WHERE responsible = :unit OR (unit = ANY (:below) AND status = 'verified')"
)  # fmt: skip
_CARDS = {
    tab: text(
        "SELECT to_jsonb(c)::text AS row, (SELECT t.data ->> 'note' FROM timeline t WHERE t.subject = c.id "  # noqa: S608
        "AND t.type = 'order.handled.v1' ORDER BY t.position DESC LIMIT 1) AS note, "
        "(SELECT t.acted_at FROM timeline t WHERE t.subject = c.id AND t.type = 'order.handled.v1' "
        f"ORDER BY t.position DESC LIMIT 1) AS done_at FROM case_view c WHERE {which} "
        "ORDER BY c.due_at NULLS LAST, c.id LIMIT :most"
    )
    for tab, which in _WHICH.items()
}


@dataclass(frozen=True, slots=True)
class Card:
    """One case as a grid member sees it."""

    case: str
    number: str
    assignment: int
    status: str
    title: str
    place: str
    who: str
    note: str
    done_at: str
    left: str
    is_late: bool
    is_soon: bool
    reporters: int


@dataclass(frozen=True, slots=True)
class Round:
    """One tab of a grid: its cards, the most pressing first, and how many cases each tab has."""

    tab: str
    now: datetime
    cards: list[Card]
    counts: Mapping[str, int]

    @property
    def mark(self) -> str:
        """Return a text that is another one when something has changed but the time."""
        shown = [(one.case, one.status, one.assignment, one.reporters, one.is_late, one.note) for one in self.cards]
        return hashlib.sha256(repr((shown, sorted(self.counts.items()))).encode()).hexdigest()[:16]


async def read(conn: AsyncConnection, tab: str, unit: str, city: City, t: Tongue, now: datetime) -> Round:
    """Return how a tab stands now."""
    given = _given(unit, city)
    counted = (await conn.execute(_COUNT, given)).one()
    rows = await conn.execute(_CARDS[tab], {**given, "most": MOST})
    return Round(tab, now, [_card(row, city, t, now) for row in rows], dict(counted._mapping))


def _given(unit: str, city: City) -> dict[str, Any]:
    return {"unit": unit, "below": [code for code in city.units if city.is_within(code, unit)]}


def _card(found: Any, city: City, t: Tongue, now: datetime) -> Card:
    row = msgspec.json.decode(found.row, type=CaseRow)
    time = left(city, row, now, row.due_at) if row.due_at and row.status != "verified" else None
    is_late = time is not None and time.seconds < 0
    return Card(
        case=row.id,
        number=row.number,
        assignment=row.assignment,
        status=row.status,
        title=row.summary or matter_name(city, row.matter) or row.number,
        place=city.name_of(row.unit) if row.unit else "",
        who=city.name_of(row.lead) if row.lead else "",
        note=found.note or "",
        done_at=moments.short_moment(found.done_at, now) if found.done_at else "",
        left=moments.remaining(t, time) if time else "",
        is_late=is_late or row.overdue,
        is_soon=row.reminded,
        reporters=row.reporters,
    )
