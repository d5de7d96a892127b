"""HTTP of alliances: members, commissioners, the pool, grids of paired units; deeds counted per member."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from services.dispatch.domain.claims.alliance import subject_of_alliance
from services.dispatch.routes.state import check_community
from services.dispatch.tables.claim import DEEDS
from services.dispatch.tables.record import STATE
from shared.contracts.alliance import (
    AppointCommissioner,
    AssignPairingOn,
    EndCommissioner,
    JoinAlliance,
    LeaveAlliance,
    PoolResource,
    UnpoolResource,
)
from shared.contracts.base import Contract
from shared.shell.desk import Caller, Desk, Key, body_schema, json_body, read_as, reply_body

ACTS: dict[str, type[Contract]] = {
    "join": JoinAlliance,
    "leave": LeaveAlliance,
    "appoint": AppointCommissioner,
    "dismiss": EndCommissioner,
    "pool": PoolResource,
    "unpool": UnpoolResource,
    "assign-on": AssignPairingOn,
}


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/alliances`."""
    routes = APIRouter(tags=["alliances"])
    for name, contract in ACTS.items():
        _act(routes, desk, name, contract)

    @routes.get("/v1/alliances/{community}")
    async def alliance(community: str, actor: Caller) -> dict[str, Any]:
        """Return a community's circle: paired units, members, commissioners, pool, grids assigned on, deeds of each."""
        check_community(desk, community, "community")
        async with desk.engine.connect() as conn:
            found = (await conn.execute(STATE, {"id": subject_of_alliance(community)})).one_or_none()
            deeds = (await conn.execute(DEEDS, {"community": community})).mappings().all()
        state = dict(found.state) if found else {"community": community}
        paired = list(desk.city.paired_with(community))
        return {**state, "paired": paired, "deeds": [dict(row) for row in deeds]}

    return routes


def _act(routes: APIRouter, desk: Desk, name: str, contract: type[Contract]) -> None:
    """Add a command; an alliance begins with the first one that takes effect, so a repeated key finds it done."""

    @routes.post(f"/v1/alliances/{{community}}/{name}", name=contract.TYPE, openapi_extra=body_schema(contract))
    async def act(community: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        check_community(desk, community, "community")
        asked = read_as(contract, await json_body(request))
        return reply_body(await desk.submit(asked, subject_of_alliance(community), actor, key, creates=True))
