"""What feedback supervises beside ratings and scores: every noun of it with its state and its deciders."""

from __future__ import annotations

from types import ModuleType

from services.feedback.domain import (
    assessing,
    assessment,
    draw,
    drawing,
    mutual,
    poll,
    sealing,
    star,
    starring,
    summary,
)
from shared.kernel.decisions import Message

STATES: dict[str, type] = {
    "assessment": assessment.Assessment,
    "draw": draw.Draw,
    "mutual": mutual.Mutual,
    "poll": poll.Poll,
    "star": star.Star,
    "summary": summary.Summaries,
}
"""Kind of subject -> its state."""
SPOKEN: tuple[ModuleType, ...] = (assessment, draw, mutual, poll, star, summary)
"""Modules with facts and messages."""
DECIDING: tuple[ModuleType, ...] = (assessing, drawing, poll, sealing, starring, summary)
"""Modules whose deciders and folds are entered when they are imported."""


def touches(message: Message) -> tuple[str, ...]:
    """Name the further subjects that a message of supervision is about."""
    return starring.touches(message)
