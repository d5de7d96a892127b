"""Lists 清单 that a circle keeps, the menu that residents order from, and projects 共建项目 claimed by two sides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from services.console import circles
from services.console.access.acts import ACTS, PAPERS, find
from services.console.access.roles import AT_DEPARTMENT
from services.console.circles import Found
from services.console.pages.frame import Desk, card
from services.console.parts import Box, Text
from services.console.parts.act import Field, act_form, choice, single, text
from services.console.parts.bookings import build_bookings
from services.console.parts.facts import cell, column, table
from services.console.queues import Clerk
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI


async def build_lists(desk: Desk, clerk: Clerk, community: str) -> Callable[[], None]:
    """Read what is published to a circle and what its reader keeps; return what builds it."""
    t, city, me = desk.t, desk.city, clerk.me
    kinds = circles.kinds_kept(city, me)
    keeps = bool(kinds) and _may(desk, f"/v1/lists/{me}/items")
    menu = await circles.menu(clerk, community)
    own = await circles.items(clerk, me) if keeps else {"items": [], "review": None}
    picked = desk.request.query_params.get("item", "")
    chosen = next((one for one in (*own["items"], *menu) if one["id"] == picked), None)

    def build() -> None:
        with Box("div", "claim-pair" + (" chosen" if chosen else "")):
            with Box("div", "side"):
                if keeps:
                    _list(desk, t("本单位的清单"), own["items"], community, me, own["review"])
                _list(desk, t("公布到{community}的清单（菜单）", community=city.name_of(community)), menu, community)
            with Box("div", "side"):
                if chosen is not None:
                    _item(desk, clerk, chosen, community)
                if keeps:
                    _draft(desk, me, kinds, community)

    return build


def _list(desk: Desk, title: str, items: list[Any], community: str, owner: str = "", review: Any = None) -> None:
    t = desk.t
    head = [column(t("清单")), column(t("内容")), column(t("由谁")), column(t("数量"), "num"), column(t("有效至")),
            column(t("状态"))]  # fmt: skip
    rows = [_line(desk, one, community) for one in items]
    with card(title) as more:
        table(head, rows, t("还没有公布的条目"), caption=title)
    if owner and items:
        with more:
            if _may(desk, f"/v1/lists/{owner}.xlsx", paper=True):
                Text("a", "Excel", href=f"/paper/dispatch/v1/lists/{quote(owner, safe='')}.xlsx")
            if review:
                Text(
                    "span",
                    t("{period} 已复核", period=review["period"]) if not review.get("stale") else t("逾期未复核"),
                )
        act_form(desk, "dispatch", f"/v1/lists/{quote(owner, safe='')}/review", t("本季度复核过了"),
                 next=t("清单每季度由编制单位复核一次，逾期标为陈旧。"))  # fmt: skip


def _line(desk: Desk, one: Found, community: str) -> list[Any]:
    t, status = desk.t, one.get("status", "published")
    left = f"{one['quantity'] - one.get('ordered', 0)} / {one['quantity']}"
    href = circles.address(at=community, tab="lists", item=one["id"])
    return [
        cell(t(circles.LISTS[one["kind"]])),
        cell(one["wording"], href, css="name", small=one.get("form", "")),
        cell(desk.city.name_of(one["owner"])),
        cell(left, css="num", title=t("还剩 / 一共")),
        cell(one["valid_until"]),
        cell(t(circles.ITEMS[status]), chip=circles.CHIPS.get(status, "ended")),
    ]


def _draft(desk: Desk, owner: str, kinds: list[str], community: str) -> None:
    t, city = desk.t, desk.city
    first = _today(desk)
    kept = {"community": community} if owner != city.root.code else {}
    act_form(
        desk, "dispatch", f"/v1/lists/{quote(owner, safe='')}/items", t("写入清单"),
        [choice("kind", t("哪个清单"), [(kind, t(circles.LISTS[kind])) for kind in kinds]),
         text("wording", t("内容"), least=2, most=200),
         single("quantity", t("数量"), "number", value=1, least=1, most=10_000),
         single("form", t("服务方式"), required=False, most=40),
         single("valid_from", t("有效从"), "day", value=first.isoformat()),
         single("valid_until", t("有效至"), "day", value=(first + timedelta(days=180)).isoformat())],
        title=t("写入本单位的清单"), fixed=kept, next=t("先是草稿，公布后别人才看得到。"),
    )  # fmt: skip


def _item(desk: Desk, clerk: Clerk, item: Found, community: str) -> None:
    """Build an item and what may be done about it: publish, withdraw, or claim it as a project."""
    t, city, me = desk.t, desk.city, clerk.me
    path = f"/v1/items/{quote(item['id'], safe='')}"
    status = item.get("status", "published")
    with card(item["wording"], "star-card"):
        Text("p", f"{t(circles.LISTS[item['kind']])} · {city.name_of(item['owner'])}").classes("how-note")
        if item["owner"] == me and status == "draft":
            act_form(desk, "dispatch", f"{path}/publish", t("公布"), next=t("联盟成员和结对单位看得到；服务可以点单。"))
        if item["owner"] == me and status in ("draft", "published"):
            act_form(desk, "dispatch", f"{path}/withdraw", t("撤下"), [text("why", t("理由"), least=2)], look="danger")
        if item["owner"] != me and status == "published":
            _claim(desk, clerk, item, community)
    build_bookings(desk, item, me)


def _claim(desk: Desk, clerk: Clerk, item: Found, community: str) -> None:
    t, city = desk.t, desk.city
    partner = clerk.me if desk.signed.role in AT_DEPARTMENT else item["owner"]
    taken = t("已被认领") if item.get("project") else ""
    first = _today(desk)
    kinds = [("project", t("共建项目"))]
    if item["kind"] == "resource" and "sharing-agreements" in city.mechanisms:
        kinds.append(("sharing", t("资源联享")))
    act_form(
        desk, "dispatch", f"/v1/communities/{community}/projects", t("认领并签约"),
        [choice("kind", t("怎么合作"), kinds), text("agreement", t("约定什么"), least=2, most=500),
         single("starts_on", t("从"), "day", value=first.isoformat()),
         single("ends_on", t("到"), "day", value=(first + timedelta(days=90)).isoformat())],
        title=t("认领这一项"), fixed={"item": item["id"], "partner": partner}, off=taken,
        next=t("对方 {limit}内签约即生效。", limit=circles.limit(t, city, "project.sign")), mark=item["id"],
    )  # fmt: skip


async def build_projects(desk: Desk, clerk: Clerk, community: str) -> Callable[[], None]:
    """Read the projects of a community; return what builds them."""
    found = await circles.projects(clerk, community)
    chosen = next((one for one in found if one["id"] == desk.request.query_params.get("project")), None)
    t, city = desk.t, desk.city

    def build() -> None:
        head = [column(t("约定")), column(t("双方")), column(t("起止")), column(t("状态"))]
        rows = [
            [
                cell(one["agreement"], circles.address(at=community, tab="projects", project=one["id"]), css="name"),
                cell(f"{city.name_of(one['community'])} · {city.name_of(one['partner'])}"),
                cell(f"{one['starts_on']} – {one['ends_on']}"),
                cell(t(circles.PROJECTS[one["status"]]), chip=circles.CHIPS.get(one["status"], "ended")),
            ]
            for one in found
        ]
        with Box("div", "claim-pair" + (" chosen" if chosen else "")):
            with Box("div", "side"), card(t("共建项目")):
                table(head, rows, t("还没有共建项目；在“清单与菜单”里认领对方的一项。"), caption=t("共建项目"))
            with Box("div", "side"):
                if chosen is not None:
                    _project(desk, city, clerk.me, chosen)

    return build


def _project(desk: Desk, city: City, me: str, one: Found) -> None:
    t = desk.t
    path, status = f"/v1/projects/{quote(one['id'], safe='')}", one["status"]
    is_side = me in (one["community"], one["partner"])

    def form(act: str, title: str, *fields: Field, said: str = "") -> None:
        act_form(desk, "dispatch", f"{path}/{act}", title, fields, next=said, sequence=one["sequence"])

    with card(one["agreement"], "star-card") as more:
        Text("p", f"{city.name_of(one['community'])} · {city.name_of(one['partner'])}").classes("how-note")
        if one.get("due_at"):
            due = datetime.fromisoformat(one["due_at"]).astimezone(SHANGHAI)
            Text("p", t("{at} 前须签约", at=f"{due:%m-%d %H:%M}")).classes("how-note")
        if is_side and status == "offered" and me not in one.get("signed", ()):
            form("sign", t("签约"), said=t("双方签约后共建协议书生效。"))
        if is_side and status == "matched":
            form("start", t("开始"))
        if is_side and status == "running" and me not in one.get("confirmed", ()):
            form("confirm", t("确认完成"), text("what", t("做了什么"), least=2), said=t("双方都确认才算完成。"))
        if is_side and status == "done" and me not in {side for side, _ in one.get("grades", ())}:
            grade = choice("grade", t("几分（1–5）"), [(n, str(n)) for n in range(5, 0, -1)])
            form("rate", t("评价对方"), grade)
    with more:
        if _may(desk, f"{path}/agreement.pdf", paper=True):
            for kind, name in (("docx", "Word"), ("pdf", "PDF")):
                Text("a", name, href=f"/paper/dispatch{path}/agreement.{kind}")


def _may(desk: Desk, path: str, *, paper: bool = False) -> bool:
    act = find(PAPERS if paper else ACTS, "dispatch", path)
    return act is not None and desk.signed.role in act.roles


def _today(desk: Desk) -> date:
    assert desk.ticker.last is not None, "a page is built after the ticker's first look"
    return desk.ticker.last.moment.now.astimezone(SHANGHAI).date()
