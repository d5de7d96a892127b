"""Whistles at a desk: sound one, sign and report in, confirm who came, release, end with what was agreed, rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from services.console import words
from services.console.pages.frame import Desk
from services.console.parts import Box, Details, Text
from services.console.parts.act import Field, act_form, choice, many, single, text, verdict
from services.console.parts.options import department_options
from services.console.projection.case import CaseRow
from services.console.queues import Clerk
from services.console.words import word

Done = Callable[[Mapping[str, Any]], Any]
Form = Callable[..., None]
STATUSES = {
    "asked": word("等负责人同意"),
    "sounded": word("已吹哨"),
    "ended": word("已结束"),
    "cancelled": word("已取消"),
}
PRESENCES = {
    "notified": word("已通知"),
    "signed": word("已签收"),
    "reported_in": word("已到场"),
    "no_show": word("未到场"),
    "released": word("已放行"),
}


GRADES = {
    5: word("非常满意"),
    4: word("满意"),
    3: word("基本满意"),
    2: word("不满意"),
    1: word("非常不满意"),
}
CALLED = ("notified", "signed")
"""One who was called and has not come yet."""


def sound_form(desk: Desk, clerk: Clerk, case: CaseRow | None = None) -> None:
    """Build the form by which a unit calls departments, for a case or for none; nothing where it may call none."""
    t, city, me = desk.t, desk.city, clerk.me
    allowed = city.whistles.get(city.units[me].level) if me in city.units else None
    if allowed is None or allowed.callees != "departments":
        return
    if case is not None and not (case.unit and city.is_within(case.unit, me)):
        return
    here = case.unit if case is not None else None
    codes = [me, *(unit.code for unit in city.children(me))]
    places = [(code, city.units[code].name) for code in dict.fromkeys([*codes, here or me])]
    kinds = [(kind, t(words.WHISTLES[kind])) for kind in allowed.kinds]
    planned = [kind for kind in allowed.kinds if kind != "emergency"]
    with Box("details", "act") as box:
        Text("summary", t("吹哨"))
        made = act_form(
            desk, "dispatch", "/v1/whistles", t("吹哨"),
            [choice("kind", t("哨别"), kinds), many("callees", t("叫谁来"), department_options(city)),
             choice("place", t("到哪里"), places, value=here or me),
             single("spot", t("具体地点"), required=False, most=200),
             text("why", t("什么事")),
             single("meet_at", t("何时碰头"), "moment", when=("kind", planned))],
            fixed={"case": case.id} if case is not None else None, mark=case.id if case is not None else "",
            next=t("应急哨即刻发出；其他须本单位负责人同意。"),
        )  # fmt: skip
    if made is None:
        box.delete()


def build_whistle(desk: Desk, clerk: Clerk, name: str, told: Mapping[str, Any], done: Done) -> None:
    """Build how a whistle stands and what this desk may do about it."""
    t, city = desk.t, desk.city
    with Box("header", "item-head"):
        Text("h2", told["why"])
        Text("p", f"{t(words.WHISTLES[told['kind']])} · {city.name_of(told['whistler'])}").classes("item-sub")
    rows = [
        {"name": t("进展情况"), "text": t(STATUSES[told["status"]])},
        {"name": t("地点"), "text": f"{city.name_of(told['place'])} {told['spot']}".strip()},
    ]
    if told.get("case"):
        rows.append({"name": t("案件"), "text": t("查看案件"), "href": f"/cases/{quote(told['case'], safe='')}"})
    if told.get("meet_at"):
        rows.append({"name": t("碰头"), "text": datetime.fromisoformat(told["meet_at"]).strftime("%m-%d %H:%M")})
    rows += [{"name": city.name_of(one["code"]), "text": _stands(desk, one)} for one in told["callees"]]
    for n, part in enumerate(told["parts"], 1):
        day = date.fromisoformat(part["due_on"]).strftime("%m-%d")
        state = t("已办") if part["is_done"] else t("{day} 前", day=day)
        rows.append({"name": t("分工第 {n} 项", n=n), "text": f"{city.name_of(part['unit'])} · {state}"})
    Details(rows=rows)

    def form(
        act: str, title: str, *fields: Field, said: str = "", fixed: Mapping[str, Any] | None = None, mark: str = "",
        off: str = "",
    ) -> None:  # fmt: skip
        with Box("details", "act", open=True) as box:
            Text("summary", title)
            path = f"/v1/whistles/{name}/{act}"
            made = act_form(
                desk, "dispatch", path, title, fields, next=said, fixed=fixed, mark=mark, off=off, done=done
            )
        if made is None:
            box.delete()

    with Box("div", "acts"):
        own = next((one for one in told["callees"] if one["code"] == clerk.me), None)
        if own:
            _called(desk, told, own, form)
        for n, part in enumerate(told["parts"], 1):
            if part["unit"] == clerk.me and not part["is_done"] and not part["on_order"]:
                title = t("完成第 {n} 项", n=n)
                form("finish-part", title, text("note", t("办了什么")), fixed={"part": n}, mark=str(n))
        if told["whistler"] == clerk.me:
            _lead(desk, clerk, told, form)


def _stands(desk: Desk, callee: Mapping[str, Any]) -> str:
    t = desk.t
    said = [t(PRESENCES[callee["presence"]])]
    if callee["presence"] == "no_show" and callee["arrived_at"]:
        said.append(t("后来到了"))
    if callee["confirmed"]:
        said.append(t("已确认"))
    if callee["objected"]:
        said.append(t("有异议"))
    return " · ".join(said)


def _called(desk: Desk, told: Mapping[str, Any], own: Mapping[str, Any], form: Form) -> None:
    """Build what one who was called does."""
    t, presence = desk.t, own["presence"]
    if told["status"] == "sounded":
        if presence == "notified":
            form("sign", t("签收哨令"), single("person", t("谁去（岗位）"), most=64), said=t("按时到场，现场报到。"))
        if presence == "signed" or (presence == "no_show" and not own["arrived_at"]):
            form("report-in", t("到场报到"), single("person", t("谁到了（岗位）"), most=64))
        if presence == "reported_in" and not own["objected"]:
            form("object", t("现场异议"), text("why", t("为什么不是本单位的事")))
    if presence == "no_show" and not own["receipted"]:
        form("receipt", t("回执未到场的督办"), text("note", t("为什么没有到、怎么办")))
    if told["status"] == "ended" and [own["code"], told["whistler"]] not in told["ratings"]:
        _rating(desk, form, t("评价这次吹哨"), None)


def _rating(desk: Desk, form: Form, title: str, callee: str | None) -> None:
    t = desk.t
    grades = choice("grade", t("评价"), [(grade, t(name)) for grade, name in GRADES.items()])
    said = single("note", t("说明"), required=False, most=2000)
    form("rate", title, grades, said, fixed={"callee": callee} if callee else None, mark=callee or "",
         said=t("双向评价，各评一次。"))  # fmt: skip


def _lead(desk: Desk, clerk: Clerk, told: Mapping[str, Any], form: Form) -> None:
    """Build what the whistler does."""
    t, city = desk.t, desk.city
    if told["status"] == "asked":
        form("approve", t("负责人同意"), verdict("approved", t("是否同意"), t("同意"), t("不同意")),
             single("why", t("理由"), required=False, most=2000))  # fmt: skip
    for one in told["callees"] if told["status"] == "sounded" else ():
        unit, given = city.name_of(one["code"]), {"fixed": {"callee": one["code"]}, "mark": one["code"]}
        if one["presence"] == "reported_in" and not one["confirmed"]:
            form("confirm", t("确认到场：{unit}", unit=unit), verdict("here", unit, t("到了"), t("没到")), **given)
        if one["presence"] in CALLED or (one["presence"] == "reported_in" and one["objected"]):
            form("release", t("放行：{unit}", unit=unit), text("why", t("理由")), **given)
    if told["status"] == "sounded":
        _end(desk, clerk, told, form)
    if told["status"] in ("asked", "sounded"):
        is_here = any(one["arrived_at"] and one["presence"] != "released" for one in told["callees"])
        off = t("已有单位到场，不能取消") if is_here else ""
        form("cancel", t("取消"), text("why", t("理由")), off=off)
    for one in told["callees"] if told["status"] == "ended" else ():
        if one["presence"] != "released" and [clerk.me, one["code"]] not in told["ratings"]:
            _rating(desk, form, t("评价{unit}", unit=city.name_of(one["code"])), one["code"])


def _end(desk: Desk, clerk: Clerk, told: Mapping[str, Any], form: Form) -> None:
    """Build the end: what each unit that is there takes on, until when; a unit left empty takes on nothing."""
    t, city = desk.t, desk.city
    there = [one["code"] for one in told["callees"] if one["arrived_at"] and one["presence"] != "released"]
    fields: list[Field] = []
    for n, code in enumerate([*there, clerk.me]):
        entry = ("conclusions", n, {"unit": code})
        title = t("{unit}办什么", unit=city.name_of(code))
        fields.append(text(f"what{n}", title, least=2, required=False, key="what", entry=entry))
        fields.append(single(f"due_on{n}", t("何时办好"), "day", required=False, key="due_on", entry=entry))
    waits = [one["code"] for one in told["callees"] if not _is_settled(one)]
    off = t("{unit}还没有到场确认、认定未到或放行", unit=t("、").join(map(city.name_of, waits))) if waits else ""
    form("end", t("结束"), *fields, said=t("写明分工和期限；没有要分工的，空着就此结束。"), off=off)


def _is_settled(callee: Mapping[str, Any]) -> bool:
    return bool(callee["confirmed"]) if callee["presence"] == "reported_in" else callee["presence"] not in CALLED
