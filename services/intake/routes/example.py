"""HTTP of training data: what people chose in triage, with masked texts, to operations alone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.intake.routes.dossier import not_allowed
from services.intake.tables import dossier as dossiers
from services.intake.tables import example
from shared.kernel.masking import mask
from shared.shell.desk import Caller, Desk

LONGEST = 10_000
"""Characters of a text, as long as a report may be."""
WHY = "导出训练样本"
"""What the list of readings says of an export."""


def router(desk: Desk) -> APIRouter:
    """Return the routes of training data."""
    routes = APIRouter(prefix="/v1", tags=["examples"])

    @routes.get("/examples")
    async def examples(
        actor: Caller,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> dict[str, Any]:
        """List choices in triage with their texts, personal data starred out; each text shown is noted as a reading.

        `next` goes into `after` for the following page. Choices whose dossier is erased are left out.
        """
        if actor.kind != "operations":
            raise not_allowed(actor, "example.read")
        async with desk.engine.begin() as conn:
            found = await example.page(conn, after, limit)
            now = (await desk.shell.store.clock(conn)).now
            kept = [row for row in found if row["text"] is not None]
            for row in kept:
                await dossiers.note_reading(conn, row["case"], f"{actor.kind}.{actor.id}", WHY, now)
        items = [
            {**row, "subject": mask(row["subject"] or "", LONGEST), "text": mask(row["text"], LONGEST)} for row in kept
        ]
        return {"items": items, "next": found[-1]["id"] if len(found) == limit else None}

    return routes
