"""HTTP of streets' consent: ask, answer, read what was asked of a street or by a department."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from services.feedback.domain.consent import subject_of
from services.feedback.domain.opening import check_desk
from services.feedback.routes.state import state_of
from services.feedback.tables.listed import CONSENTS
from shared.contracts.appraisal import AnswerConsent, AskConsent
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, IfMatch, Key, body_schema, json_body, read_as, reply_body

Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
PATH = "/v1/consents/{street}/{code}"
MOST = 500


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/consents`."""
    routes = APIRouter(tags=["consents"])

    @routes.post(f"{PATH}/ask", openapi_extra=body_schema(AskConsent))
    async def ask(street: str, code: Code, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Ask a street's consent as a department, under a code of one's own."""
        if street not in desk.city.units:
            raise Refused("subject.unknown", "street", subject=street)
        asked = read_as(AskConsent, await json_body(request), street=street)
        return reply_body(await desk.submit(asked, subject_of(street, code), actor, key, creates=True))

    @routes.post(f"{PATH}/answer", openapi_extra=body_schema(AnswerConsent))
    async def answer(
        street: str, code: Code, request: Request, actor: Caller, key: Key, sequence: IfMatch
    ) -> dict[str, Any]:
        """Answer as the street, in time."""
        said = read_as(AnswerConsent, await json_body(request))
        return reply_body(await desk.submit(said, subject_of(street, code), actor, key, sequence))

    @routes.get("/v1/consents")
    async def consents(actor: Caller) -> dict[str, Any]:
        """Return what was asked: of the caller's street, by the caller's department, everything for operations."""
        check_desk(actor)
        asked = {
            "street": actor.id if actor.kind in ("unit", "post") else None,
            "department": actor.id if actor.kind == "department" else None,
            "limit": MOST,
        }
        async with desk.engine.connect() as conn:
            rows = (await conn.execute(CONSENTS, asked)).all()
        return {"consents": [{"id": row.id, "sequence": row.sequence, **row.state} for row in rows]}

    @routes.get(PATH)
    async def consent(street: str, code: Code, actor: Caller) -> dict[str, Any]:
        """Return what was asked and answered."""
        check_desk(actor)
        return await state_of(desk, subject_of(street, code))

    return routes
