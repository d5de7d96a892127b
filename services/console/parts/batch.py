"""Several cases of one matter and place dispatched together: a list to confirm, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nicegui import background_tasks

from services.console import queues, words
from services.console.access.acts import ACTS, find
from services.console.pages.frame import Desk
from services.console.parts import Box, Part, Text
from services.console.parts.act import form_words
from services.console.parts.order import dispatch_fields
from services.console.projection.case import CaseRow
from services.console.queues import MOST_AT_ONCE, Clerk
from services.console.ticker import Tick

TO_DISPATCH = ("registered", "waiting")


class BatchForm(Part, component=Path(__file__).parents[1] / "components" / "batchform.js"):
    """A form that sends one act a case, and tells what became of each."""


def may_batch(desk: Desk) -> bool:
    """Tell whether the reader dispatches at all."""
    act = find(ACTS, "dispatch", "/v1/orders/any/dispatch")
    return act is not None and desk.signed.role in act.roles


def picking(desk: Desk, path: str) -> dict[str, Any]:
    """Return how cases of a list are picked for it: words, how many, where to."""
    t = desk.t
    return {
        "pick": t("选 {number}", number="{number}"),
        "picked": t("已选 {n} 件", n="{n}"),
        "rule": t("同一事项、同一地点的可一批派出，至多 {n} 件", n=MOST_AT_ONCE),
        "other": t("事项或地点与已选的不同，不能一批派出"),
        "full": t("一批至多 {n} 件", n=MOST_AT_ONCE),
        "go": t("批量派单"), "all": t("全选同类"), "none": t("全不选"),
        "most": MOST_AT_ONCE,
        "href": f"{queues.address(path, queues.WAITING.key)}&batch=",
    }  # fmt: skip


class Batch:
    """What is about to be dispatched together; built once, then told what changes."""

    def __init__(self, desk: Desk, clerk: Clerk, place: Box, ids: Sequence[str]) -> None:
        self.desk, self.clerk, self.place = desk, clerk, place
        self.ids = tuple(dict.fromkeys(ids))
        self.group = ""
        self.form: BatchForm | None = None

    def tick(self, tick: Tick) -> None:
        """Follow the cases."""
        if self.form is not None and not tick.touched.isdisjoint(self.ids):
            background_tasks.create(self._follow(), name="batch")

    async def paint(self) -> None:
        """Show the list, and whom it can go to; or the rule by which it cannot go together."""
        t, path = self.desk.t, self.desk.request.url.path
        found = await queues.named(self.clerk, self.ids[:MOST_AT_ONCE], self.desk.scope)
        with self.place:
            Text("a", t("返回列表"), href=queues.address(path, queues.WAITING.key, picked=self.ids)).classes(
                "back kept"
            )
            with Box("header", "item-head"):
                Text("h2", t("批量派单"))
                if found:
                    row = found[0][0]
                    matter = self.desk.city.matters.get(row.matter or "")
                    place = self.desk.city.name_of(row.unit) if row.unit else ""
                    Text("p", " · ".join(filter(None, (matter.name if matter else "", place)))).classes("item-sub")
            if len(self.ids) > MOST_AT_ONCE:
                Text("p", t("一批至多 {n} 件", n=MOST_AT_ONCE)).classes("notice")
            elif not found:
                Text("p", t("没有这一件，或不在您的范围内")).classes("notice")
            else:
                self._build(found)

    def _build(self, found: Sequence[tuple[CaseRow, int]]) -> None:
        t = self.desk.t
        self.ids = tuple(row.id for row, _ in found)
        first = next((row for row, _ in found if self._waits(row)), found[0][0])
        self.group = queues.alike(first)
        lead, support = dispatch_fields(self.desk, first, self.clerk.me)
        with Box("div", "act"):
            self.form = BatchForm(
                cases=self._cases(found), group=self.group, lead=lead, support=support,
                words={
                    **form_words(t), "name": t("批量派单"), "submit": t("派单 {n} 件", n="{n}"),
                    "next": t("每件各派一单，主办单位签收时限即刻开始；一件不成，不影响其他。"),
                    "sum": t("已派 {done} 件，未成 {refused} 件", done="{done}", refused="{refused}"),
                },
            )  # fmt: skip

    def _cases(self, found: Sequence[tuple[CaseRow, int]]) -> list[dict[str, Any]]:
        return [
            {
                "id": row.id, "number": row.number, "title": row.summary or "", "sequence": sequence,
                "href": f"/cases/{row.number}", "url": f"/act/dispatch/v1/orders/{row.id}/dispatch",
                "off": self._off(row),
            }
            for row, sequence in sorted(found, key=lambda one: self.ids.index(one[0].id))
        ]  # fmt: skip

    def _waits(self, row: CaseRow) -> bool:
        return row.status in TO_DISPATCH and row.responsible == self.clerk.me

    def _off(self, row: CaseRow) -> str:
        """Return the rule by which a case does not go with the others; nothing for one that does."""
        t = self.desk.t
        if not self._waits(row):
            unit = self.desk.city.name_of(row.lead) if row.lead else ""
            return t("已不在待派：{status}", status=" · ".join(filter(None, (t(words.STATUSES[row.status]), unit))))
        return "" if queues.alike(row) == self.group else t("事项或地点与已选的不同，不能一批派出")

    async def _follow(self) -> None:
        found = await queues.named(self.clerk, self.ids, self.desk.scope)
        if self.form is not None and found:
            self.form.show(cases=self._cases(found))
