"""The cockpit 指挥台: what needs a person now, once a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request

from services.console import grounds, panels
from services.console.access.acts import ACTS, find
from services.console.access.roles import places_of
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import BoardPart, Box, GridList, GridMap, Ladder, Overdue, Part, Stream, Text, Tiles
from services.console.selection import Selection
from services.console.ticker import Snapshot, Tick, Ticker
from services.console.words import word
from shared.city.model import City, UnitLevel

Update = Callable[[Snapshot], None]
MODES = {"open": word("在办"), "overdue": word("超期"), "recent": word("近 7 日"), "density": word("每千户")}


def add(city: City, ticker: Ticker) -> None:
    """Add the page."""

    @Page("/")
    def cockpit(request: Request) -> None:
        with frame(city, ticker, request, word("指挥台"), "cockpit") as desk:
            Text("h1", desk.t("指挥台")).classes("unseen")
            updates = [_tiles(desk)]
            with Box("div", "cockpit"):
                updates += [_ladder(desk), _ground(desk), _overdue(desk), _board(desk), _stream(desk)]

            def show(tick: Tick) -> None:
                for update in updates:
                    update(tick.snapshot)

            desk.follow(show)


def _kept(desk: Desk, part: Part, name: str, make: Callable[[Snapshot], dict[str, Any]]) -> Update:
    """Return the update of a part; what it shows is made once per snapshot and language for all pages."""

    def update(snapshot: Snapshot) -> None:
        part.show(**desk.ticker.once((name, desk.t.language), lambda: make(snapshot)))

    return update


def _tiles(desk: Desk) -> Update:
    t = desk.t
    part = Tiles(tiles=panels.unknown_tiles(t), label=t("今日指标"))
    return _kept(desk, part, "tiles", lambda s: {"tiles": panels.tiles(s, t)})


def _ladder(desk: Desk) -> Update:
    t = desk.t
    with card(t("办理阶梯"), "ladder-card") as more:
        said = {"reached": t("到达"), "solved": t("本级解决"), "in_hand": t("在办"), "passed_up": t("上交下一级")}
        part = Ladder(steps=[], words=said)
    with more:
        Text("span", t("近 30 天立案"))
    return _kept(desk, part, "ladder", lambda s: {"steps": panels.ladder(s, t)})


def _ground(desk: Desk) -> Update:
    city, t, asked = desk.city, desk.t, desk.request.query_params
    mode = asked.get("map", "open") if asked.get("map") in MODES else "open"
    listed = asked.get("view") == "list" or not grounds.has_map(city)
    with card(t("网格在办分布"), "map-card") as more:
        if listed:
            grids = {grid.code: grid.name for grid in city.of_level(UnitLevel.GRID)}
            part: Part = GridList(areas=panels.areas(city), names=grids, cells={})
        else:
            label = t("网格在办分布图，同样的数见列表")
            part = GridMap(src=f"/shapes.geojson?v={city.version}", cells={}, label=label, zoomable=not desk.wall)
        with Box("div", "legend"):
            Text("span", t("件/网格") if mode != "density" else t("件/千户"))
            for row in panels.legend(t, mode):
                with Box("span"):
                    Box("i", f"swatch shade{row['shade']}")
                    Text("span", row["text"])
            with Box("span"):
                Text("i", "n").classes("map-badge")
                Text("span", t("其中超期 n 件"))
            unplaced = Text("span", "").classes("unplaced")
    with more:
        if not desk.wall:
            for key, name in MODES.items():
                Text("a", t(name), href=_address(key, listed)).classes("on" if key == mode else "")
            if grounds.has_map(city):
                Text("a", t("地图") if listed else t("列表"), href=_address(mode, not listed))

    def update(snapshot: Snapshot) -> None:
        key = ("cells", mode, t.language)
        part.show(cells=desk.ticker.once(key, lambda: panels.cells(snapshot, city, t, mode)))
        unplaced.text = t("另有 {n} 件只定位到社区以上", n=snapshot.unplaced) if snapshot.unplaced else ""

    return update


def _address(mode: str, listed: bool) -> str:
    chosen = [f"map={mode}"] if mode != "open" else []
    chosen += ["view=list"] if listed else []
    return "/?" + "&".join(chosen) if chosen else "/"


def _overdue(desk: Desk) -> Update:
    t = desk.t
    with card(t("超期与督办"), "overdue-card") as more:
        said = {"what": t("事项"), "unit": t("责任单位"), "over": t("超期"), "empty": t("没有超期件")}
        act = find(ACTS, "dispatch", "/v1/orders/any/remind")
        if act and desk.signed.role in act.roles and not desk.wall:
            said |= {"menu": t("催督"), "remind": t("催办"), "supervise": t("督办")}
        part = Overdue(rows=[], words=said)
    with more:
        Text("span", t("按超期时长"))
        Text("a", t("全部"), href=Selection(state="overdue").address())
    return _kept(desk, part, "overdue", lambda s: {"rows": panels.overdue(s, desk.city, t)})


def _board(desk: Desk) -> Update:
    city, t = desk.city, desk.t
    with card(t("四级联席会议") if len(city.chain) == 4 else t("联席会议"), "board-card") as more:
        part = BoardPart(levels=[], words={"pending": t("待议"), "empty": t("没有待议议题")})
    with more:
        year = Text("span", "—")
    shown = _kept(desk, part, "board", lambda s: {"levels": panels.board(s, city, t)})

    def update(snapshot: Snapshot) -> None:
        shown(snapshot)
        year.text = panels.year(snapshot, t)

    return update


def _stream(desk: Desk) -> Update:
    t = desk.t
    with card(t("实时动态"), "stream-card"):
        at = next((place for place in places_of(desk.signed.role) if place.key == "intake"), None)
        begin = {"href": at.path, "text": t("登记第一件")} if at else None
        part = Stream(rows=[], empty=t("还没有动态，来件后自动出现"), begin=begin)
    return _kept(desk, part, "stream", lambda s: {"rows": panels.stream(s, desk.city, t)})
