"""Ledger 台账: every entry of a body, what was decided, whether its chain is whole, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from nicegui import context, ui
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.console import agendas, moments, queries, sittings, words
from services.console.access import scope
from services.console.access.acts import ACTS, find
from services.console.access.gateway import NotDone, Owners
from services.console.pages.frame import Desk, Page, card, frame
from services.console.pages.meetings import own_body
from services.console.parts import Box, LedgerRows, Text, topic_acts
from services.console.projection.ledger import LedgerRow, TopicRow
from services.console.ticker import Tick, Ticker
from services.console.words import word
from shared.city.model import City
from shared.kernel.refusals import Refused

PAGE, SHOWN_PROPOSED = 50, 20
STATES = ("waiting", "executing", "moved_up", "settled", "written_off", "declined", "listed")
TONES = {"executing": "ok", "moved_up": "meeting", "written_off": "ended", "declined": "ended", "listed": "soon",
         "settled": "soon"}  # fmt: skip
BREAKS = {
    "edited": word("内容被改动"),
    "gap": word("缺号"),
    "reordered": word("顺序被打乱"),
    "foreign": word("混入别的台账"),
    "truncated": word("末尾被截断"),
    "recomputed": word("整链被重算"),
}
FORMS = (("xlsx", "Excel"), ("csv", "CSV"), ("json", "JSON"))


def add(city: City, ticker: Ticker, engine: AsyncEngine, owners: Owners) -> None:
    """Add the page; `/ledger` leads to that of the reader's own body, at the city to the top one."""

    @Page("/ledger")
    async def own(request: Request) -> None:
        with frame(city, ticker, request, word("台账"), "ledger") as desk:
            ui.navigate.to(f"/ledger/{quote(own_body(desk) or city.root.code)}")

    @Page("/ledger/{unit}")
    async def ledger(request: Request, unit: str) -> None:
        with frame(city, ticker, request, word("台账"), "ledger") as desk:
            party = scope.party_of(desk.signed.actor(city))
            is_over = desk.signed.actor(city).kind == "operations" or scope.leads_to(city, unit, party)
            if unit not in city.bodies or not is_over:
                context.client.status_code = 404
                with Box("div", "nothing"):
                    Text("h1", desk.t("没有这个台账，或不由您的单位查看：{unit}", unit=unit))
                    Text("a", desk.t("回到联席会议"), href="/meetings").classes("button")
                return
            await _build(desk, unit, engine, owners)


