"""HTTP of refusals: what was said in vain, by whom, when, and which rule refused it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.dispatch.tables.refusal import page
from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.shell.desk import Caller, Desk

MOST = 500
Code = Annotated[str | None, Query(max_length=128)]


def router(desk: Desk) -> APIRouter:
    """Return the route under `/v1/refusals`."""
    routes = APIRouter(tags=["refusals"])

    @routes.get("/v1/refusals")
    async def refusals(
        actor: Caller,
        order: Code = None,
        sender: Code = None,
        before: Annotated[int | None, Query(ge=1)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> dict[str, Any]:
        """List refused replies and commands, the newest first: one's own, to operations everybody's.

        `sender` is written as `department.water`; `next` goes into `before`.
        """
        own = f"{actor.kind}.{actor.id}"
        if actor.kind != "operations":
            if sender not in (None, own):
                raise Refused("actor.not_allowed", "sender", actor=own, act="read refusals")
            sender = own
        async with desk.engine.connect() as conn:
            rows = await page(conn, sender, order, before, limit)
        return {"refusals": [_told(row) for row in rows], "next": rows[-1]["id"] if len(rows) == limit else None}

    return routes


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    zh, en = words(row["rule"], row["params"])
    return {**row, "title": zh, "title_en": en}
