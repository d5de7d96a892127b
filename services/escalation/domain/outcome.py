"""What came of a topic's orders (办结、核查、评价): heard from dispatch and feedback, kept for papers alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.escalation.domain.heard import CaseRated, OrderHandled, OrderVerified
from services.escalation.domain.table import States, deciders
from services.escalation.domain.topic import Topic
from shared.kernel.decisions import NOTHING, Context, Decision, Message


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was heard of one case of a topic: `kind` is handled, verified or rated; nothing personal is in `said`."""

    case: str
    topic: str
    kind: str
    at: datetime
    said: Mapping[str, Any]


@deciders.on(OrderHandled)
def handled(states: States, message: Message, context: Context) -> Decision:
    """Note the disposal report of an order that a meeting made."""
    report: OrderHandled = message.data
    return _note(states, message, "handled", {"by": report.done_by, "note": report.note, "on_time": report.on_time})


@deciders.on(OrderVerified)
def verified(states: States, message: Message, context: Context) -> Decision:
    """Note who verified the work; nobody where the matter needs none."""
    return _note(states, message, "verified", {"by": message.data.verifier})


@deciders.on(CaseRated)
def rated(states: States, message: Message, context: Context) -> Decision:
    """Note the grades of the reporters who answered, and how many did not."""
    grades = [answer.grade for answer in message.data.answers]
    said = {"grades": sorted(grade for grade in grades if grade is not None), "unrated": grades.count(None)}
    return _note(states, message, "rated", said)


def _note(states: States, message: Message, kind: str, said: Mapping[str, Any]) -> Decision:
    """Keep it if the case belongs to a topic that is not over; an order before any topic is no meeting's."""
    topic: Topic | None = states[message.subject]
    if topic is None or not topic.id or (not topic.home and topic.is_over):
        return NOTHING
    return Decision(rows=(Outcome(message.subject, topic.id, kind, message.acted_at, said),))
