"""Scores 评分: cards of a period within their tier, and how each figure is made, down to its cases."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

from services.console import scores
from services.console.access.acts import ACTS, PAPERS, find
from services.console.access.gateway import Owners
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import Box, Text
from services.console.parts.act import act_form, choice
from services.console.parts.act import text as words_field
from services.console.parts.facts import Cell, behind, cell, column, lines, table
from services.console.parts.section import guarded, tabs, when
from services.console.scores import Card
from services.console.ticker import Ticker
from services.console.words import word
from shared.city.model import City

ASKERS = next(act.roles for act in ACTS if act.path == "/v1/cases/{}/ask-exclusion")
TREND = 12
PAGE = 100


def add(city: City, ticker: Ticker, owners: Owners) -> None:
    """Add the pages."""

    @Page("/scores")
    async def cards(request: Request) -> None:
        with frame(city, ticker, request, word("评分"), "scores") as desk:
            tabs(desk, "scores")
            await guarded(desk, _cards(desk, owners))

    @Page("/scores/{unit}/{period}/{rate}")
    async def figure(request: Request, unit: str, period: str, rate: str) -> None:
        with frame(city, ticker, request, word("这个数怎么来的"), "scores") as desk:
            await guarded(desk, _figure(desk, owners, unit, period, rate))


# ---- the cards of a period


async def _cards(desk: Desk, owners: Owners) -> None:
    t, asked, city = desk.t, desk.request.query_params, desk.city
    unit = asked.get("unit") or city.root.code
    own, policies = await asyncio.gather(
        owners.get(desk.signed, "feedback", "/v1/scores", unit=unit),
        owners.get(desk.signed, "feedback", "/v1/policies"),
    )
    history = {c["period"]: c for c in own["scores"]}
    known = history if unit == city.root.code else {
        c["period"]: c for c in (await owners.get(desk.signed, "feedback", "/v1/scores", unit=city.root.code))["scores"]
    }  # fmt: skip
    period = asked.get("period") or max((p for p in known if scores.span_of(p) == "month"), default="")
    try:
        span = scores.span_of(period)
    except ValueError:
        Text("h1", t("评分"))
        with Box("div", "nothing"):
            Text("p", t("还没有公布过评分。每期结束后第 7 个工作日冻结并公布。"))
        return
    found = await _of_period(desk, owners, period)
    earlier = {c["unit"]: c for c in await _of_period(desk, owners, scores.before(period))}
    _head(desk, period, span, unit, history.get(period), known)
    if not found:
        with Box("div", "nothing"):
            Text("p", t("{period}尚未公布。", period=scores.period_name(t, period)))
        return
    with Box("div", "score-top"):
        _trend(desk, unit, span, history)
        with Box("div", "column"):
            _explained(desk, unit, period, history.get(period), policies["policies"])
            if unit != city.root.code:
                await _deeds(desk, owners, unit, period)
    _tier(desk, period, unit, found, earlier)


async def _of_period(desk: Desk, owners: Owners, period: str) -> list[Card]:
    found: list[Card] = []
    after: str | None = ""
    while after is not None:
        page = await owners.get(desk.signed, "feedback", "/v1/scores", period=period, after=after)
        found, after = found + page["scores"], page["next"]
    return found


def _address(**chosen: str) -> str:
    said = {name: value for name, value in chosen.items() if value}
    return "/scores?" + urlencode(said) if said else "/scores"


def _head(desk: Desk, period: str, span: str, unit: str, own: Card | None, known: Mapping[str, Card]) -> None:
    t = desk.t
    with Box("div", "list-head"):
        Text("h1", t("三率 · {unit}", unit=desk.city.name_of(unit)))
        with Box("p", "total"):
            if own is not None:
                Text("span", t("评分办法第 {n} 版", n=own["policy"])).classes("tag")
                Text(
                    "span",
                    t(
                        "{period} · 有效评价 {n} 件 · 剔除 {out} 件",
                        period=scores.period_name(t, period),
                        n=f"{own['response']['denominator']:,}",
                        out=f"{own['excluded']:,}",
                    ),
                )
    kept = unit if unit != desk.city.root.code else ""
    with Box("div", "filters"):
        with Box("nav", "chips", aria_label=t("计分期")):
            for name, words in (("month", t("月")), ("quarter", t("季")), ("year", t("年"))):
                newest = max((p for p in known if scores.span_of(p) == name), default="")
                if newest:
                    link = Text("a", words, href=_address(period=newest, unit=kept))
                    link.classes("pick on" if name == span else "pick")
            same = sorted((p for p in known if scores.span_of(p) == span), reverse=True)
            place = same.index(period) if period in same else 0
            if place + 1 < len(same):
                Text("a", t("← 上一期"), href=_address(period=same[place + 1], unit=kept)).classes("pick")
            if place > 0:
                Text("a", t("下一期 →"), href=_address(period=same[place - 1], unit=kept)).classes("pick")
        if kept:
            Text("a", t("全市"), href=_address(period=period)).classes("pick")
        with Box("span", "downloads"):
            for form, words in (("docx", "Word"), ("pdf", "PDF"), ("xlsx", "Excel")):
                path = f"/v1/bulletins/{period}.{form}"
                act = find(PAPERS, "feedback", path)
                if act is not None and desk.signed.role in act.roles:
                    Text("a", t("通报 {form}", form=words), href=f"/paper/feedback{path}", download="")


def _trend(desk: Desk, unit: str, span: str, history: Mapping[str, Card]) -> None:
    t = desk.t
    periods = sorted(p for p in history if scores.span_of(p) == span)[-TREND:]
    title = {"month": t("月度三率"), "quarter": t("季度三率"), "year": t("年度三率")}[span]
    with card(t("{unit} {what}", unit=desk.city.name_of(unit), what=title), "trend-card") as more:
        if len(periods) < 2:
            Text("p", t("公布两期以后才有走势。")).classes("empty")
        else:
            named = [scores.short_name(t, p) for p in periods]
            series = [
                (t(name), [scores.number((history[p].get(rate) or {}).get("percent")) for p in periods])
                for rate, (name, _) in scores.THREE.items()
            ]
            lines(t("{unit} {what}", unit=desk.city.name_of(unit), what=title), named, series)
        head = [column(t("计分期")), *(column(t(name), "num") for name, _ in scores.THREE.values()),
                column(t("三率综合"), "num"), column(t("有效评价"), "num")]  # fmt: skip
        behind(t, head, [_history_row(desk, unit, p, history[p]) for p in reversed(periods)])
    with more:
        if periods:
            first, last = scores.period_name(t, periods[0]), scores.period_name(t, periods[-1])
            Text("span", t("{first} 至 {last}", first=first, last=last))


def _history_row(desk: Desk, unit: str, period: str, found: Card) -> Sequence[Cell]:
    kept = unit if unit != desk.city.root.code else ""
    return (
        cell(scores.period_name(desk.t, period), _address(period=period, unit=kept)),
        *(cell(scores.percent(found[rate]), explain(unit, period, rate)) for rate in scores.THREE),
        cell(found["composite"] or "—", explain(unit, period, "composite")),
        cell(f"{found['response']['denominator']:,}"),
    )


def explain(unit: str, period: str, rate: str, part: str = "") -> str:
    """Return the address that explains one figure."""
    path = f"/scores/{quote(unit, safe='')}/{period}/{rate}"
    return f"{path}?part={part}" if part else path


def _explained(desk: Desk, unit: str, period: str, found: Card | None, policies: Sequence[Mapping[str, Any]]) -> None:
    t = desk.t
    with card(t("这个数怎么来的"), "how-card") as more:
        if found is None:
            Text("p", t("{unit}本期没有公布的评分。", unit=desk.city.name_of(unit))).classes("empty")
            return
        rules = {str(p["version"]): p for p in policies}
        weights = rules.get(found["policy"], {}).get("weights", {})
        head = [
            column(t("指标")),
            column(t("分子")),
            column(t("分母")),
            column(t("率"), "num"),
            column(t("权重"), "num"),
        ]
        rows = []
        for rate, (name, sentence) in scores.THREE.items():
            made = found[rate]
            rows.append(
                (
                    cell(t(name), title=t(sentence), css="name"),
                    cell(_above(desk, rate, made), explain(unit, period, rate, "numerator")),
                    cell(t("{n} 有效评价", n=f"{made['denominator']:,}"), explain(unit, period, rate)),
                    cell(scores.percent(made), css="strong"),
                    cell(_share(weights.get(rate))),
                )
            )
        table(head, rows, "", caption=t("三率的分子、分母和权重"))
        coverage = found["coverage"]
        silent = int(coverage["denominator"]) - int(float(coverage["numerator"]))
        with Box("p", "how-note"):
            Text("span", t("未评价 {n} 件计为未评价，不计满意。", n=f"{silent:,}"))
            Text("a", t("评价覆盖 {rate}", rate=scores.percent(coverage)), href=explain(unit, period, "coverage"))
        if found["excluded"]:
            with Box("p", "how-note"):
                Text(
                    "a",
                    t("剔除 {n} 件，谁申请、谁支持、谁批准", n=found["excluded"]),
                    href=explain(unit, period, "resolution", "excluded"),
                )
        with Box("p", "how-note"):
            Text("span", _standing(desk, found))
        changed = _differences(desk, found, rules)
        if changed:
            Text("p", changed).classes("how-note")
    with more:
        few = t("（样本少，不排名）") if found["few"] else ""
        Text("a", t("综合 {n}", n=found["composite"] or "—") + few, href=explain(unit, period, "composite"))


def _above(desk: Desk, rate: str, made: Mapping[str, Any]) -> str:
    t, said = desk.t, made["numerator"]
    if rate == "satisfaction":
        return t("{n} 满意折算", n=said)
    return t("{n} 联系过", n=f"{int(said):,}") if rate == "response" else t("{n} 已解决", n=f"{int(said):,}")


def _share(weight: str | None) -> str:
    if weight is None:
        return "—"
    above, _, below = weight.partition("/")
    return f"{100 * float(above) / float(below or 1):g}%"


def _standing(desk: Desk, found: Card) -> str:
    t = desk.t
    frozen = when(desk, found["frozen_at"])
    said = t(
        "评分办法第 {n} 版，{at} 冻结，第 {revision} 次公布", n=found["policy"], at=frozen, revision=found["revision"]
    )
    causes = t("、").join(t(scores.CAUSES[cause]) for cause in found["cause"] if cause in scores.CAUSES)
    return said + (t("，修订原因：{why}", why=causes) if causes else "")


def _differences(desk: Desk, found: Card, rules: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the version in force changed against the last one."""
    t, now, last = desk.t, rules.get(found["policy"]), rules.get(str(int(found["policy"]) - 1))
    if now is None or last is None:
        return ""
    moved = [
        t("{name}权重 {was} → {now}", name=t(name), was=_share(last["weights"][rate]), now=_share(now["weights"][rate]))
        for rate, (name, _) in scores.THREE.items()
        if last["weights"][rate] != now["weights"][rate]
    ]
    if last["exclusion_scope"] != now["exclusion_scope"]:
        moved.append(t("剔除范围改变"))
    return t("与上一版不同：{what}", what=t("、").join(moved)) if moved else t("与上一版相比，权重和剔除范围没有变化。")


