"""The bulletin (通报) of a period's published scores: as a document with tables and charts, and as a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from services.feedback.papers.card import (
    KINDS,
    RATES,
    THREE,
    Card,
    composite,
    has_rates,
    number,
    peers,
    percent,
    period_words,
    remark,
    valid,
)
from shared.kernel.calendar import SHANGHAI
from shared.papers.paper import Block, Chart, Column, Heading, Paper, Table, Text, numbered
from shared.papers.workbook import Bars, Workbook

IN_DOCUMENT = frozenset({"county", "street", "community", "department"})
"""Kinds whose cards a document lists; the many grids stand in the workbook alone."""
MOST_BARS = 20
PLACES = (
    Column("名次", 9, True), Column("单位", 25), Column("综合", 10, True), Column("响应率", 11, True),
    Column("解决率", 11, True), Column("满意率", 11, True), Column("覆盖率", 11, True), Column("有效/应评", 10, True),
    Column("备注", 16),
)  # fmt: skip
CASES = (Column("单位", 26), *(Column(title, 12, True) for title in RATES.values()))
SHEET = (
    Column("名次", 5), Column("单位", 20), Column("综合", 8), *(Column(title, 8) for title in THREE.values()),
    Column("覆盖率", 8), Column("应评", 7), Column("有效", 7), Column("剔除", 7),
    *(Column(title, 8) for title in RATES.values()), Column("备注", 16),
)  # fmt: skip


def bulletin(period: str, cards: Sequence[Card], trend: Sequence[Card], published_at: datetime, city: Any) -> Paper:
    """Return the bulletin; `trend` are the whole city's cards of this period and those before it, oldest first."""
    when = period_words(period)
    whole = next((card for card in cards if card["kind"] == "city"), None)
    parts: list[tuple[str, list[Block]]] = [("总体情况", _whole(cards, whole, trend))]
    for name, members in peers(cards):
        if members[0]["kind"] in IN_DOCUMENT:
            parts.append((f"{name}评价情况", _tier(name, members, city)))
    parts.append(("说明", [Text(_notes(cards))]))
    blocks: list[Block] = []
    for heading, (_, said) in zip(numbered([title for title, _ in parts]), parts, strict=True):
        blocks += [Heading(heading), *said]
    return Paper(
        agency=f"{city.names.zh}指挥中心",
        title=f"关于{when}群众评单情况的通报",
        recipients="各街道、社区，各有关部门和单位",
        blocks=tuple(blocks),
        signed=f"{city.names.zh}指挥中心",
        signed_on=_day(published_at),
        foot=_source(cards),
    )


def workbook(path: Path, period: str, cards: Sequence[Card], trend: Sequence[Card], city: Any) -> None:
    """Write the same as a workbook: a sheet per tier with every card and a chart, and one for the city over time."""
    when, foot = period_words(period), _source(cards)
    book = Workbook(path, f"{when}群众评单情况通报")
    if trend:
        sheet = book.sheet(
            "全市走势",
            "全市群众评单走势",
            (Column("期间", 16), Column("综合", 9), *(Column(title, 9) for title in THREE.values())),
            subtitle=f"至{when}",
            foot=foot,
            frozen=1,
        )
        for card in trend:
            rates = (number(card[name]) for name in THREE)
            sheet.row((period_words(card["period"]), composite(card), *rates))
        sheet.chart(Bars("全市三率和综合", 0, (1, 2, 3, 4), over_time=True))
    for name, members in peers(cards):
        sheet = book.sheet(name, f"{when}{name}群众评单情况", SHEET, subtitle=_notes(members), foot=foot, frozen=2)
        for card in members:
            sheet.row(_cells(card, city))
        ranked = sum(bool(card.get("place")) for card in members)
        if ranked:
            sheet.chart(Bars(_of_best(f"{name}综合得分", ranked), 1, (2,), rows=min(MOST_BARS, ranked)))
    book.close()


