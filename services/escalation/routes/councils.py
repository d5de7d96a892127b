"""HTTP of councils: call a session, hold it, watch and follow what was agreed; read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from fastapi import APIRouter

from services.escalation.domain.council import Council
from services.escalation.domain.deliberating import subject_of
from services.escalation.store import STATE
from shared.contracts.base import Contract
from shared.contracts.council import CallOffCouncil, ConveneCouncil, FollowItem, HoldCouncil, OverseeItem
from shared.kernel.refusals import Refused
from shared.shell.desk import Desk, commands

COMMANDS: dict[str, type[Contract]] = {
    "convene": ConveneCouncil,
    "call-off": CallOffCouncil,
    "hold": HoldCouncil,
    "oversee": OverseeItem,
    "follow": FollowItem,
}


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/councils`; a council is named `<unit>:<council>`. What it does is public."""
    routes = APIRouter()
    routes.include_router(commands(desk, "councils", None, COMMANDS, prefix="council:"))

    @routes.get("/v1/councils/{unit}", tags=["councils"])
    async def councils(unit: str) -> dict[str, Any]:
        """Return a unit's councils: parties, period, what is called, what was agreed and waits to be followed."""
        if unit not in desk.city.units:
            raise Refused("subject.unknown", "unit", subject=unit)
        found = []
        async with desk.engine.connect() as conn:
            for council in desk.city.councils_of(unit):
                id_ = subject_of(unit, council.code)
                row = (await conn.execute(STATE, {"id": id_})).first()
                state = msgspec.json.decode(row.state, type=Council) if row and row.state else Council()
                found.append(
                    {
                        **described(council),
                        "called": None
                        if state.opens_at is None
                        else {"opens_at": state.opens_at, "items": state.items},
                        "held_on": state.held_on,
                        "open": [asdict(one) for one in state.open],
                    }
                )
        return {"unit": unit, "councils": found}

    return routes


def described(council: Any) -> dict[str, Any]:
    """Describe a council as its template in the city file does."""
    return {
        "code": council.code,
        "name": council.names.zh,
        "parties": [{"code": p.code, "name": p.name, "act": p.act} for p in council.parties],
        "chair": council.chair,
        "quorum": str(council.quorum),
        "period": council.period,
        "deals": council.deals,
    }
