"""One meeting 会议: agenda, attendance, a decision for each topic, and the minutes that grow beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from fastapi import Request
from nicegui import background_tasks, context, ui
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import agendas, minutes, moments, panels, queries, sittings
from services.console.access import scope
from services.console.access.acts import ACTS, PAPERS, find
from services.console.access.gateway import NotDone, Owners
from services.console.pages.frame import Desk, Page, card, frame
from services.console.parts import AgendaList, Box, Details, MinutesPaper, Text, meeting_acts
from services.console.projection.ledger import TopicRow
from services.console.queries import Told
from services.console.sittings import Sitting
from services.console.ticker import Tick, Ticker
from services.console.words import word
from shared.city.model import City
from shared.kernel.refusals import Refused

PAPER_FORMS = (("docx", "Word"), ("pdf", "PDF"))


@dataclass(frozen=True, slots=True)
class File:
    """All that the page shows of a meeting at one moment."""

    sitting: Sitting
    entries: dict[str, list[TopicRow]]
    said: dict[str, list[Told]]
    now: datetime
    words: Mapping[str, Any] = field(default_factory=dict)
    """What is recorded so far in full words, where the reader writes the minutes."""


def add(city: City, ticker: Ticker, engine: AsyncEngine, owners: Owners) -> None:
    """Add the page."""

    @Page("/meetings/{meeting}")
    async def meeting(request: Request, meeting: str) -> None:
        file = await _open(engine, meeting)
        with frame(city, ticker, request, word("联席会议"), "meetings") as desk:
            if file is None or not _may_read(desk, file.sitting):
                context.client.status_code = 404
                _missing(desk, meeting)
            else:
                _build(desk, replace(file, words=await _words(desk, file.sitting, owners)), engine)


async def _open(engine: AsyncEngine, meeting: str) -> File | None:
    async with engine.connect() as conn:
        found = sittings.sitting(await queries.history(conn, meeting)) if meeting.startswith("meeting:") else None
        if found is None:
            return None
        entries = await sittings.entries(conn, found.agenda)
        said = await sittings.said_of(conn, list(found.called.values()))
        return File(found, entries, said, (await queries.moment(conn)).now)


async def _words(desk: Desk, sitting: Sitting, owners: Owners) -> Mapping[str, Any]:
    """Ask for the full words of the draft where the reader may write it; facts carry masked ones."""
    is_written = sitting.decisions or sitting.review or sitting.plans
    act = find(ACTS, "escalation", f"/v1/meetings/{sitting.id}/record")
    if sitting.status != "held" or not is_written or act is None or desk.signed.role not in act.roles:
        return {}
    try:
        words: Mapping[str, Any] = await owners.get(desk.signed, "escalation", f"/v1/meetings/{sitting.id}/words")
    except (NotDone, Refused):  # the form shows the masked words, and the service keeps the full ones
        return {}
    return words


def _may_read(desk: Desk, sitting: Sitting) -> bool:
    actor = desk.signed.actor(desk.city)
    called = (*sitting.invited, *sitting.attendance)
    return sitting.body in scope.bodies_of(actor, desk.city) or scope.party_of(actor) in called


def _missing(desk: Desk, meeting: str) -> None:
    t = desk.t
    with Box("div", "nothing"):
        Text("h1", t("没有这次会议，或不由您的单位参加：{id}", id=meeting))
        Text("a", t("回到联席会议"), href="/meetings").classes("button")


def _build(desk: Desk, file: File, engine: AsyncEngine) -> None:
    t, city, sitting = desk.t, desk.city, file.sitting
    asked = desk.request.query_params.get("topic", "")
    first = (sitting.undecided or sitting.agenda or [""])[0]
    chosen = asked if asked in sitting.agenda else first
    done = list[int]()
    _head(desk, sitting, file.now)
    with Box("div", "sitting"):
        with Box("div", "agenda-side"):
            with card(t("议程"), "agenda-card") as more:
                agenda = AgendaList(
                    rows=[], chosen=chosen, empty=t("没有待议议题：听取以往议定事项的进展，照样开会、出纪要")
                )
            with more:
                Text("span", t("{n} 项，全部列入", n=len(sitting.agenda)))
            _earlier(desk, file, done)
        with Box("div", "decision-side"):
            _middle(desk, file, chosen, done)
        with Box("div", "minutes-side"):
            with card(t("会议纪要"), "minutes-card") as more:
                paper = MinutesPaper(title="", issue="", paragraphs=[], seal="")
                closing = meeting_acts.closing(desk, sitting, done)
            with more:
                _papers(desk, sitting)
    shown = file
    waits = sitting.status == "convened" and sitting.opens_at is not None and file.now < sitting.opens_at

    def paint() -> None:
        agenda.show(rows=agendas.rows(city, t, shown.sitting, shown.entries, shown.now))
        paper.show(**_paper(desk, shown))
        if closing is not None:
            off = meeting_acts.closing_off(desk, shown.sitting)
            closing.show(off=off, sequence=str(shown.sitting.sequence))

    async def read_again() -> None:
        nonlocal shown
        before = shown.sitting
        shown = await _open(engine, sitting.id) or shown
        paint()
        if shown.sitting.status != before.status or (done and done[-1] <= shown.sitting.sequence):
            following = (shown.sitting.undecided or [chosen])[0]
            ui.navigate.to(agendas.address(sitting.id, following))

    def show(tick: Tick) -> None:
        if sitting.id in tick.touched:
            background_tasks.create(_with(context.client, read_again), name="meeting page")
        elif waits and sitting.opens_at is not None and tick.moment.now >= sitting.opens_at:  # now it may be opened
            ui.navigate.to(agendas.address(sitting.id, chosen))

    paint()
    desk.follow(show)


async def _with(client: Any, work: Any) -> None:
    """Do work for a page outside its request."""
    with client:
        await work()


def _head(desk: Desk, sitting: Sitting, now: datetime) -> None:
    t, city = desk.t, desk.city
    level = city.levels[sitting.level]
    with Box("div", "case-head meeting-head"):
        with Box("div"):
            with Box("p", "crumbs"):
                Text("a", t("联席会议"), href="/meetings")
                name = level.names.zh if t.language == "zh" else level.names.en
                kind = agendas.title(t, sitting.number, temporary=sitting.temporary, makeup=sitting.makeup)
                Text("span", f" / {name} · {kind}")
            Text("h1", agendas.body_name(city, sitting.body))
        with Box("p", "sitting-facts"):
            Text("span", t(agendas.STATUSES[sitting.status])).classes(f"chip {agendas.TONES[sitting.status]}")
            if sitting.opens_at:
                Text("span", moments.moment(t, sitting.opens_at, now))
            Text("span", sitting.place)
            if sitting.held_at:
                members = [member.code for member in city.bodies[sitting.body].members]
                here = sum(code in sitting.attendance for code in members)
                Text("span", t("应到 {n} 实到 {here}（有效）", n=len(members), here=here))


def _earlier(desk: Desk, file: File, done: list[int]) -> None:
    """Show part 1 of every agenda, the state of earlier decisions, and let the recorder write down what was said."""
    t, sitting = desk.t, file.sitting
    with card(t("第一项：以往议定事项"), "earlier-card") as more:
        if not sitting.earlier:
            Text("p", t("没有在办的以往议定事项")).classes("empty")
        with Box("ul", "earlier"):
            for one in sitting.earlier:
                with Box("li"):
                    Text("a", one["topic"], href=panels.address(one["case"]))
        if sitting.status == "held":
            meeting_acts.review(desk, sitting, file.words, done)
    with more:
        Text("span", t("{n} 项", n=len(sitting.earlier)))


def _middle(desk: Desk, file: File, chosen: str, done: list[int]) -> None:
    """Build what is to be done now; `done` hears the sequences that the reader's own acts have reached."""
    sitting = file.sitting
    if sitting.status == "proposed":
        meeting_acts.call(desk, sitting, file.now)
    if sitting.status == "convened":
        meeting_acts.attendance(desk, sitting, file.now)
        rows = (agendas.entry_of(file.entries, topic, sitting.body) for topic in sitting.agenda)
        meeting_acts.moving(desk, sitting, sum(row is None or row.entry in sittings.WAITING for row in rows))
    if chosen:
        _topic(desk, file, chosen, done)


