"""The field surface (现场端): plain pages for residents, raters and grid staff, without the office's socket."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console.access.gateway import Owners
from services.console.field import ballot, follow, grid, notice, rating, report
from services.console.field.counter import Counter
from services.console.field.page import Pages
from shared.city.model import City

MOST_BYTES = 62 * 1024 * 1024
"""Of a form: six photos of ten megabytes, and words."""


def add(app: FastAPI, owners: Owners, engine: AsyncEngine, city: City, telephone: str) -> None:
    """Add the field pages to an application."""
    pages, counter = Pages(city, telephone), Counter(owners, city)
    for part in (report, rating, ballot, notice, follow):
        app.include_router(part.router(pages, counter))
    app.include_router(grid.router(pages, counter, engine))
    app.state.larger_bodies = {**getattr(app.state, "larger_bodies", {}), "/r/": MOST_BYTES, "/g/do/": MOST_BYTES}

    @app.get("/field/{name}", include_in_schema=False)
    async def file(name: str, request: Request) -> Response:
        return pages.file(name, request)
