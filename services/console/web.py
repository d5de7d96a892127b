"""The console on the web: JSON first, then the office pages, behind one guard."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from services.console import api
from services.console.pages import case, cases, cockpit
from services.console.reader import COOKIE, PRESENT, reader_of
from services.console.ticker import Ticker
from services.console.words import LANGUAGES
from shared.city.model import City
from shared.shell.problems import answer_problems

_STATIC = Path(__file__).parent / "static"
RECONNECT_SECONDS = 60
"""Ten seconds lost one of two gaps of six seconds when tried."""
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


def build(engine: AsyncEngine, city: City) -> FastAPI:
    """Return the console as an application of its own."""
    app = FastAPI(title="sidan console", version="1", docs_url=None, redoc_url=None)
    answer_problems(app)
    mount(app, engine, city)
    return app


def mount(app: FastAPI, engine: AsyncEngine, city: City) -> None:
    """Add the console to an application; last of all routes, since the pages take every address that is left."""
    ticker = Ticker(engine, city)
    app.include_router(api.router(engine, city))
    app.mount("/static", StaticFiles(directory=_STATIC))
    cockpit.add(city, ticker)
    cases.add(city, ticker)
    case.add(city, ticker, engine)
    look = hashlib.sha256((_STATIC / "console.css").read_bytes()).hexdigest()[:12]
    ui.add_head_html(f'<link rel="stylesheet" href="/static/console.css?v={look}">', shared=True)
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(started: FastAPI) -> AsyncIterator[Any]:
        async with inner(started) as state, ticker.running():
            yield state

    app.router.lifespan_context = lifespan
    app.add_middleware(Guard)
    ui.run_with(
        app,
        mount_path="/",
        title=city.names.zh,
        favicon=_STATIC / "seal.svg",
        language="zh-CN",
        tailwind=False,
        reconnect_timeout=RECONNECT_SECONDS,
        binding_refresh_interval=None,
        show_welcome_message=False,
    )


class Guard:
    """Refuse sockets of a foreign origin, send the headers that NiceGUI does not, keep the language asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if _is_foreign(headers) and (scope["type"] == "websocket" or "/_nicegui_ws/" in scope["path"]):
            refusal = WebSocketClose(1008) if scope["type"] == "websocket" else PlainTextResponse("foreign origin", 403)
            await refusal(scope, receive, send)
            return
        request = HTTPConnection(scope)
        asked = request.query_params.get("lang")
        PRESENT.set(reader_of(request))

        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    sent[name] = value
                if asked in LANGUAGES and not scope["path"].startswith(("/rows/", "/v1/")):
                    sent.append("Set-Cookie", f"{COOKIE}={asked}; Path=/; Max-Age=31536000; SameSite=Lax")
            await send(message)

        await self.app(scope, receive, dress)


def _is_foreign(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")
