"""Call-backs 回访: whom to call, what to judge, what to leave out of the scores; one task at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import scores
from services.console.access.gateway import Owners
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import Box, Text
from services.console.parts.act import act_form, choice, yes
from services.console.parts.act import text as words_field
from services.console.parts.facts import cell, column, table
from services.console.parts.section import guarded, tabs, when
from services.console.ticker import Ticker
from services.console.words import word
from shared.city.model import City

QUEUES = {
    "call": (word("待回访"), "/v1/call-backs"),
    "judge": (word("不满意待认定"), "/v1/judgements"),
    "exclude": (word("剔除待定"), "/v1/exclusions"),
}
OUTCOMES = {"answered": word("接通并作答"), "not_reached": word("没有联系上"), "declined": word("不愿作答")}
GRADES = {
    5: word("非常满意"),
    4: word("满意"),
    3: word("基本满意"),
    2: word("不满意"),
    1: word("非常不满意"),
}
SAID = {"comment": word("评价"), "call_back": word("回访"), "judgement": word("认定"), "return_visit": word("定期回访")}
_CASES = text("SELECT id, number, summary, unit FROM case_view WHERE id = ANY(CAST(:ids AS text[]))")


def add(city: City, ticker: Ticker, engine: AsyncEngine, owners: Owners) -> None:
    """Add the page."""

    @Page("/callbacks")
    async def callbacks(request: Request) -> None:
        with frame(city, ticker, request, word("回访"), "scores") as desk:
            tabs(desk, "callbacks")
            await guarded(desk, _build(desk, engine, owners))


async def _build(desk: Desk, engine: AsyncEngine, owners: Owners) -> None:
    t, asked = desk.t, desk.request.query_params
    queue = asked.get("queue", "call") if asked.get("queue") in QUEUES else "call"
    waiting = {name: await _waiting(desk, owners, name) for name in QUEUES}
    tasks = waiting[queue]
    with Box("div", "list-head"):
        Text("h1", t("回访"))
        Text("p", t("随机抽到的、三天没有评价的反映人；两天各试一次")).classes("total")
    with Box("nav", "chips", aria_label=t("按任务筛选")):
        for name, (title, _) in QUEUES.items():
            link = Text("a", f"{t(title)} {len(waiting[name])}", href=f"/callbacks?queue={name}")
            link.classes("pick on" if name == queue else "pick")
            if name == queue:
                link.props["aria-current"] = "true"
    known = await _cases(engine, [task["case"] for task in tasks])
    chosen = next((one for one in tasks if _key(one) == (asked.get("case", ""), asked.get("reporter", ""))), None)
    with Box("div", "desk-two chosen" if chosen is not None else "desk-two"):
        with card(t(QUEUES[queue][0]), "task-card") as more:
            head = [column(t("单号")), column(t("标题")), column(t("截止")), column(t("进展情况"))]
            rows = [_row(desk, queue, task, known, chosen) for task in tasks]
            table(head, rows, t("没有等着办的事项，抽到新的会出现在这里。"), caption=t(QUEUES[queue][0]))
        with more:
            Text("span", t("先到截止的在前"))
        with card(t("办理"), "act-card" if tasks else "act-card hidden-card"):
            if chosen is None:
                Text("p", t("从列表里选一件。")).classes("empty")
            else:
                await _chosen(desk, owners, queue, chosen, known)


async def _waiting(desk: Desk, owners: Owners, queue: str) -> list[dict[str, Any]]:
    path = QUEUES[queue][1]
    if queue != "exclude":
        return list((await owners.get(desk.signed, "feedback", path, limit=500))["tasks"])
    found: list[dict[str, Any]] = []
    for stage in ("asked", "supported"):
        found += (await owners.get(desk.signed, "feedback", path, stage=stage, limit=500))["exclusions"]
    return sorted(found, key=lambda one: str(one["decide_by"]))


async def _cases(engine: AsyncEngine, ids: Sequence[str]) -> dict[str, Any]:
    async with engine.connect() as conn:
        return {row.id: row for row in await conn.execute(_CASES, {"ids": list(ids)})}


def _key(task: Mapping[str, Any]) -> tuple[str, str]:
    return task["case"], task.get("reporter", "")


def _row(desk: Desk, queue: str, task: Mapping[str, Any], known: Mapping[str, Any], chosen: Any) -> list[Any]:
    t, case = desk.t, known.get(task["case"])
    href = "/callbacks?" + urlencode({"queue": queue, "case": task["case"], "reporter": task.get("reporter", "")})
    due = task["due_at"] if queue != "exclude" else task["decide_by"]
    if queue == "call":
        state = t("已试 {n} 次", n=task["attempts"])
    elif queue == "judge":
        state = t("待认定")
    else:
        state = t("已支持，待批准") if task["stage"] == "supported" else t("已申请，待支持")
    return [
        cell(case.number if case else task["case"], href, css="name on" if chosen is task else "name"),
        cell(case.summary if case else "—", small=desk.city.name_of(case.unit) if case else ""),
        cell(when(desk, due)),
        cell(state),
    ]


async def _chosen(desk: Desk, owners: Owners, queue: str, task: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    t, case, row = desk.t, task["case"], known.get(task["case"])
    with Box("p", "act-case"):
        Text("a", row.number if row else case, href=f"/cases/{quote(row.number if row else case, safe='')}")
        Text("span", row.summary if row else "")
    said = (await owners.get(desk.signed, "feedback", f"/v1/cases/{quote(case, safe='')}/remarks"))["remarks"]
    for remark in said:
        if remark["reporter"] in ("", task.get("reporter", "")) or queue == "exclude":
            with Box("p", "remark"):
                Text("b", t(SAID.get(remark["kind"], remark["kind"])) if remark["kind"] in SAID else remark["kind"])
                Text("span", remark["text"])
    {"call": _call, "judge": _judge, "exclude": _exclude}[queue](desk, case, task)


def _path(case: str, act: str) -> str:
    return f"/v1/cases/{quote(case, safe='')}/{act}"


def _call(desk: Desk, case: str, task: Mapping[str, Any]) -> None:
    t = desk.t
    answered = {"when": ["outcome", "answered"]}
    grades = [(grade, t(name)) for grade, name in GRADES.items()]
    act_form(
        desk,
        "feedback",
        _path(case, "call-back"),
        t("记录回访"),
        [
            choice("outcome", t("结果"), [(name, t(words)) for name, words in OUTCOMES.items()]),
            {**yes("contacted", t("承办单位联系过反映人")), **answered},
            {**yes("solved", t("反映人说已解决")), **answered},
            {**choice("grade", t("满意度"), grades), **answered},
            {**words_field("comment", t("反映人的话"), least=0, required=False), **answered},
        ],
        title=t("第 {n} 次回访", n=task["attempts"] + 1),
        fixed={"reporter": task["reporter"]},
        next=t("接通的回答代替反映人自己的评价；两天都没有联系上，按未评价计。"),
    )


def _judge(desk: Desk, case: str, task: Mapping[str, Any]) -> None:
    t = desk.t
    act_form(
        desk,
        "feedback",
        _path(case, "judge"),
        t("认定"),
        [
            choice("controllable", t("单位能不能做到"), [(True, t("能做到，退回返工")), (False, t("不由单位决定"))]),
            words_field("why", t("理由")),
        ],
        title=t("这条不满意是否在单位控制之内"),
        fixed={"reporter": task["reporter"]},
        next=t("到期没有认定，按能做到处理；第一次返工，第二次提请上会。"),
    )


def _exclude(desk: Desk, case: str, task: Mapping[str, Any]) -> None:
    t = desk.t
    reason = t(scores.WHY[task["code"]]) if task["code"] in scores.WHY else task["code"]
    Text("p", t("{unit}申请剔除：{why}", unit=desk.city.name_of(task["unit"]), why=reason)).classes("how-note")
    if task["supported_by"]:
        Text("p", t("{who}已支持", who=task["supported_by"])).classes("how-note")
    own = task["supported_by"] == desk.signed.login
    if task["stage"] == "asked":
        act_form(
            desk, "feedback", _path(case, "support-exclusion"), t("表示支持"), [words_field("why", t("理由"))],
            title=t("第一人：支持"), next=t("还须另一名指挥中心人员批准。"),
        )  # fmt: skip
    act_form(
        desk,
        "feedback",
        _path(case, "decide-exclusion"),
        t("作出决定"),
        [
            choice("granted", t("决定"), [(False, t("不同意剔除")), (True, t("同意剔除"))]
                   if task["stage"] == "supported" else [(False, t("不同意剔除"))]),
            words_field("why", t("理由")),
        ],
        title=t("第二人：批准"),
        off=t("支持的人不能再批准") if own else "",
        next=t("同意后当月评分随之改变；已冻结的作为修订公布。"),
    )  # fmt: skip
