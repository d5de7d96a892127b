"""What feedback supervises beside ratings and scores: every noun of it with its state and its deciders."""

from __future__ import annotations

from types import ModuleType

from services.feedback.domain import assessing, assessment, draw, drawing, mutual, sealing

STATES: dict[str, type] = {"assessment": assessment.Assessment, "draw": draw.Draw, "mutual": mutual.Mutual}
"""Kind of subject -> its state."""
SPOKEN: tuple[ModuleType, ...] = (assessment, draw, mutual)
"""Modules with facts and messages."""
DECIDING: tuple[ModuleType, ...] = (assessing, drawing, sealing)
"""Modules whose deciders and folds are entered when they are imported."""
