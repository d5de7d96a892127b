"""Which subjects a message concerns beside its own: what it says itself, and what the present states add."""

from __future__ import annotations

from typing import Any

from services.escalation.domain.heard import CaseClosed, OrderEscalated, OrderWithdrawn
from services.escalation.domain.meeting import Meeting
from services.escalation.domain.messages import AdoptMinutes, HoldMeeting, RecordDecisions
from services.escalation.domain.topic import Topic
from services.escalation.domain.topic_messages import AcknowledgeDecision, ObjectToDecline, TellReporters, WriteOff
from shared.kernel.decisions import Message

_ABOUT_STATE = (
    CaseClosed,
    OrderEscalated,
    OrderWithdrawn,
    AcknowledgeDecision,
    AdoptMinutes,
    HoldMeeting,
    ObjectToDecline,
    RecordDecisions,
    TellReporters,
    WriteOff,
)


def touches(message: Message) -> tuple[str, ...]:
    """Name what the message alone tells: the ledger of the body that a case is brought to."""
    return (f"ledger:{message.data.body}",) if isinstance(message.data, OrderEscalated) else ()


def needs_peek(message: Message) -> bool:
    """Tell whether the state of the message's subject names further subjects; deadlines carry theirs with them."""
    return isinstance(message.data, _ABOUT_STATE)


def further(message: Message, state: Any, city: Any) -> tuple[str, ...]:
    """Return what a state, read without lock, adds; the decider checks it again under the locks."""
    if isinstance(state, Topic):
        return state.ledgers
    if isinstance(state, Meeting):
        above = city.body_above(state.unit) if isinstance(message.data, AdoptMinutes) else None
        return (*state.subjects, *((f"ledger:{above.unit}",) if above else ()))
    return ()
