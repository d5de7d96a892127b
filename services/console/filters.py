"""Saved filters of the list of cases (保存的筛选): a person's own, each a name and the address that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import RedirectResponse, Response

from services.console.access.gateway import required
from services.console.access.sign_in import inside
from services.console.selection import Selection, selected
from shared.kernel.refusals import Refused
from shared.kernel.rules import register
from shared.shell.validation import wrong

MOST, LONGEST_NAME, LONGEST_QUERY = 20, 40, 1000
"""Filters of one person; characters of a name, and of the conditions as an address has them."""
PATH = "/filters"

register(
    {
        "filter.too_many": ("最多保存 {most} 个筛选，请先删去不用的", "{most} filters at most: delete one first"),
        "filter.empty": ("现在没有筛选条件，没有可保存的", "Nothing is filtered just now, so there is nothing to save"),
    }
)


@dataclass(frozen=True, slots=True)
class Saved:
    """One saved filter."""

    name: str
    query: str

    @property
    def address(self) -> str:
        """Return the list that it stands for."""
        return f"/cases?{self.query}"


class Save(BaseModel):
    """What the form sends."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
    filter: Annotated[str, StringConstraints(max_length=LONGEST_QUERY)]


async def of(engine: AsyncEngine, login: str) -> list[Saved]:
    """Return somebody's filters in the order in which they were saved."""
    query = "SELECT name, query FROM saved_filter WHERE login = :login ORDER BY made_at, name"
    async with engine.connect() as conn:
        return [Saved(row.name, row.query) for row in await conn.execute(text(query), {"login": login})]


async def save(engine: AsyncEngine, login: str, name: str, selection: Selection) -> None:
    """Save a selection under a name, in place of what has it; raises Refused("filter.too_many")."""
    async with engine.begin() as conn:
        await conn.execute(text("SELECT 1 FROM account WHERE login = :login FOR UPDATE"), {"login": login})
        await conn.execute(
            text(
                "INSERT INTO saved_filter (login, name, query) VALUES (:login, :name, :query) "
                "ON CONFLICT (login, name) DO UPDATE SET query = excluded.query"
            ),
            {"login": login, "name": name, "query": urlencode(selection.chosen())},
        )
        count = text("SELECT count(*) FROM saved_filter WHERE login = :login")
        if (await conn.execute(count, {"login": login})).scalar_one() > MOST:
            raise Refused("filter.too_many", "name", most=MOST)


async def delete(engine: AsyncEngine, login: str, name: str) -> None:
    """Delete one of somebody's filters."""
    async with engine.begin() as conn:
        gone = text("DELETE FROM saved_filter WHERE login = :login AND name = :name")
        await conn.execute(gone, {"login": login, "name": name})


def router(engine: AsyncEngine) -> APIRouter:
    """Return the addresses that the form and the buttons beside the filters send to."""
    routes = APIRouter(prefix=PATH, include_in_schema=False)

    @routes.post("")
    async def keep(sent: Save) -> dict[str, Any]:
        signed = required()
        if not sent.name.isprintable():
            raise wrong("name", "只用看得见的字符", "visible characters alone")
        selection = selected(dict(parse_qsl(sent.filter)), "-received")
        if not selection.chosen():
            raise Refused("filter.empty", "filter")
        await save(engine, signed.login, sent.name, selection)
        return {"name": sent.name}

    @routes.post("/delete")
    async def drop(request: Request) -> Response:
        signed = required()
        asked = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=4)
        await delete(engine, signed.login, asked.get("name", [""])[0])
        return RedirectResponse(inside(asked.get("back", ["/cases"])[0]), 303)

    return routes
