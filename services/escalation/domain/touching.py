"""Which subjects a message concerns beside its own: what it says itself, and what the present states add."""

from __future__ import annotations

from typing import Any

from services.escalation.domain.heard import (
    CaseClosed,
    CycleSummedUp,
    OrderEscalated,
    OrderReworked,
    OrderWithdrawn,
    ReporterJoined,
    VerificationFailed,
)
from services.escalation.domain.meeting import Meeting
from services.escalation.domain.messages import (
    AdoptMinutes,
    CallMeeting,
    CancelMeeting,
    ConveneMeeting,
    ExcuseMeeting,
    HoldMeeting,
    PostponeMeeting,
    RecordDecisions,
    RefuseMeeting,
    SupplementMinutes,
    TableTopics,
)
from services.escalation.domain.topic import Topic
from services.escalation.domain.topic_messages import (
    AcknowledgeDecision,
    AdmitTopic,
    CombineTopic,
    ObjectToDecline,
    ProposeTopic,
    ReceiveTopic,
    ReopenTopic,
    ReturnTopic,
    TellReporters,
    WithdrawTopic,
    WriteOff,
)
from shared.kernel.decisions import Message

_ABOUT_STATE = (
    CaseClosed,
    OrderEscalated,
    OrderReworked,
    OrderWithdrawn,
    ReporterJoined,
    VerificationFailed,
    AcknowledgeDecision,
    AdmitTopic,
    AdoptMinutes,
    CallMeeting,
    CancelMeeting,
    CombineTopic,
    ConveneMeeting,
    ExcuseMeeting,
    HoldMeeting,
    ObjectToDecline,
    PostponeMeeting,
    ProposeTopic,
    ReceiveTopic,
    RecordDecisions,
    RefuseMeeting,
    ReopenTopic,
    ReturnTopic,
    SupplementMinutes,
    TableTopics,
    TellReporters,
    WithdrawTopic,
    WriteOff,
)


def touches(message: Message) -> tuple[str, ...]:
    """Name what the message alone tells: the ledger a case is brought to, the cases of a proposal, a survivor."""
    match message.data:
        case OrderEscalated(body=body):
            return (f"ledger:{body}",)
        case ProposeTopic(cases=cases) | ConveneMeeting(cases=cases) | TableTopics(cases=cases):
            return tuple(dict.fromkeys(cases))
        case CombineTopic(into=into):
            return (into,)
        case CycleSummedUp():
            return (message.subject.removeprefix("summary:"),)
        case _:
            return ()


def needs_peek(message: Message) -> bool:
    """Tell whether the city or the state of the message's subject names further subjects; deadlines carry theirs."""
    return isinstance(message.data, _ABOUT_STATE)


def further(message: Message, state: Any, city: Any) -> tuple[str, ...]:
    """Return what a state, read without lock, and the city add; the decider checks it again under the locks."""
    if isinstance(message.data, ProposeTopic):
        unit = message.actor.id.partition(":")[0]
        body = city.body_of(unit) if unit in city.units else None
        return (f"ledger:{body.unit}",) if body else ()
    if isinstance(state, Topic):
        return (state.home,) if state.home else state.subjects
    if isinstance(state, Meeting):
        above = city.body_above(state.unit) if isinstance(message.data, AdoptMinutes) else None
        return (*state.subjects, *((f"ledger:{above.unit}",) if above else ()))
    return ()
