"""One case of two 并单, of one several 拆单, and a merge undone: offered on the case's own page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.console import queries
from services.console.access.acts import ACTS, find
from services.console.access.roles import CITY_WIDE
from services.console.pages.frame import Desk
from services.console.parts import Box, Text
from services.console.parts.act import Field, act_form, choice, text
from services.console.parts.options import grid_options, matter_options, own_grid_options
from services.console.projection.case import CaseRow
from services.console.queries import Told
from services.console.queues import Clerk
from shared.city.model import City, UnitLevel
from shared.contracts.intake import CaseRegistered

MERGE, SPLIT = "merge", "split"
OPEN = ("registered", "waiting", "dispatched", "accepted", "suspended", "escalated")
DONE = ("handled", "verified")
MOST = 50
"""Cases among which the one to merge into is chosen."""
PARTS = 10
"""Parts that one case is split into at most."""


@dataclass(frozen=True, slots=True)
class Joining:
    """What a page may offer for a case: which form was asked for, and the cases to merge it into."""

    asked: str = ""
    beside: Sequence[CaseRow] = ()


async def read(desk: Desk, clerk: Clerk, row: CaseRow) -> Joining | None:
    """Return what the reader may do; None where the case is not theirs to merge or split."""
    city, me = desk.city, clerk.me
    act = find(ACTS, "intake", _path(row, MERGE))
    is_here = desk.signed.role in CITY_WIDE or row.responsible == me or (row.unit and city.is_within(row.unit, me))
    if act is None or desk.signed.role not in act.roles or not is_here:
        return None
    asked = desk.request.query_params.get("do", "")
    if asked != MERGE or row.unit is None:
        return Joining(asked)
    async with clerk.engine.connect() as conn:
        return Joining(asked, await queries.beside(conn, row, _around(city, row.unit), MOST))


def build(desk: Desk, row: CaseRow, told: Sequence[Told], joining: Joining) -> None:
    """Build the way to each form, and the form that was asked for."""
    t = desk.t
    if row.status == "merged":
        _unmerge(desk, row, told)
    verbs = {MERGE: t("并单"), SPLIT: t("拆单")} if row.status in (*OPEN, *DONE) else {}
    if row.status == "held" and row.unit is not None:
        verbs = {MERGE: t("并单")}
    if not verbs:
        return
    off = t("已办结，不能再并单、拆单") if row.status in DONE else ""
    if any(fact.type == CaseRegistered.TYPE and fact.data.get("part_of") for fact in told):
        off = t("由一件拆出来的，不能再并单、拆单")
    if joining.asked == MERGE in verbs:
        _merge(desk, row, told, joining.beside, off)
    if joining.asked == SPLIT in verbs:
        _split(desk, row, told, off)
    with Box("p", "papers"):
        for verb, said in verbs.items():
            if off:
                Text("button", said, type="button", disabled=True, title=off).classes("button")
            elif verb != joining.asked:
                Text("a", said, href=f"/cases/{row.number}?do={verb}").classes("button")
        if off:
            Text("span", off).classes("off")


def _merge(desk: Desk, row: CaseRow, told: Sequence[Told], beside: Sequence[CaseRow], off: str) -> None:
    t, city = desk.t, desk.city
    if not beside:
        Text("p", t("同一社区没有别的在办案件可以并入")).classes("notice")
        return
    into = [
        (one.id, " · ".join((one.number, one.summary[:30], city.name_of(one.unit or ""))))
        for one in beside
    ]  # fmt: skip
    with Box("details", "act", open=True, data_key="m"):
        Text("summary", t("并单"))
        act_form(desk, "intake", _path(row, MERGE), t("并单"), [choice("into", t("并入哪一件"), into)], off=off,
                 next=t("并入后所有反映人都会得到答复，可在办结前拆回。"), sequence=_last(told))  # fmt: skip


def _split(desk: Desk, row: CaseRow, told: Sequence[Told], off: str) -> None:
    t, city = desk.t, desk.city
    matters, grids = matter_options(city), own_grid_options(desk)
    fields: list[Field] = []
    for n in range(PARTS):
        is_first, must = n == 0, n < 2
        more: dict[str, Any] = {"entry": ("parts", n, {})} | ({} if must else {"when": [f"{n - 1}.text"]})
        like = {} if is_first else {"like": "0.matter"}
        where = {} if is_first else {"like": "0.unit"}
        said = row.summary if is_first else None
        matter = row.matter if is_first else None
        fields += [
            text(f"{n}.text", t("第 {n} 件：说的是什么", n=n + 1), least=2, most=1000, required=must, key="text",
                 value=said, **more),
            choice(f"{n}.matter", t("第 {n} 件：事项", n=n + 1), matters if is_first else (), required=must,
                   key="matter", value=matter, **like, **more),
            choice(f"{n}.unit", t("第 {n} 件：位置（与原处不同才选）", n=n + 1), grids if is_first else (),
                   required=False, key="unit", **where, **more),
        ]  # fmt: skip
    with Box("details", "act", open=True):
        Text("summary", t("拆单"))
        act_form(desk, "intake", _path(row, SPLIT), t("拆单"), fields, off=off, sequence=_last(told),
                 next=t("各件按自己的事项派单，全部办结后原件才算办结；反映人看得到每一件。"))  # fmt: skip


def _unmerge(desk: Desk, row: CaseRow, told: Sequence[Told]) -> None:
    t, city = desk.t, desk.city
    fields = []
    if row.matter is None:
        fields.append(choice("matter", t("事项"), matter_options(city)))
    if row.unit is None:
        fields.append(choice("unit", t("位置（网格）"), grid_options(city)))
    with Box("details", "act"):
        Text("summary", t("取消并单"))
        act_form(desk, "intake", _path(row, "unmerge"), t("取消并单"), fields, sequence=_last(told),
                 next=t("恢复为单独一件，它的反映人随之分开；并入的那一件办结后不能再取消。"))  # fmt: skip


def _around(city: City, unit: str) -> list[str]:
    """Return the units of the community that a place lies in, of the place itself where there is none."""
    community = next((one.code for one in city.lineage(unit) if one.level is UnitLevel.COMMUNITY), unit)
    return [code for code in city.units if city.is_within(code, community)]


def _path(row: CaseRow, verb: str) -> str:
    return f"/v1/cases/{row.id}/{verb}"


def _last(told: Sequence[Told]) -> int:
    return max((fact.sequence for fact in told if fact.service == "intake"), default=0)
