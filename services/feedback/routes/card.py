"""HTTP of the whole card (记分卡): score, deeds, checks, duties missed, what people judged; each part opens further."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.feedback.domain.assessment import Assessed, year_score
from services.feedback.domain.joint_review import subject_of as review_of
from services.feedback.domain.mutual import MutualKind, subject_of
from services.feedback.domain.opening import check_desk
from services.feedback.domain.period import Period, Span
from services.feedback.domain.publishing import kind_of
from services.feedback.domain.score import ratio
from services.feedback.routes.deed import counted
from services.feedback.store import STATE
from services.feedback.tables.ballot import ASSESSED, SATISFACTION
from services.feedback.tables.contact import OF_CARD
from services.feedback.tables.draw import CHECKED
from services.feedback.tables.score import REVISIONS
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk


def router(desk: Desk) -> APIRouter:
    """Return the route of the card."""
    routes = APIRouter(tags=["cards"])

    @routes.get("/v1/cards/{unit}/{period}")
    async def card(unit: str, period: str, actor: Caller) -> dict[str, Any]:
        """Return everything that stands on a unit's card of a month, quarter or year.

        `score` is the newest published revision, None before the freeze and where one a year is published and this is
        none. What events gave (score, deeds, checks, duties) is apart from what persons judged (`assessed`).
        """
        check_desk(actor)
        kind = kind_of(unit, desk.city)
        if not kind:
            raise Refused("subject.unknown", "unit", subject=unit[:64])
        when = Period.parse(period)
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(REVISIONS, {"period": when.code, "unit": unit})).all()
            deeds = await counted(conn, unit, when)
            asked = {"unit": unit, "quarters": list(when.quarters)}
            check = (await conn.execute(CHECKED, asked)).one()
            duties = [dict(row) for row in (await conn.execute(OF_CARD, asked)).mappings()]
            assessed = await _assessed(conn, unit, when.first.year, desk.city) if when.span is Span.YEAR else None
        newest = rows[-1] if rows else None
        return {
            "unit": unit,
            "kind": kind,
            "period": when.code,
            "score": {**newest.score, "published_at": newest.published_at} if newest else None,
            "deeds": deeds,
            "checks": ratio(Fraction(check.passed), check.checked),
            "duties_missed": duties,
            "assessed": assessed,
        }

    return routes


async def _assessed(conn: AsyncConnection, unit: str, year: int, city: Any) -> dict[str, Any]:
    """Return what people judged in a year: hundred points, the other side, the streets, the level above, households."""
    rows = await conn.execute(ASSESSED, {"year": year, "unit": unit})
    sessions = [Assessed(**row._mapping) for row in rows]
    found: dict[str, Any] = {"hundred_point": year_score(unit, sessions) if sessions else None}
    for kind in MutualKind:
        state = (await conn.execute(STATE, {"id": subject_of(kind, year)})).one_or_none()
        results = state.state.get("results", ()) if state else ()
        found[kind.value] = next((result for result in results if result["unit"] == unit), None)
    above = city.ancestors(unit)[:1] if unit in city.units else ()
    for reviewer in above:
        state = (await conn.execute(STATE, {"id": review_of(reviewer.code, year)})).one_or_none()
        scores = (state.state.get("scores") or {}) if state else {}
        found["joint_review"] = scores.get(unit)
    surveys = await conn.execute(SATISFACTION, {"unit": unit, "year": str(year)})
    found["satisfaction"] = [dict(row) for row in surveys.mappings()]
    return found
