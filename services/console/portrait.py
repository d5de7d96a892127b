"""One case in words: its clock, what and where it is, who answers for it, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.console import clocks, listing, moments, stories, words
from services.console.access.acts import PAPERS
from services.console.access.roles import Role
from services.console.projection.case import CaseRow
from services.console.queries import Told
from services.console.ticker import Tick
from services.console.words import Tongue
from shared.city.model import City, UnitLevel

Rows = list[dict[str, Any]]
PHOTOS = next(paper for paper in PAPERS if paper.path == "/v1/cases/{}/evidence/{}")


def no_clock(t: Tongue) -> dict[str, Any]:
    """Return the clock box of a case of which nothing is known yet."""
    said = {
        "left": t("剩 {size}", size="{size}"),
        "over": t("超 {size}", size="{size}"),
        "office": t("{days} 工作日 {hours} 小时", days="{d}", hours="{h}"),
        "days": t("{days} 天 {hours} 小时", days="{d}", hours="{h}"),
        "office_even": t("{days} 工作日", days="{d}"),
        "days_even": t("{days} 天", days="{d}"),
        "hours": t("{hours} 小时 {minutes} 分", hours="{h}", minutes="{m}"),
    }
    return {"seconds": None, "unit": "nd", "day": 86_400, "runs": False, "rate": 1, "beat": 0, "due": "", "state": "ok",
            "chip": "", "share": None, "none": t("没有时限"), "words": said}  # fmt: skip


def clock(city: City, t: Tongue, row: CaseRow, tick: Tick) -> dict[str, Any]:
    """Return the clock box of a case at a look of the ticker."""
    state = listing.state(row)
    shown = {"state": state, "chip": t(words.STATES[state]), "beat": int(tick.moment.now.timestamp() * 1000)}
    until = row.due_at
    if until is None or row.clock is None:
        ended = t("{at} 结束", at=moments.moment(t, row.closed_at, tick.moment.now)) if row.closed_at else ""
        return {**shown, "seconds": None, "due": ended, "share": None,
                "none": t("已结束") if row.closed_at else t("没有时限")}  # fmt: skip
    left = clocks.left(city, row, tick.moment.now, until)
    at = moments.moment(t, until, tick.moment.now)
    due = t("{clock}：{at} 到期", clock=t(words.CLOCKS.get(row.clock, words.CLOCKS["case"])), at=at)
    if row.clock == "resume":
        due = t("已挂账，至 {at}", at=at)
    elif left.unit == "uh":
        due += t("（昼夜计时）")
    elif not left.runs:
        due += t("（非办公时间，不计时）")
    share = None
    if row.clock_from is not None:
        whole = clocks.left(city, row, row.clock_from, until).seconds
        share = round(1 - left.seconds / whole, 3) if whole > 0 else None
    return {
        **shown,
        "seconds": left.seconds,
        "unit": left.unit,
        "day": left.day,
        "runs": left.runs,
        "rate": tick.moment.rate,
        "due": due,
        "share": share,
    }


def about(city: City, t: Tongue, row: CaseRow, history: Sequence[Told] = ()) -> Rows:
    """Return matter, kind and place of a case as names and values; its history tells how sure the place is."""
    rows: Rows = []
    matter = city.matters.get(row.matter) if row.matter else None
    if matter:
        rows.append({"name": t("事项"), "text": " / ".join(dict.fromkeys((*matter.path, matter.name)))})
    if row.matter_how:
        how = t(words.UNDERSTOOD.get(row.matter_how, words.UNDERSTOOD["rules"]))
        if row.matter_how == "rules" and row.matter_confidence is not None:
            how = f"{how} {row.matter_confidence:.0%}"
        rows.append({"name": t("归类"), "text": " · ".join([how, *row.matter_words])})
    if row.kind in words.KINDS:
        rows.append({"name": t("类型"), "text": t(words.KINDS[row.kind]) + (t("（紧急）") if row.urgent else "")})
    if row.unit is not None and row.unit in city.units:
        line = [unit.name for unit in reversed(city.lineage(row.unit)) if unit.level is not UnitLevel.CITY]
        rows.append({"name": t("位置"), "text": " / ".join(line) or city.name_of(row.unit)})
    if row.place_how in words.PLACED:
        rows.append({"name": t("定位"), "text": _located(city, t, row.place_how or "", history)})
    rows.append({"name": t("反映人"), "text": t("仅承办单位可见")})
    return rows


def _located(city: City, t: Tongue, how: str, history: Sequence[Told]) -> str:
    """Return how a case was placed, how sure that is, and which other unit it could be."""
    said = [t(words.PLACED[how])]
    place = next((p for fact in reversed(history) if isinstance(p := fact.data.get("placement"), dict)), None)
    if place and place.get("how") == how:
        said.append(t("把握 {share}", share=f"{place['confidence']:.0%}"))
        if place.get("doubt") in words.DOUBTS:
            said.append(t(words.DOUBTS[place["doubt"]]))
        if place.get("other"):
            said.append(t("也可能是{unit}", unit=city.name_of(place["other"])))
    return " · ".join(said)


def responsible(city: City, t: Tongue, row: CaseRow) -> str:
    """Return who answers for a case, and where it stands."""
    if row.responsible:
        return f"{city.name_of(row.responsible)} · {t(words.STATUSES[row.status])}"
    return t(words.STATUSES[row.status])


def others(city: City, t: Tongue, row: CaseRow) -> str:
    """Return dispatcher, lead and supporters as far as they are others."""
    said = []
    if row.dispatcher and row.dispatcher != row.responsible:
        said.append(t("派单：{unit}", unit=city.name_of(row.dispatcher)))
    if row.lead and row.lead != row.responsible:
        said.append(t("主办：{unit}", unit=city.name_of(row.lead)))
    if row.support:
        said.append(t("协办：{units}", units=t("、").join(city.name_of(code) for code in row.support)))
    return " · ".join(said)


def sees_work(city: City, role: Role, me: str, row: CaseRow) -> bool:
    """Tell whether somebody sees the photos that units add as evidence: who handles the case, the units that its place
    lies in, operations."""
    if role not in PHOTOS.roles:
        return False
    return role is Role.OPERATIONS or row.responsible == me or bool(row.unit and city.is_within(row.unit, me))


def entries(city: City, t: Tongue, history: list[Told], now: datetime, *, sees: bool = False) -> Rows:
    """Return the history of a case as entries, newest first; with the photos of work where the reader sees them."""
    entries, clock = [], None
    for fact in history:
        line = stories.tell(fact, city, t, now, clock)
        clock = stories.clock_of(fact.data) or clock
        entries.append(
            {
                "key": f"{fact.service}:{fact.sequence}",
                "day": f"{moments.day(fact.acted_at, now)} {moments.weekday(t, fact.acted_at)}",
                "time": moments.clock_time(fact.acted_at)[:5],
                "order": line.order,
                "group": line.order,
                "title": line.title,
                "who": line.who,
                "note": line.note,
                "effect": line.effect,
                "shape": line.shape,
                **(_shots(t, fact) if sees and fact.type == "case.supplemented.v1" else {}),
            }
        )
    return entries[::-1]


def _shots(t: Tongue, fact: Told) -> dict[str, Any]:
    """Return where the photos are that a unit added; a reporter's own are shown for a reason alone."""
    if fact.data["reporter"] or not fact.data["photos"]:
        return {}
    at = f"/paper/intake/v1/cases/{fact.subject}/evidence/"
    return {"shots": t("照片 {n} 张", n=len(fact.data["photos"])), "photos": [at + one for one in fact.data["photos"]]}
