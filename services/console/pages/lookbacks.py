"""Look-backs 回头看: draws of a quarter with seed and both lots, what was found, freezing and recording."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

from services.console.access.gateway import Owners
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import Box, Text
from services.console.parts.act import act_form, choice, many, single
from services.console.parts.act import text as words_field
from services.console.parts.facts import cell, column, table
from services.console.parts.section import guarded, now, tabs
from services.console.ticker import Ticker
from services.console.words import word
from shared.city.model import City, UnitLevel
from shared.kernel.calendar import SHANGHAI

CHECKS = {"spot_check": word("抽检"), "look_back": word("回头看"), "inspection": word("两随机检查")}
KINDS = {**CHECKS, "survey": word("满意度入户抽样")}
STATUSES = {"frozen": word("已封存，待抽签"), "made": word("已抽出，检查中"), "completed": word("已完成")}
CHIPS = {"frozen": "held", "made": "soon", "completed": "ended"}


def add(city: City, ticker: Ticker, owners: Owners) -> None:
    """Add the page."""

    @Page("/lookbacks")
    async def lookbacks(request: Request) -> None:
        with frame(city, ticker, request, word("回头看"), "scores") as desk:
            tabs(desk, "lookbacks")
            await guarded(desk, _build(desk, owners))


def quarter_of(at: datetime) -> str:
    """Return the quarter of an instant, as 2026Q4."""
    local = at.astimezone(SHANGHAI)
    return f"{local.year}Q{(local.month + 2) // 3}"


async def _build(desk: Desk, owners: Owners) -> None:
    t, asked = desk.t, desk.request.query_params
    present = quarter_of(now(desk))
    quarter = asked.get("quarter") or present
    found = (await owners.get(desk.signed, "feedback", "/v1/draws", quarter=quarter))["draws"]
    missed = (await owners.get(desk.signed, "feedback", "/v1/duties", quarter=quarter, duty="checks"))["missed"]
    checked = sum(len(draw["checked"]) for draw in found)
    passed = sum(ok for draw in found for _, ok in draw["checked"])
    with Box("div", "list-head"):
        Text("h1", t("回头看"))
        Text("p", t("{quarter} · 检查 {n} 件 · 合格 {ok} 件", quarter=quarter, n=checked, ok=passed)).classes("total")
    with Box("nav", "chips", aria_label=t("季度")):
        for code in _around(present):
            Text("a", code, href=f"/lookbacks?quarter={code}").classes("pick on" if code == quarter else "pick")
    chosen = next((draw for draw in found if draw["id"] == asked.get("draw")), None)
    with Box("div", "desk-two chosen" if chosen is not None else "desk-two"):
        with card(t("抽样"), "task-card") as more:
            head = [column(t("单位")), column(t("种类")), column(t("状态")), column(t("可抽"), "num"),
                    column(t("抽出"), "num"), column(t("合格"), "num")]  # fmt: skip
            rows = [_row(desk, quarter, draw, chosen) for draw in found]
            table(head, rows, t("本季度还没有抽样；每个社区每季至少一次。"), caption=t("抽样"))
            if missed:
                Text("p", t("{n} 个社区没有完成本季检查，已报上一级", n=len(missed))).classes("notice")
        with more:
            Text("span", t("每季至少一次抽检或回头看"))
        with Box("div", "side"):
            if chosen is not None:
                _draw(desk, chosen)
            if quarter == present:
                _freeze(desk, quarter)


def _around(present: str) -> list[str]:
    year, number = int(present[:4]), int(present[-1])
    numbers = [year * 4 + number - 1 - back for back in range(3, -1, -1)]
    return [f"{n // 4}Q{n % 4 + 1}" for n in numbers]


def _row(desk: Desk, quarter: str, draw: Mapping[str, Any], chosen: Any) -> list[Any]:
    t = desk.t
    href = "/lookbacks?" + urlencode({"quarter": quarter, "draw": draw["id"]})
    done = draw["checked"]
    return [
        cell(desk.city.name_of(draw["unit"]), href, css="name on" if chosen is draw else "name",
             small=draw["cycle"] or ""),
        cell(t(KINDS[draw["kind"]])),
        cell(t(STATUSES[draw["status"]]), chip=CHIPS[draw["status"]]),
        cell(f"{draw['population']:,}"),
        cell(f"{len(draw['pairs']):,}" if draw["status"] != "frozen" else "—"),
        cell(f"{sum(ok for _, ok in done)}/{len(done)}" if done else "—"),
    ]  # fmt: skip


def _draw(desk: Desk, draw: Mapping[str, Any]) -> None:
    t = desk.t
    with card(t("{unit} {kind}", unit=desk.city.name_of(draw["unit"]), kind=t(KINDS[draw["kind"]])), "draw-card"):
        with Box("dl", "details wide"):
            for name, said in (
                (t("封存范围"), t("{n} 件，{pool} 名检查人", n=draw["population"], pool=draw["pool"])),
                (t("种子来自"), t("{day} 全市台账链头", day=draw["head_on"])),
                (t("链头"), draw["head"] or t("当日结束后公布")),
                (t("种子"), draw["seed"] or "—"),
            ):
                Text("dt", name)
                Text("dd", said).classes("mono" if len(said) > 60 else "")
        Text("p", t("先封存、后出种子；任何人可用 sidan draw verify 重算。")).classes("how-note")
        if draw["status"] == "frozen":
            return
        results = dict(draw["checked"])
        head = [column("#", "num"), column(t("抽到的案件")), column(t("检查人")), column(t("结果"))]
        rows = [
            [
                cell(n),
                cell(
                    pair["case"],
                    f"/cases/{quote(pair['case'], safe='')}" if draw["kind"] in ("spot_check", "look_back") else "",
                ),
                cell(pair["inspector"] or t("指挥中心")),
                cell(_result(desk, results.get(pair["case"])), chip=_chip(results.get(pair["case"]))),
            ]
            for n, pair in enumerate(draw["pairs"], 1)
        ]
        table(head, rows, t("没有可抽的，按已完成、空样记录。"), caption=t("两个抽签的结果"))
        left = [pair["case"] for pair in draw["pairs"] if pair["case"] not in results and draw["kind"] != "survey"]
        if left:
            _, unit, quarter, kind, *cycle = draw["id"].split(":")
            path = f"/v1/draws/{quote(unit, safe='')}/{quarter}/{kind}/record"
            act_form(
                desk,
                "feedback",
                path + (f"?cycle={quote(cycle[0], safe='')}" if cycle else ""),
                t("记录检查"),
                [
                    choice("case", t("案件"), [(case, case) for case in left]),
                    choice("passed", t("结果"), [(True, t("合格")), (False, t("不合格"))]),
                    words_field("finding", t("查到什么"), most=200),
                ],
                title=t("记录检查结果"),
                sequence=draw["sequence"],
                next=t("只有抽到的检查人所在单位能记录；不合格的另立新单，与原单相连。"),
            )


def _result(desk: Desk, passed: bool | None) -> str:
    return desk.t("待检查") if passed is None else desk.t("合格") if passed else desk.t("不合格")


def _chip(passed: bool | None) -> str:
    return "held" if passed is None else "ok" if passed else "overdue"


def _freeze(desk: Desk, quarter: str) -> None:
    """Build one form per unit asked for in the address: its sample is fixed before anybody knows the seed."""
    t, city = desk.t, desk.city
    if "spot-checks" not in city.mechanisms:
        return
    own = [unit for unit in city.of_level(UnitLevel.COMMUNITY) if _may(desk, unit.code)]
    unit = desk.request.query_params.get("unit") or (own[0].code if own else "")
    if not any(one.code == unit for one in own):
        return
    kind = desk.request.query_params.get("kind", "look_back")
    pool = [one for one in city.of_level(UnitLevel.COMMUNITY) if one.code != unit]
    options: list[tuple[Any, str]] = [({"id": f"{one.code}-1", "unit": one.code}, one.name) for one in pool]
    with card(t("封存新的抽样"), "freeze-card"):
        with Box("form", "inline", action="/lookbacks", method="get"):
            _select("unit", t("单位"), [(one.code, one.name) for one in own], unit)
            _select("kind", t("种类"), [(name, t(words)) for name, words in CHECKS.items()], kind)
            Text("button", t("选定"), type="submit").classes("button")
        act_form(
            desk,
            "feedback",
            f"/v1/draws/{quote(unit, safe='')}/{quarter}/{kind}/freeze",
            t("封存"),
            [
                many("inspectors", t("检查人来自"), options),
                single("cycle", t("专班或难点问题的案件代码（没有则不填）"), required=False, most=64),
            ],
            title=t("{unit} {kind}", unit=city.name_of(unit), kind=t(KINDS.get(kind, kind))),
            next=t("下一个工作日的台账链头公布后自动抽签；不能抽查自己，本案承办、派单、核查的单位回避。"),
        )


def _select(name: str, label: str, options: list[tuple[str, str]], value: str) -> None:
    with Box("label"):
        Text("span", label)
        with Box("select", name=name):
            for code, words in options:
                option = Text("option", words, value=code)
                if code == value:
                    option.props["selected"] = True


def _may(desk: Desk, unit: str) -> bool:
    at = desk.signed.post.at
    return at == desk.city.root.code or (at != unit and at in desk.city.units and desk.city.is_within(unit, at))
