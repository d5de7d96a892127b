"""A published score as papers read it: figures in words, figures as numbers, peers in the order of their places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

Card = Mapping[str, Any]
"""The newest revision of one published score, as the table holds it."""

KINDS = {
    "city": "全市",
    "county": "县区",
    "street": "街道",
    "community": "社区",
    "grid": "网格",
    "subgrid": "三级网格",
    "department": "职能部门和单位",
}
"""Kinds of cards in the order in which a bulletin gives them."""
THREE = {"response": "响应率", "resolution": "解决率", "satisfaction": "满意率"}
RATES = {
    "closing": "结案率",
    "on_time": "按期结案率",
    "rework": "返工率",
    "rating_rework": "评价返工率",
    "hand_back": "退单率",
    "accurate_dispatch": "准确派遣率",
    "extension": "延期率",
    "mediation": "调解成功率",
}


def peers(cards: Iterable[Card]) -> list[tuple[str, list[Card]]]:
    """Return the cards by tier, each tier under its name in the order of places; what is not ranked stands last."""
    order = list(KINDS)

    def tier(card: Card) -> tuple[int, str]:
        kind = str(card["kind"])
        return (order.index(kind) if kind in order else len(order), str(card["tier"]))

    ranked = sorted(cards, key=lambda card: (tier(card), card.get("place") is None, card.get("place") or 0))
    found: list[tuple[str, list[Card]]] = []
    for _, each in groupby(ranked, key=tier):
        members = list(each)
        kind, name = str(members[0]["kind"]), str(members[0]["tier"])
        words = KINDS.get(kind, kind)
        found.append((words if name == kind else f"{words}（{name}）", members))
    return found


def percent(ratio: Mapping[str, Any] | None) -> str:
    """Return a rate with its sign, or a dash where it has no value."""
    return f"{ratio['percent']}%" if ratio and ratio.get("percent") is not None else "—"


def number(ratio: Mapping[str, Any] | None) -> float | None:
    """Return a rate as a number."""
    return float(ratio["percent"]) if ratio and ratio.get("percent") is not None else None


def composite(card: Card) -> float | None:
    """Return the composite as a number."""
    return float(card["composite"]) if card.get("composite") is not None else None


def valid(card: Card) -> int:
    """Return the number of valid answers."""
    return int(card["response"]["denominator"])


def remark(card: Card) -> str:
    """Return what a reader must know of a line: too few answers, answers left out, a later revision."""
    parts = [
        "样本少，不排名" if card["few"] else "",
        f"剔除{card['excluded']}份" if card.get("excluded") else "",
        f"第{card['revision']}次公布" if int(card["revision"]) > 1 else "",
    ]
    return "；".join(part for part in parts if part)


def has_rates(cards: Sequence[Card]) -> bool:
    """Tell whether any card has a case rate with a value."""
    return any(number(ratio) is not None for card in cards for ratio in card.get("rates", {}).values())


def period_words(period: str) -> str:
    """Return a period as papers say it: a month, a quarter or a year."""
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        return f"{year}年第{'一二三四'[int(part[1]) - 1]}季度"
    return f"{year}年{int(part)}月" if part else f"{year}年度"
