"""HTTP of what was reported nearby: shown while somebody writes, so that he joins instead of telling it again."""

from __future__ import annotations

from math import ceil, cos, hypot, radians
from typing import Annotated, Any

from fastapi import APIRouter, Request
from msgspec.json import decode
from pydantic import StringConstraints

from services.intake import store
from services.intake.domain import Case
from services.intake.domain import report as said_by
from services.intake.domain.case import Status
from services.intake.domain.ground import place
from services.intake.domain.likeness import alike
from services.intake.domain.registration import seek
from services.intake.routes.dossier import not_allowed
from services.intake.routes.follow import stage, unit
from services.intake.tables import dossier as dossiers
from services.intake.tables import trace as traces
from shared.contracts.base import OutsideMessage
from shared.contracts.intake import ReportPlace
from shared.shell.desk import Caller, Desk, body_schema, json_body, read_as

NEAR_PLACE = 0.8
"""Of a likeness: the same grid, or points next to each other."""
STEP = 50
"""Metres are given up to the next so many: nobody's door is told."""
_METRES = 111_320.0
"""Of a degree of latitude."""


class Nearby(OutsideMessage):
    """What somebody has written so far, and where."""

    text: Annotated[str, StringConstraints(max_length=5_000)] = ""
    place: ReportPlace


def router(desk: Desk) -> APIRouter:
    """Return the route `/v1/nearby`."""
    routes = APIRouter(tags=["reports"])

    @routes.post("/v1/nearby", openapi_extra=body_schema(Nearby))
    async def nearby(request: Request, actor: Caller) -> dict[str, Any]:
        """List open cases near a place, the likest first; the `case` of one goes into a report's `same_as`."""
        if actor.kind not in ("source", "unit", "post", "operations"):
            raise not_allowed(actor, "report.v1")
        asked = read_as(Nearby, await json_body(request))
        where = said_by.ReportPlace(**asked.place.model_dump())
        draft = said_by.Report(id="draft", text=asked.text, place=where)
        now = (await desk.shell.store.now()).now
        source = actor.id if actor.kind == "source" else next(iter(desk.city.sources))
        trace = seek(draft, "", now, source, None, desk.city)
        if trace is None:
            return {"items": []}
        point = place(where, None, desk.city).point
        async with desk.engine.connect() as conn:
            found = (await traces.near(conn, [trace]))[0]
            likes = [one for one in alike(trace, found) if one.place >= NEAR_PLACE]
            states = await store.states_of(conn, {one.home for one in likes})
            points = await dossiers.points_of(conn, list(states))
        items = []
        for one in likes:
            case = decode(states[one.home], type=Case) if one.home in states else None
            if case is None or case.status is not Status.OPEN or case.is_handled:
                continue
            items.append(
                {
                    "case": one.home,
                    "summary": case.summary,
                    "place": unit(case.placement.unit if case.placement else None, desk.city),
                    "status": stage(case.stage),
                    "reporters": case.reporters,
                    "since": case.steps[0].at.astimezone(desk.city.calendar.zone).isoformat(),
                    "metres": _metres(point, points.get(one.home, ())),
                    "alike": one.score,
                }
            )
        return {"items": items}

    return routes


def _metres(point: tuple[float, float] | None, others: Any) -> int | None:
    """Return the distance to the nearest of several points, up to the next fifty metres."""
    if point is None or not others:
        return None
    narrow = cos(radians(point[1]))
    nearest = min(hypot((lon - point[0]) * narrow, lat - point[1]) for lon, lat in others) * _METRES
    return max(STEP, ceil(nearest / STEP) * STEP)
