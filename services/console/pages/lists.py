"""Lists and claims 清单与认领: wishes ordered, reviewed, claimed; lists kept; projects claimed by two sides."""

from __future__ import annotations

from datetime import datetime

from fastapi import Request
from nicegui import background_tasks
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import circles
from services.console.access.gateway import NotDone, Owners
from services.console.access.roles import CITY_WIDE
from services.console.pages.frame import Desk, Page, frame
from services.console.parts import Box, ClaimBoard, Text
from services.console.parts.agreements import build_lists, build_projects
from services.console.parts.order import said_by
from services.console.parts.repaint import repainted
from services.console.parts.wishes import build_ended, build_wish, order_form
from services.console.queues import Clerk
from services.console.ticker import Tick, Ticker
from services.console.words import word
from shared.city.model import City
from shared.kernel.refusals import Refused

TABS = {"": word("点单与领单"), "lists": word("清单与菜单"), "projects": word("共建项目")}
OURS = ("wish:", "item:", "list:", "project:", "alliance:")
"""How the subjects begin that this page shows."""


def add(city: City, ticker: Ticker, engine: AsyncEngine, owners: Owners) -> None:
    """Add the page."""

    @Page("/lists")
    async def lists(request: Request) -> None:
        with frame(city, ticker, request, word("清单与认领"), "lists") as desk:
            await _build(desk, Clerk(desk.signed, city, engine, owners, desk.t))


async def _build(desk: Desk, clerk: Clerk) -> None:
    t, city, asked = desk.t, desk.city, desk.request.query_params
    own = circles.communities(desk.signed.role, desk.signed.post.at, city)
    with Box("div", "list-head"):
        Text("h1", t("清单与认领"))
        if own:
            at = asked.get("at", "") if asked.get("at") in own else own[0]
            _choose(desk, own, at)
    if not own:
        with Box("div", "nothing"):
            Text("p", t("本单位没有结对社区；结对以后这里有社区的点单、清单和共建项目。"))
        return
    tab = asked.get("tab", "") if asked.get("tab") in TABS else ""
    with Box("nav", "section-tabs", aria_label=t("清单与认领")):
        for key, name in TABS.items():
            link = Text("a", t(name), href=circles.address(at=at, tab=key)).classes("on" if key == tab else "")
            if key == tab:
                link.props["aria-current"] = "page"
    notice = Text("p", "").classes("notice hidden")
    board = ClaimBoard(columns=[], chosen=asked.get("wish", "")) if not tab else None
    place = Box("div", "lists-body")

    async def paint(now: datetime) -> None:
        try:
            if board is not None:
                columns = await circles.board(clerk, at, now)
                wish, ended = await _picked(clerk, at, asked.get("wish", ""))
                board.show(columns=columns)
                with repainted(place), Box("div", "claim-pair" + (" chosen" if wish else "")):
                    with Box("div", "side"):
                        build_wish(desk, clerk, wish, now) if wish else order_form(desk, at)
                    with Box("div", "side"):
                        build_ended(desk, ended, now)
            elif tab == "lists":
                found = await build_lists(desk, clerk, at)
                with repainted(place):
                    found()
            else:
                made = await build_projects(desk, clerk, at)
                with repainted(place):
                    made()
        except (NotDone, Refused) as error:
            notice.text = said_by(desk, error)
            notice.classes(remove="hidden")
            return
        notice.classes("hidden")

    def show(tick: Tick) -> None:
        if any(subject.startswith(OURS) for subject in tick.touched):
            background_tasks.create_lazy(paint(tick.moment.now), name=f"lists-{id(notice)}")

    tick = desk.ticker.last or await desk.ticker.look()
    await paint(tick.moment.now)
    desk.follow(show)


def _choose(desk: Desk, own: list[str], at: str) -> None:
    """Build the choice among several communities; one alone is named."""
    t, city = desk.t, desk.city
    if len(own) == 1:
        Text("p", city.name_of(at)).classes("total")
        return
    with Box("form", "inline", action="/lists", method="get"):
        with Box("label"), Box("select", name="at", aria_label=t("社区")):
            for code in own:
                lineage = [unit.name for unit in reversed(city.lineage(code)) if unit.code != city.root.code]
                words = " / ".join(lineage) if desk.signed.role in CITY_WIDE else city.name_of(code)
                Text("option", words, value=code, **({"selected": True} if code == at else {}))
        Box("input", type="hidden", name="tab", value=desk.request.query_params.get("tab", ""))
        Text("button", t("查看"), type="submit").classes("button")


async def _picked(clerk: Clerk, at: str, name: str) -> tuple[circles.Found | None, list[circles.Found]]:
    ended = await circles.wishes(clerk, at, circles.ENDED)
    if not name.startswith("wish:"):
        return None, ended
    return await circles.wish(clerk, name), ended
