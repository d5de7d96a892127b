"""A topic that was moved up is received, always; silence is receipt, and only a meeting can answer it (G18)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.carrying import topic_at
from services.escalation.domain.ledger import Secretary
from services.escalation.domain.roles import check_secretary
from services.escalation.domain.table import States, deciders, on_due
from services.escalation.domain.topic import FINAL, Entry, Topic
from services.escalation.domain.topic_facts import of
from services.escalation.domain.topic_messages import ReceiveTopic
from shared.kernel.clock import counted
from shared.kernel.decisions import NOTHING, Cancel, Context, Decision, Message, arm
from shared.kernel.refusals import Refused


def await_receipt(secretary: Secretary, city: Any, at: datetime, case: str, body: str) -> None:
    """Give the secretary above his time to acknowledge."""
    due = counted(at, city.clock("receipt"))
    secretary.arm(arm(f"receipt:{body}", due, city.calendar, {"body": body}, case, (f"ledger:{body}",)))


@deciders.on(ReceiveTopic)
def receive(states: States, message: Message, context: Context) -> Decision:
    """Let the secretary above acknowledge a topic that was moved up to his body."""
    topic = topic_at(states, message)
    entry = topic.active
    check_secretary(message.actor, entry.body, context.city)
    if entry.is_received:
        raise Refused("topic.received", "entry", body=entry.body)
    return _received(states, message, context, topic, entry, lapsed=False)


@on_due("receipt")
def receive_by_silence(states: States, message: Message, context: Context) -> Decision:
    """Count a topic as received that nobody acknowledged in time."""
    topic: Topic | None = states[message.subject]
    entry = topic.entry_of(message.data.data["body"]) if topic else None
    if topic is None or entry is None or entry.is_received or entry.status in FINAL:
        return NOTHING
    return _received(states, message, context, topic, entry, lapsed=True)


def _received(
    states: States, message: Message, context: Context, topic: Topic, entry: Entry, *, lapsed: bool
) -> Decision:
    secretary = Secretary(states, context.city, message.acted_at)
    secretary.record(entry.body, "received", topic.id, {"lapsed": lapsed}, case=message.subject)
    secretary.state(message.subject, t.TopicReceived(**of(topic, entry, entry.status), lapsed=lapsed))
    secretary.arm(Cancel(f"receipt:{entry.body}", message.subject))
    return secretary.decision()
