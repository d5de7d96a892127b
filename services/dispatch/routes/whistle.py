"""HTTP of whistles: sound, agree, sign, report in, confirm, release, end, rate; read."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.dispatch.domain.reading import check_reads
from services.dispatch.domain.whistle import Status
from services.dispatch.store import ONE
from services.dispatch.tables.record import STATE, WHISTLES
from shared.contracts.base import Contract
from shared.contracts.whistle import (
    AnswerAbsence,
    ApproveWhistle,
    CancelWhistle,
    ConfirmReportIn,
    EndWhistle,
    FinishPart,
    ObjectToWhistle,
    RateWhistle,
    ReleaseCallee,
    ReportIn,
    SignWhistle,
    SoundWhistle,
)
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, Key, body_schema, commands, json_body, read_as, reply_body

COMMANDS: dict[str, type[Contract]] = {
    "approve": ApproveWhistle,
    "sign": SignWhistle,
    "report-in": ReportIn,
    "confirm": ConfirmReportIn,
    "receipt": AnswerAbsence,
    "object": ObjectToWhistle,
    "release": ReleaseCallee,
    "end": EndWhistle,
    "finish-part": FinishPart,
    "cancel": CancelWhistle,
    "rate": RateWhistle,
}
MOST = 200
Code = Annotated[str | None, Query(max_length=64)]


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/whistles`; a whistle is named by what follows `whistle:` in its subject."""
    routes = APIRouter()
    routes.include_router(commands(desk, "whistles", None, COMMANDS, prefix="whistle:"))

    @routes.post("/v1/whistles", tags=["whistles"], name=SoundWhistle.TYPE, openapi_extra=body_schema(SoundWhistle))
    async def sound(request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Call to one place; the answer's `subject` names the whistle, the same call sent again finds it."""
        asked = read_as(SoundWhistle, await json_body(request))
        if asked.case:
            async with desk.engine.connect() as conn:
                if (await conn.execute(ONE, {"case": asked.case})).first() is None:
                    raise Refused("whistle.case_over", "case", case=asked.case)
        name = sha256(f"{desk.city_code}/{actor.kind}.{actor.id}/{key}".encode()).hexdigest()[:24]
        subject = f"whistle:{asked.case}:{name}" if asked.case else f"whistle:{name}"
        return reply_body(await desk.submit(asked, subject, actor, key, creates=True))

    @routes.get("/v1/whistles", tags=["whistles"])
    async def whistles(
        actor: Caller,
        whistler: Code = None,
        callee: Code = None,
        status: Status | None = None,
        open_: Annotated[bool, Query(alias="open")] = False,
        after: Annotated[str, Query(max_length=64)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> dict[str, Any]:
        """List whistles by who sounded them, who was called, where they stand; a caller names himself or less.

        `open=true`: those not over, and of the ended ones those whose parts or ratings the named one still owes.
        """
        check_reads(actor, desk.city, whistler, callee)
        wanted = {"whistler": whistler, "callee": callee, "status": status, "open": open_,
                  "after": f"whistle:{after}", "limit": limit}  # fmt: skip
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(WHISTLES, wanted)).all()
        found = [{"id": row.id.removeprefix("whistle:"), "sequence": row.sequence, **row.state} for row in rows]
        return {"whistles": found, "next": found[-1]["id"] if len(found) == limit else None}

    @routes.get("/v1/whistles/{id_}", tags=["whistles"])
    async def whistle(id_: str, actor: Caller) -> dict[str, Any]:
        """Return how a whistle stands: who was called, who came, what was agreed."""
        async with desk.engine.connect() as conn:
            row = (await conn.execute(STATE, {"id": f"whistle:{id_}"})).one_or_none()
        if row is None:
            raise Refused("subject.unknown", "whistle", subject=id_)
        check_reads(actor, desk.city, row.state["whistler"], *(one["code"] for one in row.state["callees"]))
        return {"sequence": row.sequence, **row.state}

    return routes
