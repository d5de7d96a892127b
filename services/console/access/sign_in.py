"""Signing in by a password of ours, signing out, and the choice among one's posts."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import RedirectResponse

from services.console.access import accounts
from services.console.reader import SESSION
from shared.kernel.refusals import Refused
from shared.shell.allowance import address_of

OIDC = "/login/oidc"
OUT = "out=1"
"""How the sign-in is asked for by who has just signed out: what was typed is forgotten there."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The identity provider of the office, and what it knows us by."""

    issuer: str
    client_id: str
    client_secret: str


def inside(address: str) -> str:
    """Return an address of our own as it is, and the home page in place of any other."""
    is_ours = address.startswith("/") and not address.startswith("//") and address.isprintable() and "\\" not in address
    return address if is_ours else "/"


def router(engine: AsyncEngine) -> APIRouter:
    """Return the addresses that a sign-in form, the sign-out button and the choice of a post send to."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/login")
    async def sign_in(request: Request) -> Response:
        sent = await _form(request)
        aim = inside(sent.get("next", "/"))
        try:
            login, password = sent.get("login", "")[:100], sent.get("password", "")[: accounts.LONGEST + 1]
            key = await accounts.sign_in(engine, login, password, address_of(request))
        except Refused as refused:
            asked = {"next": aim, "why": refused.rule, "seconds": refused.params.get("seconds", "")}
            return RedirectResponse(f"/login?{urlencode(asked)}", 303)
        return let_in(request, key, aim)

    @routes.post("/logout")
    async def sign_out(request: Request) -> Response:
        await accounts.sign_out(engine, request.cookies.get(SESSION, ""))
        answer = RedirectResponse(f"/login?{OUT}", 303)
        answer.delete_cookie(SESSION, path="/")
        return answer

    @routes.post("/post")
    async def work_as(request: Request) -> Response:
        sent = await _form(request)
        await accounts.work_as(engine, request.cookies.get(SESSION, ""), sent.get("post", ""))
        return RedirectResponse("/", 303)

    return routes


def let_in(request: Request, key: str, aim: str) -> Response:
    """Return the answer that hands over a session's key and goes on to a page."""
    answer = RedirectResponse(aim, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(
        SESSION, key, max_age=accounts.HOURS * 3600, path="/", httponly=True, samesite="lax", secure=secure
    )
    return answer


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    return {name: values[-1] for name, values in parse_qs(body, max_num_fields=20).items()}
