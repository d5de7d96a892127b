"""HTTP of the calendar: which days are worked, by which publication; publish a year."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from services.dispatch.domain.almanac import almanac_of
from shared.contracts.calendar import PublishCalendar
from shared.kernel.calendar import FIRST_YEAR, LAST_YEAR, Calendar
from shared.shell.desk import Caller, Desk, Key, body_schema, json_body, read_as, reply_body


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/calendar`."""
    routes = APIRouter()

    @routes.post(
        "/v1/calendar", tags=["calendar"], name=PublishCalendar.TYPE, openapi_extra=body_schema(PublishCalendar)
    )
    async def publish(request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Publish a year; open clocks are projected anew by it within seconds, none of them fires a second time."""
        asked = read_as(PublishCalendar, await json_body(request))
        return reply_body(await desk.submit(asked, almanac_of(desk.city_code), actor, key, creates=True))

    @routes.get("/v1/calendar/{year}", tags=["calendar"])
    async def calendar(year: Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)], actor: Caller) -> dict[str, Any]:
        """Return the days of a year that are off or made up; `provisional` where no statutory calendar is out yet."""
        return _said(desk.city.calendar, year)

    return routes


def _said(calendar: Calendar, year: int) -> dict[str, Any]:
    return {
        "year": year,
        "provisional": year not in calendar.known,
        "holidays": [
            {"day": day.isoformat(), "name": calendar.names.get(day, "")}
            for day in sorted(calendar.holidays)
            if day.year == year
        ],
        "makeups": [day.isoformat() for day in sorted(calendar.makeups) if day.year == year],
        "hours": [[opens.isoformat("minutes"), closes.isoformat("minutes")] for opens, closes in calendar.hours],
    }
