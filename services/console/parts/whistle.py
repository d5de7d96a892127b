"""Whistles at a desk: sound one, sign and report in, confirm who came, release, end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.console import words
from services.console.pages.frame import Desk
from services.console.parts import Box, Details, Text
from services.console.parts.act import Field, act_form, choice, many, single, text
from services.console.parts.order import department_options
from services.console.queues import Clerk
from services.console.words import word

Done = Callable[[Mapping[str, Any]], Any]
PRESENCES = {
    "notified": word("已通知"),
    "signed": word("已签收"),
    "reported_in": word("已到场"),
    "no_show": word("未到场"),
    "released": word("已放行"),
}


def sound_form(desk: Desk, clerk: Clerk) -> None:
    """Build the form by which a unit whistles."""
    t, city = desk.t, desk.city
    if clerk.me not in city.units:
        return
    places = [(unit.code, unit.name) for unit in (city.units[clerk.me], *city.children(clerk.me))]
    kinds = [(kind, t(name)) for kind, name in words.WHISTLES.items() if kind != "volunteer"]
    with Box("details", "act"):
        Text("summary", t("吹哨"))
        act_form(
            desk, "dispatch", "/v1/whistles", t("吹哨"),
            [choice("kind", t("哨别"), kinds), many("callees", t("叫谁来"), department_options(city)),
             choice("place", t("到哪里"), places), single("spot", t("具体地点"), required=False, most=200),
             text("why", t("什么事")),
             single("meet_at", t("何时碰头（应急哨不填）"), "datetime-local", required=False) | {"zoned": True}],
            next=t("应急哨即刻发出；其他须本单位负责人同意。"),
        )  # fmt: skip


def build_whistle(desk: Desk, clerk: Clerk, name: str, told: Mapping[str, Any], done: Done) -> None:
    """Build how a whistle stands and what this desk may do about it."""
    t, city, me = desk.t, desk.city, clerk.me
    with Box("header", "item-head"):
        Text("h2", told["why"])
        Text("p", f"{t(words.WHISTLES[told['kind']])} · {city.name_of(told['whistler'])}").classes("item-sub")
    rows = [{"name": t("地点"), "text": f"{city.name_of(told['place'])} {told['spot']}".strip()}]
    if told.get("meet_at"):
        rows.append({"name": t("碰头"), "text": datetime.fromisoformat(told["meet_at"]).strftime("%m-%d %H:%M")})
    rows += [{"name": city.name_of(one["code"]), "text": t(PRESENCES[one["presence"]])} for one in told["callees"]]
    Details(rows=rows)

    def form(act: str, title: str, *fields: Field, said: str = "", fixed: Mapping[str, Any] | None = None) -> None:
        with Box("details", "act", open=True) as box:
            Text("summary", title)
            made = act_form(
                desk, "dispatch", f"/v1/whistles/{name}/{act}", title, fields, next=said, fixed=fixed, done=done
            )
        if made is None:
            box.delete()

    with Box("div", "acts"):
        own = next((one for one in told["callees"] if one["code"] == me), None)
        if own and own["presence"] == "notified":
            form("sign", t("签收哨令"), single("person", t("谁去（岗位）"), most=64), said=t("按时到场，现场报到。"))
        if own and own["presence"] in ("signed", "no_show"):
            form("report-in", t("到场报到"), single("person", t("谁到了（岗位）"), most=64))
        if own and own["presence"] == "reported_in":
            form("object", t("现场异议"), text("why", t("为什么不是本单位的事")))
        for n, part in enumerate(told.get("parts", ()), 1):
            if part["unit"] == me and not part["is_done"]:
                form("finish-part", t("完成第 {n} 项", n=n), text("note", t("办了什么")), fixed={"part": n})
        if told["whistler"] == me:
            _lead(desk, told, form)


def _lead(desk: Desk, told: Mapping[str, Any], form: Callable[..., None]) -> None:
    t, city = desk.t, desk.city
    if told["status"] == "asked":
        approved = choice("approved", t("是否同意"), [("true", t("同意")), ("false", t("不同意"))]) | {"flag": True}
        form("approve", t("负责人同意"), approved, single("why", t("理由"), required=False, most=2000))
    came = [one for one in told["callees"] if one["presence"] == "reported_in" and not one["confirmed"]]
    for one in came:
        here = choice("here", city.name_of(one["code"]), [("true", t("到了")), ("false", t("没到"))]) | {"flag": True}
        form("confirm", t("确认到场"), here, fixed={"callee": one["code"]})
    if told["status"] == "sounded":
        form("end", t("结束"), said=t("没有要分工的就此结束；要分工的在案件页记录结论。"))
        form("cancel", t("取消"), text("why", t("理由")))
