"""What stands before every address: headers, foreign origins, who is signed in, whose page it is."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from services.console.access import accounts
from services.console.access.accounts import Signed
from services.console.access.roles import place_of, places_of
from services.console.reader import COOKIE, PRESENT, SESSION, reader_of
from services.console.words import LANGUAGES

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}
FORBIDDEN = "/forbidden"
_SOCKET = "/_nicegui_ws/"
_ANONYMOUS = ("/static/", "/_nicegui", "/livez", "/readyz", "/metrics")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Pass a request on with its reader known, send it to the sign-in, or refuse it."""

    def __init__(self, app: ASGIApp, engine: AsyncEngine) -> None:
        self.app, self.engine = app, engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        is_socket = scope["type"] == "websocket" or path.startswith(_SOCKET)
        is_change = not is_socket and scope["method"] not in _SAFE and "authorization" not in headers
        if (is_socket or is_change) and _is_foreign(headers):
            refusal = WebSocketClose(1008) if scope["type"] == "websocket" else PlainTextResponse("foreign origin", 403)
            await refusal(scope, receive, send)
            return
        request = HTTPConnection(scope)
        asked = request.query_params.get("lang")
        signed = await self._signed(request)
        PRESENT.set(reader_of(request, signed))

        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    sent.setdefault(name, value)
                if asked in LANGUAGES and not path.startswith(("/rows/", "/v1/")):
                    sent.append("Set-Cookie", f"{COOKIE}={asked}; Path=/; Max-Age=31536000; SameSite=Lax")
            await send(message)

        place = place_of(path) if scope["type"] == "http" else None
        if place is not None and (signed is None or signed.role not in place.roles):
            aside = self._aside(request, signed)
            if aside is not None:
                await aside(scope, receive, dress)
                return
            shown = {"path": FORBIDDEN, "raw_path": FORBIDDEN.encode(), "query_string": place.key.encode()}
            scope = {**scope, **shown, "method": "GET"}
        await self.app(scope, receive, dress)

    async def _signed(self, request: HTTPConnection) -> Signed | None:
        key = request.cookies.get(SESSION)
        if not key or request.scope["path"].startswith(_ANONYMOUS):
            return None
        return await accounts.find(self.engine, key)

    def _aside(self, request: HTTPConnection, signed: Signed | None) -> Response | None:
        """Return where to go instead: to the sign-in, or home; None if the page is simply not one's own."""
        if signed is None:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"/login?next={quote(request.url.path + query, safe='')}", 303)
        home = next(places_of(signed.role))
        return RedirectResponse(home.path, 303) if request.url.path == "/" else None


def _is_foreign(headers: Headers) -> bool:
    """Tell whether another site sent this; a browser names the origin of every change and every socket."""
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")
