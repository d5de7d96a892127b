"""The list of cases 案件: a grid on a desk, a list on a phone, filters in the address."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui

from services.console import filters, words
from services.console.access.roles import places_of
from services.console.filters import Saved
from services.console.pages.frame import Desk, Page, frame
from services.console.parts import Box, ExportList, OrderList, Text
from services.console.parts.act import ActForm, form_words, single
from services.console.selection import Selection
from services.console.ticker import Tick, Ticker
from services.console.words import Tongue, word
from shared.city.model import City

CHIPS = {
    "": word("全部"),
    "open": word("在办"),
    "soon": word("临期"),
    "overdue": word("超期"),
    "supervised": word("督办"),
    "meeting": word("上会"),
    "held": word("待归类"),
    "ended": word("已结"),
}
COLUMNS = (
    ("number", word("单号"), 148, "number"),
    ("summary", word("标题"), 330, ""),
    ("chip", word("状态"), 104, "status"),
    ("matter_name", word("事项"), 180, "matter"),
    ("rung", word("层级"), 104, "rung"),
    ("responsible_name", word("责任单位"), 140, "responsible"),
    ("due", word("剩余 / 到期"), 136, "due"),
    ("source", word("来源"), 112, "source"),
    ("reporters", word("反映人数"), 90, ""),
    ("unit_name", word("网格"), 140, "unit"),
)
DEEPEST = 10_000
_DATASOURCE = """{
  getRows(p) {
    if (matchMedia("(max-width: 640px)").matches) return p.successCallback([], 0);
    const src = new URL(%s, location.origin), by = p.sortModel[0];
    src.searchParams.set("offset", p.startRow);
    const sort = by ? (by.sort === "desc" ? "-" : "") + %s[by.colId] : "";
    if (sort) src.searchParams.set("sort", sort);
    document.querySelector(".case-grid").dataset.sort = sort; // the export goes in the same order
    fetch(src).then((answer) => answer.ok ? answer.json() : Promise.reject(answer.status)).then((page) => {
      p.successCallback(page.items, Math.min(page.total, %d));
      if (page.total) p.api.hideOverlay(); else p.api.showNoRowsOverlay();
    }).catch(() => p.failCallback());
  }
}"""
_LINK = """(p) => {
  const a = document.createElement("a");
  if (p.data) {
    a.href = "/cases/" + encodeURIComponent(p.data.number || p.data.id);
    a.textContent = p.value || p.data.id;
  }
  return a;
}"""
_CHIP = """(p) => {
  const s = document.createElement("span");
  if (p.data) { s.className = "chip " + p.data.state; s.textContent = p.data.chip; }
  return s;
}"""
_DUE = """(p) => {
  const s = document.createElement("span"), left = document.createElement("b"), due = document.createElement("small");
  if (p.data) {
    s.className = "due-cell " + p.data.state;
    left.textContent = p.data.left;
    due.textContent = p.data.due;
    s.append(left, due);
  }
  return s;
}"""


def add(city: City, ticker: Ticker) -> None:
    """Add the page."""

    @Page("/cases")
    async def cases(request: Request) -> None:
        with frame(city, ticker, request, word("案件"), "cases") as desk:
            try:
                chosen, wrong = Selection.read(request.query_params), ""
            except ValueError as error:
                chosen, wrong = Selection(), str(error)
            await _build(desk, chosen, wrong)


async def _build(desk: Desk, chosen: Selection, wrong: str) -> None:
    t = desk.t
    total, is_capped = await desk.ticker.count(chosen, desk.scope)
    with Box("div", "list-head"):
        Text("h1", t("案件"))
        newer = Text("a", t("有更新，点击刷新"), href=chosen.address()).classes("newer hidden")
        Text("p", _total(t, total, is_capped), data_total=total).classes("total")
    if wrong:
        Text("p", t("地址里的条件 {name} 无法识别，已显示全部。", name=wrong)).classes("notice")
    _filters(t, chosen)
    await _saved(desk, chosen)
    query = urlencode({**chosen.chosen(), "lang": t.language})
    source = "/rows/cases?" + query
    if total == 0:
        with Box("div", "nothing"):
            Text("p", t("没有符合条件的案件") if chosen.chosen() else t("还没有案件，来件后自动出现"))
            if chosen.chosen():
                Text("a", t("清除筛选"), href="/cases").classes("button")
            elif at := next((place for place in places_of(desk.signed.role) if place.key == "intake"), None):
                Text("a", t("登记第一件"), href=at.path).classes("button")
    else:
        _grid(t, source)
        OrderList(src=source, words={"more": t("更多"), "empty": t("没有符合条件的案件")})
        if is_capped or total > DEEPEST:
            Text("p", t("可滚动到前 {n} 件，请缩小范围或导出。", n=f"{DEEPEST:,}")).classes("notice")
        said = {
            "start": t("导出 Excel"), "fetch": t("下载"), "failed": t("导出失败，请重试"),
            "lost": t("没有送到，请重试"), "title": "title" if t.language == "zh" else "title_en",
        }  # fmt: skip
        ExportList(query=query, words=said)
    opened = desk.ticker.last.snapshot.version if desk.ticker.last else 0

    def show(tick: Tick) -> None:
        if tick.touched and tick.snapshot.version > opened:
            newer.classes(remove="hidden")

    desk.follow(show)


def _total(t: Tongue, total: int, is_capped: bool) -> str:
    if is_capped:
        return t("共 {n} 件以上", n=f"{total:,}")
    return t("共 {n} 件", n=f"{total:,}")


def _filters(t: Tongue, chosen: Selection) -> None:
    with Box("div", "filters"):
        with Box("form", "search", action="/cases", method="get", role="search"):
            Box(
                "input",
                name="q",
                type="search",
                value=chosen.q,
                placeholder=t("单号、标题"),
                aria_label=t("单号、标题"),
            )
            for name, value in replace(chosen, q="").chosen().items():
                Box("input", type="hidden", name=name, value=value)
        with Box("nav", "chips", aria_label=t("按状态筛选")):
            for state, name in CHIPS.items():
                on = chosen.state == state
                link = Text("a", t(name), href=replace(chosen, state=state).address()).classes(
                    "pick on" if on else "pick"
                )
                if on:
                    link.props["aria-current"] = "true"
    others = replace(chosen, state="", q="").chosen()
    if others:
        with Box("p", "chosen"):
            for name, value in others.items():
                Text("a", f"{t(FIELDS[name])}: {_said(t, name, value)} ✕", href=replace(chosen, **{name: ""}).address())


async def _saved(desk: Desk, chosen: Selection) -> None:
    """Build the reader's own filters, and the form by which this one becomes one of them."""
    row = Box("div", "saved")
    with row:
        _own(desk, chosen, await filters.of(desk.ticker.engine, desk.signed.login))
    if not chosen.chosen():
        return
    t = desk.t
    with Box("details", "act save"):
        Text("summary", t("保存这个筛选"))
        form = ActForm(
            url=filters.PATH, title="", submit=t("保存"), look="", off="", sequence="", into=None, opened=0, gone=False,
            next=t("只有本人看得到，最多 {n} 个；同名的会被替换。", n=filters.MOST), words=form_words(t),
            fields=[single("name", t("名称"), most=filters.LONGEST_NAME)],
            fixed={"filter": urlencode(chosen.chosen())},
        )  # fmt: skip

    async def done() -> None:
        found = await filters.of(desk.ticker.engine, desk.signed.login)
        row.clear()
        with row:
            _own(desk, chosen, found)
        form.show(opened=form.props["opened"] + 1)

    form.on("done", done)


