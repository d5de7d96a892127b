"""The three desks where work is done: dispatch 派单台, department 部门办件, community 社区台."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from time import monotonic
from typing import Any

from fastapi import Request
from nicegui import background_tasks
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import queues
from services.console.access.gateway import NotDone, Owners
from services.console.pages.frame import Desk, Page, frame
from services.console.parts import Box, QueueList, Text
from services.console.parts.batch import Batch, may_batch, picking
from services.console.parts.file import CasePanel, read_file
from services.console.parts.order import said_by
from services.console.parts.repaint import repainted
from services.console.parts.whistle import build_whistle, sound_form
from services.console.queues import Clerk, Queue
from services.console.ticker import Tick, Ticker
from services.console.words import word
from shared.city.model import City
from shared.kernel.refusals import Refused

DESKS = (
    ("dispatch", "/dispatch", word("派单台"), queues.DISPATCH),
    ("desk", "/desk", word("部门办件"), queues.DEPARTMENT),
    ("community", "/community", word("社区台"), queues.COMMUNITY),
)
_MINUTE = 60.0
"""Seconds after which the times left in the list are shown anew."""


def add(city: City, ticker: Ticker, engine: AsyncEngine, owners: Owners) -> None:
    """Add the three pages."""
    for key, path, title, own in DESKS:
        _add(city, ticker, engine, owners, key, path, title, queues.of_city(city, own))


def _add(
    city: City, ticker: Ticker, engine: AsyncEngine, owners: Owners, key: str, path: str, title: str,
    own: tuple[Queue, ...],
) -> None:  # fmt: skip
    @Page(path)
    async def page(request: Request) -> None:
        with frame(city, ticker, request, title, key) as desk:
            clerk = Clerk(desk.signed, city, engine, owners, desk.t)
            await _build(desk, clerk, path, title, own)


async def _build(desk: Desk, clerk: Clerk, path: str, title: str, own: tuple[Queue, ...]) -> None:
    t, asked = desk.t, desk.request.query_params
    item = asked.get("item", "")
    tick = desk.ticker.last or await desk.ticker.look()
    chosen = next((queue for queue in own if queue.key == asked.get("queue")), None)
    if chosen is None:
        chosen = await _first_with_work(clerk, own, tick.moment.now)
    with Box("div", "list-head"):
        Text("h1", t(title))
        newer = Text("a", t("有更新，点击刷新"), href=queues.address(path, chosen.key, item)).classes("newer hidden")
    tabs: dict[str, Text] = {}
    with Box("nav", "queues", aria_label=t("待办分类")):
        for queue in own:
            with Box("a", "on" if queue is chosen else "", href=queues.address(path, queue.key)) as link:
                Text("span", t(queue.name))
                tabs[queue.key] = Text("b", "—")
            if queue is chosen:
                link.props["aria-current"] = "page"
    picks = chosen is queues.WAITING and may_batch(desk)
    ids = [one for one in asked.get("batch", "").split(",") if one] if picks else []
    with Box("div", "desk" + (" picked" if item or ids else "")):
        with Box("section", "card queue-card"):
            empty = t("这一栏没有待办，新来的会自动出现")
            listed = QueueList(
                items=[], chosen=item, label=t(chosen.name), empty=t("正在取数"),
                picking=picking(desk, path) if picks and not ids else None,
            )  # fmt: skip
        with Box("section", "desk-item") as place:
            hint = Text(
                "p", t("从左边选一件；按 j、k 上下移动，按 ? 看全部按键") if not item and not ids else ""
            ).classes("empty hidden")
    shown = Batch(desk, clerk, place, ids) if ids else _Shown(desk, clerk, place, item)

    async def refresh(moment: datetime, *, rows: bool, times: bool = False) -> None:
        found = await queues.counts(clerk, own, moment)
        for queue in own:
            n = found.get(queue.key)
            much = "—" if n is None else f"{n:,}" if n < queues.MOST or not queue.asked else f"{n}+"
            tabs[queue.key].text = much
        before = listed._props["items"]
        try:
            if rows or times:
                items = await queues.items(clerk, chosen, moment)
                links = [{**one, "href": queues.address(path, chosen.key, one["key"])} for one in items]
                if times:  # rows never move under the reader
                    fresh = {one["key"]: one for one in links}
                    links = [fresh.get(one["key"], one) for one in before]
                listed.show(items=links, empty=empty)
                if links and not item and not ids:
                    hint.classes(remove="hidden")
        except (NotDone, Refused) as error:
            listed.show(empty=said_by(desk, error))
            return
        if not rows and found.get(chosen.key, len(before)) != len(before):
            newer.classes(remove="hidden")

    await refresh(tick.moment.now, rows=True)
    if item or ids:
        await shown.paint()
    elif chosen.key in ("whistles",):
        with place:
            sound_form(desk, clerk)
    desk.follow(_Ticks(shown, refresh))


async def _first_with_work(clerk: Clerk, own: tuple[Queue, ...], now: datetime) -> Queue:
    """Return the first queue in which something waits; the first of all where none does."""
    found = await queues.counts(clerk, own, now)
    return next((queue for queue in own if found.get(queue.key)), own[0])


class _Ticks:
    """What a desk does with a look: the open thing is followed, counts are news, times left are shown each minute."""

    def __init__(self, shown: _Shown | Batch, refresh: Any) -> None:
        self.shown, self.refresh, self.minute = shown, refresh, monotonic()

    def __call__(self, tick: Tick) -> None:
        self.shown.tick(tick)
        is_minute = monotonic() - self.minute >= _MINUTE
        if is_minute:
            self.minute = monotonic()
        if tick.touched or is_minute:
            again = self.refresh(tick.moment.now, rows=False, times=is_minute)
            background_tasks.create_lazy(again, name=f"desk-{id(self.shown)}")


class _Shown:
    """The one thing that is open at a desk: its panel is built once and told what changes."""

    def __init__(self, desk: Desk, clerk: Clerk, place: Box, item: str) -> None:
        self.desk, self.clerk, self.place, self.item = desk, clerk, place, item
        self.panel: CasePanel | None = None
        self._painting = asyncio.Lock()

    def tick(self, tick: Tick) -> None:
        """Let the clock go on, and follow the case or whistle."""
        if self.panel is not None:
            self.panel.tick(tick)
        if self.item in tick.touched:
            background_tasks.create(self.paint(), name="desk item")

    async def paint(self) -> None:
        """Show how it stands now."""
        async with self._painting:
            try:
                if self.item.startswith("whistle:"):
                    await self._paint_whistle()
                elif self.item:
                    await self._paint_case()
            except (NotDone, Refused) as error:
                self._say(said_by(self.desk, error))

    async def _paint_whistle(self) -> None:
        name = self.item.removeprefix("whistle:")
        told = await self.clerk.owners.get(self.desk.signed, "dispatch", f"/v1/whistles/{name}")
        with repainted(self.place):
            self._back()
            build_whistle(self.desk, self.clerk, name, told, self._done)

    async def _paint_case(self) -> None:
        file = await read_file(self.desk, self.clerk, self.item)
        if file is None:
            self._say(self.desk.t("没有这一件，或不在您的范围内"))
            return
        if self.panel is None:
            self.place.clear()
            with self.place:
                self._back()
                self.panel = CasePanel(self.desk, self.clerk, file)
        self.panel.show(file, self._done)

    def _done(self, _: Mapping[str, Any]) -> None:
        """Hear that an act took effect; the panel follows when the read model has it."""
        if self.item.startswith("whistle:"):
            background_tasks.create(self.paint(), name="desk item")

    def _back(self) -> None:
        queue = self.desk.request.query_params.get("queue", "")
        here = self.desk.request.url.path
        Text("a", self.desk.t("返回列表"), href=queues.address(here, queue)).classes("back")

    def _say(self, words: str) -> None:
        """Say why nothing new can be shown; what is open stays open, with what is typed in it."""
        if self.panel is not None:
            self.panel.say(words)
            return
        self.place.clear()
        with self.place:
            self._back()
            Text("p", words).classes("notice")
