"""Raising cases at the office 提单: one by telephone or at the counter, many by a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from nicegui.events import GenericEventArguments

from services.console.access.acts import ACTS, find
from services.console.access.raising import PATH, sources_of
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import Box, ImportForm, Text
from services.console.parts.act import ActForm, choice, form_words, single, text
from services.console.parts.options import matter_options, own_grid_options
from services.console.ticker import Ticker
from services.console.words import word
from shared.city.model import City

FIELDS = {
    "id": word("编号列"),
    "text": word("内容列"),
    "subject": word("标题列"),
    "at": word("时间列"),
    "reporter": word("反映人编号列"),
    "name": word("姓名列"),
    "phone": word("电话列"),
    "place": word("地点列"),
    "matter": word("事项列"),
}
OUTCOMES = {
    "registered": word("可立案"),
    "held": word("转人工归类"),
    "rejected": word("不予受理"),
    "refused": word("退回（格式不合）"),
}


def add(city: City, ticker: Ticker) -> None:
    """Add the page."""

    @Page("/intake")
    def page(request: Request) -> None:
        with frame(city, ticker, request, word("提单"), "intake") as desk, Box("div", "raising"):
            Text("h1", desk.t("提单"))
            _one(desk)
            if (act := find(ACTS, "intake", "/v1/sources/x/imports")) and desk.signed.role in act.roles:
                _file(desk)


def _one(desk: Desk) -> None:
    t, city = desk.t, desk.city
    sources = [(code, _name(desk, code)) for code in sources_of(city)]
    with card(t("登记一件")):
        form = ActForm(
            url=PATH,
            title="",
            submit=t("登记"),
            next=t("归类、派单即刻开始；反映人由短信或链接得知进展。"),
            fields=[
                choice("source", t("来源"), sources, value="hotline" if "hotline" in city.sources else None),
                text("text", t("反映了什么"), least=2, most=5000),
                choice("unit", t("位置（网格）"), own_grid_options(desk), required=False),
                single("address", t("地址"), required=False, most=300),
                choice("matter", t("事项"), matter_options(city), required=False),
                single("name", t("姓名"), required=False, most=100),
                single("phone", t("电话"), "tel", required=False, most=40),
            ],
            fixed={},
            sequence="",
            off="",
            look="",
            words=form_words(t),
        )
        told = Text("p", "").classes("next")
        link = Text("a", "", href="/cases").classes("hidden")

    def done(event: GenericEventArguments) -> None:
        receipt: Mapping[str, Any] = event.args
        told.text = t("已登记：{number}", number=receipt.get("number", ""))
        link.text = t("查看案件")
        link.props["href"] = f"/cases/{receipt.get('case', '')}"
        link.classes(remove="hidden")

    form.on("done", done)


def _file(desk: Desk) -> None:
    t = desk.t
    with card(t("导入表格（Excel、CSV）")):
        ImportForm(
            sources=[{"value": code, "text": _name(desk, code)} for code in sources_of(desk.city)],
            words={
                "source": t("来源"),
                "file": t("文件"),
                "look": t("先看一遍"),
                "start": t("导入 {n} 行", n="{n}"),
                "seen": t("将会怎样"),
                "line": t("第 {n} 行：", n="{n}"),
                "rows": t("已读 {n} 行", n="{n}"),
                "rejects": t("下载未导入的行"),
                "lost": t("没有取到，请重试"),
                "title": "title" if t.language == "zh" else "title_en",
                "tongue": t.language,
                **{f"field_{name}": t(said) for name, said in FIELDS.items()},
                **{f"outcome_{name}": t(said) for name, said in OUTCOMES.items()},
            },
        )


def _name(desk: Desk, source: str) -> str:
    names = desk.city.sources[source].names
    return names.zh if desk.t.language == "zh" else names.en
