"""What feedback supervises beside ratings and scores: every noun of it with its state and its deciders."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import Any

from services.feedback.domain import (
    assessing,
    assessment,
    consent,
    draw,
    drawing,
    duty,
    exporting,
    joint_review,
    mutual,
    poll,
    problem,
    sealing,
    star,
    starring,
    summary,
)
from shared.kernel.decisions import Arm, Message

STATES: dict[str, type] = {
    "assessment": assessment.Assessment,
    "consent": consent.Consent,
    "draw": draw.Draw,
    "duty": duty.Duty,
    "export": exporting.Exports,
    "mutual": mutual.Mutual,
    "poll": poll.Poll,
    "problem": problem.Problem,
    "review": joint_review.JointReview,
    "star": star.Star,
    "summary": summary.Summaries,
}
"""Kind of subject -> its state."""
_WHOLE = (consent, duty, exporting, joint_review, poll, problem, summary)
"""Modules that speak and decide."""
SPOKEN: tuple[ModuleType, ...] = (assessment, draw, mutual, star, *_WHOLE)
"""Modules with facts and messages."""
DECIDING: tuple[ModuleType, ...] = (assessing, drawing, sealing, starring, *_WHOLE)
"""Modules whose deciders and folds are entered when they are imported."""


def touches(message: Message) -> tuple[str, ...]:
    """Name the further subjects that a message of supervision is about."""
    return starring.touches(message) or duty.touches(message) or poll.touches(message)


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return what must exist from the first start on: the duties of the present period."""
    return duty.seeds(city, now)
