"""Surveys and votes 问卷与评选: what was asked and how many answered, the counts once it is over, asking, answering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from nicegui import ui

from services.console.access.gateway import Owners
from services.console.access.roles import CITY_WIDE, Role
from services.console.pages.frame import Desk, Page, card, frame
from services.console.pages.lookbacks import quarter_of
from services.console.parts import Box, Text
from services.console.parts.act import Field, act_form, choice, single
from services.console.parts.act import text as words_field
from services.console.parts.facts import cell, column, table
from services.console.parts.section import guarded, next_code, now, tabs, when
from services.console.ticker import Ticker
from services.console.words import word
from shared.city.model import City, UnitLevel
from shared.kernel.calendar import SHANGHAI

KINDS = {
    "survey": word("问卷调查"),
    "owners": word("业主表决（一户一票）"),
    "satisfaction": word("群众满意度调查"),
    "vote": word("网上评选"),
}
MECHANISM = {"vote": "star-rating"}
"""What a kind needs; the others need the surveys."""
STATUSES = {"open": word("作答中"), "counted": word("已计票")}
CHIPS = {"open": "soon", "counted": "ended"}
DAYS = (7, 14, 30)
MOST_QUESTIONS = 5
"""Questions that the form offers; more go in over HTTP."""


def add(city: City, ticker: Ticker, owners: Owners) -> None:
    """Add the page."""

    @Page("/surveys")
    async def surveys(request: Request) -> None:
        with frame(city, ticker, request, word("问卷与评选"), "scores") as desk:
            tabs(desk, "surveys")
            await guarded(desk, _build(desk, owners))


async def _build(desk: Desk, owners: Owners) -> None:
    t, asked, signed = desk.t, desk.request.query_params, desk.signed
    kinds = [kind for kind in KINDS if MECHANISM.get(kind, "surveys") in desk.city.mechanisms]
    Text("h1", t("问卷与评选"))
    if not kinds:
        with Box("div", "nothing"):
            Text("p", t("本市没有启用问卷和评选。"))
        return
    at = signed.post.at if signed.post.at in desk.city.units and signed.role not in CITY_WIDE else None
    found = (await owners.get(signed, "feedback", "/v1/polls", unit=at))["polls"]
    chosen = next((one for one in found if one["id"] == asked.get("poll")), None)
    with Box("div", "desk-two chosen" if chosen is not None else "desk-two"):
        with card(t("问卷与评选"), "task-card") as more:
            head = [column(t("题目")), column(t("发起单位")), column(t("状态")), column(t("应答"), "num"),
                    column(t("作答期"))]  # fmt: skip
            rows = [_row(desk, one, chosen) for one in found]
            table(head, rows, t("还没有问卷或评选，由单位发起。"), caption=t("问卷与评选"))
        with more:
            Text("span", t("一人（户）一票；结束后才计票，票与人不可对应；不计入任何评分"))
        with Box("div", "side"):
            if chosen is not None:
                _chosen(desk, chosen)
            else:
                await _ask(desk, owners, kinds, found)
                _draw_households(desk, kinds)


def _row(desk: Desk, one: Mapping[str, Any], chosen: Any) -> list[Any]:
    t, opened = desk.t, one["opened"]
    title = opened["questions"][0]["text"]
    more = len(opened["questions"]) - 1
    span = t("{first} 至 {last}", first=when(desk, opened["opens_at"]), last=when(desk, opened["until"]))
    return [
        cell(title, "/surveys?" + urlencode({"poll": one["id"]}), css="name on" if one is chosen else "name",
             small=t(KINDS[opened["kind"]]) + (t(" · 另有 {n} 题", n=more) if more else "")),
        cell(desk.city.name_of(opened["unit"])),
        cell(t(STATUSES[one["status"]]), chip=CHIPS[one["status"]]),
        cell(_answered(one)),
        cell(span),
    ]  # fmt: skip


def _answered(one: Mapping[str, Any]) -> str:
    """Return how many answered, of how many asked where that is known."""
    answered = one["counted"]["answered"] if one["counted"] else one["voters"]
    asked = one["opened"]["asked"]
    return f"{answered:,} / {asked:,}" if asked else f"{answered:,}"


def _chosen(desk: Desk, one: Mapping[str, Any]) -> None:
    t, opened, counted = desk.t, one["opened"], one["counted"]
    with card(t(KINDS[opened["kind"]]), "poll-card") as more:
        counts = {(c["question"], c["option"]): c["count"] for c in counted["choices"]} if counted else {}
        for question in opened["questions"]:
            head = [column(question["text"]), column(t("票数"), "num"), column(t("占比"), "num")]
            rows = [
                [
                    cell(option["text"]),
                    cell("—" if counted is None else f"{counts[question['code'], option['code']]:,}"),
                    cell("—" if counted is None else _share(counts[question["code"], option["code"]],
                                                            counted["answered"])),
                ]
                for option in question["options"]
            ]  # fmt: skip
            table(head, rows, "", stacked=False)
        said = t("计票前不显示任何选项的票数。") if counted is None else t("占比为票数 ÷ 应答。")
        Text("p", said).classes("how-note")
        if opened["about"]:
            Text("p", t("关于 {about}", about=opened["about"])).classes("how-note")
        if opened["draw"]:
            Text("p", t("入户抽样 {draw}，可用 sidan draw verify 重算", draw=opened["draw"])).classes("how-note")
    with more:
        Text("span", t("应答 {answered}", answered=_answered(one)))
    if one["status"] == "open" and desk.signed.role in (Role.GRID, Role.COMMUNITY):
        _answer(desk, one)


def _share(count: int, answered: int) -> str:
    if not answered:
        return "—"
    return str((Decimal(100 * count) / answered).quantize(Decimal("0.01"), ROUND_HALF_UP)) + "%"


def _path(one: str, verb: str) -> str:
    _, unit, code = one.split(":", 2)
    return f"/v1/polls/{quote(unit, safe='')}/{quote(code, safe='')}/{verb}"


def _answer(desk: Desk, one: Mapping[str, Any]) -> None:
    """Build the form by which answers are taken at the door."""
    t, opened = desk.t, one["opened"]
    by_household = opened["kind"] in ("owners", "satisfaction")
    act_form(
        desk,
        "feedback",
        _path(one["id"], "vote"),
        t("交票"),
        [
            single("voter", t("户代码") if by_household else t("作答人（编号，不写姓名）"), most=128),
            *(
                choice(f"answers.{question['code']}", question["text"],
                       [("", ""), *((option["code"], option["text"]) for option in question["options"])])
                for question in opened["questions"]
            ),
        ],
        title=t("入户代为作答"),
        done=lambda _: ui.navigate.reload(),
        next=t("一人（户）一票，交后不能更改；只留下不可还原的印记，不留下谁选了什么。"),
    )  # fmt: skip


# ---- asking


async def _ask(
    desk: Desk, owners: Owners, kinds: Sequence[str], found: Sequence[Mapping[str, Any]]
) -> None:  # fmt: skip
    t, at, present = desk.t, desk.signed.post.at, now(desk)
    if desk.signed.role not in (Role.COMMUNITY, Role.STREET, Role.OPERATIONS):
        return
    draws = await _draws(desk, owners, at) if "satisfaction" in kinds else []
    kinds = [kind for kind in kinds if kind != "satisfaction" or draws]
    asked = desk.request.query_params.get("questions", "")
    count = min(int(asked), MOST_QUESTIONS) if asked.isdecimal() and int(asked) else 1
    ends = [(present + timedelta(days=days)).astimezone(SHANGHAI).replace(hour=23, minute=59, second=0, microsecond=0)
            for days in DAYS]  # fmt: skip
    fields: list[Field] = [
        choice("kind", t("种类"), [(kind, t(KINDS[kind])) for kind in kinds]),
        choice("until", t("截止"), [(end.isoformat(), f"{end:%Y-%m-%d}") for end in ends]),
    ]
    if draws:
        fields.append(choice("draw", t("入户抽样"), [(one, one) for one in draws], when=("kind", "satisfaction")))
    for n in range(count):
        entry = ("questions", n, {"code": str(n + 1)})
        fields.append(single(f"question{n}", t("第 {n} 题", n=n + 1), key="text", entry=entry, most=200))
        fields.append(
            words_field(f"options{n}", t("选项"), key="options", entry=entry, most=5_000, lines=True,
                        hint=t("一行一个，至少两个"))
        )  # fmt: skip
    fields.append(
        single("asked", t("应答人数（知道则填）"), "number", required=False, least=1,
               when=("kind", [kind for kind in kinds if kind != "satisfaction"]))
    )  # fmt: skip
    fields.append(single("about", t("关于哪个议题、清单项或项目（没有则不填）"), required=False, most=128))
    with card(t("发起"), "ask-card"):
        with Box("nav", "chips", aria_label=t("题数")):
            for n in range(1, MOST_QUESTIONS + 1):
                link = Text("a", t("{n} 题", n=n), href=f"/surveys?questions={n}")
                link.classes("pick on" if n == count else "pick")
        own = (one["opened"]["code"] for one in found if one["opened"]["unit"] == at)
        code = next_code(own, str(present.astimezone(SHANGHAI).year))
        act_form(
            desk,
            "feedback",
            f"/v1/polls/{quote(at, safe='')}/{code}/open",
            t("发起"),
            fields,
            title=t("{unit}发起问卷或评选", unit=desk.city.name_of(at)),
            fixed={"opens_at": present.isoformat()},
            next=t("发起后题目不能更改；网上、链接和入户都可作答，到期自动计票并公布。"),
        )


async def _draws(desk: Desk, owners: Owners, unit: str) -> list[str]:
    """Return the household draws of a unit that were made in this quarter or the one before."""
    present = now(desk)
    quarters = (quarter_of(present), quarter_of(present - timedelta(days=92)))
    found = [
        one
        for quarter in quarters
        for one in (await owners.get(desk.signed, "feedback", "/v1/draws", quarter=quarter))["draws"]
    ]
    return [one["id"] for one in found if one["kind"] == "survey" and one["unit"] == unit and one["pairs"]]


def _draw_households(desk: Desk, kinds: Sequence[str]) -> None:
    """Build the form by which the level above fixes the households that a satisfaction survey draws from."""
    t, city, at = desk.t, desk.city, desk.signed.post.at
    if "satisfaction" not in kinds or desk.signed.role not in (Role.STREET, Role.OPERATIONS):
        return
    below = [one for one in city.of_level(UnitLevel.COMMUNITY) if city.is_within(one.code, at)]
    named = desk.request.query_params.get("unit", "")
    unit = next((one for one in below if one.code == named), below[0] if below else None)
    if unit is None:
        return
    with card(t("满意度入户抽样"), "household-card"):
        with Box("nav", "chips", aria_label=t("社区")):
            for one in below[:12]:
                link = Text("a", one.name, href="/surveys?" + urlencode({"unit": one.code}))
                link.classes("pick on" if one is unit else "pick")
        act_form(
            desk,
            "feedback",
            f"/v1/draws/{quote(unit.code, safe='')}/{quarter_of(now(desk))}/survey/freeze",
            t("封存"),
            [
                words_field("households", t("全部户代码"), most=100_000, list=True,
                            hint=t("以空格或换行分隔，不写姓名和门牌")),
            ],
            title=t("封存{unit}的住户", unit=unit.name),
            fixed={"inspectors": [{"id": f"{unit.code}-1", "unit": unit.code}]},
            next=t("下一个工作日的台账链头公布后自动抽户；抽到的户才能作答。"),
        )  # fmt: skip
