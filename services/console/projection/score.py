"""The scores: one row per unit and period, the newest revision, or the figures so far as revision 0."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.feedback import Figures, ScorePublished


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """What feedback stated, unchanged."""

    unit: str
    period: str
    policy: str
    revision: int
    asked: int
    response: dict[str, Any]
    resolution: dict[str, Any]
    satisfaction: dict[str, Any]
    composite: str | None
    few: bool
    published_at: datetime


def read(fact: Figures, at: datetime) -> ScoreRow:
    """Return the row of a publication, or of working figures."""
    return ScoreRow(
        unit=fact.unit,
        period=fact.period,
        policy=fact.policy,
        revision=fact.revision if isinstance(fact, ScorePublished) else 0,
        asked=fact.asked,
        response=fact.response.model_dump(),
        resolution=fact.resolution.model_dump(),
        satisfaction=fact.satisfaction.model_dump(),
        composite=fact.composite,
        few=fact.few,
        published_at=at,
    )
