"""HTTP of the link: whoever has it answers, without an account; it tells nothing about anybody."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from services.feedback.domain.answering import why_unscored
from services.feedback.domain.rating import RatedCase
from services.feedback.store import STATE, Store
from services.feedback.tables import tap
from services.feedback.tables.invitation import LINK, hash_of
from shared.contracts.base import OutsideMessage
from shared.contracts.feedback import Comment, FollowUpOffered, Grade, LinkAnswer, Rating, RatingAnswered
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.allowance import Allowance, address_of
from shared.shell.desk import Caller, Desk, body_schema, json_body, read_as
from shared.shell.problems import problem
from shared.shell.work import Reply

MOST_BYTES = 8_192
"""Of an answer: its comment of 1,000 characters, three bytes each, and room."""
LINK_HOLDER = Actor("resident", "link")
"""Who answers by the link: the link itself says for whom."""
GRADES = (
    (5, "非常满意", "very satisfied"),
    (4, "满意", "satisfied"),
    (3, "基本满意", "fairly satisfied"),
    (2, "不满意", "dissatisfied"),
    (1, "非常不满意", "very dissatisfied"),
)
UNSCORED = {
    "late": (
        "评价期已过，仍可填写：我们会留存，但不计分",
        "The window is over: you may still answer; it is kept, not scored",
    ),
    "round_over": ("该事项正在返工，之后会再次请您评价", "The work is being done again; you will be asked once more"),
    "outweighed": ("您已在电话回访中评价，以回访为准", "You have answered in a call-back, which stands"),
}


class Tapped(OutsideMessage):
    """Any part of an answer, as it is tapped."""

    contacted: bool | None = None
    solved: bool | None = None
    grade: Grade | None = None
    comment: Comment = None


def router(desk: Desk, allowance: Allowance) -> APIRouter:
    """Return the routes under `/v1/answers`."""
    routes = APIRouter(prefix="/v1/answers", tags=["answers"])

    @routes.get("/{token}", response_model=None)
    async def ask(token: str, request: Request) -> JSONResponse | dict[str, Any]:
        """Show what is asked at a link: which case by its number, until when, whether it is answered already."""
        allowance.take(address_of(request))
        async with desk.engine.connect() as conn:
            row = (await conn.execute(LINK, {"hash": hash_of(token)})).one_or_none()
        if row is None:
            return _unknown()
        case = msgspec.json.decode(row.state, type=RatedCase)
        asked = case.invited(row.invitation)
        shown: dict[str, Any] = {"number": case.number, "grades": [_grade(*grade) for grade in GRADES]}
        if asked is None:
            return {**shown, "state": "round_over", "until": None, "note": None}
        now = (await desk.shell.store.now()).now
        unscored = why_unscored(case, asked, now)
        until = asked.until.astimezone(desk.city.calendar.zone).isoformat()
        shown |= {"state": "answered" if asked.form else "open", "until": until, "note": _note(unscored)}
        async with desk.engine.connect() as conn:
            return {**shown, "taps": asdict(await tap.of(conn, asked.invitation))}

    @routes.post("/{token}/taps", openapi_extra=body_schema(Tapped), response_model=None)
    async def tapped(token: str, request: Request) -> JSONResponse | dict[str, Any]:
        """Keep one tap at once; a whole answer is handed in two minutes after its last tap, or by the last button."""
        allowance.take(address_of(request))
        if len(await request.body()) > MOST_BYTES:
            raise Refused("message.too_large", "body", limit=MOST_BYTES)
        said = read_as(Tapped, await json_body(request))
        async with desk.engine.begin() as conn:
            row = (await conn.execute(LINK, {"hash": hash_of(token)})).one_or_none()
            if row is None:
                return _unknown()
            case = msgspec.json.decode(row.state, type=RatedCase)
            asked = case.invited(row.invitation)
            if asked is None:
                raise Refused("rating.round_over", "token", round=case.round)
            if asked.form:
                raise Refused("rating.already_answered", "token")
            return {"taps": asdict(await tap.keep(conn, asked.invitation, token, tap.Taps(**said.model_dump())))}

    @routes.post("/{token}", openapi_extra=body_schema(LinkAnswer), response_model=None)
    async def answer(token: str, request: Request) -> JSONResponse | dict[str, Any]:
        """Take the answer of whoever has the link, once; the same again is answered alike."""
        allowance.take(address_of(request))
        if len(await request.body()) > MOST_BYTES:
            raise Refused("message.too_large", "body", limit=MOST_BYTES)
        said = read_as(LinkAnswer, await json_body(request))
        if len(token) > 128:
            return _unknown()
        rating = rating_of(token, said)
        try:
            reply = await desk.submit(rating, "", LINK_HOLDER, rating.id)
        except Refused as refused:
            if refused.rule == "rating.unknown_token":
                return _unknown()
            raise
        return _told(reply)

    return routes


def own_link(desk: Desk) -> APIRouter:
    """Return the route by which the holder of a report's link finds the link at which he answers."""
    routes = APIRouter(prefix="/v1/invitations", tags=["answers"])

    @routes.get("/mine")
    async def mine(actor: Caller) -> dict[str, Any]:
        """Return the token of the caller's own invitation of the present round: of `resident <case>:<reporter>`."""
        name, _, reporter = actor.id.rpartition(":")
        if actor.kind != "resident":
            raise Refused("actor.not_allowed", "Authorization", actor=f"{actor.kind}.{actor.id}", act="rate")
        async with desk.engine.connect() as conn:
            row = (await conn.execute(STATE, {"id": name})).one_or_none() if ":" not in name else None
        case = msgspec.convert(row.state, RatedCase) if row else None
        asked = case.of(reporter) if case else None
        if asked is None:
            raise Refused("subject.unknown", "invitation", subject=actor.id)
        store = desk.shell.bench.service.store
        assert isinstance(store, Store), "feedback runs on its own store"
        return {"token": store.token(asked.invitation)}

    return routes


def rating_of(token: str, said: LinkAnswer) -> Rating:
    """Return what is said at a link as a rating; the same at the same link has the same id."""
    id_ = sha256(f"{token} {said.model_dump_json()}".encode()).hexdigest()[:40]
    return Rating.model_construct(id=f"link-{id_}", token=token, **said.model_dump())


def _told(reply: Reply) -> dict[str, Any]:
    given = next(fact["data"] for fact in reply.facts if fact["type"] == RatingAnswered.TYPE)
    offers = (answer["data"] for answer in reply.answers if answer["type"] == FollowUpOffered.TYPE)
    offer = next(offers, None)
    return {
        "scored": given["valid"],
        "note": _note(given["unscored"]),
        "follow_up": {"follows": offer["case"], "number": offer["number"]} if offer else None,
    }


def _note(unscored: str | None) -> dict[str, str] | None:
    zh, en = UNSCORED.get(unscored or "", ("", ""))
    return {"code": unscored, "zh": zh, "en": en} if unscored else None


def _grade(grade: int, zh: str, en: str) -> dict[str, Any]:
    return {"grade": grade, "zh": zh, "en": en}


def _unknown() -> JSONResponse:
    return problem(Refused("rating.unknown_token", "token"), 404)
