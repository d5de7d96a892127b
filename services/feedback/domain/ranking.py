"""Places among peers (排名): by the published figure, ties share a place, only within a tier (workflows §4.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from services.feedback.domain.score import Figures

UNRANKED = frozenset({"city"})
"""A kind without peers."""


def places(cards: Iterable[Figures]) -> dict[str, tuple[int, int]]:
    """Return unit -> (place, how many are ranked) of those with a composite and enough answers."""
    tiers: dict[str, list[Figures]] = defaultdict(list)
    for card in cards:
        if card.composite is not None and not card.few and card.kind not in UNRANKED:
            tiers[card.tier].append(card)
    found: dict[str, tuple[int, int]] = {}
    for peers in tiers.values():
        figures = sorted((Decimal(card.composite or 0) for card in peers), reverse=True)
        first = {figure: place for place, figure in reversed(list(enumerate(figures, 1)))}
        for card in peers:
            found[card.unit] = first[Decimal(card.composite or 0)], len(peers)
    return found
