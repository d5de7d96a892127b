"""HTTP of wishes: order, review, claim, fulfil, confirm; who wishes, for the claimant alone."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request

from services.dispatch.domain.claims.alliance import Alliance, fitting, subject_of_alliance
from services.dispatch.domain.claims.party import CLAIMANTS
from services.dispatch.domain.claims.wish import WishStatus, subject_of_wish
from services.dispatch.domain.claims.wishing import community_of
from services.dispatch.routes.state import After, Code, Limit, key_of, page, state_of
from services.dispatch.tables.claim import WISHES, wisher_for
from services.dispatch.tables.record import STATE
from shared.contracts.base import Contract
from shared.contracts.wish import (
    AgreeToWish,
    BuyWish,
    ClaimWish,
    ConfirmWish,
    DivertWish,
    FulfilWish,
    GiveUpWish,
    NameClaimant,
    OfferWish,
    OrderWish,
    RefuseWish,
)
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, Key, body_schema, commands, json_body, read_as, reply_body

ACTS: dict[str, type[Contract]] = {
    "offer": OfferWish,
    "refuse": RefuseWish,
    "divert": DivertWish,
    "name": NameClaimant,
    "agree": AgreeToWish,
    "claim": ClaimWish,
    "give-up": GiveUpWish,
    "buy": BuyWish,
    "fulfil": FulfilWish,
    "confirm": ConfirmWish,
}


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/wishes`."""
    routes = APIRouter(tags=["wishes"])
    routes.include_router(commands(desk, "wishes", None, ACTS))

    @routes.post("/v1/wishes", name=OrderWish.TYPE, openapi_extra=body_schema(OrderWish))
    async def order(request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Order for a resident, from a list or freely; the answer's `subject` names the wish from now on."""
        asked = read_as(OrderWish, await json_body(request))
        community = community_of(asked.place, desk.city)
        if community is None:
            raise Refused("wish.place", "place", place=asked.place)
        if asked.item is not None:
            await state_of(desk, asked.item, "item")
        subject = subject_of_wish(community, key_of(actor, key))
        return reply_body(await desk.submit(asked, subject, actor, key, creates=True))

    @routes.get("/v1/wishes")
    async def wishes(
        actor: Caller,
        community: Code,
        status: Annotated[WishStatus | None, Query()] = None,
        after: After = "",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """List the wishes of a community, without a word about who wishes."""
        return await page(desk, WISHES, limit, community=community, status=status, after=after)

    @routes.get("/v1/wishes/{wish}")
    async def wish(wish: str, actor: Caller) -> dict[str, Any]:
        """Return how a wish stands, with who of the community's resource pool fits it."""
        found = await state_of(desk, wish, "wish")
        if "wording" not in found or "raised_by" not in found:
            raise Refused("subject.unknown", "wish", subject=wish)
        async with desk.engine.connect() as conn:
            circle = (await conn.execute(STATE, {"id": subject_of_alliance(found["community"])})).one_or_none()
        alliance = msgspec.convert(circle.state, Alliance) if circle else None
        fits = [{"resource": one.resource, "party": one.party} for one in fitting(alliance, found["wording"])]
        return {**found, "fits": fits}

    @routes.get("/v1/wishes/{wish}/wisher")
    async def wisher(wish: str, actor: Caller) -> dict[str, Any]:
        """Show who wishes to the claimant, and to the community once it buys; each look is kept."""
        found = await state_of(desk, wish, "wish")
        is_claimant = actor.kind in CLAIMANTS and found.get("claimant") == actor.id
        is_buyer = found.get("status") == "bought" and actor.kind == "unit" and actor.id == found["community"]
        if not (is_claimant or is_buyer):
            raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="wisher.read")
        async with desk.engine.begin() as conn:
            now = (await desk.shell.store.now()).now
            shown = await wisher_for(conn, wish, f"{actor.kind}.{actor.id}", now)
        if shown is None:
            raise Refused("subject.unknown", "wish", subject=wish)
        return shown

    return routes