def _own(desk: Desk, chosen: Selection, found: Sequence[Saved]) -> None:
    t, here = desk.t, chosen.address()
    if found:
        with Box("ul", aria_label=t("保存的筛选")):
            for one in found:
                with Box("li"):
                    link = Text("a", one.name, href=one.address)
                    if one.address == here:
                        link.props["aria-current"] = "true"
                    with Box("form", action=f"{filters.PATH}/delete", method="post"):
                        Box("input", type="hidden", name="name", value=one.name)
                        Box("input", type="hidden", name="back", value=here)
                        Text("button", "✕", type="submit", aria_label=t("删除筛选：{name}", name=one.name))


FIELDS = {
    "status": word("状态"),
    "responsible": word("责任单位"),
    "unit": word("网格"),
    "matter": word("事项"),
    "rung": word("层级"),
    "source": word("来源"),
    "overdue": word("超期"),
    "on_time": word("按期"),
    "registered_from": word("立案自"),
    "registered_to": word("立案至"),
    "closed_from": word("结案自"),
    "closed_to": word("结案至"),
    "reached": word("到达"),
    "outcome": word("结果"),
    "pending": word("待议"),
}
OUTCOMES = {"solved": word("本级解决"), "in_hand": word("在办"), "passed_up": word("上交下一级")}


def _said(t: Tongue, name: str, value: str) -> str:
    tables = {"status": words.STATUSES, "rung": words.RUNGS, "reached": words.RUNGS, "outcome": OUTCOMES}
    if value in ("true", "false"):
        return t("是") if value == "true" else t("否")
    table = tables.get(name, {})
    return t(table[value]) if value in table else value


def _grid(t: Tongue, source: str) -> None:
    sorts = {field: sort for field, _, _, sort in COLUMNS if sort}
    columns: list[dict[str, Any]] = []
    for name, title, width, sort in COLUMNS:
        column: dict[str, Any] = {"field": name, "headerName": t(title), "width": width, "sortable": bool(sort)}
        if name == "number":
            column[":cellRenderer"] = _LINK
        elif name == "chip":
            column[":cellRenderer"] = _CHIP
        elif name == "due":
            column[":cellRenderer"] = _DUE
        elif name == "summary":
            column |= {"flex": 1, "minWidth": 240, "tooltipField": "summary"}
        elif name.endswith("_name"):
            column["tooltipField"] = name
        columns.append(column)
    ui.aggrid(
        {
            "columnDefs": columns,
            "defaultColDef": {"resizable": True, "suppressHeaderMenuButton": True, "suppressMovable": True},
            "rowModelType": "infinite",
            "cacheBlockSize": 100,
            "maxBlocksInCache": 20,
            "rowHeight": 38,
            "headerHeight": 36,
            "suppressCellFocus": False,
            "ensureDomOrder": True,
            ":getRowId": "(p) => p.data.id",
            ":datasource": _DATASOURCE % (json.dumps(source), json.dumps(sorts), DEEPEST),
            "localeText": {
                "noRowsToShow": t("没有符合条件的案件"),
                "loadingOoo": t("正在取数"),
                "loadingError": t("取数失败，请重试"),
            },
        },
        auto_size_columns=False,
    ).classes("case-grid")
