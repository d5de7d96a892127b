"""How each fact about a topic changes it; nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.escalation.domain import topic_facts as t
from services.escalation.domain.table import evolve
from services.escalation.domain.topic import Entry, EntryStatus, Notice, Telling, Topic


@evolve.on(t.TopicRaised)
def raised(topic: Topic | None, fact: t.TopicRaised, at: datetime) -> Topic:
    """Begin the topic with its first entry."""
    entry = Entry(fact.body, fact.level, fact.entry, fact.answer_due_at)
    return Topic(fact.topic, fact.number, fact.cause, fact.lead, fact.summary, fact.unit, fact.urgent, entries=(entry,))


@evolve.on(t.TopicTabled, t.TopicReturnedToAgenda)
def tabled(topic: Topic, fact: t.TopicTabled | t.TopicReturnedToAgenda, at: datetime) -> Topic:
    """Put the entry on a meeting's agenda, or back to the open ones."""
    return topic.with_entry(replace(_entry(topic, fact), status=fact.entry, meeting=fact.meeting))


@evolve.on(t.TopicResolved)
def resolved(topic: Topic, fact: t.TopicResolved, at: datetime) -> Topic:
    """Wait for the order that the meeting made."""
    now = topic.with_entry(replace(_entry(topic, fact), status=fact.entry))
    return _to_tell(replace(now, led_by=(*now.led_by, fact.lead)), fact)


@evolve.on(t.TopicMovedUp)
def moved_up(topic: Topic, fact: t.TopicMovedUp, at: datetime) -> Topic:
    """Open the entry of the level above in the same instant."""
    now = topic.with_entry(replace(_entry(topic, fact), status=fact.entry))
    above = Entry(fact.to_body, fact.to_level, EntryStatus.OPEN, fact.answer_due_at)
    return _to_tell(replace(now, entries=(*now.entries, above)), fact)


@evolve.on(t.TopicDeferred)
def deferred(topic: Topic, fact: t.TopicDeferred, at: datetime) -> Topic:
    """Leave the entry open for the named meeting."""
    entry = replace(_entry(topic, fact), status=fact.entry, deferrals=fact.deferrals, answer_due_at=fact.answer_due_at)
    return _to_tell(topic.with_entry(entry), fact)


@evolve.on(t.TopicDeclined)
def declined(topic: Topic, fact: t.TopicDeclined, at: datetime) -> Topic:
    """Wait for an objection."""
    entry = replace(_entry(topic, fact), status=fact.entry, objection_until=fact.objection_until)
    return _to_tell(topic.with_entry(entry), fact)


@evolve.on(t.TopicObjected)
def objected(topic: Topic, fact: t.TopicObjected, at: datetime) -> Topic:
    """Open the entry again, for the only time on this ground."""
    entry = replace(_entry(topic, fact), status=fact.entry, answer_due_at=fact.answer_due_at, objection_until=None)
    return replace(topic.with_entry(entry), has_been_objected=True)


@evolve.on(t.TopicReopened)
def reopened(topic: Topic, fact: t.TopicReopened, at: datetime) -> Topic:
    """Open the entry again since its order failed."""
    entry = replace(_entry(topic, fact), status=fact.entry, reopened=fact.reopened, answer_due_at=fact.answer_due_at)
    return topic.with_entry(entry)


@evolve.on(t.TopicFedBack)
def fed_back(topic: Topic, fact: t.TopicFedBack, at: datetime) -> Topic:
    """Wait for a lower unit's receipt."""
    return replace(topic, notices=(*topic.notices, Notice(fact.body, fact.to, fact.decision)))


@evolve.on(t.TopicAcknowledged)
def acknowledged(topic: Topic, fact: t.TopicAcknowledged, at: datetime) -> Topic:
    """Note the receipt."""
    key = (fact.by, fact.decision)
    return replace(
        topic,
        notices=tuple(replace(n, is_acknowledged=True) if (n.to, n.decision) == key else n for n in topic.notices),
    )


@evolve.on(t.ReportersTold)
def told(topic: Topic, fact: t.ReportersTold, at: datetime) -> Topic:
    """Note that the reporters know."""
    return replace(
        topic, tellings=tuple(replace(x, is_done=True) if x.decision == fact.decision else x for x in topic.tellings)
    )


@evolve.on(t.TopicSettled, t.TopicWithdrawn, t.TopicWrittenOff)
def ended(topic: Topic, fact: t.OfTopic, at: datetime) -> Topic:
    """Bring the entry to one of its ends."""
    return topic.with_entry(replace(_entry(topic, fact), status=fact.entry))


def _entry(topic: Topic, fact: t.OfTopic) -> Entry:
    entry = topic.entry_of(fact.body)
    assert entry is not None, f"{fact.topic} has no entry at {fact.body}"
    return entry


def _to_tell(topic: Topic, fact: t.TopicResolved | t.TopicMovedUp | t.TopicDeferred | t.TopicDeclined) -> Topic:
    return replace(topic, tellings=(*topic.tellings, Telling(fact.body, fact.meeting)))
