"""System 运行状态: is everything at work, how far behind is what, and what was kept aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from nicegui import background_tasks

from services.console import moments, verdicts
from services.console.access.gateway import NotDone, Owners
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import Box, SystemTable, Text
from services.console.parts.act import act_form
from services.console.parts.repaint import repainted
from services.console.pulse import Pulse, State
from services.console.ticker import Tick, Ticker
from services.console.words import Tongue, word
from shared.city.model import City
from shared.kernel.refusals import Refused

SERVICES = {
    "intake": word("接单"),
    "dispatch": word("派单"),
    "escalation": word("提会"),
    "feedback": word("评价"),
    "console": word("控制台"),
}
KEEPERS = ("intake", "dispatch", "escalation", "feedback", "console")
SHOWN = 20
"""Records of a service's quarantine on the page; the number of all stands beside them."""


def add(city: City, ticker: Ticker, owners: Owners, pulse: Pulse) -> None:
    """Add the page."""

    @Page("/system")
    def system(request: Request) -> None:
        with frame(city, ticker, request, word("运行状态"), "system") as desk:
            t = desk.t
            Text("h1", t("运行状态"))
            with card(t("服务"), "system-card"):
                services = SystemTable(heads=service_heads(t), rows=service_rows(t, {}), label=t("服务"))
            with card(t("稽核"), "system-card"):
                audited = Box("div", "kept audited")
            with card(t("隔离区：被拒收或无法读取的消息"), "system-card"):
                kept = Box("div", "kept")
            with kept:
                Text("p", t("正在读取")).classes("empty")
            with card(t("事件流：各服务落后的条数"), "system-card"):
                lags = SystemTable(heads=lag_heads(t), rows=lag_rows(t, {}), label=t("事件流"))
            said: list[tuple[str, str]] = []
            held: list[float | None] | None = None

            def show(tick: Tick) -> None:
                nonlocal said, held
                lines = verdicts.words(t, pulse.verdict())
                if lines != said:
                    said = lines
                    audited.clear()
                    with audited:
                        for css, line in lines:
                            Text("p", line).classes(css)
                states = pulse.watch()
                services.show(rows=service_rows(t, states))
                lags.show(rows=lag_rows(t, states))
                now = [state.figures.get("quarantine") for state in states.values()]
                if now != held:
                    held = now
                    background_tasks.create_lazy(_fill(desk, owners, kept), name=f"kept-{kept.id}")

            desk.follow(show)


def service_heads(t: Tongue) -> list[str]:
    """Return the headings of the table of services."""
    return [t("服务"), t("状态"), t("每秒消息"), t("待发"), t("等前一条"), t("搁置"), t("隔离"), t("时限在计"),
            t("到期未触发"), t("内存"), t("版本")]  # fmt: skip


def service_rows(t: Tongue, states: Mapping[str, State]) -> list[list[dict[str, str]]]:
    """Return a row for each service; a figure that nobody gave is a dash."""
    return [_service(t, name, states.get(name)) for name in SERVICES]


def _service(t: Tongue, name: str, state: State | None) -> list[dict[str, str]]:
    if state is None or not state.is_up:
        said = _cell("—") if state is None else _cell(t("不可达"), "late")
        return [_cell(t(SERVICES[name])), said, *(_cell("—") for _ in range(9))]
    figures = state.figures

    def count(key: str, *, alarm: bool = False) -> dict[str, str]:
        value = figures.get(key)
        return _cell("—" if value is None else f"{value:,.0f}", "late" if alarm and value else "")

    well = _cell(t("● 正常"), "ok") if not state.why else _cell(t("▲ {why}", why=" · ".join(state.why)), "soon")
    rate = _cell("—" if state.per_second is None else f"{state.per_second:,.1f}")
    memory = figures.get("memory")
    return [
        _cell(t(SERVICES[name])), well, rate, count("pending"), count("parked"), count("aside", alarm=True),
        count("quarantine", alarm=True), count("armed"), count("due", alarm=True),
        _cell("—" if memory is None else f"{memory / 2**20:,.0f} MB"), _cell(state.city_version or "—"),
    ]  # fmt: skip


def lag_heads(t: Tongue) -> list[str]:
    """Return the headings of the table of streams."""
    return [t("事件流"), *(t(name) for name in SERVICES.values())]


def lag_rows(t: Tongue, states: Mapping[str, State]) -> list[list[dict[str, str]]]:
    """Return a row for each stream, one for all of a kind that nobody is behind on; a column for each reader."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for topic in sorted({topic for state in states.values() for topic in state.lags}):
        city, kind, *rest = topic.split(".")
        is_late = any(state.lags.get(topic) for state in states.values())
        kinds[topic if is_late or len(rest) < 2 else f"{city}.{kind}.*"].append(topic)
    rows = [
        [_cell(kind if kind in topics else t("{family}（{n} 个）", family=kind, n=len(topics))),
         *(_lag(states.get(name), topics) for name in SERVICES)]
        for kind, topics in sorted(kinds.items())
    ]  # fmt: skip
    return rows or [[_cell("—") for _ in range(len(SERVICES) + 1)]]


def _lag(state: State | None, topics: Sequence[str]) -> dict[str, str]:
    behind = [] if state is None else [state.lags[topic] for topic in topics if topic in state.lags]
    return _cell(f"{sum(behind):,}" if behind else "", "soon" if any(behind) else "")


def _cell(text: str, css: str = "") -> dict[str, str]:
    return {"text": text, "css": css}


async def _fill(desk: Desk, owners: Owners, box: Box) -> None:
    """Show what each service keeps aside, with what may be done about it."""
    t = desk.t
    found: dict[str, Any] = {}
    for service in KEEPERS:
        try:
            found[service] = await owners.get(desk.signed, service, "/v1/quarantine", limit=SHOWN)
        except (NotDone, Refused):
            found[service] = None
    with repainted(box):
        away = [t(SERVICES[name]) for name, said in found.items() if said is None]
        if away:
            Text("p", t("没有读到：{services}", services=t("、").join(away))).classes("late")
        if len(away) < len(found) and not any(said and said["total"] for said in found.values()):
            Text("p", t("隔离区没有待处理的消息")).classes("empty")
        for service, said in found.items():
            for row in said["items"] if said else ():
                _kept(desk, service, row)
            if said and said["total"] > len(said["items"]):
                Text("p", t("{service}共 {n} 条", service=t(SERVICES[service]), n=said["total"])).classes("empty")


def _kept(desk: Desk, service: str, row: Mapping[str, Any]) -> None:
    t = desk.t
    with Box("article", "kept-row") as line:
        Text("b", f"{service}/{row['id']}")
        Text("span", moments.moment_of(t, row["at"]))
        Text("span", f"{row['topic']} ← {row['sender']}")
        Text("p", f"{row['zh'] if t.language == 'zh' else row['en']} · {row['rule']} {row['field']}")
        base = f"/v1/quarantine/{row['id']}"
        act_form(desk, service, f"{base}/replay", t("重放"), done=lambda _: line.delete(),
                 next=t("按原样重新送入；规则或程序改正之后才有用"))  # fmt: skip
        act_form(
            desk, service, f"{base}/discard", t("作废"), done=lambda _: line.delete(), look="danger",
            next=t("不再处理，仍保留在案"),
        )  # fmt: skip
