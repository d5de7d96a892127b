"""Where a topic is to be found: at the case that carries it, with everything locked that a fact about it concerns."""

from __future__ import annotations

from services.escalation.domain.table import States, again, lacks
from services.escalation.domain.topic import Topic
from shared.kernel.decisions import Decision, Message
from shared.kernel.refusals import Refused


def topic_at(states: States, message: Message) -> Topic:
    """Return the topic that a command is about; raises Refused for a case without one or carried by another case."""
    topic = states[message.subject]
    if not isinstance(topic, Topic):  # none, or the id of a meeting or of a ledger
        raise Refused("subject.unknown", "case", subject=message.subject)
    if topic.home:
        raise Refused("topic.carried", "case", home=topic.home, topic=topic.id)
    if not topic.entries:
        raise Refused("subject.unknown", "case", subject=message.subject)
    if lacks(states, topic.subjects):
        raise Refused("message.stale", "case", sequence=message.sequence)
    return topic


def carrier(states: States, message: Message) -> tuple[str, Topic | None] | Decision:
    """Return the case that carries the topic of a case, and that topic, or the decision to meet the message again.

    None where the case never had a topic.
    """
    topic: Topic | None = states[message.subject]
    home = topic.home if topic and topic.home else message.subject
    if lacks(states, (home,)):
        return again(message, (home,))
    topic = states[home]
    if topic is None or not topic.entries:
        return message.subject, topic
    needs = (home, *topic.subjects)
    return again(message, needs) if lacks(states, needs) else (home, topic)


def carried(states: States, home: str, topic: Topic) -> tuple[str, ...]:
    """Return the further cases of a topic, of those that were locked, that still point to the case that carries it."""
    found = {case: states.get(case) for case in topic.others}
    return tuple(case for case, state in found.items() if isinstance(state, Topic) and state.home == home)
