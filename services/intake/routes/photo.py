"""HTTP of photos: upload before the report, read by the handling unit, by whoever has the link of his own report."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from services.intake.chores.photos import WAIT_HOURS, Blobs
from services.intake.domain import Case
from services.intake.papers.picture import MOST_BYTES, read
from services.intake.routes.dossier import Why, case_of, handled, not_allowed, with_whole
from services.intake.routes.follow import HEADERS, held_by
from services.intake.tables import photo as photos
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.allowance import Allowance, address_of
from shared.shell.desk import Caller, Desk
from shared.shell.problems import problem

PATH = "/v1/photos"
LARGER_BODIES = {PATH: MOST_BYTES}
MOST_WAITING = 2_000
"""Photos of one source that no report has named yet: its disk is not to be filled by uploads alone."""
UPLOADERS = frozenset({"source", "operations", "unit", "department", "post", "resident"})
_SEALED = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "inline"}


def router(desk: Desk, blobs: Blobs, allowance: Allowance) -> APIRouter:
    """Return the routes of photos."""
    routes = APIRouter(tags=["photos"])

    @routes.post(
        PATH, openapi_extra={"requestBody": {"required": True, "content": {"image/jpeg": {}, "image/png": {}}}}
    )
    async def upload(request: Request, actor: Caller) -> dict[str, Any]:
        """Take one photo as the body; its `photo` goes into the report's `photos` within a day, else it is swept."""
        if actor.kind not in UPLOADERS:
            raise not_allowed(actor, "photo.upload")
        picture = await asyncio.to_thread(read, await request.body())
        key, owner = secrets.token_urlsafe(24), f"{actor.kind}.{actor.id}"
        async with desk.engine.begin() as conn:
            waiting = await photos.waiting(conn, owner)
            if waiting >= MOST_WAITING:
                raise Refused("photo.too_many_waiting", "photo", waiting=waiting)
            await photos.add(conn, key, owner, picture)
        await blobs.put(key, picture.data)
        return {
            "photo": key, "sha256": picture.digest, "media": picture.media, "bytes": len(picture.data),
            "width": picture.width, "height": picture.height, "keep_hours": WAIT_HOURS,
        }  # fmt: skip

    @routes.get("/v1/cases/{case}/photos/{key}", response_class=Response)
    async def shown(case: str, key: str, actor: Caller, why: Why) -> Response:
        """Return a photo to the unit that handles the case; each reading is kept, as that of the dossier."""
        async with desk.engine.begin() as conn:
            known = await handled(conn, desk, case, actor, why)
            found = await photos.of_cases(conn, with_whole(case, known), key)
        if found is None:
            raise Refused("subject.unknown", "key", subject=key)
        return await _sent(found)

    @routes.get("/v1/cases/{case}/evidence/{digest}", response_class=Response)
    async def evidence(case: str, digest: str, actor: Caller) -> Response:
        """Return a photo that a unit added to show its work: to that unit, to who handles or verifies the case, to the
        units that its place lies in, and to operations."""
        async with desk.engine.connect() as conn:
            known = await case_of(conn, case)
            found = await photos.of_work(conn, with_whole(case, known), digest)
        if found is None:
            raise Refused("subject.unknown", "digest", subject=digest)
        photo, owner = found
        if owner != f"{actor.kind}.{actor.id}" and not _follows(known, actor, desk.city):
            raise not_allowed(actor, "photo.evidence")
        return await _sent(photo)

    @routes.get("/v1/follow/{token}/photos/{n}", response_model=None)
    async def own(token: str, n: int, request: Request) -> Response:
        """Return the n-th photo, from 1, of the very report that a link was made for."""
        allowance.take(address_of(request))
        case = held_by(desk, token)
        if case is None:
            return problem(Refused("follow.unknown_link", "token"), 404)
        async with desk.engine.connect() as conn:
            found = await photos.of_report(conn, case)
        return await _sent(found[n - 1]) if 0 < n <= len(found) else _unknown()

    async def _sent(found: photos.Photo) -> Response:
        data = await blobs.get(found.key)
        return Response(data, media_type=found.media, headers=_SEALED) if data is not None else _unknown()

    return routes


def _follows(case: Case, actor: Actor, city: Any) -> bool:
    """Tell whether an actor handles a case, or watches over the ground on which it is."""
    if actor.kind == "operations":
        return True
    if actor.kind not in ("unit", "department"):
        return False
    place = case.placement.unit if case.placement else ""
    return actor.id == case.responsible or (place in city.units and bool(city.is_within(place, actor.id)))


def _unknown() -> JSONResponse:
    return problem(Refused("photo.unknown", "key"), 404)
