"""HTTP of bodies and meetings: who meets when, what is on the agenda, every act of workflows §2.3."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from sqlalchemy import TextClause

from services.escalation.domain.ledger import Ledger
from services.escalation.domain.meeting import MeetingStatus, opening_on
from services.escalation.domain.reading import check_reads_ledger, check_reads_meeting, party_of, readable_bodies
from services.escalation.routes.councils import described
from services.escalation.store import MEETING, MEETINGS, STATE
from shared.contracts.base import Contract
from shared.contracts.escalation import (
    AdoptMinutes,
    CallMeeting,
    CancelMeeting,
    ConveneMeeting,
    ExcuseMeeting,
    HoldMeeting,
    PostponeMeeting,
    ProposeMeeting,
    RecordDecisions,
    RefuseMeeting,
    SupplementMinutes,
    TableTopics,
)
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, commands

OF_BODIES: dict[str, type[Contract]] = {"propose": ProposeMeeting}
OF_MEETINGS: dict[str, type[Contract]] = {
    "call": CallMeeting,
    "refuse": RefuseMeeting,
    "convene": ConveneMeeting,
    "table": TableTopics,
    "postpone": PostponeMeeting,
    "excuse": ExcuseMeeting,
    "hold": HoldMeeting,
    "record": RecordDecisions,
    "adopt": AdoptMinutes,
    "supplement": SupplementMinutes,
    "cancel": CancelMeeting,
}
Code = Annotated[str | None, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=500)]


def router(desk: Desk) -> APIRouter:
    """Return the routes of bodies and meetings under `/v1`."""
    routes = APIRouter()
    routes.include_router(commands(desk, "bodies", None, OF_BODIES, prefix="ledger:"))
    routes.include_router(commands(desk, "meetings", None, OF_MEETINGS))

    async def rows(statement: TextClause, **values: Any) -> list[dict[str, Any]]:
        async with desk.engine.connect() as conn:
            return [dict(row._mapping) for row in await conn.execute(statement, values)]

    @routes.get("/v1/bodies", tags=["bodies"])
    async def bodies(level: Code = None) -> dict[str, Any]:
        """List the joint meetings (联席会) of the city; who meets when is public (三定)."""
        found = [unit for unit, body in desk.city.bodies.items() if level in (None, body.level)]
        return {"bodies": [{"unit": unit, "name": desk.city.bodies[unit].name} for unit in found]}

    @routes.get("/v1/bodies/{unit}", tags=["bodies"])
    async def body(unit: str) -> dict[str, Any]:
        """Return a body: official name, posts, members, quorum, cadence, this year's fixed days, hour, place, theme."""
        if unit not in desk.city.bodies:
            raise Refused("body.unknown", "unit", body=unit)
        today = desk.city.calendar.local((await desk.shell.store.now()).now).date()
        return _described(desk.city, unit, today.year)

    @routes.get("/v1/bodies/{unit}/agenda", tags=["bodies"])
    async def agenda(unit: str, actor: Caller) -> dict[str, Any]:
        """Return what the body's next regular meeting would have to deal with now, in its order (G3)."""
        if unit not in desk.city.bodies:
            raise Refused("body.unknown", "unit", body=unit)
        check_reads_ledger(actor, desk.city, unit)
        found = await rows(STATE, id=f"ledger:{unit}")
        state = (
            msgspec.json.decode(found[0]["state"], type=Ledger) if found else Ledger(unit, desk.city.bodies[unit].level)
        )
        places = [{"topic": p.topic, "case": p.case, "since": p.since, "moved_up": p.moved_up} for p in state.agenda()]
        earlier = [{"topic": d.topic, "case": d.case, "entry": d.entry, "since": d.since} for d in state.decided]
        return {"body": unit, "earlier": earlier, "agenda": places}

    @routes.get("/v1/meetings", tags=["meetings"])
    async def meetings(
        actor: Caller, body: Code = None, status: MeetingStatus | None = None, after: Code = None, limit: Limit = 100
    ) -> dict[str, Any]:
        """List the meetings that concern the caller by opening time: agenda, who is due when, decisions so far.

        `status` is one of workflows §2.3; `after` is the id of the last meeting already seen.
        """
        mine = readable_bodies(actor, desk.city)
        found = await rows(
            MEETINGS,
            body=body,
            status=status,
            after=after,
            limit=limit,
            bodies=None if mine is None else sorted(mine),
            party=party_of(actor),
        )
        return {"meetings": [_with_members(desk.city, meeting) for meeting in found]}

    @routes.get("/v1/meetings/{meeting}", tags=["meetings"])
    async def meeting(meeting: str, actor: Caller) -> dict[str, Any]:
        """Return one meeting with its agenda, members and quorum."""
        found = await rows(MEETING, id=meeting)
        if not found:
            raise Refused("subject.unknown", "meeting", subject=meeting)
        called = (*found[0]["invited"], *found[0]["attendance"])
        check_reads_meeting(actor, desk.city, found[0]["body"], called)
        return _with_members(desk.city, found[0])

    return routes


def _described(city: Any, unit: str, year: int) -> dict[str, Any]:
    body = city.bodies[unit]
    level = city.levels[body.level]
    above = city.body_above(unit)

    def post(code: str) -> dict[str, str]:
        return {"code": code, "name": city.posts[code].name if code in city.posts else code}

    def slot(on: date) -> dict[str, Any]:
        return {"on": on, "opens_at": opening_on(city, unit, on), "within": city.period_end(unit, on)}

    return {
        "unit": unit,
        "level": body.level,
        "name": body.name,
        "above": above.unit if above else None,
        "convener": post(body.convener),
        "secretary": post(body.secretary),
        "leaders": {field: post(code) for field, code in body.leaders.items()},
        "members": _members(body),
        "guests": list(body.guests),
        "rule": body.quorum_rule,
        "quorum": str(body.quorum),
        "excusable": body.excusable,
        "period": level.cadence.period,
        "period_mark": city.mark_of(f"chain.{body.level}.period"),
        "place": body.slot.place,
        "theme": body.slot.theme,
        "slots": [slot(on) for on in city.meeting_days(unit, year)],
        "councils": [described(council) for council in city.councils_of(unit)],
    }


def _members(body: Any) -> list[dict[str, str]]:
    return [{"code": member.code, "name": member.name, "kind": member.kind} for member in body.members]


def _with_members(city: Any, meeting: dict[str, Any]) -> dict[str, Any]:
    """Add who may be present and what makes a quorum, as the city file says."""
    body = city.bodies.get(meeting["body"])
    if body is None:
        return meeting
    quorum = {"quorum": str(body.quorum), "rule": body.quorum_rule}
    return {**meeting, "name": body.name, "members": _members(body), **quorum}
