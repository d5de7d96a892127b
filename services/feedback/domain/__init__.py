"""What feedback decides: who is asked, what an answer leads to, which figures a unit gets in a month."""

from __future__ import annotations

from services.feedback.domain import (
    answering,
    asking,
    assessing,
    calling,
    closing,
    excluding,
    judging,
    publishing,
    recording,
)
from services.feedback.domain.assessment import Assessment
from services.feedback.domain.rating import RatedCase
from services.feedback.domain.score import Score, touches
from services.feedback.domain.table import decide, evolve

STATES: dict[str, type] = {"case": RatedCase, "score": Score, "assessment": Assessment}
"""Kind of subject -> its state."""

__all__ = [
    "STATES",
    "answering",
    "asking",
    "assessing",
    "calling",
    "closing",
    "decide",
    "evolve",
    "excluding",
    "judging",
    "publishing",
    "recording",
    "touches",
]
