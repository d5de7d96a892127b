"""A page that holds one form with a field of every kind, in a console of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from fastapi import Request

from services.console.access.gateway import required
from services.console.access.scope import EVERYTHING
from services.console.pages.frame import Desk, Page
from services.console.parts import Box, Text
from services.console.parts.act import Field, act_form, cards, choice, many, single, text, verdict, yes
from services.console.words import TONGUES
from shared.city.load import load
from tests.support.console_stack import Served, console

PATH = "/every-field"
ACT = "/v1/orders/none/dispatch"
UNITS = [("a", "甲"), ("b", "乙"), ("c", "丙")]
FIELDS: list[Field] = [
    text("note", "理由"),
    single("handler", "岗位"),
    single("phone", "电话", "tel", required=False),
    single("evidence", "份数", "number", least=1, most=20, value=1),
    single("due_on", "何时办好", "day"),
    single("opens_at", "开会时间", "moment"),
    choice("lead", "主办", UNITS, first=2),
    choice("to", "转给", UNITS, required=False),
    verdict("granted", "裁定", "支持", "不支持"),
    single("why", "为何不支持", when=("granted", "false")),
    many("support", "协办", UNITS),
    yes("contacted", "已联系"),
    cards(
        "kind", "决定", [("resolve", "议定", "", ""), ("move_up", "上移", "", ""), ("list", "清单", "", "最高一级才有")]
    ),
    text("parts", "各项", least=2, lines=True),
    text("first", "第一件", key="what", entry=("conclusions", 0, {"unit": "a"}), required=False),
    text("second", "第二件", key="what", entry=("conclusions", 1, {"unit": "b"}), required=False),
]
SAID: dict[str, Any] = {
    "assignment": 1,
    "note": "现场看过",
    "handler": "抢修班",
    "phone": "0415-2211",
    "evidence": 3,
    "due_on": "2026-11-30",
    "opens_at": "2026-12-01T09:30:00+08:00",
    "lead": "b",
    "to": "c",
    "granted": False,
    "why": "不属本部门",
    "support": ["a", "c"],
    "contacted": True,
    "kind": "move_up",
    "parts": [{"code": "1", "text": "修路灯"}, {"code": "2", "text": "清淤"}],
    "conclusions": [{"unit": "b", "what": "当天清完"}],
}
"""The command that a person makes of them in the test, whatever she has in hand."""


def _add() -> None:
    @Page(PATH)
    def page(request: Request) -> None:
        t = TONGUES["zh"]
        desk = Desk(load("donggang"), cast("Any", None), t, request, False, required(), EVERYTHING)
        with Box("div", "page"), Box("div", "acts"), Box("details", "act"):
            Text("summary", "送出")
            act_form(desk, "dispatch", ACT, "送出", FIELDS, fixed={"assignment": 1}, sequence=7)


@contextmanager
def bare(folder: Path) -> Iterator[Served]:
    """Serve the console of a city in which nothing has happened, and that page."""
    _add()
    with console(folder, cases=0) as served:
        yield served