def _topic(desk: Desk, file: File, topic: str, done: list[int]) -> None:
    t, city, sitting = desk.t, desk.city, file.sitting
    entry = agendas.entry_of(file.entries, topic, sitting.body)
    place = sitting.agenda.index(topic) + 1
    heading = t("{n}. {topic}", n=place, topic=(entry.summary if entry else "") or topic)
    with card(heading, "topic-now") as more:
        if entry is None:
            Text("p", t("议题还在路上，稍后刷新")).classes("empty")
            return
        chain, said = file.entries.get(topic, []), file.said.get(sitting.called.get(topic, ""), [])
        Details(rows=agendas.about(city, t, entry, chain, said, file.now))
        if sitting.status == "held":
            words = file.words.get("decisions", {}).get(topic, {})
            form = meeting_acts.decision(desk, sitting, entry, words, file.now, done)
            if form is None:
                Text("p", t("决定由本级记录员记录，这里随时更新")).classes("lead-in")
        elif sitting.status in ("adopted", "missed", "cancelled"):
            Text("p", t("纪要签发后不可改动；更正只能另加记录")).classes("lead-in")
    with more:
        Text("a", t("查看议题经过"), href=panels.address(entry.number or entry.case_id))


def _paper(desk: Desk, file: File) -> dict[str, Any]:
    t, city, sitting = desk.t, desk.city, file.sitting
    at = sitting.adopted_at or sitting.held_at or sitting.opens_at
    year = city.calendar.local(at).year if at else ""
    sealed = (
        t("{day} 签发", day=moments.moment(t, sitting.adopted_at, file.now))
        if sitting.adopted_at
        else t("草稿，未签发")
    )
    return {
        "title": t("{body}会议纪要", body=agendas.body_name(city, sitting.body)),
        "issue": t("〔{year}〕第 {n} 号", year=year, n=sitting.number),
        "paragraphs": minutes.paragraphs(city, t, sitting, file.entries),
        "seal": sealed,
    }


def _papers(desk: Desk, sitting: Sitting) -> None:
    t = desk.t
    wanted = []
    if sitting.status in ("convened", "held", "adopted", "missed"):
        wanted.append(("notice", t("通知")))
    if sitting.status in ("held", "adopted"):
        wanted.append(("minutes", t("纪要")))
    wanted += [(f"supplements/{n}", t("补充 {n}", n=n)) for n in range(1, len(sitting.supplements) + 1)]
    for paper, name in wanted:
        for form, said in PAPER_FORMS:
            path = f"/v1/meetings/{sitting.id}/{paper}.{form}"
            act = find(PAPERS, "escalation", path)
            if act is not None and desk.signed.role in act.roles:
                Text("a", f"{name} {said}", href=f"/paper/escalation{path}", download="")
