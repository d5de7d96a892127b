"""Escalation's rules: topics on their way up the joint meetings and down again, each step in a hash-chained ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.escalation.domain import (
    convening,
    folds,
    following,
    minutes,
    opening,
    planning,
    rules,
    sitting,
    topic_folds,
)
from services.escalation.domain.boards import boards
from services.escalation.domain.ledger import Ledger
from services.escalation.domain.meeting import Meeting
from services.escalation.domain.planning import seeds
from services.escalation.domain.table import States, deciders, evolve
from services.escalation.domain.topic import Topic
from services.escalation.domain.touching import further, needs_peek, touches
from shared.kernel.decisions import Context, Deciders, Decision, Message

STATES: dict[str, type[Any]] = {"case": Topic, "ledger": Ledger, "meeting": Meeting}
"""Kind of subject -> its state."""


class _Posting(Deciders):
    """The deciders, each followed by the rows of what it changed."""

    def __call__(self, states: States, message: Message, context: Context) -> Decision:
        decision = super().__call__(states, message, context)
        return replace(decision, rows=(*decision.rows, *boards(states, message, decision, context)))


decide = _Posting()
decide.table = deciders.table

__all__ = [
    "STATES",
    "convening",
    "decide",
    "evolve",
    "folds",
    "following",
    "further",
    "minutes",
    "needs_peek",
    "opening",
    "planning",
    "rules",
    "seeds",
    "sitting",
    "topic_folds",
    "touches",
]
