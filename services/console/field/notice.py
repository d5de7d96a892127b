"""The public notice of a grid (公示): who answers here, for what; behind the code of its printed sheet."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.console.field.counter import Counter
from services.console.field.page import Pages, guarded


def router(pages: Pages, counter: Counter) -> APIRouter:
    """Return the route `/n/{unit}`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/n/{unit}")
    @guarded(pages)
    async def notice(unit: str, request: Request) -> Response:
        pages.take_address(request)
        shown = await counter.call(None, "intake", "GET", f"/v1/notices/{unit}", request)
        return pages.show("notice.html", request, notice=shown)

    return routes
