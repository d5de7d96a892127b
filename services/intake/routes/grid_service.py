"""HTTP of the grid service list: the town keeps it, everybody may read it, as a page's data or as a workbook."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.intake import store
from services.intake.domain.grid_service import MECHANISM, GridServices
from shared.contracts.base import Contract
from shared.contracts.grid_service import PublishGridService, WithdrawGridService
from shared.kernel.refusals import Refused
from shared.papers.paper import Column
from shared.papers.workbook import Workbook
from shared.shell.allowance import Allowance, address_of
from shared.shell.desk import Caller, Desk, Key, body_schema, json_body, read_as, reply_body

COMMANDS: dict[str, type[Contract]] = {"publish": PublishGridService, "withdraw": WithdrawGridService}
COLUMNS = (Column("编号", 10), Column("任务", 34), Column("岗位", 16), Column("人员", 12), Column("职责", 40))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def router(desk: Desk, allowance: Allowance) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/grid-services", tags=["grids"])
    for command, contract in COMMANDS.items():
        routes.add_api_route(
            f"/{{grid}}/{command}", _command(desk, contract), methods=["POST"], name=contract.TYPE,
            summary=contract.__doc__, openapi_extra=body_schema(contract),
        )  # fmt: skip

    @routes.get("/{grid}.xlsx", response_class=Response)
    async def book(grid: str, request: Request) -> Response:
        """Return a grid's list as a workbook, without an account."""
        allowance.take(address_of(request))
        shown = await listed(desk, grid)
        with tempfile.TemporaryDirectory(prefix="sidan-") as folder:
            path = Path(folder) / "list.xlsx"
            await asyncio.to_thread(_write, path, shown)
            content = path.read_bytes()
        return Response(
            content, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{grid}.xlsx"'}
        )

    @routes.get("/{grid}")
    async def show(grid: str, request: Request) -> dict[str, Any]:
        """Show what is done in a grid, by which post, with which duty, without an account."""
        allowance.take(address_of(request))
        return await listed(desk, grid)

    return routes


async def listed(desk: Desk, grid: str) -> dict[str, Any]:
    """Return a grid's list by the names of its posts; people are codes here, their names are on the notice."""
    city = desk.city
    if grid not in city.units or MECHANISM not in city.mechanisms:
        raise Refused("subject.unknown", "unit", subject=grid)
    async with desk.engine.connect() as conn:
        state = await store.state_of(conn, f"services:{grid}")
    known = msgspec.json.decode(state, type=GridServices) if state else GridServices()
    items = [
        {**msgspec.to_builtins(one), "post_name": city.posts[one.post].name if one.post in city.posts else one.post}
        for one in known.items
    ]
    return {"unit": grid, "name": city.units[grid].name, "items": items}


def _command(desk: Desk, contract: type[Contract]) -> Any:
    async def command(grid: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        if grid not in desk.city.units:
            raise Refused("subject.unknown", "unit", subject=grid)
        if actor.kind not in ("operations", "unit"):
            raise Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act=contract.TYPE)
        said = read_as(contract, await json_body(request))
        return reply_body(await desk.submit(said, f"services:{grid}", actor, key, creates=True))

    return command


def _write(path: Path, shown: dict[str, Any]) -> None:
    title = f"{shown['name']}网格化服务管理清单"
    book = Workbook(path, title)
    sheet = book.sheet("清单", title, COLUMNS)
    for one in shown["items"]:
        sheet.row([one["item"], one["task"], one["post_name"], one["holder"], one["duty"]])
    book.close()
