"""What every office page has around it: bar, navigation, freshness, banner, language."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui
from nicegui.language import Language

from services.console import moments
from services.console.access import commands, scope
from services.console.access.accounts import Signed
from services.console.access.gateway import required
from services.console.access.roles import NAMES, Place, Post, places_of
from services.console.access.scope import Scope
from services.console.parts import Bell, Box, Freshness, Keys, Text
from services.console.reader import PRESENT
from services.console.ticker import Tick, Ticker
from services.console.words import TONGUES, Tongue, word
from shared.city.model import City

MOST_TABS = 4
"""Targets in the bar of a phone; the others are behind the person's name."""
GO = {"c": ("cases",), "d": ("dispatch", "desk", "community"), "m": ("meetings",), "s": ("scores",)}
"""After `g`: to the first of these pages that is the reader's."""
KEYS = (("/", word("搜索案件")), ("?", word("列出按键")))
DESK_KEYS = (
    ("j k", word("下一件、上一件")), ("q", word("签收")), ("f", word("办结反馈")), ("e", word("报进展")),
    ("m", word("并单")), ("1 2 3", word("取第几个建议")), ("Enter", word("确认")), ("Esc", word("收起，草稿保留")),
    ("b", word("返回列表")),
)  # fmt: skip
"""Opened by `data-key` of a form's box; `data-proposes` marks the one whose first field takes a proposal."""
WALL_RELOAD_SECONDS = 6 * 3600
PATIENCE = 20.0
"""Seconds that the owners have to answer what a page begins with; the three of the framework fail on a busy machine."""


class Page(ui.page):
    """A page in the reader's language and in the light or dark of her screen; the wall is dark."""

    def __init__(self, path: str) -> None:
        super().__init__(path, response_timeout=PATIENCE)

    def resolve_language(self) -> Language | None:
        """Return the language that Quasar and the `lang` attribute get."""
        return "zh-CN" if PRESENT.get().language == "zh" else "en-US"

    def resolve_dark(self) -> bool | None:
        """Return whether the page is dark; None leaves it to the screen."""
        return True if PRESENT.get().wall else None


@dataclass
class Desk:
    """What a page is built with: the city, the ticker, the reader's language, the address asked for."""

    city: City
    ticker: Ticker
    t: Tongue
    request: Request
    wall: bool
    signed: Signed
    scope: Scope

    def follow(self, show: Callable[[Tick], None]) -> None:
        """Call `show` with every tick while the page is open, and at once with the last one."""
        self.ticker.ticked.subscribe(show)
        if self.ticker.last is not None:
            show(self.ticker.last)


@contextmanager
def frame(city: City, ticker: Ticker, request: Request, title: str, here: str) -> Iterator[Desk]:
    """Build the frame of a page around what the block builds; `title` is Chinese source text."""
    reader, signed = PRESENT.get(), required()
    t = TONGUES[reader.language]
    desk = Desk(city, ticker, t, request, reader.wall, signed, own_scope(city))
    ui.page_title(f"{t(title)} · {_city_name(city, t)}")
    with ui.header(wrap=False).classes("bar"):
        with Box("a", "home", href="/", aria_label=t("四单 首页")):
            Text("span", "四单", aria_hidden="true").classes("seal")
            Text("b", t("四单"))
            Text("span", _city_name(city, t)).classes("city")
        if not desk.wall:
            _navigation(t, signed, here, "nav")
        Box("span", "spring")
        _freshness(desk)
        if not desk.wall:
            _bell(desk)
            other = "en" if t.language == "zh" else "zh"
            Text("a", "EN" if other == "en" else "中", href=_with_language(request, other), hreflang=other).classes(
                "other"
            )
            _person(desk, here)
    if not desk.wall:
        with ui.footer(wrap=False).classes("foot"):
            _navigation(t, signed, here, "tabs")
        _keys(t, signed)
    Box("div", id="banner")
    with Box("div", "page wall" if desk.wall else "page") as body:
        yield desk
    ui.skip_link(t("跳到正文"), target=body)
    over_at = asyncio.get_running_loop().time() + signed.seconds
    desk.follow(lambda _: _leave_at(over_at))


def own_scope(city: City) -> Scope:
    """Return which cases the reader in hand may see."""
    return scope.of(required().actor(city), city)


@contextmanager
def card(title: str, css: str = "") -> Iterator[Box]:
    """Build a white card; yields the box on the right of its title."""
    with Box("section", f"card {css}".strip()):
        with Box("header"):
            Text("h2", title)
            more = Box("div", "card-more")
        yield more


