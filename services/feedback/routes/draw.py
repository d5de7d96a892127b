"""HTTP of checks: freeze a draw, record what was found, read a draw so that it can be verified, passed ÷ checked."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from services.feedback.domain.draw import CheckKind, subject_of
from services.feedback.domain.opening import check_desk
from services.feedback.domain.score import ratio
from services.feedback.routes.state import state_of
from services.feedback.tables.draw import CHECKS, COMPLETIONS, DRAWS
from shared.contracts.supervision import FreezeDraw, RecordCheck
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, IfMatch, Key, body_schema, json_body, read_as, reply_body

Quarter = Annotated[str, Path(pattern=r"^\d{4}Q[1-4]$")]
Code = Annotated[str | None, Query(max_length=64)]
PATH = "/v1/draws/{unit}/{quarter}/{kind}"
MOST_CHECKS = 5000


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/draws` and `/v1/checks`."""
    routes = APIRouter(tags=["checks"])

    @routes.post(f"{PATH}/freeze", openapi_extra=body_schema(FreezeDraw))
    async def freeze(
        unit: str, quarter: Quarter, kind: CheckKind, request: Request, actor: Caller, key: Key
    ) -> dict[str, Any]:
        """Fix what is drawn from, before the seed can be known."""
        if unit not in desk.city.units and unit not in desk.city.departments:
            raise Refused("subject.unknown", "unit", subject=unit)
        asked = read_as(FreezeDraw, await json_body(request), unit=unit, quarter=quarter, kind=kind)
        subject = subject_of(unit, quarter, kind, asked.cycle)
        return reply_body(await desk.submit(asked, subject, actor, key, creates=True))

    @routes.post(f"{PATH}/record", openapi_extra=body_schema(RecordCheck))
    async def record(
        unit: str, quarter: Quarter, kind: CheckKind, request: Request, actor: Caller, key: Key, sequence: IfMatch,
        cycle: Code = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Say what was found at a drawn case."""
        asked = read_as(RecordCheck, await json_body(request))
        return reply_body(await desk.submit(asked, subject_of(unit, quarter, kind, cycle), actor, key, sequence))

    @routes.get("/v1/draws")
    async def draws(actor: Caller, quarter: Annotated[str, Query(pattern=r"^\d{4}Q[1-4]$")]) -> dict[str, Any]:
        """Return the draws of a quarter without their populations: how many there are, what came out, what passed."""
        check_desk(actor)
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(DRAWS, {"quarter": quarter, "limit": MOST_CHECKS})).all()
        return {"draws": [_brief(row) for row in rows]}

    @routes.get(PATH)
    async def draw(unit: str, quarter: Quarter, kind: CheckKind, actor: Caller, cycle: Code = None) -> dict[str, Any]:
        """Return a draw whole: population, pool, head, seed and what it chose, for anybody to compute again."""
        subject = subject_of(unit, quarter, kind, cycle)
        return {"draw": subject, **await state_of(desk, subject)}

    @routes.get("/v1/checks")
    async def checks(
        actor: Caller,
        unit: Code = None,
        quarter: Annotated[str | None, Query(pattern=r"^\d{4}Q[1-4]$")] = None,
        cycle: Code = None,
    ) -> dict[str, Any]:
        """Return passed ÷ checked with the cases behind it, and how many draws of a cycle are complete.

        A task cycle may end once there are as many as the city asks for (workflows §4.8).
        """
        async with desk.engine.connect() as conn:
            asked = {"unit": unit, "quarter": quarter, "cycle": cycle, "limit": MOST_CHECKS}
            rows = [dict(row._mapping) for row in await conn.execute(CHECKS, asked)]
            done = (await conn.execute(COMPLETIONS, {"quarter": quarter, "cycle": cycle})).all()
        checked = [row for row in rows if row["passed"] is not None]
        complete = sum(unit in (None, row.unit) for row in done)
        return {
            "figure": ratio(Fraction(sum(row["passed"] for row in checked)), len(checked)),
            "complete": complete,
            "cycle_may_end": complete >= desk.city.limits["checks_cycle"] if cycle else None,
            "cases": rows,
        }

    return routes


def _brief(row: Any) -> dict[str, Any]:
    state = {name: value for name, value in row.state.items() if name not in ("cases", "inspectors")}
    counted = {"population": len(row.state["cases"]), "pool": len(row.state["inspectors"])}
    return {"id": row.id, "sequence": row.sequence, **state, **counted}
