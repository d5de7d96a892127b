"""HTTP of the analysis: recurring matters, hot spots, trend, the month's topic, five stages, the cases behind."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query, Request

from services.feedback.domain.analysis import BASE_WEEKS, RECURS_FROM, Matter, control, is_hot, proposals
from services.feedback.domain.mechanism import refuse, require
from services.feedback.domain.opening import DESKS
from services.feedback.domain.summary import subject_of
from services.feedback.routes.state import state_of
from services.feedback.tables.analysis import BY_WEEK, CASES, MATTERS, RECURRING, STAGES, TREND, WEEKS
from shared.contracts.supervision import SumUp
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.shell.desk import Caller, Desk, Key, body_schema, json_body, read_as, reply_body

Code = Annotated[str | None, Query(max_length=64)]
Month = Annotated[str, Query(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")]
Most = Annotated[int, Query(ge=1, le=100)]
MOST = 1000
Stage = Literal["analyse", "mobilise", "act", "look_back", "sum_up"]


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/analysis` and `/v1/summaries`."""
    routes = APIRouter(tags=["analysis"])

    async def rows(statement: Any, **values: Any) -> list[dict[str, Any]]:
        async with desk.engine.connect() as conn:
            return [dict(row._mapping) for row in await conn.execute(statement, values)]

    @routes.get("/v1/analysis/recurring")
    async def recurring(
        actor: Caller, first: date, last: date, unit: Code = None, matter: Code = None
    ) -> dict[str, Any]:
        """Return matters that came at least three times in one grid, from a first day up to a last one."""
        _check(actor)
        asked = {"unit": unit, "matter": matter, "least": RECURS_FROM, "limit": MOST}
        found = await rows(RECURRING, **_span(first, last), **asked)
        return {"least": RECURS_FROM, "recurring": found}

    @routes.get("/v1/analysis/hot-spots")
    async def hot_spots(actor: Caller, week: date, unit: Code = None) -> dict[str, Any]:
        """Return the grids that had more cases in the week of a day than the twelve weeks before let expect."""
        _check(actor)
        monday = week - timedelta(days=week.weekday())
        weeks = [monday - timedelta(weeks=n) for n in range(BASE_WEEKS, 0, -1)]
        span = _span(weeks[0], monday + timedelta(days=6))
        found = await rows(WEEKS, **span, last_week=_midnight(monday), unit=unit)
        grids: dict[str, dict[date, dict[str, Any]]] = defaultdict(dict)
        for row in found:
            grids[row["grid"]][row["week"]] = row
        hot = []
        for grid, by_week in sorted(grids.items()):
            before = [by_week[w]["cases"] if w in by_week else 0 for w in weeks]
            now = by_week.get(monday)
            if now and is_hot(now["cases"], before):
                hot.append({"grid": grid, "cases": now["cases"], "before": before, "case_ids": now["case_ids"]})
        return {"week": monday, "hot_spots": hot}

    @routes.get("/v1/analysis/trend")
    async def trend(
        actor: Caller, first: date, weeks: Annotated[int, Query(ge=1, le=260)], unit: Code = None, matter: Code = None
    ) -> dict[str, Any]:
        """Return cases a week from the week of a day on, with control limits and the weeks beyond them."""
        _check(actor)
        monday = first - timedelta(days=first.weekday())
        end = monday + timedelta(weeks=weeks)
        found = await rows(TREND, first_day=_naive(monday), last_day=_naive(end), unit=unit, matter=matter)
        return {"weeks": found, "control": control([row["cases"] for row in found])}

    @routes.get("/v1/analysis/matters")
    async def matters(
        actor: Caller, first: date, weeks: Annotated[int, Query(ge=1, le=53)], unit: Code = None, most: Most = 12
    ) -> dict[str, Any]:
        """Return the matters with most cases, week by week from the week of a day on."""
        _check(actor)
        monday = first - timedelta(days=first.weekday())
        counts: dict[str, dict[date, int]] = defaultdict(dict)
        for row in await rows(BY_WEEK, **_span(monday, monday + timedelta(weeks=weeks, days=-1)), unit=unit):
            counts[row["matter"]][row["week"]] = row["cases"]
        order = sorted(counts, key=lambda matter: (-sum(counts[matter].values()), matter))[:most]
        days = [monday + timedelta(weeks=n) for n in range(weeks)]
        shown = [{"matter": matter, "cases": [counts[matter].get(day, 0) for day in days]} for matter in order]
        return {"weeks": days, "matters": shown, "others": len(counts) - len(order)}

    @routes.get("/v1/analysis/monthly-topic")
    async def monthly_topic(actor: Caller, month: Month) -> dict[str, Any]:
        """Propose the month's topics: matters that recur in several communities, with their figures."""
        _check(actor)
        first = date.fromisoformat(f"{month}-01")
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        before = (first - timedelta(days=1)).replace(day=1)
        span = _span(first, last)
        found = await rows(MATTERS, **span, before=_midnight(before), least=RECURS_FROM)
        return {"month": month, "first": first, "last": last, "proposed": proposals([Matter(**row) for row in found])}

    @routes.get("/v1/analysis/stages")
    async def stages(actor: Caller, first: date, last: date, unit: Code = None) -> dict[str, Any]:
        """Return how many cases are at each stage of the five-stage loop."""
        _check(actor)
        require(desk.city, "five-stage-loop")
        found = {row["stage"]: row["cases"] for row in await rows(STAGES, **_span(first, last), unit=unit)}
        return {"stages": {stage: found.get(stage, 0) for stage in get_args(Stage)}}

    @routes.get("/v1/analysis/cases")
    async def cases(
        actor: Caller, first: date, last: date, unit: Code = None, matter: Code = None, stage: Stage | None = None,
        recurs: bool = False, after: Code = None, limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    ) -> dict[str, Any]:  # fmt: skip
        """Return the cases behind a figure, a thousand at once; `after` is the last one already seen.

        A week of a grid, a week of a matter, a stage, a month's topic: each has its days, its unit, matter or stage;
        `recurs` keeps those of a matter that came at least three times in their grid.
        """
        _check(actor)
        least = RECURS_FROM if recurs else None
        asked = {"unit": unit, "matter": matter, "stage": stage, "least": least, "after": after, "limit": limit}
        return {"cases": await rows(CASES, **_span(first, last), **asked)}

    @routes.post("/v1/summaries/{chain}/sum-up", openapi_extra=body_schema(SumUp))
    async def sum_up(chain: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Sum a cycle up; `chain` is the city's quarters, or one squad or hard problem."""
        asked = read_as(SumUp, await json_body(request))
        return reply_body(await desk.submit(asked, subject_of(chain), actor, key, creates=True))

    @routes.get("/v1/summaries/{chain}")
    async def summaries(chain: str, actor: Caller) -> dict[str, Any]:
        """Return the last summary of a chain and the cycles before it."""
        return await state_of(desk, subject_of(chain))

    return routes


def _check(actor: Actor) -> None:
    """Let operations, units and departments read; residents and sources have pages of their own."""
    if actor.kind not in DESKS:
        refuse(actor, "read the analysis")


def _span(first: date, last: date) -> dict[str, datetime]:
    """Return the instants from the first day's beginning to the last day's end."""
    return {"first": _midnight(first), "last": _midnight(last + timedelta(days=1))}


def _midnight(day: date) -> datetime:
    return _naive(day).replace(tzinfo=SHANGHAI)


def _naive(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  a day of the calendar, whose zone the query names
