"""What feedback supervises beside ratings and scores: every noun of it with its state and its deciders."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import Any

from services.feedback.domain import (
    assessing,
    assessment,
    draw,
    drawing,
    duty,
    mutual,
    poll,
    sealing,
    star,
    starring,
    summary,
)
from shared.kernel.decisions import Arm, Message

STATES: dict[str, type] = {
    "assessment": assessment.Assessment,
    "draw": draw.Draw,
    "duty": duty.Duty,
    "mutual": mutual.Mutual,
    "poll": poll.Poll,
    "star": star.Star,
    "summary": summary.Summaries,
}
"""Kind of subject -> its state."""
SPOKEN: tuple[ModuleType, ...] = (assessment, draw, duty, mutual, poll, star, summary)
"""Modules with facts and messages."""
DECIDING: tuple[ModuleType, ...] = (assessing, drawing, duty, poll, sealing, starring, summary)
"""Modules whose deciders and folds are entered when they are imported."""


def touches(message: Message) -> tuple[str, ...]:
    """Name the further subjects that a message of supervision is about."""
    return starring.touches(message) or duty.touches(message)


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return what must exist from the first start on: the duties of the present period."""
    return duty.seeds(city, now)
