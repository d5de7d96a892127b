"""HTTP of the register of households: its grid and community keep it; what is personal is read by an audited call."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.intake.domain.household import KEPT_BY, handles
from services.intake.routes.dossier import Why, not_allowed
from services.intake.tables import household as table
from shared.contracts.base import Contract
from shared.contracts.household import RegisterHouseholds, RemoveHousehold
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, Key, body_schema, json_body, read_as, reply_body

COMMANDS: dict[str, type[Contract]] = {"register": RegisterHouseholds, "remove": RemoveHousehold}
AT_ONCE = 500


def router(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/households", tags=["grids"])
    for command, contract in COMMANDS.items():
        routes.add_api_route(
            f"/{{grid}}/{command}", _command(desk, contract), methods=["POST"], name=contract.TYPE,
            summary=contract.__doc__, openapi_extra=body_schema(contract),
        )  # fmt: skip

    @routes.get("/{grid}")
    async def page(grid: str, actor: Caller, after: Annotated[str, Query(max_length=64)] = "") -> dict[str, Any]:
        """Show the households of a grid by code with their last visit, 500 at a time; nothing personal is in it."""
        _may_see(desk, grid, actor)
        async with desk.engine.connect() as conn:
            rows = await conn.execute(table.PAGE, {"unit": grid, "after": after, "limit": AT_ONCE})
            items = [dict(row._mapping) for row in rows]
        return {"unit": grid, "items": items, "next": items[-1]["household"] if len(items) == AT_ONCE else None}

    @routes.get("/{grid}/{household}")
    async def read(grid: str, household: str, actor: Caller, why: Why) -> dict[str, Any]:
        """Show door, contact and telephone of a household to its grid and community; each reading is kept."""
        _is_grid(desk, grid)
        if not handles(actor, grid, desk.city):
            raise not_allowed(actor, "household.read")
        async with desk.engine.begin() as conn:
            row = (await conn.execute(table.ONE, {"unit": grid, "household": household})).first()
            if row is None:
                raise Refused("subject.unknown", "household", subject=household)
            now = (await desk.shell.store.clock(conn)).now
            await table.note_reading(conn, grid, household, f"{actor.kind}.{actor.id}", why, now)
            return {"unit": grid, **row._mapping}

    @routes.get("/{grid}/{household}/readings")
    async def readings(grid: str, household: str, actor: Caller) -> dict[str, Any]:
        """Show who read a household, when and why: to operations, its grid and community."""
        _may_see(desk, grid, actor)
        async with desk.engine.connect() as conn:
            rows = await conn.execute(table.READINGS, {"unit": grid, "household": household})
            return {"unit": grid, "household": household, "readings": [dict(row._mapping) for row in rows]}

    return routes


def _command(desk: Desk, contract: type[Contract]) -> Any:
    async def command(grid: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        _is_grid(desk, grid)
        if not handles(actor, grid, desk.city):
            raise not_allowed(actor, contract.TYPE)
        said = read_as(contract, await json_body(request))
        return reply_body(await desk.submit(said, f"households:{grid}", actor, key, creates=True))

    return command


def _is_grid(desk: Desk, grid: str) -> None:
    """Let nobody begin a record under a code that has no register."""
    if grid not in desk.city.units or desk.city.units[grid].level.value not in KEPT_BY:
        raise Refused("subject.unknown", "unit", subject=grid)


def _may_see(desk: Desk, grid: str, actor: Actor) -> None:
    _is_grid(desk, grid)
    if actor.kind != "operations" and not handles(actor, grid, desk.city):
        raise not_allowed(actor, "household.list")
