"""Consents, joint review, problems, results handed over 考核与征询: what of these the city has, in one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

from services.console.access.acts import PAPERS, find
from services.console.access.gateway import Owners
from services.console.access.roles import AT_DEPARTMENT, Role
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import Box, Text
from services.console.parts.act import act_form, choice, single
from services.console.parts.act import text as words_field
from services.console.parts.facts import cell, column, table
from services.console.parts.section import guarded, next_code, now, tabs, when
from services.console.ticker import Ticker
from services.console.words import word
from shared.city.model import City, UnitLevel
from shared.city.parts import Unit
from shared.kernel.calendar import SHANGHAI

CONSENTS = {"appointment": word("任免征求意见"), "plan": word("规划征求意见")}
ANSWERS = {
    "asked": word("待答复"),
    "agreed": word("同意"),
    "refused": word("不同意"),
    "lapsed": word("逾期，视为不同意"),
}
ANSWER_CHIPS = {"asked": "soon", "agreed": "ok", "refused": "ended", "lapsed": "overdue"}
PARTS = (
    ("system", word("质量体系")),
    ("meetings", word("工作例会")),
    ("before", word("述前准备")),
    ("inspection", word("督查检查")),
    ("report", word("年终述职")),
)
MOST = 20
"""Of each of the five parts; the document names the parts, not their weights (assumed)."""
PROBLEMS = {"open": word("整改中"), "rectified": word("待检查"), "ended": word("已销号")}
PROBLEM_CHIPS = {"open": "soon", "rectified": "held", "ended": "ok"}
EXPORTS = {
    "departments": (word("部门实绩考核"), ("appraisal-exports", "hundred-point")),
    "secretaries": (word("书记述职与班子考核"), ("appraisal-exports", "yearly-assessment")),
    "members": (word("党员双岗双责"), ("appraisal-exports", "double-post")),
    "merit": (word("评先评优依据"), ("pay-basis",)),
}


def add(city: City, ticker: Ticker, owners: Owners) -> None:
    """Add the page."""

    @Page("/appraisal")
    async def appraisal(request: Request) -> None:
        with frame(city, ticker, request, word("考核与征询"), "scores") as desk:
            tabs(desk, "appraisal")
            await guarded(desk, _build(desk, owners))


async def _build(desk: Desk, owners: Owners) -> None:
    t, on, signed = desk.t, desk.city.mechanisms, desk.signed
    year = now(desk).astimezone(SHANGHAI).year
    kinds = [kind for kind, (_, needs) in EXPORTS.items() if set(needs) <= on]
    Text("h1", t("考核与征询"))
    if not kinds and not on & {"street-rights", "joint-review", "rectification-lists"}:
        with Box("div", "nothing"):
            Text("p", t("本市没有启用街道赋权、联评联考和考核输出。"))
        return
    if "street-rights" in on:
        _consents(desk, (await owners.get(signed, "feedback", "/v1/consents"))["consents"])
    if "joint-review" in on:
        found = (await owners.get(signed, "feedback", f"/v1/joint-reviews/{year}"))["reviews"]
        _review(desk, found, year)
    if "rectification-lists" in on:
        own = (
            {}
            if signed.role in (Role.OPERATIONS, Role.INSPECTOR, Role.LEADER, Role.ADMIN)
            else {"unit": signed.post.at}
        )
        _problems(desk, (await owners.get(signed, "feedback", "/v1/problems", **own))["problems"])
    if kinds:
        _exports(desk, (await owners.get(signed, "feedback", "/v1/results"))["exports"], kinds, year)


# ---- consents


def _consents(desk: Desk, found: Sequence[Mapping[str, Any]]) -> None:
    t, city = desk.t, desk.city
    with Box("div", "desk-two"):
        with card(t("征求街道意见"), "task-card") as more:
            head = [column(t("部门")), column(t("街道")), column(t("事由")), column(t("答复期限")), column(t("答复"))]
            rows = [
                [
                    cell(city.name_of(one["asked"]["department"]), css="name"),
                    cell(city.name_of(one["asked"]["street"])),
                    cell(one["asked"]["about"], small=t(CONSENTS[one["asked"]["kind"]])),
                    cell(when(desk, one["asked"]["until"])),
                    cell(t(ANSWERS[one["status"]]), chip=ANSWER_CHIPS[one["status"]], small=one["why"]),
                ]
                for one in found
            ]
            table(head, rows, t("没有征求过意见。"), caption=t("征求街道意见"))
        with more:
            Text("span", t("五个工作日内答复；不答复视为不同意"))
        with Box("div", "side"):
            for one in [one for one in found if one["status"] == "asked"][:5]:
                _answer(desk, one)
            _ask(desk, found)


def _answer(desk: Desk, one: Mapping[str, Any]) -> None:
    t, (_, street, code) = desk.t, one["id"].split(":")
    act_form(
        desk,
        "feedback",
        f"/v1/consents/{quote(street, safe='')}/{quote(code, safe='')}/answer",
        t("答复"),
        [
            choice("agreed", t("意见"), [(True, t("同意")), (False, t("不同意"))]),
            words_field("why", t("理由"), most=200),
        ],
        title=t("{unit}：{about}", unit=desk.city.name_of(one["asked"]["department"]), about=one["asked"]["about"]),
        sequence=one["sequence"],
        next=t("答复后不能更改。"),
    )


def _picked(desk: Desk, name: str, units: Sequence[Unit]) -> Unit | None:
    """Return the unit that the address names, the first where it names none of these."""
    asked = desk.request.query_params.get(name, "")
    return next((one for one in units if one.code == asked), units[0] if units else None)


def _pick(label: str, name: str, units: Sequence[Unit], chosen: Unit) -> None:
    """Offer the units to choose from."""
    with Box("nav", "chips", aria_label=label):
        for one in units[:12]:
            link = Text("a", one.name, href="/appraisal?" + urlencode({name: one.code}))
            link.classes("pick on" if one is chosen else "pick")


def _ask(desk: Desk, found: Sequence[Mapping[str, Any]]) -> None:
    t, city, at = desk.t, desk.city, desk.signed.post.at
    if desk.signed.role not in AT_DEPARTMENT:
        return
    area = city.departments[at].area
    streets = [one for one in city.of_level(UnitLevel.STREET) if not area or city.is_within(one.code, area)]
    street = _picked(desk, "street", streets)
    if street is None:
        return
    with card(t("征求意见"), "ask-card"):
        _pick(t("街道"), "street", streets, street)
        code = next_code((one["id"].split(":")[2] for one in found), at)
        act_form(
            desk,
            "feedback",
            f"/v1/consents/{quote(street.code, safe='')}/{quote(code, safe='')}/ask",
            t("征求意见"),
            [
                choice("kind", t("种类"), [(kind, t(words)) for kind, words in CONSENTS.items()]),
                words_field("about", t("事由（职务或规划名称，不写姓名）"), most=200),
            ],
            title=t("征求{street}意见", street=street.name),
            next=t("五个工作日内答复；不答复视为不同意。"),
        )


# ---- joint review


def _review(desk: Desk, found: Sequence[Mapping[str, Any]], year: int) -> None:
    t, city, at = desk.t, desk.city, desk.signed.post.at
    own = next((one for one in found if one["opened"]["unit"] == at), None)
    with Box("div", "desk-two"):
        with card(t("书记联评联考 {year}", year=year), "task-card"):
            head = [column(t("评议单位")), column(t("被评单位")), column(t("得分"), "num"), column(t("评议期"))]
            rows = [
                [
                    cell(city.name_of(one["opened"]["unit"])),
                    cell(city.name_of(unit), css="name"),
                    cell((one["scores"] or {}).get(unit, "—")),
                    cell(t("{first} 至 {last}", first=when(desk, one["opened"]["opens_at"]),
                           last=when(desk, one["opened"]["until"]))),
                ]
                for one in found
                for unit in one["opened"]["rated"]
            ]  # fmt: skip
            table(head, rows, t("本年还没有开始评议，由上一级开启。"), caption=t("书记联评联考"))
        with Box("div", "side"):
            if own is None:
                _open_review(desk, year)
            elif own["status"] == "open":
                _score(desk, own, year)


def _open_review(desk: Desk, year: int) -> None:
    t, present = desk.t, now(desk)
    ends = [(present + timedelta(days=days)).astimezone(SHANGHAI) for days in (14, 31, 45)]
    act_form(
        desk,
        "feedback",
        f"/v1/joint-reviews/{quote(desk.signed.post.at, safe='')}/{year}/open",
        t("开启评议"),
        [choice("until", t("截止"), [(end.isoformat(), f"{end:%Y-%m-%d}") for end in ends])],
        title=t("开启 {year} 年联评联考", year=year),
        fixed={
            "opens_at": present.isoformat(),
            "parts": [{"code": code, "name": t(words), "most": MOST} for code, words in PARTS],
        },
        next=t("被评的是直接下级的书记；五个部分各 {most} 分。", most=MOST),
    )


def _score(desk: Desk, own: Mapping[str, Any], year: int) -> None:
    t, city = desk.t, desk.city
    left = [unit for unit in own["opened"]["rated"] if unit not in (own["scores"] or {})]
    points = [
        single(f"points.{part['code']}", t("{name}（0–{most}）", name=part["name"], most=part["most"]), "number",
               least=0, most=part["most"])
        for part in own["opened"]["parts"]
    ]  # fmt: skip
    act_form(
        desk,
        "feedback",
        f"/v1/joint-reviews/{quote(desk.signed.post.at, safe='')}/{year}/score",
        t("评分"),
        [choice("rated", t("被评单位"), [(unit, city.name_of(unit)) for unit in left]), *points],
        title=t("评一名书记"),
        sequence=own["sequence"],
        next=t("评后不能更改；发现的问题列入问题清单。"),
    )


# ---- problems


def _problems(desk: Desk, found: Sequence[Mapping[str, Any]]) -> None:
    t, city, at = desk.t, desk.city, desk.signed.post.at
    with Box("div", "desk-two"):
        with card(t("问题清单与整改"), "task-card"):
            head = [
                column(t("单位")),
                column(t("问题")),
                column(t("整改期限")),
                column(t("状态")),
                column(t("整改情况")),
            ]
            rows = [
                [
                    cell(city.name_of(one["unit"]), css="name", small=t("{unit}列入", unit=city.name_of(one["by"]))),
                    cell(one["text"]),
                    cell(one["due_on"], small=t("逾期整改") if one["is_late"] else ""),
                    cell(t(PROBLEMS[one["status"]]), chip=PROBLEM_CHIPS[one["status"]]),
                    cell(one["done"] or "—", small=one["finding"]),
                ]
                for one in found
            ]
            table(head, rows, t("没有列入的问题。"), caption=t("问题清单与整改"))
        with Box("div", "side"):
            for one in found:
                if one["status"] == "open" and one["unit"] == at:
                    _about(desk, one, "rectify", t("报告整改"), [words_field("text", t("做了什么"), most=200)])
                elif one["status"] == "rectified" and one["by"] == at:
                    passed = choice("passed", t("检查"), [(True, t("合格")), (False, t("不合格"))])
                    finding = words_field("finding", t("查到什么"), most=200)
                    again = single("due_on", t("新的整改期限"), "day", when=("passed", False))
                    _about(desk, one, "check", t("记录检查"), [passed, finding, again])
            _list(desk, found)


def _about(desk: Desk, one: Mapping[str, Any], verb: str, submit: str, fields: list[Any]) -> None:
    _, unit, code = one["id"].split(":")
    path = f"/v1/problems/{quote(unit, safe='')}/{quote(code, safe='')}/{verb}"
    title = desk.t("{unit}：{about}", unit=desk.city.name_of(one["unit"]), about=one["text"])
    act_form(desk, "feedback", path, submit, fields, title=title, sequence=one["sequence"])


def _list(desk: Desk, found: Sequence[Mapping[str, Any]]) -> None:
    t, city, at = desk.t, desk.city, desk.signed.post.at
    level = UnitLevel.COMMUNITY if desk.signed.role is Role.STREET else UnitLevel.STREET
    below = [one for one in city.of_level(level) if city.is_within(one.code, at)]
    unit = _picked(desk, "unit", below)
    if unit is None or desk.signed.role not in (Role.STREET, Role.OPERATIONS):
        return
    with card(t("列入问题"), "list-card"):
        _pick(t("单位"), "unit", below, unit)
        code = next_code((one["id"].split(":")[2] for one in found), at)
        act_form(
            desk,
            "feedback",
            f"/v1/problems/{quote(unit.code, safe='')}/{quote(code, safe='')}/list",
            t("列入"),
            [words_field("text", t("问题"), most=200), single("due_on", t("整改期限"), "day")],
            title=t("列入{unit}的问题清单", unit=unit.name),
            next=t("单位整改后由列入的一级检查，合格才销号。"),
        )


# ---- results handed over


def _exports(desk: Desk, found: Sequence[Mapping[str, Any]], kinds: Sequence[str], year: int) -> None:
    t = desk.t
    with Box("div", "desk-two"):
        with card(t("考核结果输出"), "task-card") as more:
            head = [column(t("种类")), column(t("年度"), "num"), column(t("第几次"), "num"), column(t("时间")),
                    column(t("摘要")), column(t("文件"))]  # fmt: skip
            table(head, [_export(desk, one) for one in found], t("还没有输出过。"), caption=t("考核结果输出"))
        with more:
            Text("span", t("只列所知，不作加总；任免奖惩由考核单位决定"))
        with Box("div", "side"):
            for kind in kinds:
                words, _ = EXPORTS[kind]
                for of in (year - 1,):
                    act_form(
                        desk,
                        "feedback",
                        f"/v1/results/{kind}/{of}/export",
                        t("输出"),
                        title=t("{kind} {year} 年度", kind=t(words), year=of),
                        next=t("以已公布的年度评分为准；内容不变时不再输出。"),
                    )


def _export(desk: Desk, one: Mapping[str, Any]) -> list[Any]:
    t = desk.t
    path = f"/v1/results/{one['kind']}/{one['year']}.xlsx"
    paper = find(PAPERS, "feedback", path)
    may = paper is not None and desk.signed.role in paper.roles
    return [
        cell(t(EXPORTS[one["kind"]][0]), css="name"),
        cell(one["year"]),
        cell(one["revision"]),
        cell(when(desk, one["at"])),
        cell(one["digest"][:12], title=one["digest"], css="mono"),
        cell(t("工作簿"), f"/paper/feedback{path}?revision={one['revision']}") if may else cell("—"),
    ]
