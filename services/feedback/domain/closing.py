"""The end of a case: nobody is asked any more, and what was said counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.feedback.domain.heard import CaseClosed, OrderWithdrawn
from services.feedback.domain.publishing import count
from services.feedback.domain.rating import RatedCase, Status
from services.feedback.domain.table import States, decide, evolve
from shared.kernel.decisions import Cancel, Context, Decision, Message

UNASKED = Decision(deadlines=(Cancel("window"), Cancel("judge")))


@decide.on(CaseClosed)
def close(states: States, message: Message, context: Context) -> Decision:
    """End the asking and count the case for its units."""
    return UNASKED + count(states[message.subject], message, context)


@decide.on(OrderWithdrawn)
def withdraw(states: States, message: Message, context: Context) -> Decision:
    """Ask nobody about a withdrawn case."""
    return UNASKED


@evolve.on(CaseClosed, OrderWithdrawn)
def ended(state: RatedCase | None, fact: CaseClosed | OrderWithdrawn, at: datetime) -> RatedCase | None:
    return replace(state, status=Status.ENDED) if state else None
