"""Hundred-point assessment 百分考核: the year's sessions with their raters, and what each unit got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from fastapi import Request

from services.console import scores
from services.console.access.gateway import Owners
from services.console.access.roles import Role
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import Box, Text
from services.console.parts.act import act_form, choice
from services.console.parts.act import text as words_field
from services.console.parts.facts import behind, cell, column, table
from services.console.parts.section import guarded, now, tabs, when
from services.console.ticker import Ticker
from services.console.words import word
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI

STATUSES = {"open": word("评议中"), "counted": word("已计票"), "lapsed": word("作废")}
CHIPS = {"open": "soon", "counted": "ended", "lapsed": "overdue"}
WINDOWS = (14, 21, 30)
"""Days that a session may last; or until it lapses."""
SHEET = (
    ("join", word("参加联席会议和共建活动"), 30),
    ("solve", word("认领并办成的事项"), 30),
    ("members", word("在职党员报到服务"), 20),
    ("resources", word("开放资源、落实责任清单"), 20),
)
"""The items a session opens with; their maxima add up to 100."""


def add(city: City, ticker: Ticker, owners: Owners) -> None:
    """Add the page."""

    @Page("/assessment")
    async def assessment(request: Request) -> None:
        with frame(city, ticker, request, word("百分考核"), "scores") as desk:
            tabs(desk, "assessment")
            await guarded(desk, _build(desk, owners))


async def _build(desk: Desk, owners: Owners) -> None:
    t = desk.t
    if "hundred-point" not in desk.city.mechanisms:
        Text("h1", t("百分考核"))
        with Box("div", "nothing"):
            Text("p", t("本市没有启用百分考核。"))
        return
    this_year = now(desk).astimezone(SHANGHAI).year
    asked = desk.request.query_params.get("year", "")
    year = int(asked) if asked.isdigit() and 2000 <= int(asked) <= 2100 else this_year
    sessions = (await owners.get(desk.signed, "feedback", f"/v1/assessments/{year}/sessions"))["sessions"]
    results = await owners.get(desk.signed, "feedback", f"/v1/assessments/{year}/units")
    counted = sum(one["status"] == "counted" for one in sessions)
    with Box("div", "list-head"):
        Text("h1", t("百分考核 {year}", year=year))
        said = t("{n} 个社区开展，{done} 个已计票；每个社区至少 {least} 人评议才生效", n=len(sessions), done=counted,
                 least=desk.city.limits["raters"])  # fmt: skip
        Text("p", said).classes("total")
    with Box("nav", "chips", aria_label=t("年度")):
        for one in (this_year, this_year - 1):
            Text("a", str(one), href=f"/assessment?year={one}").classes("pick on" if one == year else "pick")
    with Box("div", "desk-two"):
        with card(t("社区评议"), "task-card"):
            _sessions(desk, sessions)
        with Box("div", "side"):
            _own(desk, sessions, year)
            await _tokens(desk, owners, sessions, year)
    _results(desk, results)


def _sessions(desk: Desk, sessions: Sequence[Mapping[str, Any]]) -> None:
    t = desk.t
    head = [column(t("社区")), column(t("状态")), column(t("评议人"), "num"), column(t("已登记"), "num"),
            column(t("被评单位"), "num"), column(t("评议期"))]  # fmt: skip
    rows = [
        [
            cell(desk.city.name_of(one["community"]), css="name"),
            cell(t(STATUSES[one["status"]]), chip=CHIPS[one["status"]]),
            cell(f"{_voters(one)} / {one['least']}", small=_lacking(desk, one)),
            cell(f"{one['named']:,}"),
            cell(len(one["rated"])),
            cell(t("{first} 至 {last}", first=when(desk, one["opens_at"]), last=when(desk, one["until"]))),
        ]
        for one in sessions
    ]  # fmt: skip
    table(head, rows, t("本年还没有社区开展评议，年末由社区开启。"), caption=t("社区评议"))


def _lacking(desk: Desk, session: Mapping[str, Any]) -> str:
    least = session["least"]
    return desk.t("未满 {n} 人不生效", n=least) if _voters(session) < least else ""


def _voters(session: Mapping[str, Any]) -> int:
    return int(session["raters"] if session["status"] != "open" else session["voters"])


def _own(desk: Desk, sessions: Sequence[Mapping[str, Any]], year: int) -> None:
    """Build what a community does: open its session of the year, count it once there are raters enough."""
    t, at = desk.t, desk.signed.post.at
    own = next((one for one in sessions if one["community"] == at), None)
    path = f"/v1/assessments/{quote(at, safe='')}/{year}"
    with card(t("考核内容"), "sheet-card"):
        items = [(item["name"], item["most"]) for item in own["criteria"]] if own else [(t(n), m) for _, n, m in SHEET]
        head = [column(t("项目")), column(t("满分"), "num")]
        table(head, [[cell(name), cell(most)] for name, most in items], "", stacked=False)
        if own is None:
            present = now(desk)
            first, last = datetime(year, 12, 1, tzinfo=SHANGHAI), datetime(year + 1, 1, 31, tzinfo=SHANGHAI)
            ends = [end for days in WINDOWS if (end := present + timedelta(days=days)) < last]
            act_form(
                desk,
                "feedback",
                f"{path}/open",
                t("开启评议"),
                [
                    choice(
                        "until",
                        t("截止"),
                        [(_at_night(end), f"{end.astimezone(SHANGHAI):%Y-%m-%d}") for end in [*ends, last]],
                    )
                ],
                title=t("开启 {year} 年评议", year=year),
                fixed={
                    "opens_at": present.isoformat(),
                    "criteria": [{"code": code, "name": t(name), "most": most} for code, name, most in SHEET],
                },
                off="" if first <= present < last else t("{day} 起才能开启", day=f"{first:%Y-%m-%d}"),
                next=t("被评的是与本社区结对的全部单位；到期不满人数，1 月 31 日作废并由上级督办。"),
            )
        elif own["status"] == "open":
            _name(desk, own, path)
            enough = _voters(own) >= own["least"]
            act_form(
                desk,
                "feedback",
                f"{path}/close",
                t("结束并计票"),
                title=t("结束评议"),
                sequence=own["sequence"],
                off="" if enough else t("评议人 {n} 人，未满 {least} 人", n=_voters(own), least=own["least"]),
                next=t("计票后选票与人不可对应，也不能更改。"),
            )


def _name(desk: Desk, own: Mapping[str, Any], path: str) -> None:
    """Build the form by which a community names its raters, by its own numbers for them."""
    t = desk.t
    hint = t("以空格或换行分隔；在职党员写作 编号@单位代码，被评单位的人不能评议")
    act_form(
        desk,
        "feedback",
        f"{path}/raters",
        t("登记评议人"),
        [
            words_field("party", t("党员编号"), least=0, most=20_000, required=False, hint=hint,
                        each=("raters", ("rater", "unit"), {"kind": "party"})),
            words_field("residents", t("居民编号"), least=0, most=20_000, required=False,
                        each=("raters", ("rater", "unit"), {"kind": "resident"})),
        ],
        title=t("登记评议人"),
        sequence=own["sequence"],
        next=t("只用本社区自己的编号，不写姓名；每人得到一张凭证，一张凭证对每个单位只能投一次。"),
    )  # fmt: skip


async def _tokens(desk: Desk, owners: Owners, sessions: Sequence[Mapping[str, Any]], year: int) -> None:
    """Build what the community hands out: a token for each rater that it named; nobody else is shown them."""
    t, at = desk.t, desk.signed.post.at
    own = next((one for one in sessions if one["community"] == at and one["status"] == "open" and one["named"]), None)
    if own is None or desk.signed.role is not Role.COMMUNITY:
        return
    found = await owners.get(desk.signed, "feedback", f"/v1/assessments/{quote(at, safe='')}/{year}/tokens")
    with card(t("评议凭证"), "token-card") as more:
        head = [column(t("编号")), column(t("凭证"))]
        at = f"/b/{quote(at, safe='')}/{year}"
        rows = [[cell(one["rater"]), cell(one["token"], f"{at}/{one['token']}", css="mono")] for one in found["raters"]]
        behind(t, head, rows)
    with more:
        Text("span", t("共 {n} 张，逐人发放；选票与人不可对应", n=len(found["raters"])))


def _at_night(end: datetime) -> str:
    return end.astimezone(SHANGHAI).replace(hour=23, minute=59, second=0, microsecond=0).isoformat()


def _results(desk: Desk, results: Mapping[str, Any]) -> None:
    t = desk.t
    made = sorted(results["scores"], key=lambda one: (one["score"] is None, -float(one["score"] or 0), one["unit"]))
    low, high = scores.cut(float(one["score"]) for one in made if one["score"])
    with card(t("单位得分"), "tier-card") as more:
        head = [column(t("单位")), column(t("得分（{low}–{high}）", low=low, high=high)), column(t("有效社区")),
                column(t("未计入"))]  # fmt: skip
        rows = [
            [
                cell(desk.city.name_of(one["unit"]), css="name"),
                cell(one["score"] or "—", css="strip-cell strong",
                     at=None if one["score"] is None else 100 * (float(one["score"]) - low) / (high - low)),
                cell(t("、").join(_session(desk, results, one["unit"], code) for code in one["valid"]) or "—"),
                cell(t("、").join(t("{unit}人数不足", unit=desk.city.name_of(code)) for code in one["invalid"]) or "—"),
            ]
            for one in made
        ]  # fmt: skip
        table(head, rows, t("还没有计票的社区。"), caption=t("单位得分"))
    with more:
        Text("span", t("有效社区得分的平均；不按名次排列优劣"))


def _session(desk: Desk, results: Mapping[str, Any], unit: str, community: str) -> str:
    found = next(s for s in results["sessions"] if (s["unit"], s["community"]) == (unit, community))
    return desk.t(
        "{unit} {points}/{n} 票", unit=desk.city.name_of(community), points=found["points"], n=found["ballots"]
    )