def _tier(desk: Desk, period: str, unit: str, found: Sequence[Card], earlier: Mapping[str, Card]) -> None:
    t = desk.t
    groups = {key: peers for key, peers in scores.tiers(found).items() if key[0] != "city"}
    if not groups:
        return
    wanted = desk.request.query_params.get("tier", "")
    of_unit = next((key for key, peers in groups.items() if any(c["unit"] == unit for c in peers)), None)
    by_name = {f"{kind}:{tier}": (kind, tier) for kind, tier in groups}
    kind, tier = by_name.get(wanted) or of_unit or next((k for k in groups if k[0] == "department"), next(iter(groups)))
    peers = groups[kind, tier]
    low, high = scores.cut(float(c["composite"]) for c in peers if c["composite"] is not None)
    with card(t("{tier}得分（{n} 个单位）", tier=_tier_name(desk, kind, tier), n=len(peers)), "tier-card") as more:
        shown = ("on_time", "closing", "rework", "hand_back", "accurate_dispatch", "extension")
        on_phone = ("on_time", "rework")
        head = [
            column(t("名次"), "num"), column(t("单位")), column(t("到期"), "num wide-only"),
            *(column(t(scores.RATES[rate][0]), "num" if rate in on_phone else "num wide-only", t(scores.RATES[rate][1]))
              for rate in shown),
            column(t("有效评价"), "num"), column(t("三率综合（{low}–{high}）", low=low, high=high)),
            column(t("较上期"), "num"),
        ]  # fmt: skip
        table(
            head,
            [_peer(desk, period, unit, c, earlier.get(c["unit"]), shown, low) for c in peers],
            t("本档没有公布的评分"),
            caption=t("{tier}得分", tier=_tier_name(desk, kind, tier)),
        )
    with more:
        Text("span", t("只在同档内比较"))
        for other_kind, other in groups:
            if (other_kind, other) != (kind, tier):
                kept = unit if unit != desk.city.root.code else ""
                href = _address(period=period, unit=kept, tier=f"{other_kind}:{other}")
                Text("a", _tier_name(desk, other_kind, other), href=href)


