"""How subjects stand, for every page that shows some."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import TextClause

from services.dispatch.tables.record import STATE
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.desk import Desk

MOST = 500
Code = Annotated[str, Query(max_length=64)]
After = Annotated[str, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=MOST)]


async def state_of(desk: Desk, subject: str, field: str) -> dict[str, Any]:
    """Return a state with its sequence; raises Refused("subject.unknown")."""
    async with desk.engine.connect() as conn:
        found = (await conn.execute(STATE, {"id": subject})).one_or_none()
    if found is None:
        raise Refused("subject.unknown", field, subject=subject)
    return {"id": subject, "sequence": found.sequence, **found.state}


async def page(desk: Desk, statement: TextClause, limit: int, **wanted: Any) -> dict[str, Any]:
    """Return one page of states; `next` goes into `after`."""
    async with desk.engine.connect() as conn:
        rows = (await conn.execute(statement, {**wanted, "limit": limit})).all()
    items = [{"id": row.id, "sequence": row.sequence, **row.state} for row in rows]
    return {"items": items, "next": rows[-1].id if len(rows) == limit else None}


def key_of(actor: Actor, key: str) -> str:
    """Return the id of what a command begins: the same command sent again finds the same thing."""
    return sha256(f"{actor.kind}.{actor.id}/{key}".encode()).hexdigest()[:20]


def check_community(desk: Desk, code: str, field: str) -> None:
    """Refuse a code that names no community."""
    unit = desk.city.units.get(code)
    if unit is None or unit.level.value != "community":
        raise Refused("subject.unknown", field, subject=code)
