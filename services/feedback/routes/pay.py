"""HTTP of the pay basis: one line per grid person and month, as JSON or CSV, each opening to its cases."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from services.feedback.domain.mechanism import refuse, require
from services.feedback.domain.pay import PayLine, month_of, persons
from services.feedback.tables.pay import BEHIND, MONTH, VISITS
from services.feedback.tables.score import SCORES
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk

Month = Annotated[str, Query(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")]
Unit = Annotated[str | None, Query(max_length=64)]
HEAD = ("网格代码", "网格", "工作日", "上报", "当场解决", "按时核查", "应核查", "年度得分", "走访天数", "走访户次")


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/pay-basis`."""
    routes = APIRouter(tags=["pay-basis"])

    async def lines(actor: Actor, month: str, unit: str | None) -> list[PayLine]:
        area = _area(desk, actor, unit)
        first, last = month_of(date.fromisoformat(f"{month}-01"))
        days = desk.city.calendar.working_days_between(first, last)
        async with desk.engine.connect() as conn:
            figures = {row.unit: row for row in await conn.execute(MONTH, _span(first, last))}
            visited = {row.unit: row for row in await conn.execute(VISITS, {"first": first, "last": last})}
            named = persons(desk.city, area)
            scores: dict[str, str | None] = {}
            for code in sorted(named.keys() & figures.keys()):
                asked = {"period": month[:4], "unit": code, "after_period": "", "after_unit": "", "limit": 1}
                newest = (await conn.execute(SCORES, asked)).one_or_none()
                scores[code] = newest.score["composite"] if newest else None
        found = []
        for code, name in named.items():
            row = figures.get(code)
            reports, solved, in_time, due = (row.reports, row.solved, row.in_time, row.due) if row else (0, 0, 0, 0)
            seen = visited.get(code)
            known = (seen.days, seen.visits) if seen else (0, 0)
            found.append(PayLine(code, name, days, reports, solved, in_time, due, scores.get(code), *known))
        return found

    @routes.get("/v1/pay-basis")
    async def pay_basis(actor: Caller, month: Month, unit: Unit = None) -> dict[str, Any]:
        """Return every grid person's figures of a month, of the whole city or of a unit's area."""
        return {"month": month, "lines": await lines(actor, month, unit)}

    @routes.get("/v1/pay-basis.csv", response_class=Response)
    async def pay_basis_csv(actor: Caller, month: Month, unit: Unit = None) -> Response:
        """Return the same for finance, as CSV that a spreadsheet opens."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(HEAD)
        writer.writerows(astuple(line) for line in await lines(actor, month, unit))
        return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8")

    @routes.get("/v1/pay-basis/{person}")
    async def behind(person: str, actor: Caller, month: Month) -> dict[str, Any]:
        """Return the cases behind one grid person's month."""
        _area(desk, actor, person)
        first, last = month_of(date.fromisoformat(f"{month}-01"))
        async with desk.engine.connect() as conn:
            rows = await conn.execute(BEHIND, {"unit": person, **_span(first, last)})
            return {"unit": person, "month": month, "cases": [dict(row._mapping) for row in rows]}

    return routes


def _area(desk: Desk, actor: Actor, unit: str | None) -> str:
    """Let operations see all of it, a unit its own area; refuse everybody else."""
    require(desk.city, "pay-basis")
    wanted = unit or (actor.id if actor.kind == "unit" else desk.city.root.code)
    if wanted not in desk.city.units:
        raise Refused("subject.unknown", "unit", subject=wanted)
    own = actor.kind == "unit" and actor.id in desk.city.units and desk.city.is_within(wanted, actor.id)
    if actor.kind != "operations" and not own:
        refuse(actor, "read the pay basis")
    return wanted


def _span(first: date, last: date) -> dict[str, datetime]:
    begins = datetime(first.year, first.month, first.day, tzinfo=SHANGHAI)
    return {"first": begins, "last": begins + (last - first) + timedelta(days=1)}
