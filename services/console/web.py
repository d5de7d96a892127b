"""The console on the web: JSON first, then the office pages, behind one guard."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import api, filters, outcomes
from services.console import field as field_pages
from services.console.access import gateway, raising, sign_in
from services.console.access.gateway import Owners
from services.console.access.guard import Guard
from services.console.access.sign_in import OIDC, Provider
from services.console.export import Exports
from services.console.export import router as export_router
from services.console.field.counter import MOST_PHOTO_BYTES
from services.console.pages import (
    analysis,
    appraisal,
    assessment,
    callbacks,
    case,
    cases,
    cockpit,
    desks,
    ledger,
    lists,
    login,
    lookbacks,
    meeting,
    meetings,
    scores,
    stars,
    surveys,
    system,
    trouble,
)
from services.console.pages import raising as raising_page
from services.console.pulse import Pulse
from services.console.ticker import Ticker
from shared.city.model import City
from shared.shell.problems import answer_problems

Late = Callable[[], Sequence[str]]
_STATIC = Path(__file__).parent / "static"
MOST_IMPORTED = 20 << 20
"""Bytes of a file of reports; what intake takes."""
RECONNECT_SECONDS = 60
"""Ten seconds lost one of two gaps of six seconds when tried."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the console reaches beyond its own database: the services, the secret they know it by, single sign-on."""

    secret: str
    services: Mapping[str, str] = field(default_factory=dict)
    provider: Provider | None = None
    public_url: str = ""
    telephone: str = "12345"
    data: Path = Path("data")
    """Folder of what is kept in files; the auditor leaves its verdict there."""


def build(engine: AsyncEngine, city: City, outside: Outside, late: Late = tuple) -> FastAPI:
    """Return the console as an application of its own."""
    app = FastAPI(title="sidan console", version="1", docs_url=None, redoc_url=None)
    answer_problems(app)
    mount(app, engine, city, outside, late)
    return app


def mount(app: FastAPI, engine: AsyncEngine, city: City, outside: Outside, late: Late = tuple) -> None:
    """Add the console to an application; last of all routes, since the pages take every address that is left.

    `late` says of which topics the read model is late.
    """
    app.state.city, app.state.secret = city, outside.secret
    ticker = Ticker(engine, city, late)
    pulse = Pulse(outside.services, outside.data)
    owners = Owners(outside.services, outside.secret, city)
    app.include_router(api.router(engine, city))
    app.include_router(sign_in.router(engine))
    app.include_router(gateway.router(owners, engine))
    app.include_router(raising.router(owners, engine, city))
    app.include_router(outcomes.router(engine))
    app.include_router(filters.router(engine))
    exports = Exports(engine, city)
    app.include_router(export_router(exports, engine))
    app.state.larger_bodies = {**getattr(app.state, "larger_bodies", {}), "/act/intake/v1/sources/": MOST_IMPORTED,
                               "/act/intake/v1/photos": MOST_PHOTO_BYTES}  # fmt: skip
    if outside.provider is not None:
        from services.console.access.single_sign_on import single_sign_on

        app.mount(OIDC, single_sign_on(engine, outside.provider, outside.secret, outside.public_url))
    app.mount("/static", StaticFiles(directory=_STATIC))
    field_pages.add(app, owners, engine, city, outside.telephone)
    login.add(city, ticker, with_provider=outside.provider is not None)
    cockpit.add(city, ticker)
    cases.add(city, ticker)
    case.add(city, ticker, engine, owners)
    desks.add(city, ticker, engine, owners)
    lists.add(city, ticker, engine, owners)
    raising_page.add(city, ticker)
    meetings.add(city, ticker, engine)
    meeting.add(city, ticker, engine, owners)
    ledger.add(city, ticker, engine, owners)
    callbacks.add(city, ticker, engine, owners)
    for page in (scores, lookbacks, assessment, stars, appraisal, surveys, analysis):
        page.add(city, ticker, owners)
    system.add(city, ticker, owners, pulse)
    trouble.add(city, ticker)
    look = hashlib.sha256((_STATIC / "console.css").read_bytes()).hexdigest()[:12]
    ui.add_head_html(f'<link rel="stylesheet" href="/static/console.css?v={look}">', shared=True)
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(started: FastAPI) -> AsyncIterator[Any]:
        async with inner(started) as state, ticker.running(), pulse.running():
            yield state
        exports.close()
        await owners.close()

    app.router.lifespan_context = lifespan
    app.add_middleware(Guard, engine=engine)
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