def _tier_name(desk: Desk, kind: str, tier: str) -> str:
    name = desk.t(scores.KINDS[kind]) if kind in scores.KINDS else kind
    return name if tier == kind else f"{name} {tier}"


def _peer(
    desk: Desk, period: str, chosen: str, found: Card, earlier: Card | None, shown: Sequence[str], low: int
) -> Sequence[Cell]:
    unit, composite = found["unit"], scores.number(found["composite"])
    due = scores.rate_of(found, "on_time")
    at = None if composite is None else max(0.0, 100 * (composite - low) / (100 - low))
    few = desk.t("样本少") if found["few"] else ""
    return (
        cell(found["place"] or "—"),
        cell(desk.city.name_of(unit), _address(period=period, unit=unit), css="name on" if unit == chosen else "name"),
        cell(f"{due['denominator']:,}" if due else "—"),
        *(
            cell(scores.percent(scores.rate_of(found, rate)), explain(unit, period, rate))
            if scores.percent(scores.rate_of(found, rate)) != "—"
            else cell("—")
            for rate in shown
        ),
        cell(f"{found['response']['denominator']:,}", small=few),
        cell(found["composite"] or "—", explain(unit, period, "composite"), at=at, css="strip-cell strong"),
        cell(scores.change(found, earlier) or "—"),
    )


