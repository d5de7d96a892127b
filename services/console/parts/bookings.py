"""Bookings of a resource 资源预约: who has it when, asked or taken, answered by its owner, given back."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from services.console.access.roles import Role
from services.console.circles import Found
from services.console.pages.frame import Desk, card
from services.console.parts.act import act_form, single, text
from services.console.parts.facts import cell, column, table
from shared.kernel.calendar import SHANGHAI


def build_bookings(desk: Desk, item: Found, me: str) -> None:
    """Build who has a resource when, and what its reader may do: book, answer, give back; nothing of other lists."""
    t, city = desk.t, desk.city
    if item["kind"] != "resource" or not city.mechanisms & {"sharing-agreements", "right-to-resources"}:
        return
    path, slots = f"/v1/items/{quote(item['id'], safe='')}", item.get("slots", ())
    head = [column(t("何时")), column(t("由谁")), column(t("用途")), column(t("状态"))]
    rows = [
        [
            cell(_span(one)),
            cell(city.name_of(one["by"])),
            cell(one["purpose"]),
            cell(t("预约成功") if one["granted"] else t("待答复"), chip="ok" if one["granted"] else "soon"),
        ]
        for one in sorted(slots, key=lambda one: one["starts_at"])
    ]
    with card(t("资源预约")):
        table(head, rows, t("还没有预约"), caption=t("资源预约"))
        for one in slots:
            named = {"booking": one["booking"]}
            if one["by"] == me:
                act_form(
                    desk, "dispatch", f"{path}/cancel-booking", t("退还预约"), title=_span(one), fixed=named,
                    mark=one["booking"], look="danger",
                )  # fmt: skip
            if item["owner"] == me and not one["granted"]:
                act_form(
                    desk, "dispatch", f"{path}/answer-booking", t("落实"), title=_span(one),
                    fixed={**named, "granted": True}, mark=f"{one['booking']}-grant",
                )  # fmt: skip
                act_form(
                    desk, "dispatch", f"{path}/answer-booking", t("不予落实"), [text("why", t("理由"), least=2)],
                    title=_span(one), fixed={**named, "granted": False}, mark=f"{one['booking']}-refuse", look="danger",
                )  # fmt: skip
        _book(desk, item, me, path)


def _book(desk: Desk, item: Found, me: str, path: str) -> None:
    t, mechanisms = desk.t, desk.city.mechanisms
    is_side = me in item.get("shared", ()) and "sharing-agreements" in mechanisms
    is_grid = desk.signed.role is Role.GRID and "right-to-resources" in mechanisms
    if item.get("status") != "published" or not (is_side or is_grid):
        return
    opens, closes = item.get("opens"), item.get("closes")
    hours = t("开放时间 {opens}–{closes}。", opens=opens[:5], closes=closes[:5]) if opens and closes else ""
    said = t("有联享协议，时段空着即预约成功。") if is_side else t("由所有单位答复；不予落实须说明理由。")
    act_form(
        desk, "dispatch", f"{path}/book", t("预约"),
        [text("purpose", t("用途"), least=2, most=200),
         single("starts_at", t("从"), "moment"),
         single("ends_at", t("到"), "moment")],
        title=t("预约这项资源"), fixed={"booking": f"{me}-{item['sequence']}"}, next=hours + said, mark="book",
    )  # fmt: skip


def _span(slot: Found) -> str:
    begins, ends = (datetime.fromisoformat(slot[key]).astimezone(SHANGHAI) for key in ("starts_at", "ends_at"))
    return (
        f"{begins:%m-%d %H:%M}–{ends:%H:%M}"
        if begins.date() == ends.date()
        else f"{begins:%m-%d %H:%M} – {ends:%m-%d %H:%M}"
    )
