"""Escalation's rules: topics on their way up the joint meetings and down again, each step in a hash-chained ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import (
    calling,
    combining,
    convening,
    correcting,
    deliberating,
    ending,
    folds,
    heads,
    minutes,
    objecting,
    opening,
    outcome,
    planning,
    proposing,
    recounting,
    rules,
    sitting,
    telling,
    topic_folds,
    topic_rules,
    withdrawing,
)
from services.escalation.domain.boards import boards
from services.escalation.domain.council import Council
from services.escalation.domain.heads import Published
from services.escalation.domain.ledger import Ledger
from services.escalation.domain.meeting import Meeting
from services.escalation.domain.table import States, deciders, evolve
from services.escalation.domain.topic import Topic
from services.escalation.domain.touching import further, needs_peek, touches
from shared.kernel.decisions import Arm, Context, Deciders, Decision, Message
from shared.kernel.replacing import replace

STATES: dict[str, type[Any]] = {
    "case": Topic,
    "ledger": Ledger,
    "meeting": Meeting,
    "heads": Published,
    "council": Council,
}
"""Kind of subject -> its state."""


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return what must exist from the first start on: each body's first meeting, the first list of heads, councils."""
    return [*planning.seeds(city, now), *heads.seeds(city, now), *deliberating.seeds(city, now)]


class _Posting(Deciders):
    """The deciders, each followed by the rows of what it changed."""

    def __call__(self, states: States, message: Message, context: Context) -> Decision:
        decision = super().__call__(states, message, context)
        return replace(decision, rows=(*decision.rows, *boards(states, message, decision, context)))


decide = _Posting()
decide.table = deciders.table

__all__ = [
    "STATES",
    "calling",
    "combining",
    "convening",
    "correcting",
    "decide",
    "deliberating",
    "ending",
    "evolve",
    "folds",
    "further",
    "heads",
    "minutes",
    "needs_peek",
    "objecting",
    "opening",
    "outcome",
    "planning",
    "proposing",
    "recounting",
    "rules",
    "seeds",
    "sitting",
    "telling",
    "topic_folds",
    "topic_rules",
    "touches",
    "withdrawing",
]