async def _deeds(desk: Desk, owners: Owners, unit: str, period: str) -> None:
    """Build what else stands on the unit's card; what people judged stands apart from what events gave."""
    t = desk.t
    whole = await owners.get(desk.signed, "feedback", f"/v1/cards/{quote(unit, safe='')}/{period}")
    with card(t("实绩与职责"), "deeds-card") as more:
        counted = [(kind, n) for kind, n in whole["deeds"]["counts"].items() if n]
        head = [column(t("项目")), column(t("次数"), "num")]
        rows = [(cell(t(scores.DEEDS[kind])), cell(f"{n:,}")) for kind, n in counted]
        rows += [
            (cell(t("未履行：{duty}", duty=t(scores.DUTIES.get(d["duty"], d["duty"]))), small=d["leader"] or ""),
             cell(f"{d['done']}/{d['least']}"))
            for d in whole["duties_missed"]
        ]  # fmt: skip
        if whole["checks"]["denominator"]:
            checks = whole["checks"]
            rows.append((cell(t("抽检与回头看合格")), cell(f"{checks['numerator']}/{checks['denominator']}")))
        table(head, rows, t("本期没有认领、吹哨、报到、检查等记录。"), stacked=False)
        judged = whole["assessed"] or {}
        if judged.get("hundred_point"):
            said = judged["hundred_point"]["score"] or "—"
            Text("p", t("群众评议（另列，不计入三率）：百分考核 {score}", score=said)).classes("how-note")
        if judged.get("two_way"):
            said = judged["two_way"]["score"]
            Text("p", t("群众评议（另列，不计入三率）：双向考核 {score}", score=said)).classes("how-note")
    with more:
        Text("span", scores.period_name(t, period))