def _whole(cards: Sequence[Card], whole: Card | None, trend: Sequence[Card]) -> list[Block]:
    if whole is None:
        units = "、".join(f"{name}{len(members)}个" for name, members in peers(cards) if members[0]["kind"] in KINDS)
        return [Text(f"本期公布{units}的得分。")]
    blocks: list[Block] = [Text(_overall(whole))]
    if has_rates([whole]):
        said = "，".join(f"{title}{percent(whole['rates'].get(name))}" for name, title in RATES.items())
        blocks.append(Text(f"办理质效：{said}。"))
    if len(trend) > 1:
        labels = tuple(period_words(card["period"]) for card in trend)
        blocks.append(Chart("全市综合得分走势", "", labels, (("综合", tuple(composite(c) for c in trend)),), 100, 2))
    return blocks


def _overall(whole: Card) -> str:
    rates = "，".join(f"{title}{percent(whole[name])}" for name, title in THREE.items())
    return (
        f"本期向反映人征求评价{whole['asked']}份，有效评价{valid(whole)}份，"
        f"覆盖率{percent(whole.get('coverage'))}。{rates}，综合得分{whole['composite'] or '—'}。"
    )


def _tier(name: str, members: Sequence[Card], city: Any) -> list[Block]:
    rows = tuple(
        (
            str(card["place"] or "—") if card.get("place") else "—",
            city.name_of(card["unit"]),
            str(card["composite"] or "—"),
            *(percent(card[rate]) for rate in THREE),
            percent(card.get("coverage")),
            f"{valid(card)}/{card['asked']}",
            remark(card),
        )
        for card in members
    )
    blocks: list[Block] = [Table(PLACES, rows, f"{name}三率和综合得分")]
    ranked = [card for card in members if card.get("place")]
    if ranked:
        shown = ranked[:MOST_BARS]
        title = _of_best(f"{name}综合得分", len(ranked))
        labels = tuple(city.name_of(card["unit"]) for card in shown)
        blocks.append(Chart(title, "", labels, (("综合", tuple(composite(card) for card in shown)),), 100, 2))
    if has_rates(members):
        lines = tuple(
            (city.name_of(card["unit"]), *(percent(card.get("rates", {}).get(rate)) for rate in RATES))
            for card in members
        )
        blocks.append(Table(CASES, lines, f"{name}办理质效"))
    return blocks


def _of_best(title: str, ranked: int) -> str:
    """Return a chart's title, which says so where not everybody is drawn."""
    return title + (f"（前{MOST_BARS}名）" if ranked > MOST_BARS else "")


def _cells(card: Card, city: Any) -> tuple[Any, ...]:
    rates: Mapping[str, Any] = card.get("rates", {})
    return (
        card.get("place"),
        city.name_of(card["unit"]),
        composite(card),
        *(number(card[name]) for name in THREE),
        number(card.get("coverage")),
        card["asked"],
        valid(card),
        card.get("excluded", 0),
        *(number(rates.get(name)) for name in RATES),
        remark(card),
    )


def _notes(cards: Sequence[Card]) -> str:
    return (
        f"{_source(cards)}。单位为百分比；分母为零的以“—”表示，不计零分也不计满分；"
        "有效评价过少的只列出、不排名；名次只在同一档内比较，得分相同的名次相同。"
    )


def _source(cards: Sequence[Card]) -> str:
    """Return by which policy the figures were made, and when they were frozen."""
    versions = "、".join(sorted({str(card["policy"]) for card in cards}))
    frozen = sorted({_day(datetime.fromisoformat(card["frozen_at"])) for card in cards if card.get("frozen_at")})
    revision = max(int(card["revision"]) for card in cards)
    at = f"，冻结于{frozen[-1].isoformat()}" if frozen else ""
    return f"评分办法第{versions}版{at}，最近为第{revision}次公布"


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()
