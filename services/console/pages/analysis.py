"""Analysis 研判: matters week by week, hot spots, trend with its limits, the month's topic; each figure opens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

from services.console.access.gateway import NotDone, Owners
from services.console.access.roles import Role
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import Box, Text
from services.console.parts.act import act_form, choice, single
from services.console.parts.act import text as words_field
from services.console.parts.facts import bars, behind, cell, column, heat, lines, table
from services.console.parts.section import guarded, now
from services.console.selection import Selection
from services.console.ticker import Ticker
from services.console.words import word
from shared.city.model import City, UnitLevel
from shared.kernel.calendar import SHANGHAI

WEEKS, TREND = 8, 26
MOST = 200
"""Cases behind a figure that one page shows."""
STAGES = {
    "analyse": word("问题研判"),
    "mobilise": word("资源动员"),
    "act": word("行动处置"),
    "look_back": word("监督反馈"),
    "sum_up": word("总结提升"),
}

CONCLUSIONS = {
    "none": word("不作改动"),
    "matter": word("修改事项目录"),
    "limit": word("修改时限或限额"),
    "list": word("修改清单"),
    "policy": word("修改评分办法"),
}
FATES = {"done": word("已落实"), "under_way": word("落实中"), "dropped": word("不再落实")}


def add(city: City, ticker: Ticker, owners: Owners) -> None:
    """Add the page."""

    @Page("/analysis")
    async def analysis(request: Request) -> None:
        with frame(city, ticker, request, word("研判"), "analysis") as desk:
            await guarded(desk, _build(desk, owners))


async def _build(desk: Desk, owners: Owners) -> None:
    _t, asked = desk.t, desk.request.query_params
    unit, matter = asked.get("unit", ""), asked.get("matter", "")
    today = _day(asked.get("to", "")) or now(desk).astimezone(SHANGHAI).date()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)

    async def get(path: str, **params: Any) -> Any:
        return await owners.get(desk.signed, "feedback", f"/v1/analysis/{path}", **params)

    within = unit or None
    by_week, hot, trend, topic, recurring = await asyncio.gather(
        get("matters", first=first, weeks=WEEKS, unit=within),
        get("hot-spots", week=today, unit=within),
        get("trend", first=monday - timedelta(weeks=TREND), weeks=TREND, unit=within, matter=matter or None),
        get("monthly-topic", month=f"{today:%Y-%m}"),
        get("recurring", first=first, last=today, unit=within, matter=matter or None),
    )
    quarter, stages = date(today.year, (today.month - 1) // 3 * 3 + 1, 1), None
    opened: dict[str, Any] = {}
    if "five-stage-loop" in desk.city.mechanisms:
        stages = (await get("stages", first=quarter, last=today, unit=within))["stages"]
        if (stage := asked.get("stage", "")) in STAGES:
            opened = {"first": quarter, "last": today, "unit": within, "stage": stage}
    if recurs := asked.get("recurs", ""):
        opened = {"first": topic["first"], "last": topic["last"], "matter": recurs, "recurs": True}
    found = await get("cases", **opened, after=asked.get("after") or None, limit=MOST) if opened else None
    _head(desk, unit, matter, today)
    with Box("div", "analysis"):
        with Box("div", "column"):
            _heat(desk, by_week, unit)
            _trend(desk, trend, unit, matter)
        with Box("div", "column"):
            _topic(desk, topic)
            if found is not None:
                _behind(desk, opened, found["cases"])
            _hot(desk, hot, monday)
            if stages is not None:
                _stages(desk, stages, quarter, unit)
                await _sum_up(desk, owners, asked.get("cycle", ""), today)
            _recurring(desk, recurring["recurring"], first, today)


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _address(**chosen: str) -> str:
    said = {name: value for name, value in chosen.items() if value}
    return "/analysis?" + urlencode(said) if said else "/analysis"


def _cases(first: date, last: date, unit: str = "", matter: str = "") -> str:
    return Selection(
        unit=unit, matter=matter, registered_from=first.isoformat(), registered_to=last.isoformat()
    ).address()


def _matter(desk: Desk, code: str) -> str:
    found = desk.city.matters.get(code)
    return found.path[-1] if found else code


def _head(desk: Desk, unit: str, matter: str, today: date) -> None:
    t = desk.t
    with Box("div", "list-head"):
        place = desk.city.name_of(unit) if unit else t("全市")
        Text("h1", t("研判 · {place}", place=place))
        said = _matter(desk, matter) if matter else t("全部事项")
        Text("p", t("截至 {day} · {matter}", day=today.isoformat(), matter=said)).classes("total")
    with Box("div", "filters"), Box("nav", "chips", aria_label=t("范围")):
        chosen = {"matter": matter, "to": desk.request.query_params.get("to", "")}
        Text("a", t("全市"), href=_address(**chosen)).classes("pick" if unit else "pick on")
        for street in desk.city.of_level(UnitLevel.STREET)[:8]:
            link = Text("a", street.name, href=_address(unit=street.code, **chosen))
            link.classes("pick on" if street.code == unit else "pick")
        if matter:
            Text("a", f"{_matter(desk, matter)} ✕", href=_address(unit=unit, to=chosen["to"])).classes("pick on")


def _heat(desk: Desk, found: Mapping[str, Any], unit: str) -> None:
    t, weeks = desk.t, [date.fromisoformat(week) for week in found["weeks"]]
    rows = found["matters"]
    with card(t("反复出现的事项（事项 × 周）"), "heat-card") as more:
        if not rows:
            Text("p", t("这段时间没有立案。")).classes("empty")
            return
        names = [_matter(desk, row["matter"]) for row in rows]
        cells = [(x, y, n) for y, row in enumerate(rows) for x, n in enumerate(row["cases"])]
        chart = heat(t("事项按周的立案件数"), [f"{week:%m-%d}" for week in weeks], names, cells)
        chart.style(f"height: {44 + 26 * len(rows)}px")
        head = [column(t("事项")), *(column(f"{week:%m-%d}", "num") for week in weeks), column(t("合计"), "num")]
        behind(
            t,
            head,
            [
                [
                    cell(name, _address(unit=unit, matter=row["matter"])),
                    *(
                        cell(n, _cases(week, week + timedelta(days=6), unit, row["matter"]) if n else "")
                        for week, n in zip(weeks, row["cases"], strict=True)
                    ),
                    cell(sum(row["cases"]), _cases(weeks[0], weeks[-1] + timedelta(days=6), unit, row["matter"])),
                ]
                for name, row in zip(names, rows, strict=True)
            ],
        )
    with more:
        Text("span", t("近 {n} 周立案，件数最多的 {m} 个事项", n=len(weeks), m=len(rows)))


def _topic(desk: Desk, found: Mapping[str, Any]) -> None:
    t = desk.t
    first, last = date.fromisoformat(found["first"]), date.fromisoformat(found["last"])
    to = desk.request.query_params.get("to", "")
    with card(t("每月一题"), "topic-card") as more:
        head = [column(t("事项")), column(t("本月"), "num"), column(t("上月"), "num"), column(t("反复的网格"), "num"),
                column(t("涉及社区"), "num")]  # fmt: skip
        table(
            head,
            [
                [
                    cell(_matter(desk, one["matter"]), _address(matter=one["matter"]), css="name"),
                    cell(one["cases"], _cases(first, last, matter=one["matter"])),
                    cell(one["before"], _cases(_before(first), first - timedelta(days=1), matter=one["matter"])),
                    cell(one["recurring"], _address(recurs=one["matter"], to=to) + "#behind"),
                    cell(one["communities"], _address(recurs=one["matter"], to=to) + "#behind"),
                ]
                for one in found["proposed"]
            ],
            t("本月没有在两个以上社区反复出现的事项。"),
            caption=t("每月一题"),
        )
        Text("p", t("同一网格同一事项三件以上为反复；在两个以上社区反复的，件数多者先。")).classes("how-note")
    with more:
        Text("span", t("{month} 建议", month=found["month"]))


def _before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _trend(desk: Desk, found: Mapping[str, Any], unit: str, matter: str) -> None:
    t, weeks, control = desk.t, found["weeks"], found["control"]
    days = [date.fromisoformat(row["week"]) for row in weeks]
    total = sum(row["cases"] for row in weeks)
    with card(t("每周立案走势（件）"), "trend-card") as more:
        if not total:
            Text("p", t("还没有满一周的立案，满一周后画出走势。")).classes("empty")
            return
        dashed = {"type": "dashed", "color": "#5C6B7F"}
        limits = {
            "symbol": "none", "silent": True, "lineStyle": dashed,
            "data": [  # each named elsewhere along its line: they may be close together
                {"yAxis": float(control[name]),
                 "label": {"formatter": f"{words} {control[name]}", "position": f"inside{at}Top", "fontSize": 11}}
                for name, at, words in (
                    ("upper", "Start", t("上限")), ("mean", "Middle", t("平均")), ("lower", "End", t("下限"))
                )
            ],
        }  # fmt: skip
        title = t("每周立案件数和控制限")
        top = max(float(control["upper"]), *(row["cases"] for row in weeks))
        lines(title, [f"{day:%m-%d}" for day in days], [(t("立案"), [row["cases"] for row in weeks])], unit="",
              limits=limits, top=top)  # fmt: skip
        beyond = [(n, t("高于上限")) for n in control["above"]] + [(n, t("低于下限")) for n in control["below"]]
        with Box("p", "how-note"):
            if not beyond:
                Text("span", t("每周都在控制限之内，波动属正常。"))
            for n, said in sorted(beyond):
                Text("a", t("{day} 起一周 {n} 件，{said}", day=f"{days[n]:%m-%d}", n=weeks[n]["cases"], said=said),
                     href=_cases(days[n], days[n] + timedelta(days=6), unit, matter))  # fmt: skip
        head = [column(t("周起")), column(t("立案"), "num")]
        behind(
            t,
            head,
            [
                *(
                    [cell(day.isoformat()), cell(row["cases"], _cases(day, day + timedelta(days=6), unit, matter))]
                    for day, row in zip(days, weeks, strict=True)
                ),
                [cell(t("合计")), cell(total, _cases(days[0], days[-1] + timedelta(days=6), unit, matter))],
            ],
        )
    with more:
        Text("span", t("已满的 {n} 周，控制限为平均 ± 3 × 平方根", n=len(weeks)))


def _hot(desk: Desk, found: Mapping[str, Any], monday: date) -> None:
    t = desk.t
    before = monday - timedelta(weeks=12)
    weeks = [before + timedelta(weeks=n) for n in range(12)]
    with card(t("热点网格"), "hot-card") as more:
        head = [column(t("网格")), column(t("本周"), "num"), column(t("此前 12 周平均"), "num"), column(t("此前每周"))]
        table(
            head,
            [
                [
                    cell(desk.city.name_of(one["grid"]), _address(unit=one["grid"]), css="name"),
                    cell(one["cases"], _cases(monday, monday + timedelta(days=6), one["grid"])),
                    cell(_mean(one["before"]), _cases(before, monday - timedelta(days=1), one["grid"])),
                    cell(
                        "",
                        links=[
                            {"text": str(n), "href": _cases(week, week + timedelta(days=6), one["grid"])}
                            for week, n in zip(weeks, one["before"], strict=True)
                        ],
                    ),
                ]
                for one in found["hot_spots"]
            ],
            t("没有网格明显多于平时。"),
            caption=t("热点网格"),
        )
        if new := sum(not any(one["before"]) for one in found["hot_spots"]):
            said = t("其中 {n} 个网格此前 12 周没有立案，还没有平时可比。", n=new)
            Text("p", said).classes("how-note")
    with more:
        Text("span", t("{day} 起一周，超出此前 12 周控制上限", day=f"{monday:%m-%d}"))


def _mean(before: Sequence[int]) -> str:
    """Return the mean of some weeks with one decimal."""
    return str((Decimal(sum(before)) / len(before)).quantize(Decimal("0.1")))


def _recurring(desk: Desk, found: Sequence[Mapping[str, Any]], first: date, last: date) -> None:
    t = desk.t
    with card(t("同一网格反复发生"), "recurring-card") as more:
        shown = found[:8]
        head = [column(t("事项")), column(t("网格")), column(t("件数"), "num")]
        table(
            head,
            [
                [
                    cell(_matter(desk, one["matter"]), _address(matter=one["matter"])),
                    cell(desk.city.name_of(one["grid"] or ""), small=desk.city.name_of(one["community"] or "")),
                    cell(one["cases"], _cases(first, last, one["grid"] or "", one["matter"])),
                ]
                for one in shown
            ],
            t("没有在同一网格发生三次以上的事项。"),
            caption=t("同一网格反复发生"),
        )
    with more:
        Text("span", t("{first} 至 {last}，共 {n} 组", first=f"{first:%m-%d}", last=f"{last:%m-%d}", n=len(found)))


def _stages(desk: Desk, found: Mapping[str, int], quarter: date, unit: str) -> None:
    t = desk.t
    with card(t("五阶段闭环"), "stage-card") as more:
        names, counts = [t(STAGES[stage]) for stage in STAGES], [found[stage] for stage in STAGES]
        bars(t("本季案件按五阶段"), names, counts, unit=t(" 件")).style("height: 190px")
        head = [column(t("阶段")), column(t("件数"), "num")]
        to = desk.request.query_params.get("to", "")
        links = [_address(unit=unit, to=to, stage=stage) + "#behind" for stage in STAGES]
        behind(t, head, [[cell(name), cell(n, link)] for name, n, link in zip(names, counts, links, strict=True)])
    with more:
        Text("span", t("{day} 起立案", day=f"{quarter:%m-%d}"))


async def _sum_up(desk: Desk, owners: Owners, case: str, today: date) -> None:
    """Build the form that sums up the quarter, or the squad or hard problem of a case (总结提升)."""
    t = desk.t
    chain = case or "quarters"
    if desk.signed.role is not Role.OPERATIONS:
        return
    try:
        last = (await owners.get(desk.signed, "feedback", f"/v1/summaries/{quote(chain, safe='')}"))["last"]
    except NotDone:
        last = {"conclusions": []}
    before = [one for one in last["conclusions"] if one["kind"] != "none"]
    fates = [(fate, t(words)) for fate, words in FATES.items()]
    became = [
        choice(f"fate{n}", t("上次结论：{text}", text=one["text"]), fates, key="fate",
               entry=("became", n, {"number": n + 1}))
        for n, one in enumerate(before)
    ]  # fmt: skip
    cycle = case or f"{today.year}Q{(today.month + 2) // 3}"
    entry: tuple[str, int, dict[str, Any]] = ("conclusions", 0, {})
    act_form(
        desk,
        "feedback",
        f"/v1/summaries/{quote(chain, safe='')}/sum-up",
        t("总结"),
        [
            single("cycle", t("周期"), value=cycle, most=64),
            words_field("learned", t("总结了什么"), most=200),
            *became,
            choice("kind", t("结论"), [(kind, t(words)) for kind, words in CONCLUSIONS.items()], entry=entry),
            single("code", t("所改的代码（不作改动则不填）"), required=False, most=64, entry=entry),
            words_field("text", t("改什么，或为何不改"), most=200, entry=entry),
        ],
        title=t("总结提升：{cycle}", cycle=cycle),
        next=t("专班、难点问题须完成抽检或回头看后才能总结，总结后才能销号。"),
    )


def _behind(desk: Desk, opened: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> None:
    """Build the cases behind a stage's count, or behind the grids and communities where a month's topic recurs."""
    t = desk.t
    if stage := opened.get("stage"):
        title = t("处于“{stage}”的案件", stage=t(STAGES[stage]))
    else:
        title = t("{matter}：同一网格三件以上", matter=_matter(desk, opened["matter"]))
    with card(title, "stage-cases"):
        Text("a", "", id="behind")
        head = [column(t("案号")), column(t("事项")), column(t("网格")), column(t("立案"))]
        rows = [
            [
                cell(one["number"] or one["case_id"], f"/cases/{quote(one['case_id'], safe='')}"),
                cell(_matter(desk, one["matter"] or "")),
                cell(desk.city.name_of(one["grid"] or ""), small=desk.city.name_of(one["community"] or "")),
                cell(datetime.fromisoformat(one["registered_at"]).astimezone(SHANGHAI).date().isoformat()),
            ]
            for one in found
        ]
        table(head, rows, t("没有这样的案件"), caption=title)
        if len(found) == MOST:
            asked = {**desk.request.query_params, "after": found[-1]["case_id"]}
            Text("a", t("下一页"), href=_address(**asked) + "#behind").classes("button")