# ---- one figure


async def _figure(desk: Desk, owners: Owners, unit: str, period: str, rate: str) -> None:
    t, asked = desk.t, desk.request.query_params
    part = asked.get("part", "") if asked.get("part") in scores.PARTS else ""
    path = f"/v1/scores/{quote(unit, safe='')}/{period}/{rate}"
    found = await owners.get(desk.signed, "feedback", path, part=part or None, after=asked.get("after", ""), limit=PAGE)
    name, sentence = scores.ALL.get(rate, (rate, ""))
    with Box("div", "case-head"):
        with Box("p", "crumbs"):
            Text("a", t("评分"), href=_address(period=period, unit=unit))
            Text("span", f" · {desk.city.name_of(unit)} · {scores.period_name(t, period)}")
        title = t("{name} {figure}", name=t(name), figure=_shown(rate, found["percent"]))
        Text("h1", title)
        if sentence:
            Text("p", t(sentence)).classes("total")
    with card(t("这个数怎么来的"), "figure-card") as more:
        with Box("p", "how-note"):
            Text("span", _about(desk, rate, found))
        if "parts" in found:
            _composite(desk, unit, period, found)
        else:
            _parts(desk, unit, period, rate, found, part)
    with more:
        Text("span", t("评分办法第 {n} 版", n=found["policy"]))
    if asked.get("exclude") and desk.signed.post.at == unit and desk.signed.role in ASKERS:
        _ask(desk, asked["exclude"])
    if rate in scores.THREE and found.get("excluded"):
        await _exclusions(desk, owners, unit, period)


def _shown(rate: str, figure: str | None) -> str:
    return figure + ("" if rate == "composite" else "%") if figure else "—"


def _about(desk: Desk, rate: str, found: Mapping[str, Any]) -> str:
    t = desk.t
    if found["revision"] is None:
        return t("本期尚未公布，以下为测算数，不排名、不公布。")
    at = when(desk, found["frozen_at"])
    said = t("第 {n} 次公布，{at} 冻结。", n=found["revision"], at=at)
    now, then = found["percent"], found["published"]
    then = then.get("percent") if isinstance(then, Mapping) else then
    if now != then:
        said += t(
            "公布为 {then}，按现有记录为 {now}，差异将作为修订公布。", then=_shown(rate, then), now=_shown(rate, now)
        )
    return said


def _composite(desk: Desk, unit: str, period: str, found: Mapping[str, Any]) -> None:
    t = desk.t
    head = [column(t("指标")), column(t("分子"), "num"), column(t("分母"), "num"), column(t("率"), "num"),
            column(t("权重"), "num"), column(t("计入"), "num")]  # fmt: skip
    rows = []
    for part in found["parts"]:
        figure = scores.number(part["percent"])
        share = float(_share(part["weight"]).rstrip("%"))
        rows.append(
            (
                cell(t(scores.THREE[part["rate"]][0]), explain(unit, period, part["rate"]), css="name"),
                cell(part["numerator"], explain(unit, period, part["rate"], "numerator")),
                cell(f"{part['denominator']:,}", explain(unit, period, part["rate"])),
                cell(_shown(part["rate"], part["percent"])),
                cell(_share(part["weight"])),
                cell("—" if figure is None else f"{figure * share / 100:.2f}"),
            )
        )
    table(head, rows, "", caption=t("综合分的组成"))


