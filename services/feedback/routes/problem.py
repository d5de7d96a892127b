"""HTTP of problems: list one, rectify, check, read a unit's list."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from services.feedback.domain.opening import check_desk
from services.feedback.domain.problem import Status, subject_of
from services.feedback.routes.state import state_of
from services.feedback.tables.listed import PROBLEMS
from shared.contracts.appraisal import CheckProblem, ListProblem, RectifyProblem
from shared.contracts.base import Contract
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, IfMatch, Key, body_schema, json_body, read_as, reply_body

Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
PATH = "/v1/problems/{unit}/{code}"
MOST = 1000
ACTS: dict[str, type[Contract]] = {"rectify": RectifyProblem, "check": CheckProblem}


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/problems`."""
    routes = APIRouter(tags=["problems"])

    @routes.post(f"{PATH}/list", openapi_extra=body_schema(ListProblem))
    async def list_problem(unit: str, code: Code, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Put a problem on a unit's list, under a code of one's own."""
        if unit not in desk.city.units and unit not in desk.city.departments:
            raise Refused("subject.unknown", "unit", subject=unit)
        said = read_as(ListProblem, await json_body(request), unit=unit)
        return reply_body(await desk.submit(said, subject_of(unit, code), actor, key, creates=True))

    for name, contract in ACTS.items():
        _act(routes, desk, name, contract)

    @routes.get("/v1/problems")
    async def problems(
        actor: Caller, unit: Annotated[str | None, Query(max_length=64)] = None, status: Status | None = None
    ) -> dict[str, Any]:
        """Return the problems of a unit and those that it listed; everybody's without a unit."""
        check_desk(actor)
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(PROBLEMS, {"unit": unit, "status": status, "limit": MOST})).all()
        return {"problems": [{"id": row.id, "sequence": row.sequence, **row.state} for row in rows]}

    @routes.get(PATH)
    async def problem(unit: str, code: Code, actor: Caller) -> dict[str, Any]:
        """Return one problem."""
        check_desk(actor)
        return await state_of(desk, subject_of(unit, code))

    return routes


def _act(routes: APIRouter, desk: Desk, name: str, contract: type[Contract]) -> None:
    @routes.post(f"{PATH}/{name}", name=contract.TYPE, openapi_extra=body_schema(contract))
    async def act(
        unit: str, code: Code, request: Request, actor: Caller, key: Key, sequence: IfMatch
    ) -> dict[str, Any]:
        said = read_as(contract, await json_body(request))
        return reply_body(await desk.submit(said, subject_of(unit, code), actor, key, sequence))
