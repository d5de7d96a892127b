"""A topic that was moved up is received, always; silence is receipt, and only a meeting can answer it (G18)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.carrying import topic_at
from services.escalation.domain.ledger import Secretary
from services.escalation.domain.roles import check_secretary
from services.escalation.domain.table import States, deciders, on_due
from services.escalation.domain.topic import Topic
from services.escalation.domain.topic_facts import of
from services.escalation.domain.topic_messages import ReceiveTopic
from shared.kernel import clock
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Message
from shared.kernel.refusals import Refused


def await_receipt(secretary: Secretary, city: Any, at: datetime, case: str, body: str) -> None:
    """Give the secretary above his time to acknowledge."""
    due = clock.add(at, city.clock("receipt"), city.calendar)
    secretary.arm(Arm("receipt", due, {}, case, (f"ledger:{body}",)))


@deciders.on(ReceiveTopic)
def receive(states: States, message: Message, context: Context) -> Decision:
    """Let the secretary above acknowledge a topic that was moved up to his body."""
    topic = topic_at(states, message)
    check_secretary(message.actor, topic.active.body, context.city)
    if topic.active.is_received:
        raise Refused("topic.received", "entry", body=topic.active.body)
    return _received(states, message, context, topic, lapsed=False)


@on_due("receipt")
def receive_by_silence(states: States, message: Message, context: Context) -> Decision:
    """Count a topic as received that nobody acknowledged in time."""
    topic: Topic | None = states[message.subject]
    if topic is None or topic.is_over or topic.active.is_received:
        return NOTHING
    return _received(states, message, context, topic, lapsed=True)


def _received(states: States, message: Message, context: Context, topic: Topic, *, lapsed: bool) -> Decision:
    entry = topic.active
    secretary = Secretary(states, context.city, message.acted_at)
    secretary.record(entry.body, "received", topic.id, {"lapsed": lapsed}, case=message.subject)
    secretary.state(message.subject, t.TopicReceived(**of(topic, entry, entry.status), lapsed=lapsed))
    secretary.arm(Cancel("receipt", message.subject))
    return secretary.decision()
