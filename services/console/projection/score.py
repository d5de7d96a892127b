"""The published scores: one row per unit and month, the newest revision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.feedback import ScorePublished


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """What feedback published, unchanged."""

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


def read(fact: ScorePublished, at: datetime) -> ScoreRow:
    """Return the row of a publication."""
    return ScoreRow(
        unit=fact.unit,
        period=fact.period,
        policy=fact.policy,
        revision=fact.revision,
        asked=fact.asked,
        response=fact.response.model_dump(),
        resolution=fact.resolution.model_dump(),
        satisfaction=fact.satisfaction.model_dump(),
        composite=fact.composite,
        few=fact.few,
        published_at=at,
    )
