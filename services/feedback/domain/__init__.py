"""What feedback decides: who is asked, what an answer leads to, which figures a unit gets in a month."""

from __future__ import annotations

from services.feedback.domain.desk import decide, evolve
from services.feedback.domain.rating import RatedCase
from services.feedback.domain.score import Score, touches

STATES: dict[str, type] = {"case": RatedCase, "score": Score}
"""Kind of subject -> its state."""

__all__ = ["STATES", "decide", "evolve", "touches"]
