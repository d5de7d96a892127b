"""The case that is open at a desk: its clock, what may be done about it, who reported it, what happened last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console import listing, portrait, queries, queues
from services.console.pages.frame import Desk, card
from services.console.parts import Box, ClockBox, Details, History, Reveal, Text
from services.console.parts.order import Order, build_forms
from services.console.parts.repaint import repainted
from services.console.parts.triage import build_alike, build_held
from services.console.projection.case import CaseRow
from services.console.queries import Told
from services.console.queues import Clerk, Standing
from services.console.ticker import Tick

LAST = 8
"""Entries of the history beside the forms; the whole is on the case's own page."""
Done = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class DeskFile:
    """All that a desk shows of a case at one moment."""

    row: CaseRow
    told: list[Told]
    sequence: int | None
    stands: Standing
    pairs: Sequence[Mapping[str, Any]]
    held: Mapping[str, Any]


async def read_file(desk: Desk, clerk: Clerk, item: str) -> DeskFile | None:
    """Return how a case stands, if it is the reader's to see; raises NotDone or Refused if an owner does not tell."""
    async with clerk.engine.connect() as conn:
        row = await queries.case(conn, item, desk.scope)
        if row is None:
            return None
        told = await queries.history(conn, row.id)
        sequence = await queries.sequence(conn, row.id, "dispatch")
    stands = await queues.standing(clerk, row)
    pairs: list[Mapping[str, Any]] = []
    held: Mapping[str, Any] = {}
    if desk.request.query_params.get("queue") == queues.ALIKE.key:
        alike = await clerk.owners.get(desk.signed, "intake", "/v1/duplicates", limit=queues.MOST)
        pairs = [one for one in alike["items"] if one["case"] == row.id]
    if row.status == "held":
        waiting = await clerk.owners.get(desk.signed, "intake", "/v1/triage", limit=200)
        held = next((one for one in waiting["items"] if one["case"] == row.id), {})
    return DeskFile(row, told, sequence, stands, pairs, held)


class CasePanel:
    """A case beside the queue that it was opened from; built once, then told what changed."""

    def __init__(self, desk: Desk, clerk: Clerk, file: DeskFile) -> None:
        t, row = desk.t, file.row
        self.desk, self.clerk, self.row = desk, clerk, row
        with Box("header", "item-head"):
            self.title = Text("h2", "")
            with Box("p", "item-sub"):
                Text("a", row.number, href=f"/cases/{row.number}")
                self.responsible = Text("span", "")
                self.others = Text("span", "")
                self.where = Text("span", "")
        self.notice = Text("p", "").classes("notice hidden")
        self.clock = ClockBox(**portrait.no_clock(t))
        self.acts = Box("div", "acts")
        with card(t("事项与位置")):
            self.about = Details(rows=[])
            Reveal(
                url=f"/paper/intake/v1/cases/{row.id}/dossier",
                words={
                    "why": t("查看反映人和原文的理由"), "show": t("显示（留痕）"), "lost": t("没有取到，请重试"),
                    "title": "title" if t.language == "zh" else "title_en",
                },
                names={"name": t("姓名"), "phone": t("电话"), "text": t("原文"), "address": t("地址")},
            )  # fmt: skip
        with card(t("最近经过")) as more:
            self.history = History(entries=[], filters=[])
        with more:
            Text("a", t("全部经过"), href=f"/cases/{row.number}")

    def tick(self, tick: Tick) -> None:
        """Let the clock go on."""
        self.clock.show(**portrait.clock(self.desk.city, self.desk.t, self.row, tick))

    def say(self, words: str) -> None:
        """Say why nothing new is shown, or nothing."""
        self.notice.text = words
        self.notice.classes(remove="hidden") if words else self.notice.classes("hidden")

    def show(self, file: DeskFile, done: Done) -> None:
        """Show how the case stands; a form that offers the same as before stays as it is."""
        desk, row, last = self.desk, file.row, self.desk.ticker.last
        t, city = desk.t, desk.city
        self.row = row
        self.say("")
        self.title.text = row.summary or row.number
        self.responsible.text = portrait.responsible(city, t, row)
        self.others.text = portrait.others(city, t, row)
        place = city.name_of(row.unit) if row.unit else ""
        self.where.text = " · ".join(filter(None, (listing.matter_name(city, row.matter), place)))
        if last:
            self.tick(last)
        self.about.show(rows=[one for one in portrait.about(city, t, row) if one["name"] != t("反映人")])
        now = last.moment.now if last else row.received_at
        sees = portrait.sees_work(city, desk.signed.role, self.clerk.me, row)
        self.history.show(entries=portrait.entries(city, t, file.told, now, sees=sees)[:LAST])
        with repainted(self.acts):
            if row.status == "held":
                build_held(desk, row, file.held, done)
            for pair in file.pairs:
                build_alike(desk, pair, done)
            built = build_forms(desk, Order(row, file.stands, self.clerk.me, file.sequence, file.told, done))
            if not built and row.status != "held" and not file.pairs:
                Text("p", t("这一件现在不需要您办理")).classes("empty")