def _parts(desk: Desk, unit: str, period: str, rate: str, found: Mapping[str, Any], part: str) -> None:
    t = desk.t
    Text("p", t("{above} ÷ {below} = {figure}", above=found["numerator"], below=f"{found['denominator']:,}",
                figure=_shown(rate, found["percent"]))).classes("formula")  # fmt: skip
    with Box("nav", "chips parts", aria_label=t("按算法筛选")):
        for name, words in {"": t("全部"), **{k: t(v) for k, v in scores.PARTS.items()}}.items():
            label = words if name != "excluded" else t("{name} {n}", name=words, n=f"{found['excluded']:,}")
            link = Text("a", label, href=explain(unit, period, rate, name))
            link.classes("pick on" if name == part else "pick")
            if name == part:
                link.props["aria-current"] = "true"
    may = rate in scores.THREE and desk.signed.post.at == unit and desk.signed.role in ASKERS
    head = [column(t("单号")), column(t("责任单位")), column(t("算法")), column(t("说明"))]
    if may:
        head.append(column(t("提出剔除")))
    table(
        head,
        [
            (
                cell(c["number"] or c["case"], f"/cases/{quote(c['number'] or c['case'], safe='')}"),
                cell(desk.city.name_of(c["lead"] or c["dispatcher"] or "")),
                cell(t(scores.PARTS[c["part"]])),
                cell(_why(desk, c)),
                *([cell(t("申请"), _asking(unit, period, rate, c["case"]))] if may else []),
            )
            for c in found["cases"]
        ],
        t("没有这样的案件"),
        caption=t("这个数背后的案件"),
    )
    if found["next"]:
        more = f"{explain(unit, period, rate)}?{urlencode({'part': part, 'after': found['next']})}"
        Text("a", t("下一页"), href=more).classes("button")


def _asking(unit: str, period: str, rate: str, case: str) -> str:
    return f"{explain(unit, period, rate)}?{urlencode({'exclude': case})}"


def _ask(desk: Desk, case: str) -> None:
    """Build the form by which a rated unit asks to leave a case out; absent for everybody else."""
    t = desk.t
    grounds = [(code, t(scores.WHY[code])) for code in ("unreasonable", "force_majeure", "outside_law")]
    with card(t("提出剔除"), "act-card ask-card") as more:
        act_form(
            desk,
            "feedback",
            f"/v1/cases/{quote(case, safe='')}/ask-exclusion",
            t("申请"),
            [choice("code", t("理由"), grounds), words_field("why", t("事实和依据"))],
            title=case,
            next=t("结案后 3 个工作日内申请，一案一次；两名指挥中心人员一人支持、一人批准，3 个工作日不决为不同意。"),
        )
    with more:
        Text("a", t("单号 {case}", case=case), href=f"/cases/{quote(case, safe='')}")


def _why(desk: Desk, case: Mapping[str, Any]) -> str:
    t = desk.t
    if case["why"]:
        return t(scores.WHY[case["why"]]) if case["why"] in scores.WHY else str(case["why"])
    if case.get("grade"):
        return t("满意度 {n} 级，{solved}", n=case["grade"], solved=t("已解决") if case["solved"] else t("未解决"))
    if case.get("handled_at"):
        return t("{at} 反馈", at=when(desk, case["handled_at"]))
    return ""


async def _exclusions(desk: Desk, owners: Owners, unit: str, period: str) -> None:
    t = desk.t
    if scores.span_of(period) != "month":
        return
    asked = {"period": period, "stage": "granted", "limit": 500}
    if unit != desk.city.root.code:
        asked["unit"] = unit
    found = (await owners.get(desk.signed, "feedback", "/v1/exclusions", **asked))["exclusions"]
    with card(t("剔除"), "exclusion-card") as more:
        head = [column(t("单号")), column(t("理由")), column(t("申请")), column(t("支持人")), column(t("批准"))]
        table(
            head,
            [
                (
                    cell(e["case"], f"/cases/{quote(e['case'], safe='')}"),
                    cell(t(scores.WHY[e["code"]]) if e["code"] in scores.WHY else e["code"]),
                    cell(desk.city.name_of(e["unit"])),
                    cell(e["supported_by"] or "—"),
                    cell(e["decided_by"] or "—"),
                )
                for e in found
            ],
            t("本期没有准予的剔除"),
        )
    with more:
        Text("span", t("单位申请，两名指挥中心人员一人支持、一人批准"))
