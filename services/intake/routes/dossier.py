"""HTTP of what is personal: reading a dossier, who read it, erasing a person."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints

from services.intake import store
from services.intake.domain import Case
from services.intake.tables import dossier as dossiers
from services.intake.tables import household, importing
from services.intake.tables.notification import TOLD
from shared.contracts.base import OutsideId, OutsideMessage
from shared.contracts.people import EraseDossier
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.persistence.connection import Executes
from shared.shell.desk import Caller, Desk, Key, body_schema, json_body, read_as
from shared.shell.validation import wrong

Why = Annotated[str, Query(min_length=4, max_length=200)]


class ErasePerson(OutsideMessage):
    """A person as one source knows him, or by his telephone number."""

    source: OutsideId | None = None
    reporter: OutsideId | None = None
    phone: Annotated[str, StringConstraints(min_length=11, max_length=40, pattern=r"\d")] | None = None


def router(desk: Desk) -> APIRouter:
    """Return the routes of dossiers."""
    routes = APIRouter(prefix="/v1", tags=["dossiers"])

    @routes.get("/cases/{case}/dossier")
    async def read(case: str, actor: Caller, why: Why) -> dict[str, Any]:
        """Show everything exact and personal about a report to the unit that handles it; each reading is kept."""
        async with desk.engine.begin() as conn:
            known = await handled(conn, desk, case, actor, why)
            return {"case": case, "number": known.number, **await dossiers.dossiers_of(conn, with_whole(case, known))}

    @routes.get("/cases/{case}/readings")
    async def readings(case: str, actor: Caller) -> dict[str, Any]:
        """Show who read the dossiers of a case, when and why: to operations and to the unit that handles it."""
        async with desk.engine.connect() as conn:
            known = await case_of(conn, case)
            if actor.kind != "operations" and not _handles(known, actor, desk.city):
                raise not_allowed(actor, "dossier.readings")
            return {"case": case, "readings": await dossiers.readings_of(conn, case)}

    @routes.get("/cases/{case}/notices")
    async def notices(case: str, actor: Caller) -> dict[str, Any]:
        """Show what the reporters of a case were told, or are to be told, and by which channel."""
        async with desk.engine.connect() as conn:
            known = await case_of(conn, case)
            if actor.kind != "operations" and not _handles(known, actor, desk.city):
                raise not_allowed(actor, "case.notices")
            rows = await conn.execute(TOLD, {"case": case})
            return {"case": case, "notices": [dict(row._mapping) for row in rows]}

    @routes.post("/residents/erase", openapi_extra=body_schema(ErasePerson))
    async def erase(request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Erase the dossiers of a person whose cases are over; says of each that it is gone, or why it is not yet."""
        said = read_as(ErasePerson, await json_body(request))
        by_source = said.source is not None and said.reporter is not None
        if by_source == (said.phone is not None):
            raise wrong("phone", "请给出来源和反映人编号，或电话", "give source and reporter, or a phone")
        mine = by_source and (actor.kind, actor.id) == ("source", said.source)
        if actor.kind != "operations" and not mine:
            raise not_allowed(actor, EraseDossier.TYPE)
        async with desk.engine.begin() as conn:
            found = await dossiers.of_person(conn, said.source, said.reporter, said.phone)
            await importing.forget(conn, said.source, said.reporter, said.phone)
            if said.phone is not None:
                await household.forget(conn, said.phone)
        wanted = [(EraseDossier(dossier=d.dossier), d.case, actor, f"{key}/{d.dossier}", False) for d in found]
        replies = await desk.submit_many(wanted)
        outcomes = zip(found, replies, strict=True)
        return {"items": [{"case": d.case, "dossier": d.dossier, "refused": reply.rule} for d, reply in outcomes]}

    return routes


async def handled(conn: Executes, desk: Desk, case: str, actor: Actor, why: str) -> Case:
    """Return a case to the unit that handles it now and note that it reads what is personal; refuse everybody else."""
    known = await case_of(conn, case)
    if not _handles(known, actor, desk.city):
        raise not_allowed(actor, "dossier.read")
    now = (await desk.shell.store.clock(conn)).now
    await dossiers.note_reading(conn, case, f"{actor.kind}.{actor.id}", why, now)
    return known


async def case_of(conn: Executes, case: str) -> Case:
    """Return the state of a case; raises Refused for an id that is unknown or of something else."""
    state = await store.state_of(conn, case) if ":" not in case else None
    if state is None:
        raise Refused("subject.unknown", "case", subject=case)
    return msgspec.json.decode(state, type=Case)


def with_whole(name: str, case: Case) -> list[str]:
    """Return a case and the one of which it is a part: there stands what its reporters said, and who they are."""
    return [name, case.part_of] if case.part_of else [name]


def not_allowed(actor: Actor, act: str) -> Refused:
    """Return the refusal of somebody who may not do this."""
    return Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act=act)


def _handles(case: Case, actor: Actor, city: Any) -> bool:
    """Tell whether the case is in this actor's hands; the operations team acts for the city itself."""
    if actor.kind == "operations":
        return bool(case.responsible == city.root.code)
    return actor.kind in ("unit", "department") and actor.id == case.responsible
