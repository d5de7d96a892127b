"""HTTP of admission: the public list with its versions, requests of departments, decisions of the city."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.intake.tables import admission
from shared.contracts.admission import DecideAdmission, RequestAdmission, WithdrawAdmission
from shared.contracts.base import Contract
from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.shell.allowance import Allowance, address_of
from shared.shell.desk import Caller, Desk, Key, body_schema, json_body, read_as, reply_body

COMMANDS: dict[str, type[Contract]] = {
    "request": RequestAdmission,
    "decide": DecideAdmission,
    "withdraw": WithdrawAdmission,
}


def router(desk: Desk, allowance: Allowance) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/admission", tags=["admission"])
    for command, contract in COMMANDS.items():
        routes.add_api_route(
            f"/{{matter}}/{command}", _command(desk, contract), methods=["POST"], name=contract.TYPE,
            summary=contract.__doc__, openapi_extra=body_schema(contract),
        )  # fmt: skip

    @routes.get("")
    async def list_(request: Request, version: Annotated[int | None, Query(ge=1, le=2**62)] = None) -> dict[str, Any]:
        """Show what communities may be given, without an account: the list, the city's matters, what was asked for."""
        allowance.take(address_of(request))
        city = desk.city
        if "admission" not in city.mechanisms:
            raise Refused("mechanism.off", "", mechanism="admission")
        async with desk.engine.connect() as conn:
            changes = await admission.listed(conn, version)
        for change in changes:
            change["name"] = city.matters[change["matter"]].name if change["matter"] in city.matters else None
            change["rule_words"] = words(change["rule"], {})[0] if change["rule"] else None
        return {
            "city_version": city.version,
            "version": changes[0]["version"] if changes else 0,
            "items": [{"code": one.code, "name": one.name, "kind": one.kind} for one in city.admission.items],
            "matters": [{"code": one.code, "name": one.name} for one in city.matters.values() if one.admitted],
            "asked": changes,
        }

    return routes


def _command(desk: Desk, contract: type[Contract]) -> Any:
    async def command(matter: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        if matter not in desk.city.matters:
            raise Refused("subject.unknown", "matter", subject=matter)
        if actor.kind not in ("operations", "unit", "department"):
            raise Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act=contract.TYPE)
        said = read_as(contract, await json_body(request))
        return reply_body(await desk.submit(said, f"admission:{matter}", actor, key, creates=True))

    return command
