"""What feedback decides: who is asked, what an answer leads to, which figures a unit gets in a month."""

from __future__ import annotations

from services.feedback.domain import (
    answering,
    asking,
    calling,
    closing,
    excluding,
    judging,
    publishing,
    recording,
    supervision,
)
from services.feedback.domain.brief import brief
from services.feedback.domain.rating import RatedCase
from services.feedback.domain.score import Score, touches
from services.feedback.domain.table import States, evolve
from services.feedback.domain.table import decide as decided
from shared.kernel.decisions import Context, Deciders, Decision, Message

STATES: dict[str, type] = {"case": RatedCase, "score": Score, **supervision.STATES}
"""Kind of subject -> its state."""


class _Briefing(Deciders):
    """The deciders, each followed by what a message adds to the brief of its case."""

    def __call__(self, states: States, message: Message, context: Context) -> Decision:
        decision = super().__call__(states, message, context)
        told = brief(message, context)
        return decision + Decision(rows=told) if told else decision


decide = _Briefing()
decide.table = decided.table

__all__ = [
    "STATES",
    "answering",
    "asking",
    "calling",
    "closing",
    "decide",
    "evolve",
    "excluding",
    "judging",
    "publishing",
    "recording",
    "supervision",
    "touches",
]
