"""What feedback supervises beside ratings and scores: every noun of it with its state and its deciders."""

from __future__ import annotations

from types import ModuleType

from services.feedback.domain import assessing, assessment, draw, drawing

STATES: dict[str, type] = {"assessment": assessment.Assessment, "draw": draw.Draw}
"""Kind of subject -> its state."""
SPOKEN: tuple[ModuleType, ...] = (assessment, draw)
"""Modules with facts and messages."""
DECIDING: tuple[ModuleType, ...] = (assessing, drawing)
"""Modules whose deciders and folds are entered when they are imported."""
