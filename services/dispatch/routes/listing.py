"""HTTP of lists: draft, publish, revise, replace, withdraw, review, book; a list as a page and as Excel."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.dispatch.domain.claims.item import ItemStatus, subject_of_item
from services.dispatch.domain.claims.reviewing import subject_of_list
from services.dispatch.papers.listing import workbook
from services.dispatch.routes.state import After, Limit, check_community, key_of, page, state_of
from services.dispatch.tables.claim import ITEMS, OFFERED_TO
from services.dispatch.tables.record import STATE
from shared.contracts.base import Contract
from shared.contracts.list_item import (
    AnswerBooking,
    BookItem,
    CancelBooking,
    DraftItem,
    PublishItem,
    ReplaceItem,
    ReviewList,
    ReviseItem,
    WithdrawItem,
)
from shared.kernel.refusals import Refused
from shared.papers.files import handed_over
from shared.shell.desk import Caller, Desk, Key, body_schema, commands, json_body, read_as, reply_body

ACTS: dict[str, type[Contract]] = {
    "draft": DraftItem,
    "publish": PublishItem,
    "revise": ReviseItem,
    "withdraw": WithdrawItem,
    "book": BookItem,
    "answer-booking": AnswerBooking,
    "cancel-booking": CancelBooking,
}
MOST_ROWS = 5000


def router(desk: Desk) -> APIRouter:
    """Return the routes under `/v1/items` and `/v1/lists`."""
    routes = APIRouter(tags=["lists"])
    routes.include_router(commands(desk, "items", None, ACTS))
    routes.include_router(commands(desk, "lists", None, {"review": ReviewList}, prefix="list:"))

    def check_owner(owner: str) -> None:
        units = desk.city.units
        if owner in units and units[owner].level.value != "community" and owner != desk.city.root.code:
            raise Refused("subject.unknown", "owner", subject=owner)

    @routes.post("/v1/lists/{owner}/items", name="list.begin_item", openapi_extra=body_schema(DraftItem))
    async def draft(owner: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Write an item down as a draft; the answer's `subject` names it from now on."""
        check_owner(owner)
        asked = read_as(DraftItem, await json_body(request))
        if asked.community is not None:
            check_community(desk, asked.community, "community")
        subject = subject_of_item(owner, key_of(actor, key))
        return reply_body(await desk.submit(asked, subject, actor, key, creates=True))

    @routes.post("/v1/items/{item}/replace", name=ReplaceItem.TYPE, openapi_extra=body_schema(ReplaceItem, "replaces"))
    async def replace(item: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Publish another item in the place of one that was ordered or claimed."""
        asked = read_as(ReplaceItem, await json_body(request), replaces=item)
        owner = (await state_of(desk, item, "item")).get("owner", "")
        if asked.community is not None:
            check_community(desk, asked.community, "community")
        subject = subject_of_item(owner, key_of(actor, key))
        return reply_body(await desk.submit(asked, subject, actor, key, creates=True))

    @routes.get("/v1/items/{item}")
    async def item(item: str, actor: Caller) -> dict[str, Any]:
        """Return an item with its bookings."""
        return await state_of(desk, item, "item")

    @routes.get("/v1/lists/{owner}.xlsx")
    async def exported(owner: str, actor: Caller) -> Response:
        """Return everything that an owner lists as a workbook, a sheet per list."""
        found = await page(desk, ITEMS, MOST_ROWS, owner=owner, status=None, after="")
        if not found["items"]:
            raise Refused("subject.unknown", "owner", subject=owner)
        content = await asyncio.to_thread(_workbook, owner, found["items"], desk)
        return Response(content, headers=handed_over(f"{desk.city.name_of(owner)}清单", "xlsx", f"list-{owner}"))

    @routes.get("/v1/lists/{owner}")
    async def listed(
        owner: str,
        actor: Caller,
        status: Annotated[ItemStatus | None, Query()] = None,
        after: After = "",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Return what an owner lists, and for which quarter it was last looked through."""
        found = await page(desk, ITEMS, limit, owner=owner, status=status, after=after)
        async with desk.engine.connect() as conn:
            book = (await conn.execute(STATE, {"id": subject_of_list(owner)})).one_or_none()
        return {**found, "review": book.state if book else None}

    @routes.get("/v1/menus/{community}")
    async def menu(community: str, actor: Caller, after: After = "", limit: Limit = 100) -> dict[str, Any]:
        """Return everything that is published to the circle of a community, whoever keeps it."""
        return await page(desk, OFFERED_TO, limit, community=community, after=after)

    return routes


def _workbook(owner: str, items: list[dict[str, Any]], desk: Desk) -> bytes:
    with tempfile.TemporaryDirectory(prefix="sidan-") as folder:
        path = Path(folder) / "list.xlsx"
        workbook(path, owner, items, desk.city)
        return path.read_bytes()
