"""What feedback decides: who is asked, what an answer leads to, which figures a unit gets in a period."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.feedback.domain import (
    answering,
    asking,
    calling,
    closing,
    excluding,
    forgetting,
    judging,
    policy,
    publishing,
    recording,
    recounting,
    returning,
    supervision,
    table,
)
from services.feedback.domain.brief import brief
from services.feedback.domain.contact import contacts
from services.feedback.domain.counting import Counting, Following
from services.feedback.domain.deed import deeds
from services.feedback.domain.exporting import grades
from services.feedback.domain.pay import verification
from services.feedback.domain.policy import PolicyState
from services.feedback.domain.publishing import PeriodScores
from services.feedback.domain.rating import RatedCase
from services.feedback.domain.table import States
from shared.kernel.decisions import Arm, Context, Decision, Message

STATES: dict[str, type] = {
    "case": RatedCase,
    "score": PeriodScores,
    "policy": PolicyState,
    **supervision.STATES,
}
"""Kind of subject -> its state."""


class _Keeping(Counting):
    """The deciders, each followed by what a message adds: lines, brief, deeds, leaders' acts, grades."""

    def __call__(self, states: States, message: Message, context: Context) -> Decision:
        decision = super().__call__(states, message, context)
        told = (*brief(message, context), *verification(message), *deeds(message), *contacts(message), *grades(message))
        return decision + Decision(rows=told) if told else decision


decide = _Keeping()
decide.table = table.decide.table
evolve = Following()
evolve.table = table.evolve.table


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return what must exist from the first start on: the policies, the periods that run now."""
    return [*policy.seeds(city, now), *publishing.seeds(city, now), *supervision.seeds(city, now)]


touches = supervision.touches

__all__ = [
    "STATES",
    "answering",
    "asking",
    "calling",
    "closing",
    "decide",
    "evolve",
    "excluding",
    "forgetting",
    "judging",
    "policy",
    "publishing",
    "recording",
    "recounting",
    "returning",
    "seeds",
    "supervision",
    "touches",
]
