"""Meetings 联席会议: who meets when at each level, whose answers are overdue, how a temporary meeting is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import agendas, moments, panels, queries, sittings, words
from services.console.access import scope
from services.console.access.roles import AT_DEPARTMENT
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import Box, Text, topic_acts
from services.console.parts.act import act_form, many, text
from services.console.projection.ledger import MeetingRow, TopicRow
from services.console.ticker import Tick, Ticker
from services.console.words import word
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI

ENDED = ("held", "adopted", "missed", "cancelled")
SHOWN, SHOWN_ENDED, SHOWN_LATE = 60, 20, 12


def add(city: City, ticker: Ticker, engine: AsyncEngine) -> None:
    """Add the page."""

    @Page("/meetings")
    async def meetings(request: Request) -> None:
        with frame(city, ticker, request, word("联席会议"), "meetings") as desk:
            await _build(desk, engine)


async def _build(desk: Desk, engine: AsyncEngine) -> None:
    t, city = desk.t, desk.city
    actor = desk.signed.actor(city)
    level = desk.request.query_params.get("level", "")
    bodies = [code for code in scope.bodies_of(actor, city) if level in ("", city.bodies[code].level)]
    own = own_body(desk)
    party = "" if level else scope.party_of(actor)
    async with engine.connect() as conn:
        now = (await queries.moment(conn)).now
        coming = await sittings.meetings(conn, bodies, party, sittings.COMING)
        ended = await sittings.meetings(conn, bodies, party, ENDED, newest=True)
        late = await sittings.late_answers(conn, bodies, now)
        waiting = await sittings.waiting(conn, own) if own else []
    with Box("div", "list-head"):
        Text("h1", t("联席会议"))
        newer = Text("a", t("有更新，点击刷新"), href=_address(level)).classes("newer hidden")
        Text("p", t("{n} 个联席会 · 待召开 {m} 次", n=len(bodies), m=len(coming))).classes("total")
    _levels(desk, level)
    with Box("div", "meetings-page"):
        with Box("div", "main"):
            with card(t("会议安排"), "calendar-card") as more:
                _calendar(desk, coming, now)
            with more:
                Text("span", t("固定时间、固定地点、固定主题"))
            with card(t("开过的会议"), "calendar-card"):
                _rows(desk, ended[:SHOWN_ENDED], now, t("还没有开过会；开会后列在这里"))
        with Box("div", "side"):
            to_do = [row for row in coming if row.status == "proposed"]
            to_do += [row for row in coming if row.status == "convened" and row.opens_at and row.opens_at <= now]
            to_do += [row for row in ended if row.status == "held"]
            with card(t("等着办的会议"), "calendar-card") as more:
                _rows(desk, to_do, now, t("没有待召集、待召开、待签发的会议"))
            with more:
                Text("span", t("{n} 项", n=len(to_do)))
            with card(t("超期未答复"), "calendar-card") as more:
                _late(desk, late[:SHOWN_LATE], now)
            with more:
                Text("span", t("{n} 项", n=len(late)))
            asked = _propose(desk, own, waiting)
            if own:
                _bring(desk, own)
    begun = set[str]()

    def show(tick: Tick) -> None:
        begun.update(tick.touched)
        if ready := next((meeting for meeting in asked if meeting in begun), ""):
            ui.navigate.to(agendas.address(ready))
        elif any(subject.startswith("meeting:") for subject in tick.touched):
            newer.classes(remove="hidden")

    desk.follow(show)


def own_body(desk: Desk) -> str:
    """Return the body that the reader works at: named in the address, else that of the unit or the nearest above it."""
    city, asked = desk.city, desk.request.query_params.get("body", "")
    if asked in city.bodies:
        return asked
    at = desk.signed.post.at
    if desk.signed.role in AT_DEPARTMENT or at not in city.units:
        return ""
    return next((unit.code for unit in city.lineage(at) if unit.code in city.bodies), "")


def _address(level: str) -> str:
    return f"/meetings?{urlencode({'level': level})}" if level else "/meetings"


def _levels(desk: Desk, chosen: str) -> None:
    t = desk.t
    with Box("nav", "filters", aria_label=t("按级别")), Box("div", "chips"):
        _pick(t("全部"), "", chosen)
        for level in desk.city.chain:
            _pick(level.names.zh if t.language == "zh" else level.names.en, level.code, chosen)


def _pick(name: str, code: str, chosen: str) -> None:
    link = Text("a", name, href=_address(code)).classes("pick on" if code == chosen else "pick")
    if code == chosen:
        link.props["aria-current"] = "true"


def _calendar(desk: Desk, rows: Sequence[MeetingRow], now: datetime) -> None:
    t = desk.t
    ahead = [row for row in rows if row.opens_at is not None][:SHOWN]
    if not ahead:
        Text("p", t("没有已排定的会议；每个周期的例会由系统自动排定")).classes("empty")
    with Box("ol", "meeting-days"):
        for on, group in groupby(ahead, key=lambda row: row.opens_at.astimezone(SHANGHAI).date()):  # type: ignore[union-attr]
            day = list(group)
            at = day[0].opens_at
            assert at is not None
            with Box("li"):
                with Box("div", "day"):
                    Text("b", moments.day(at, now))
                    Text("span", moments.weekday(t, at))
                    if on == now.astimezone(SHANGHAI).date():
                        Text("i", t("今天"))
                with Box("div", "meeting-rows"):
                    for row in day:
                        _row(desk, row, now, with_day=False)


def _rows(desk: Desk, rows: Sequence[MeetingRow], now: datetime, empty: str) -> None:
    if not rows:
        Text("p", empty).classes("empty")
    with Box("div", "meeting-rows"):
        for row in rows:
            _row(desk, row, now, with_day=True)


def _row(desk: Desk, row: MeetingRow, now: datetime, *, with_day: bool) -> None:
    t, city = desk.t, desk.city
    with Box("a", "meeting-row", href=agendas.address(row.id)):
        at = row.opens_at
        said = "" if at is None else moments.short_moment(at, now) if with_day else f"{at.astimezone(SHANGHAI):%H:%M}"
        Text("time", said)
        with Box("span", "what"):
            Text("b", agendas.body_name(city, row.body))
            Text("small", _about(desk, row, now))
        Text("span", t(agendas.STATUSES[row.status])).classes(f"chip {agendas.TONES[row.status]}")


def _about(desk: Desk, row: MeetingRow, now: datetime) -> str:
    t = desk.t
    said = [agendas.title(t, row.number, temporary=row.temporary)]
    if row.agenda or row.status != "planned":
        said.append(t("议题 {n} 项", n=row.agenda))
    if row.status == "proposed" and row.decide_by is not None:
        said.append(t("{at} 前决定是否召开", at=moments.short_moment(row.decide_by, now)))
    if row.members:
        said.append(t("应到 {n} 实到 {here}", n=row.members, here=row.present))
    if row.status == "adopted":
        parts = ((t("议定 {n}"), row.resolved), (t("上移 {n}"), row.moved_up), (t("缓议 {n}"), row.deferred))
        said += [words_.format(n=n) for words_, n in parts if n]
    elif row.place:
        said.append(row.place)
    return t(" · ").join(said)


def _late(desk: Desk, rows: Sequence[TopicRow], now: datetime) -> None:
    t, city = desk.t, desk.city
    if not rows:
        Text("p", t("没有超期未答复的议题")).classes("empty")
    with Box("div", "meeting-rows"):
        for row in rows:
            with Box("a", "meeting-row", href=panels.address(row.number or row.case_id)):
                with Box("span", "what"):
                    Text("b", row.summary or row.topic)
                    origin = t("↑ 来自{unit}", unit=city.name_of(row.from_body)) if row.from_body else ""
                    Text("small", t(" · ").join(part for part in (city.name_of(row.body), origin) if part))
                due = row.answer_due_at
                Text("span", t("■ 应于 {day} 答复", day=moments.day(due, now)) if due else "").classes("late")


def _propose(desk: Desk, own: str, waiting: Sequence[TopicRow]) -> list[str]:
    """Build the form by which a member, the secretary or operations ask for a temporary meeting (W 2.3, move 2).

    Returns the meetings that the reader has asked for since: each begins a moment after its proposal took effect.
    """
    t, city, asked = desk.t, desk.city, list[str]()
    if not own:
        return asked
    tally = Counter(row.entry for row in waiting)
    options = [(row.case_id, _topic(desk, row)) for row in waiting if row.entry in ("open", "listed")]
    fields = [many("cases", t("议题（第一个为主要议题）"), options), text("why", t("为什么等不到下次例会"), most=2000)]
    with card(t("召集临时会议"), "propose-card") as more:
        form = None if not options else act_form(
            desk, "escalation", f"/v1/bodies/{own}/propose", t("提议召开"), fields,
            next=t("由主要议题的分管领导限期决定；紧急或等不到例会的，必须召开"),
            done=lambda answer: asked.extend(f"meeting:{own}:{fact['data']['number']}" for fact in answer["facts"]),
        )  # fmt: skip
        if form is None:
            said = t("由成员单位、联络员或指挥中心提议") if options else t("本级台账没有待议的议题")
            Text("p", said).classes("empty")
    with more:
        Text("span", agendas.body_name(city, own))
        Text("span", t("待议 {n}", n=tally["open"] + tally["listed"]))
    return asked


def _bring(desk: Desk, own: str) -> None:
    """Let an officer bring a topic without a case to the own body (W 2.2, move 2); others have no such card."""
    t = desk.t
    if not topic_acts.may_propose(desk):
        return
    with card(t("提请列为议题"), "propose-card") as more:
        topic_acts.propose(desk, own)
    with more:
        Text("span", t("有案件的，从案件页提请上会"))


def _topic(desk: Desk, row: TopicRow) -> str:
    return desk.t("{topic}（{state}）", topic=row.summary or row.topic, state=desk.t(words.ENTRIES[row.entry]))
