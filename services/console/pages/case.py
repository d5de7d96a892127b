"""One case 案件经过: where it stands, who answers for it and until when, and everything that happened."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from nicegui import background_tasks, context
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import grounds, listing, moments, portrait, queries, queues, stories, words
from services.console.access.acts import PAPERS, find
from services.console.access.gateway import NotDone, Owners
from services.console.access.scope import Scope
from services.console.pages.frame import Desk, Page, card, frame, own_scope
from services.console.parts import Box, ClockBox, Details, GridMap, History, Steps, Text, joining, topic_acts
from services.console.parts.order import Order, build_forms, said_by
from services.console.parts.repaint import repainted
from services.console.parts.whistle import sound_form
from services.console.projection.case import CaseRow
from services.console.projection.ledger import LedgerRow, TopicRow
from services.console.queries import Told
from services.console.queues import Clerk
from services.console.ticker import Tick, Ticker
from services.console.words import Tongue, word
from shared.city.model import City
from shared.kernel.refusals import Refused

STEPS = (
    word("提单"), word("立案"), word("派单"), word("签收"), word("办单"), word("核查"), word("评单"), word("结案")
)  # fmt: skip
AT_STEP = {
    "held": 1, "rejected": 1, "registered": 2, "waiting": 2, "dispatched": 3, "accepted": 4, "suspended": 4,
    "escalated": 4, "handled": 5, "verified": 6, "closed": 8, "withdrawn": 7, "merged": 7,
    "split": 7,
}  # fmt: skip
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class File:
    """All that the page shows of a case at one moment."""

    row: CaseRow
    history: list[Told]
    entries: list[TopicRow]
    ledgers: dict[str, LedgerRow]


def add(city: City, ticker: Ticker, engine: AsyncEngine, owners: Owners) -> None:
    """Add the page."""

    @Page("/cases/{number}")
    async def case(request: Request, number: str) -> None:
        file = await _open(engine, number, own_scope(city))
        title = word("案件")
        with frame(city, ticker, request, title, "cases") as desk:
            if file is None:
                context.client.status_code = 404
                _missing(desk, number)
            else:
                _build(desk, file, Clerk(desk.signed, city, engine, owners, desk.t))


async def _open(engine: AsyncEngine, number: str, scope: Scope) -> File | None:
    async with engine.connect() as conn:
        row = await queries.case(conn, number, scope)
        if row is None:
            return None
        entries = await queries.entries_of(conn, row.id)
        heads = await queries.ledgers(conn, [entry.body for entry in entries])
        return File(row, await queries.history(conn, row.id), entries, heads)


def _missing(desk: Desk, number: str) -> None:
    t = desk.t
    with Box("div", "nothing"):
        Text("h1", t("没有这个单号：{number}", number=number))
        Text("p", t("请核对单号，或按标题找。不在您范围内的案件不显示。"))
        with Box("form", "search", action="/cases", method="get", role="search"):
            Box("input", name="q", type="search", value=number, aria_label=t("单号、标题"))
            Text("button", t("搜索"), type="submit").classes("button")
        Text("a", t("回到案件"), href="/cases").classes("button")


def _build(desk: Desk, file: File, clerk: Clerk) -> None:
    t, city, engine = desk.t, desk.city, clerk.engine
    with Box("div", "case-head"):
        with Box("p", "crumbs"):
            Text("a", t("案件"), href="/cases")
            source = listing.source_name(city, file.row.source, t)
            said = t("{n} 人反映", n=file.row.reporters)
            Text("span", f" / {file.row.number} · {source} · {said}")
        Text("h1", file.row.summary or file.row.number)
    with Box("section", "card steps-card"):
        steps = Steps(steps=[])
    with Box("div", "case"):
        with card(t("办理经过"), "history-card") as more:
            history = History(entries=[], filters=[])
        with more:
            total = Text("span", "")
        with Box("div", "side"):
            with card(t("时钟"), "clock-card"):
                box = ClockBox(**portrait.no_clock(t))
                spent = Details(rows=[])
            with card(t("责任单位"), "unit-card") as more:
                responsible = Text("p", "").classes("responsible")
                others = Text("p", "").classes("others")
            with more:
                Text("span", t("始终只有一个"))
            acts = Box("section", "acts")
            with card(t("议题与台账"), "topic-card"):
                topic = Details(rows=[])
            with card(t("事项与位置"), "matter-card"):
                about = Details(rows=[])
            _place(desk, file.row)
        _papers(desk, file.row)
    shown = file
    reading = asyncio.Lock()

    def clock(tick: Tick) -> None:
        box.show(**portrait.clock(city, t, shown.row, tick))

    def sees() -> bool:
        return portrait.sees_work(city, desk.signed.role, clerk.me, shown.row)

    def paint(now: datetime) -> None:
        steps.show(steps=_steps(t, shown.row))
        entries = portrait.entries(city, t, shown.history, now, sees=sees())
        history.show(entries=entries, filters=_filters(t, entries))
        total.text = t("{n} 条 · 最新在上", n=len(entries))
        responsible.text = portrait.responsible(city, t, shown.row)
        others.text = portrait.others(city, t, shown.row)
        spent.show(rows=_spent(t, shown, now))
        topic.show(rows=_topic(city, t, shown, now))
        about.show(rows=portrait.about(city, t, shown.row, shown.history))

    async def read_again(tick: Tick) -> None:
        nonlocal shown
        async with reading:
            shown = await _open(engine, shown.row.id, desk.scope) or shown
        paint(tick.moment.now)
        clock(tick)
        await offer()

    async def offer() -> None:
        """Build what the reader may do about the case as it now stands."""
        row = shown.row
        try:
            stands = await queues.standing(clerk, row)
            sequence = max((fact.sequence for fact in shown.history if fact.service == "dispatch"), default=0)
            joined = await joining.read(desk, clerk, row)
        except (NotDone, Refused) as error:
            with repainted(acts):
                Text("p", said_by(desk, error)).classes("notice")
            return
        with repainted(acts):
            build_forms(desk, Order(row, stands, clerk.me, sequence, shown.history, lambda _: None))
            topic_acts.propose_case(desk, row)
            if joined is not None:
                joining.build(desk, row, shown.history, joined)
            if row.status not in queues.WITHOUT_ORDER:
                sound_form(desk, clerk, row)

    def show(tick: Tick) -> None:
        clock(tick)
        if shown.row.id in tick.touched:
            background_tasks.create(read_again(tick), name="case page")

    paint(desk.ticker.last.moment.now if desk.ticker.last else file.row.received_at)
    background_tasks.create(offer(), name="case acts")
    desk.follow(show)


def _place(desk: Desk, row: CaseRow) -> None:
    """Build a small map of the unit where it is, with the spot if it is known; nothing where the city draws none."""
    t, city = desk.t, desk.city
    above = city.lineage(row.unit) if row.unit and row.unit in city.units else ()
    unit = next((one for one in above if one.code in city.boundaries and one.level in grounds.SHOWN), None)
    if unit is None:
        return
    with card(t("位置图"), "place-card"):
        GridMap(
            src=f"/shapes.geojson?v={city.version}", label=t("位置图：{unit}", unit=unit.name), zoomable=False,
            cells={unit.code: {"shade": 2, "late": 0, "hint": row.number}}, focus=unit.code,
            pin=None if row.lon is None else [row.lon, row.lat],
        )  # fmt: skip


def _papers(desk: Desk, row: CaseRow) -> None:
    """Build the links to the papers of a case, for those who may have them."""
    t = desk.t
    papers = (
        ("dispatch", f"/v1/orders/{row.id}/assignment", t("问题交办单")),
        ("dispatch", f"/v1/orders/{row.id}/disposal", t("处置反馈单")),
        ("feedback", f"/v1/cases/{row.id}/rating", t("工作评分单")),
    )
    own = [one for one in papers if (act := find(PAPERS, one[0], f"{one[1]}.pdf")) and desk.signed.role in act.roles]
    if not own or not row.assignment:
        return
    with card(t("卷宗"), "papers-card"), Box("p", "papers"):
        for service, path, name in own:
            for form in ("pdf", "docx"):
                said = f"{name} {form.upper() if form == 'pdf' else 'Word'}"
                Text("a", said, href=f"/paper/{service}{path}.{form}").classes("button")


def _steps(t: Tongue, row: CaseRow) -> Rows:
    at = AT_STEP[row.status]
    names = [t(name) for name in STEPS]
    if row.status == "escalated":
        names[4] = t("办单（上会）")
    ended = row.status in ("withdrawn", "rejected")
    if ended:
        names[-1] = t(words.STATUSES[row.status])
    states = ["done" if i < at else "now" if i == at else "next" for i in range(len(names))]
    return [{"name": name, "state": state} for name, state in zip(names, states, strict=True)]


def _filters(t: Tongue, entries: Rows) -> Rows:
    found = Counter(entry["group"] for entry in entries)
    orders = [t(name) for name in stories.ORDERS.values()]
    picks = [{"key": name, "name": name, "n": found[name]} for name in orders if found[name]]
    return [{"key": "", "name": t("全部"), "n": len(entries)}, *picks]


def _spent(t: Tongue, file: File, now: datetime) -> Rows:
    row = file.row
    rows = [{"name": t("立案"), "text": moments.moment(t, row.registered_at, now)}] if row.registered_at else []
    if row.case_due_at:
        rows.append({"name": t("全案期限"), "text": moments.moment(t, row.case_due_at, now)})
    if row.assignment:
        rows.append({"name": t("派单次数"), "text": t("{n} 次", n=row.assignment)})
    late = [fact for fact in file.history if fact.type == "order.overdue.v1"]
    said = t("、").join(
        f"{t(words.CLOCKS.get(fact.data['of'], words.CLOCKS['case']))} {moments.short_moment(fact.acted_at, now)}"
        for fact in late
    )
    rows.append({"name": t("超期记录"), "text": said or t("无")})
    return rows


def _topic(city: City, t: Tongue, file: File, now: datetime) -> Rows:
    if not file.entries:
        return [{"name": t("议题"), "text": t("未上会")}]
    rows: Rows = [{"name": t("议题"), "text": file.entries[0].topic}]
    for entry in file.entries:
        level = city.levels.get(entry.level)
        name = entry.level if level is None else level.names.zh if t.language == "zh" else level.names.en
        said = [city.name_of(entry.body), t(words.ENTRIES[entry.entry])]
        if entry.entry in ("open", "tabled") and entry.answer_due_at:
            said.append(t("{day} 前答复", day=moments.day(entry.answer_due_at, now)))
        rows.append({"name": name, "text": " · ".join(said)})
        head = file.ledgers.get(entry.body)
        if head:
            rows.append({"name": t("台账"), "text": t("已记 {n} 条 · {hash}", n=head.seq, hash=head.hash[:8])})
    return rows