async def _build(desk: Desk, unit: str, engine: AsyncEngine, owners: Owners) -> None:
    t, city = desk.t, desk.city
    asked = desk.request.query_params
    state = asked.get("state", "") if asked.get("state", "") in STATES else ""
    is_late = asked.get("late") == "1"
    number = asked.get("page", "1")
    at = int(number) if number.isascii() and number.isdigit() and 0 < int(number) < 10_000 else 1
    async with engine.connect() as conn:
        now = (await queries.moment(conn)).now
        rows, total = await sittings.of_ledger(conn, unit, state, now if is_late else None, PAGE, (at - 1) * PAGE)
        chains = await sittings.entries(conn, [row.topic for row in rows])
        head = (await queries.ledgers(conn, [unit])).get(unit)
        held = await queries.meetings(conn, [row.meeting for row in rows if row.meeting])
        proposed = await _to_screen(desk, unit, conn)
        told = await sittings.said_of(conn, [row.case_id for row in proposed])
    with Box("div", "list-head"):
        with Box("div"):
            Text("p", city.levels[city.bodies[unit].level].names.zh if t.language == "zh" else
                 city.levels[city.bodies[unit].level].names.en).classes("crumbs")  # fmt: skip
            Text("h1", t("{body} 议题台账", body=agendas.body_name(city, unit)))
        newer = Text("a", t("有更新，点击刷新"), href=_address(unit, state, is_late)).classes("newer hidden")
        with Box("p", "ledger-files"):
            for form, name in FORMS:
                Text("a", t("导出 {form}", form=name), href=f"/paper/escalation/v1/ledger/{unit}.{form}", download="")
    await _chain(desk, unit, head, owners, now)
    acted = list[int]()
    if proposed:
        with card(t("待审议题"), "screen-card") as more:
            topic_acts.screen(desk, proposed, told, now, lambda _: acted.append(1))
        with more:
            Text("span", t("{n} 项", n=len(proposed)))
    _filters(desk, unit, state, is_late)
    with card(t("台账条目"), "ledger-card") as more:
        if rows:
            LedgerRows(heads=_heads(desk), rows=[_row(desk, row, chains, held, now) for row in rows])
        else:
            said = t("没有符合条件的议题") if state or is_late else t("还没有议题；提出或提请上会后自动列入")
            Text("p", said).classes("empty")
        if total > PAGE:
            with Box("nav", "pages", aria_label=t("翻页")):
                for n in range(1, min((total + PAGE - 1) // PAGE, 40) + 1):
                    link = Text("a", str(n), href=_address(unit, state, is_late, n)).classes(
                        "pick on" if n == at else "pick"
                    )
                    if n == at:
                        link.props["aria-current"] = "page"
    with more:
        Text("span", t("共 {n} 条 · 最新在上 · 不可编辑", n=f"{total:,}"))

    def show(tick: Tick) -> None:
        if f"ledger:{unit}" in tick.touched and acted:
            ui.navigate.to(_address(unit, state, is_late, at))
        elif f"ledger:{unit}" in tick.touched:
            newer.classes(remove="hidden")

    desk.follow(show)


async def _to_screen(desk: Desk, unit: str, conn: AsyncConnection) -> list[TopicRow]:
    """Return the proposals that wait for the reader: those of the body whose secretary he is, the oldest first."""
    act = find(ACTS, "escalation", "/v1/topics/any/admit")
    if act is None or desk.signed.role not in act.roles or desk.signed.post.at != unit:
        return []
    rows, _ = await sittings.of_ledger(conn, unit, "proposed", None, SHOWN_PROPOSED, 0)
    return rows[::-1]


def _address(unit: str, state: str, is_late: bool, page: int = 1) -> str:
    chosen = {"state": state, "late": "1" if is_late else "", "page": str(page) if page > 1 else ""}
    asked = urlencode({name: value for name, value in chosen.items() if value})
    return f"/ledger/{quote(unit)}{'?' + asked if asked else ''}"


async def _chain(desk: Desk, unit: str, head: LedgerRow | None, owners: Owners, now: datetime) -> None:
    """Say whether the chain is whole: checked by its keeper against the head that this console has heard."""
    t = desk.t
    seen: dict[str, Any] = {"seq": head.seq, "hash": head.hash} if head else {}
    try:
        told = await owners.get(desk.signed, "escalation", f"/v1/ledger/{unit}/check", **seen)
    except (NotDone, Refused):
        Text("p", t("链校验：台账服务暂时连不上，稍后再看")).classes("chain-line unknown")
        return
    broken = told["broken"]
    at = moments.clock_time(now)[:5]
    if broken is None:
        whole = t(
            "● 链校验 ✓ {n} 条连续 · {at} · 链首 {hash}", n=told["head"]["seq"], at=at, hash=told["head"]["hash"][:8]
        )
        Text("p", whole).classes("chain-line whole")
    else:
        what = t(BREAKS.get(broken["what"], BREAKS["edited"]))
        Text("p", t("■ 链校验 ✗ 第 {n} 条{what} · {at}", n=broken["seq"], what=what, at=at), role="alert").classes(
            "chain-line broken"
        )


def _filters(desk: Desk, unit: str, state: str, is_late: bool) -> None:
    t, city = desk.t, desk.city
    with Box("div", "filters"):
        with Box("nav", "chips", aria_label=t("按状态")):
            for code in ("", *STATES):
                name = t("全部") if not code else t("待议") if code == "waiting" else t(words.ENTRIES[code])
                is_on = code == state and not is_late
                _pick(name, _address(unit, code, False), is_on=is_on)
            _pick(t("超期未答复"), _address(unit, "", True), is_on=is_late)
        with Box("nav", "chips", aria_label=t("上级和下级台账")):
            above = city.body_above(unit)
            if above is not None and scope.leads_to(city, above.unit, scope.party_of(desk.signed.actor(city))):
                _pick(t("↑ {unit}", unit=city.name_of(above.unit)), _address(above.unit, "", False))
            for code, body in city.bodies.items():
                up = city.body_above(code)
                if up is not None and up.unit == unit:
                    _pick(t("↓ {unit}", unit=city.name_of(body.unit)), _address(code, "", False))


def _pick(name: str, href: str, *, is_on: bool = False) -> None:
    link = Text("a", name, href=href).classes("pick on" if is_on else "pick")
    if is_on:
        link.props["aria-current"] = "true"


def _heads(desk: Desk) -> list[str]:
    t = desk.t
    return [t("议题编号"), t("议题"), t("议定意见"), t("牵头"), t("时限"), t("状态"), t("链与纪要")]


def _row(
    desk: Desk, row: TopicRow, chains: dict[str, list[TopicRow]], held: dict[str, Any], now: datetime
) -> dict[str, Any]:
    t, city = desk.t, desk.city
    chain: Sequence[TopicRow] = chains.get(row.topic, [row])
    way = t(" → ").join(city.name_of(one.body) for one in chain) if len(chain) > 1 else ""
    cause = t(words.CAUSES[row.cause]) if row.cause in words.CAUSES else ""
    is_waiting = row.entry in sittings.WAITING
    late = is_waiting and row.answer_due_at is not None and row.answer_due_at < now
    due = row.answer_due_at if is_waiting else row.due_at
    said = "" if due is None else t("{day} 前答复", day=moments.day(due, now)) if is_waiting else moments.day(due, now)
    meeting = held.get(row.meeting or "")
    return {
        "topic": row.topic,
        "href": f"/cases/{quote(row.number or row.case_id, safe='')}",
        "on": moments.day(row.opened_at, now),
        "title": row.summary or row.topic,
        "chain": way or cause,
        "decision": t(agendas.KINDS[row.decision]) if row.decision else "—",
        "lead": city.name_of(row.lead) if row.lead else "—",
        "due": f"■ {said}" if late else said or "—",
        "late": late,
        "state": t(words.ENTRIES[row.entry]),
        "tone": TONES.get(row.entry, "held"),
        "hash": row.ledger_hash[:8] if row.ledger_hash else "",
        "hashes": t("上移时本台账第 {n} 条的链值 {hash}", n=row.ledger_seq, hash=row.ledger_hash)
        if row.ledger_hash
        else "",
        "meeting": agendas.address(meeting.id) if meeting else "",
        "minutes": t("第 {n} 次会议", n=meeting.number) if meeting else "",
    }
