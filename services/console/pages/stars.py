"""Stars 双星: applications with their level-by-level review, what is awarded, what is being rectified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

from services.console.access.gateway import Owners
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import Box, Text
from services.console.parts.act import act_form, choice, many, single
from services.console.parts.act import text as words_field
from services.console.parts.facts import cell, column, table
from services.console.parts.section import guarded, tabs, when
from services.console.ticker import Ticker
from services.console.words import word
from shared.city.model import City

KINDS = {"organisation": word("组织"), "worker": word("工作者")}
STATUSES = {
    "none": word("未评上"),
    "applied": word("已申报"),
    "under_review": word("审核中"),
    "awarded": word("已授予"),
    "rectifying": word("限期整改"),
    "lowered": word("已降星"),
    "withdrawn": word("已取消"),
}
CHIPS = {"applied": "held", "under_review": "soon", "awarded": "ok", "rectifying": "overdue", "lowered": "meeting",
         "withdrawn": "ended", "none": "ended"}  # fmt: skip


def add(city: City, ticker: Ticker, owners: Owners) -> None:
    """Add the page."""

    @Page("/stars")
    async def stars(request: Request) -> None:
        with frame(city, ticker, request, word("双星"), "scores") as desk:
            tabs(desk, "stars")
            await guarded(desk, _build(desk, owners))


async def _build(desk: Desk, owners: Owners) -> None:
    t, asked = desk.t, desk.request.query_params
    if "star-rating" not in desk.city.mechanisms:
        Text("h1", t("双星评定"))
        with Box("div", "nothing"):
            Text("p", t("本市没有启用双星评定。"))
        return
    found = (await owners.get(desk.signed, "feedback", "/v1/stars", every=True))["stars"]
    state = asked.get("status", "") if asked.get("status") in STATUSES else ""
    shown = [one for one in found if state in ("", one["status"])]
    held = sum(one["status"] in ("awarded", "rectifying", "lowered") for one in found)
    with Box("div", "list-head"):
        Text("h1", t("双星评定"))
        Text("p", t("共 {n} 个，持星 {held} 个", n=len(found), held=held)).classes("total")
    with Box("nav", "chips", aria_label=t("按状态筛选")):
        for name, words in {"": t("全部"), **{k: t(v) for k, v in STATUSES.items()}}.items():
            count = len(found) if not name else sum(one["status"] == name for one in found)
            if count or not name:
                link = Text("a", f"{words} {count}", href=f"/stars?status={name}" if name else "/stars")
                link.classes("pick on" if name == state else "pick")
    chosen = next((one for one in found if one["id"] == asked.get("star")), None)
    with Box("div", "desk-two chosen" if chosen is not None else "desk-two"):
        with card(t("申报与授予"), "task-card"):
            head = [column(t("对象")), column(t("单位")), column(t("星级")), column(t("状态")), column(t("审到")),
                    column(t("网上票数"), "num")]  # fmt: skip
            rows = [_row(desk, one, chosen, state) for one in shown]
            table(head, rows, t("还没有申报，由所在单位申报三星、四星或五星。"), caption=t("申报与授予"))
        with Box("div", "side"):
            if chosen is not None:
                _chosen(desk, chosen)
            _apply(desk)
            _award(desk, found)


def _row(desk: Desk, one: Mapping[str, Any], chosen: Any, state: str) -> list[Any]:
    t = desk.t
    href = "/stars?" + urlencode({"status": state, "star": one["id"]})
    level = one["path"][min(one["reviewed"], len(one["path"]) - 1)] if one["path"] else ""
    return [
        cell(desk.city.name_of(one["code"]), href, css="name on" if one is chosen else "name",
             small=t(KINDS[one["kind"]])),
        cell(desk.city.name_of(one["unit"])),
        cell("★" * one["star"] or "—", title=t("{n} 星", n=one["star"])),
        cell(t(STATUSES[one["status"]]), chip=CHIPS[one["status"]]),
        cell(desk.city.name_of(level) if one["status"] in ("applied", "under_review") else "—"),
        cell("—" if one.get("votes") is None else f"{one['votes']:,}"),
    ]  # fmt: skip


def _chosen(desk: Desk, one: Mapping[str, Any]) -> None:
    t, city = desk.t, desk.city
    with card(city.name_of(one["code"]), "star-card"):
        head = [column(t("级")), column(t("审核")), column(t("结果"))]
        rows = []
        for n, level in enumerate(one["path"]):
            done = n < one["reviewed"]
            said = t("已审核") if done else t("轮到") if n == one["reviewed"] else t("未到")
            rows.append([cell(n + 1), cell(city.name_of(level), css="name"), cell(said, chip="ok" if done else "held")])
        table(head, rows, "", caption=t("逐级审核"), stacked=False)
        if one.get("advice"):
            Text("p", t("建议：{text}", text=one["advice"])).classes("how-note")
        if one.get("until"):
            Text("p", t("整改至 {at}", at=when(desk, one["until"]))).classes("how-note")
        turn = one["path"][one["reviewed"]] if one["reviewed"] < len(one["path"]) else ""
        path = f"/v1/stars/{one['kind']}/{quote(one['code'], safe='')}/review"
        mine = turn in (desk.signed.post.at, "") or (turn == city.root.code and desk.signed.post.at == city.root.code)
        if one["status"] in ("applied", "under_review") and turn and mine:
            act_form(
                desk,
                "feedback",
                path,
                t("评分"),
                [
                    single("points", t("得分（0–100）"), "number", least=0, most=100),
                    words_field("advice", t("建议"), least=0, most=200, required=False),
                ],
                title=t("本级审核"),
                sequence=one["sequence"],
                next=t("90 分五星、80 分四星、70 分三星；只能确认或降低，不能提高。"),
            )


def _apply(desk: Desk) -> None:
    t, at = desk.t, desk.signed.post.at
    act_form(
        desk,
        "feedback",
        f"/v1/stars/organisation/{quote(at, safe='')}/apply",
        t("申报"),
        [choice("star", t("星级"), [(3, t("三星")), (4, t("四星")), (5, t("五星"))])],
        title=t("为本单位申报"),
        fixed={"unit": at},
        next=t("逐级审核：街道、县区、市；最后由市统一授予。"),
    )


def _award(desk: Desk, found: Sequence[Mapping[str, Any]]) -> None:
    t, city = desk.t, desk.city
    ready = [one for one in found if one["status"] == "under_review" and one["reviewed"] == len(one["path"])]
    if ready:
        act_form(
            desk,
            "feedback",
            "/v1/stars/award",
            t("统一授予"),
            [
                many(
                    "stars",
                    t("审核完毕"),
                    [(one["id"], f"{city.name_of(one['code'])} {'★' * one['star']}") for one in ready],
                )
            ],
            title=t("统一授予"),
            next=t("选中的一起授予，有一个不合规则则全部不授。"),
        )