def _freshness(desk: Desk) -> None:
    t = desk.t
    said = {
        "asof": t("数据截至 {at}", at="{at}"),
        "age": t("{n} 秒未更新", n="{n}"),
        "stopped": t("数据已停止更新，下面是断线前的最后数据。正在重新连接，恢复后自动刷新。"),
    }
    part = Freshness(at="", beat=0, words=said, reload=WALL_RELOAD_SECONDS if desk.wall else 0)
    beats = 0

    def show(tick: Tick) -> None:
        nonlocal beats
        beats += 1
        late = t("数据落后半分钟以上，下面不是最新。落后的事件流：{topics}", topics=", ".join(tick.late))
        part.show(at=moments.clock_time(tick.moment.now), beat=beats, late=late if tick.late else "")

    desk.follow(show)


def _bell(desk: Desk) -> None:
    t = desk.t
    part = Bell(n=0, words={
        "title": t("操作结果"), "news": t("{n} 条未读的操作结果", n="{n}"), "lost": t("没有取到，请重试"),
        "none": t("超过 10 秒才有结果、或没等结果就离开的操作，会列在这里，保留 {days} 天。", days=commands.DAYS),
    })  # fmt: skip
    desk.follow(lambda tick: part.show(n=tick.unread.get(desk.signed.login, 0)))


def _navigation(t: Tongue, signed: Signed, here: str, css: str) -> None:
    own = list(places_of(signed.role))
    with Box("nav", css, aria_label=t("主导航") if css == "nav" else t("底部导航")):
        for place in own[:MOST_TABS] if css == "tabs" else own:
            _link(t, place, here, with_icon=css == "tabs")


def _keys(t: Tongue, signed: Signed) -> None:
    own = {place.key: place for place in places_of(signed.role)}
    go = {key: own[name] for key, among in GO.items() for name in among if name in own}
    rows = [[f"g {key}", t(place.name)] for key, place in go.items()] + [[key, t(said)] for key, said in KEYS]
    if "d" in go:
        rows += [[key, t(said)] for key, said in DESK_KEYS]
    words = {"title": t("按键"), "on": t("使用单个按键"), "close": t("关闭")}
    Keys(go={key: place.path for key, place in go.items()}, rows=rows, words=words)


def _link(t: Tongue, place: Place, here: str, *, with_icon: bool = False) -> None:
    with Box("a", "on" if place.key == here else "", href=place.path) as link:
        if with_icon:
            Box("i", f"icon icon-{place.key}", aria_hidden="true")
        Text("span", t(place.name))
    if place.key == here:
        link.props["aria-current"] = "page"


def _person(desk: Desk, here: str) -> None:
    """Build the menu behind the person's name: further pages on a phone, the other posts, the way out."""
    t, signed = desk.t, desk.signed
    with Box("details", "person"):
        with Box("summary"):
            Text("b", signed.name)
            Text("span", post_name(desk.city, t, signed.post))
        with Box("div", "person-menu"):
            with Box("nav", "more-pages", aria_label=t("更多页面")):
                for place in list(places_of(signed.role))[MOST_TABS:]:
                    _link(t, place, here)
            for post in signed.posts:
                if post != signed.post:
                    with Box("form", action="/post", method="post"):
                        Box("input", type="hidden", name="post", value=str(post))
                        Text("button", t("转到 {post}", post=post_name(desk.city, t, post)), type="submit")
            with Box("form", action="/logout", method="post"):
                Text("button", t("退出登录"), type="submit")


def post_name(city: City, t: Tongue, post: Post) -> str:
    """Return a post in words, such as 社区经办 · 江滨社区."""
    seat = city.posts[post.seat].name if post.seat in city.posts else ""
    return " · ".join(part for part in (t(NAMES[post.role]), city.name_of(post.at), seat) if part)


def _leave_at(over_at: float) -> None:
    """Send a page whose session is over to the sign-in: an open socket outlives it."""
    if asyncio.get_running_loop().time() >= over_at:
        ui.navigate.to("/login")


def _city_name(city: City, t: Tongue) -> str:
    return city.names.zh if t.language == "zh" else city.names.en


def _with_language(request: Request, language: str) -> str:
    params: Mapping[str, str] = {**request.query_params, "lang": language}
    return f"{request.url.path}?{urlencode(params)}"
