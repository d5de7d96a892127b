"""A wish 心愿 and what may be done about it: order, review, name, claim, fulfil, confirm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from services.console import circles, portrait
from services.console.access.acts import PAPERS, find
from services.console.access.roles import AT_DEPARTMENT
from services.console.circles import Found
from services.console.pages.frame import Desk, card
from services.console.parts import Box, Details, History, Reveal, Text
from services.console.parts.act import Field, act_form, choice, single, text
from services.console.parts.facts import cell, column, table
from services.console.parts.options import matter_options
from services.console.queues import Clerk
from shared.city.model import UnitLevel


def order_form(desk: Desk, community: str) -> None:
    """Build the form by which a community or grid orders for a resident, or say what to do here."""
    t, city, me = desk.t, desk.city, desk.signed.post.at
    places = [(unit.code, unit.name) for unit in (city.units[community], *city.children(community))]
    if me in city.units and city.units[me].level in (UnitLevel.GRID, UnitLevel.SUBGRID):
        places = [(me, city.name_of(me))]
    fields = [
        text("wording", t("想要什么"), least=2, most=500, hint=t("写需要，不写姓名和电话")),
        choice("place", t("地点"), places),
        single("wisher.name", t("姓名"), most=40),
        single("wisher.phone", t("手机号"), "tel", most=20, hint=t("只给认领的人看，办结后删除")),
        single("wisher.address", t("地址"), required=False, most=200),
    ]
    said = t(
        "社区 {limit}内审单；审单后由结对单位、联盟成员、党员和志愿者认领。",
        limit=circles.limit(t, city, "wish.review"),
    )
    form = act_form(desk, "dispatch", "/v1/wishes", t("代为点单"), fields, title=t("替居民点单"), next=said)
    if form is None:
        Text("p", t("从上面选一件")).classes("empty")


def build_wish(desk: Desk, clerk: Clerk, wish: Found, now: datetime) -> None:
    """Build how a wish stands, what this post may do about it, and everything that happened."""
    t, city = desk.t, desk.city
    shown = circles.card(wish, city, t, now)
    with Box("header", "item-head"):
        Text("h2", wish["wording"])
        with Box("p", "item-sub"):
            Text("span", shown["chip"]).classes(f"chip {shown['state']}")
            Text("span", shown["more"])
            Text("span", shown["due"])
    with Box("div", "acts"):
        if not _forms(desk, clerk, wish):
            Text("p", t("这一件现在不需要您办理")).classes("empty")
    path = f"/v1/wishes/{quote(wish['id'], safe='')}/wisher"
    act = find(PAPERS, "dispatch", path)
    sees = wish.get("claimant") == clerk.me or (wish["status"] == "bought" and wish["community"] == clerk.me)
    if sees and wish["status"] not in circles.ENDED and act is not None and desk.signed.role in act.roles:
        with card(t("给谁办")):
            Reveal(
                url=f"/paper/dispatch{path}",
                words={"why": t("查看点单人的理由"), "show": t("显示（留痕）"), "lost": t("没有取到，请重试"),
                       "title": "title" if t.language == "zh" else "title_en"},
                names={"name": t("姓名"), "phone": t("电话"), "address": t("地址")},
            )  # fmt: skip
    if wish.get("fits"):
        with card(t("资源库里对得上的")):
            Details(rows=[{"name": city.name_of(one["party"]), "text": one["resource"]} for one in wish["fits"]])
    with card(t("经过")):
        History(entries=portrait.entries(city, t, wish["told"], now), filters=[])


def build_ended(desk: Desk, ended: Sequence[Found], now: datetime) -> None:
    """Build what is over, folded away."""
    t, city = desk.t, desk.city
    head = [column(t("心愿")), column(t("结果")), column(t("谁办的"))]
    rows = []
    for one in ended:
        shown = circles.card(one, city, t, now)
        said = shown["chip"] + (t("（{n} 分）", n=one["grade"]) if one.get("grade") else "")
        rows.append([cell(one["wording"], shown["href"], css="name"), cell(said),
                     cell(city.name_of(one["claimant"]) if one.get("claimant") else "—")])  # fmt: skip
    with card(t("已结束 {n} 件", n=len(ended))):
        table(head, rows, t("还没有办完的心愿"), caption=t("已结束 {n} 件", n=len(ended)))


class _Forms:
    """The forms of one wish for one post; `built` of them."""

    def __init__(self, desk: Desk, clerk: Clerk, wish: Found) -> None:
        self.desk, self.wish, self.me, self.built = desk, wish, clerk.me, 0
        named = wish.get("named")
        self.waits = desk.t("已派 {who}，待答复", who=desk.city.name_of(named)) if named else ""

    def limit(self, clock: str) -> str:
        return circles.limit(self.desk.t, self.desk.city, clock)

    def form(
        self, act: str, title: str, *fields: Field, said: str = "", off: str = "", is_open: bool = True
    ) -> None:  # fmt: skip
        path = f"/v1/wishes/{quote(self.wish['id'], safe='')}/{act}"
        with Box("details", "act", **({"open": True} if is_open else {})) as box:
            Text("summary", title)
            sequence = self.wish["sequence"]
            made = act_form(self.desk, "dispatch", path, title, fields, next=said, off=off, sequence=sequence)
        if made is None:
            box.delete()
        self.built += made is not None

    def of_community(self) -> None:
        """Review, dispatch, buy, divert, refuse."""
        t, city, status = self.desk.t, self.desk.city, self.wish["status"]
        is_back = status == "come_back"
        if is_back or status == "ordered":
            again = t("退回的心愿只能再公布一次") if is_back and self.wish.get("offered_again") else ""
            said = t("公布 {limit}，无人认领退回社区。", limit=self.limit("wish.unclaimed"))
            self.form("offer", t("审单通过，公布认领"), said=said, off=self.waits or again)
        if is_back or status == "offered":
            parties = [(code, city.name_of(code)) for code in city.paired_with(self.me)]
            said = t("对方 {limit}内答复。", limit=self.limit("wish.agree"))
            self.form("name", t("社区派单"), choice("named", t("派给谁"), parties), said=said, off=self.waits,
                      is_open=False)  # fmt: skip
        if is_back:
            self.form(
                "buy", t("政府购买服务"), single("provider", t("由谁提供"), most=120), off=self.waits, is_open=False
            )
        if is_back or status == "ordered":
            matters = [one for one in matter_options(city) if city.matters[one[0]].kind.value != "wish"]
            why = text("why", t("理由"), least=2)
            self.form("divert", t("转为诉求办理"), choice("matter", t("事项"), matters), why, off=self.waits,
                      said=t("另立新单，按诉求办理。"), is_open=False)  # fmt: skip
            self.form("refuse", t("不予受理"), why, said=t("点单人会收到理由。"), off=self.waits, is_open=False)

    def of_claimant(self) -> None:
        """Answer the community, claim."""
        t, city, status = self.desk.t, self.desk.city, self.wish["status"]
        if self.wish.get("named") == self.me and status in ("offered", "come_back"):
            agrees = choice("agrees", t("是否接单"), [("true", t("接单")), ("false", t("不接"))]) | {"flag": True}
            self.form("agree", t("答复社区派单"), agrees)
        elif status == "offered":
            limit, most = self.limit("wish.give_up"), city.limits["open_claims"]
            said = t("先领者得；{limit}内办结，手上最多 {n} 件。", limit=limit, n=most)
            self.form("claim", t("认领"), said=said, off=self.waits)
        elif status == "claimed" and self.wish["claimant"] != self.me:
            self.form("claim", t("认领"), off=t("已由 {who} 认领", who=city.name_of(self.wish["claimant"])))

    def of_doer(self) -> None:
        """Say what was done, or give up."""
        t, status = self.desk.t, self.wish["status"]
        evidence = single("evidence", t("证明材料（份）"), "number", value=0, least=0, most=20)
        self.form("fulfil", t("已办好"), text("what", t("办了什么"), least=2), evidence, said=t("请点单人确认并评价。"))
        if status == "claimed":
            self.form("give-up", t("放弃认领"), text("why", t("理由"), least=2), is_open=False)


def _forms(desk: Desk, clerk: Clerk, wish: Found) -> int:
    """Build the forms of the post in hand as the wish stands; return how many."""
    t, status, me = desk.t, wish["status"], clerk.me
    forms = _Forms(desk, clerk, wish)
    if wish["community"] == me:
        forms.of_community()
    if desk.signed.role in AT_DEPARTMENT:
        forms.of_claimant()
    if (status == "claimed" and wish["claimant"] == me) or (status == "bought" and wish["community"] == me):
        forms.of_doer()
    if status == "fulfilled" and wish["raised_by"] == desk.signed.post.at:
        grade = choice("grade", t("几分（1–5）"), [(n, str(n)) for n in range(5, 0, -1)])
        forms.form("confirm", t("确认并评价"), grade, said=t("按点单人说的填。"))
    return forms.built
