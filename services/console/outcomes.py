"""What is under the bell (操作结果): one's own commands whose answer the page that sent them has not shown in time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import moments, queries
from services.console.access import commands
from services.console.access.acts import ACTS, find
from services.console.access.commands import Kept
from services.console.access.gateway import required
from services.console.access.raising import RAISE
from services.console.access.roles import place_of
from services.console.reader import PRESENT
from services.console.words import TONGUES, Tongue, word

SAID = {
    "sent": word("还在处理"),
    "done": word("已生效"),
    "lost": word("没有得到答复，请核对"),
}


def router(engine: AsyncEngine) -> APIRouter:
    """Return the addresses by which the bell reads, and a page says that it has shown an answer."""
    routes = APIRouter(prefix="/outcomes", include_in_schema=False)

    @routes.post("")
    async def read() -> list[dict[str, Any]]:
        found = await commands.read(engine, required().login)
        async with engine.connect() as conn:
            now = (await queries.moment(conn)).now
        return [_shown(one, TONGUES[PRESENT.get().language], now) for one in found]

    @routes.post("/told", status_code=204)
    async def told(idempotency_key: Annotated[str, Header(max_length=128)]) -> None:
        await commands.told(engine, required().login, idempotency_key)

    return routes


def _shown(one: Kept, t: Tongue, now: datetime) -> dict[str, Any]:
    act = find((*ACTS, RAISE), one.service, one.path)
    place = place_of(one.page.partition("?")[0])
    why = one.title if t.language == "zh" else one.title_en
    return {
        "key": one.key,
        "act": t(act.name) if act else one.path,
        "about": one.number or one.case_id or (t(place.name) if place else ""),
        "href": f"/cases/{quote(one.case_id, safe='')}" if one.case_id else one.page,
        "at": moments.moment(t, one.acted_at, now),
        "state": one.state,
        "said": t("未生效：{why}", why=why) if one.state == "refused" else t(SAID[one.state]),
        "rule": " · ".join(filter(None, (one.rule, one.field))),
        "is_new": one.is_new,
    }
