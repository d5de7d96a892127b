"""How each fact of this service changes a state; nothing else changes one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.escalation.domain import facts as f
from services.escalation.domain.ledger import Ledger, grown
from services.escalation.domain.meeting import Item, Meeting, MeetingStatus
from services.escalation.domain.table import evolve
from services.escalation.domain.topic import Entry, EntryStatus, Notice, Telling, Topic


@evolve.on(f.TopicRaised)
def raised(topic: Topic | None, fact: f.TopicRaised, at: datetime) -> Topic:
    """Begin the topic with its first entry."""
    entry = Entry(fact.body, fact.level, fact.entry, fact.answer_due_at)
    return Topic(fact.topic, fact.number, fact.cause, fact.lead, fact.summary, fact.unit, fact.urgent, entries=(entry,))


@evolve.on(f.TopicTabled, f.TopicReturnedToAgenda)
def tabled(topic: Topic, fact: f.TopicTabled | f.TopicReturnedToAgenda, at: datetime) -> Topic:
    """Put the entry on a meeting's agenda, or back to the open ones."""
    return topic.with_entry(replace(_entry(topic, fact), status=fact.entry, meeting=fact.meeting))


@evolve.on(f.TopicResolved)
def resolved(topic: Topic, fact: f.TopicResolved, at: datetime) -> Topic:
    """Wait for the order that the meeting made."""
    now = topic.with_entry(replace(_entry(topic, fact), status=fact.entry))
    return _to_tell(replace(now, led_by=(*now.led_by, fact.lead)), fact)


@evolve.on(f.TopicMovedUp)
def moved_up(topic: Topic, fact: f.TopicMovedUp, at: datetime) -> Topic:
    """Open the entry of the level above in the same instant."""
    now = topic.with_entry(replace(_entry(topic, fact), status=fact.entry))
    above = Entry(fact.to_body, fact.to_level, EntryStatus.OPEN, fact.answer_due_at)
    return _to_tell(replace(now, entries=(*now.entries, above)), fact)


@evolve.on(f.TopicDeferred)
def deferred(topic: Topic, fact: f.TopicDeferred, at: datetime) -> Topic:
    """Leave the entry open for the named meeting."""
    entry = replace(_entry(topic, fact), status=fact.entry, deferrals=fact.deferrals, answer_due_at=fact.answer_due_at)
    return _to_tell(topic.with_entry(entry), fact)


@evolve.on(f.TopicDeclined)
def declined(topic: Topic, fact: f.TopicDeclined, at: datetime) -> Topic:
    """Wait for an objection."""
    entry = replace(_entry(topic, fact), status=fact.entry, objection_until=fact.objection_until)
    return _to_tell(topic.with_entry(entry), fact)


@evolve.on(f.TopicObjected)
def objected(topic: Topic, fact: f.TopicObjected, at: datetime) -> Topic:
    """Open the entry again, for the only time on this ground."""
    entry = replace(_entry(topic, fact), status=fact.entry, answer_due_at=fact.answer_due_at, objection_until=None)
    return replace(topic.with_entry(entry), has_been_objected=True)


@evolve.on(f.TopicReopened)
def reopened(topic: Topic, fact: f.TopicReopened, at: datetime) -> Topic:
    """Open the entry again since its order failed."""
    entry = replace(_entry(topic, fact), status=fact.entry, reopened=fact.reopened, answer_due_at=fact.answer_due_at)
    return topic.with_entry(entry)


@evolve.on(f.TopicFedBack)
def fed_back(topic: Topic, fact: f.TopicFedBack, at: datetime) -> Topic:
    """Wait for a lower unit's receipt."""
    return replace(topic, notices=(*topic.notices, Notice(fact.body, fact.to, fact.decision)))


@evolve.on(f.TopicAcknowledged)
def acknowledged(topic: Topic, fact: f.TopicAcknowledged, at: datetime) -> Topic:
    """Note the receipt."""
    key = (fact.by, fact.decision)
    return replace(
        topic,
        notices=tuple(replace(n, is_acknowledged=True) if (n.to, n.decision) == key else n for n in topic.notices),
    )


@evolve.on(f.ReportersTold)
def told(topic: Topic, fact: f.ReportersTold, at: datetime) -> Topic:
    """Note that the reporters know."""
    return replace(
        topic, tellings=tuple(replace(t, is_done=True) if t.decision == fact.decision else t for t in topic.tellings)
    )


@evolve.on(f.TopicSettled, f.TopicWithdrawn, f.TopicWrittenOff)
def ended(topic: Topic, fact: f.OfTopic, at: datetime) -> Topic:
    """Bring the entry to one of its ends."""
    return topic.with_entry(replace(_entry(topic, fact), status=fact.entry))


@evolve.on(f.LedgerHead)
def head(ledger: Ledger | None, fact: f.LedgerHead, at: datetime) -> Ledger:
    """Let the ledger grow by a record."""
    return grown(ledger, fact, at)


@evolve.on(f.MeetingNumbered)
def numbered(ledger: Ledger | None, fact: f.MeetingNumbered, at: datetime) -> Ledger:
    """Count a meeting of the body."""
    now = ledger or Ledger(fact.body, fact.level)
    return replace(now, number=fact.number, on=fact.on or now.on)


@evolve.on(f.MeetingPlanned)
def planned(meeting: Meeting | None, fact: f.MeetingPlanned, at: datetime) -> Meeting:
    """Begin a meeting with its day."""
    return Meeting(
        fact.body,
        fact.level,
        fact.number,
        MeetingStatus.PLANNED,
        fact.opens_at,
        fact.cut_off_at,
        makeup=fact.makeup,
    )


@evolve.on(f.MeetingConvened)
def convened(meeting: Meeting | None, fact: f.MeetingConvened, at: datetime) -> Meeting:
    """Fix the agenda; a temporary meeting begins so."""
    now = meeting or Meeting(fact.body, fact.level, fact.number, MeetingStatus.PLANNED, fact.opens_at, temporary=True)
    agenda = tuple(Item(topic, case) for topic, case in zip(fact.agenda, fact.cases, strict=True))
    return replace(now, status=MeetingStatus.CONVENED, agenda=agenda, invited=fact.invited)


@evolve.on(f.MeetingHeld)
def held(meeting: Meeting, fact: f.MeetingHeld, at: datetime) -> Meeting:
    """Note who was there."""
    return replace(meeting, status=MeetingStatus.HELD, held_at=fact.held_at, attendance=fact.attendance)


@evolve.on(f.MeetingMissed)
def missed(meeting: Meeting, fact: f.MeetingMissed, at: datetime) -> Meeting:
    """End a meeting that did not take place."""
    return replace(meeting, status=MeetingStatus.MISSED)


@evolve.on(f.MeetingRecorded)
def recorded(meeting: Meeting, fact: f.MeetingRecorded, at: datetime) -> Meeting:
    """Keep the latest draft of the minutes."""
    return replace(meeting, decisions=fact.decisions)


@evolve.on(f.MeetingAdopted)
def adopted(meeting: Meeting, fact: f.MeetingAdopted, at: datetime) -> Meeting:
    """End the meeting; its minutes anchor the ledger."""
    return replace(meeting, status=MeetingStatus.ADOPTED, ledger_seq=fact.ledger_seq, ledger_hash=fact.ledger_hash)


def _entry(topic: Topic, fact: f.OfTopic) -> Entry:
    entry = topic.entry_of(fact.body)
    assert entry is not None, f"{fact.topic} has no entry at {fact.body}"
    return entry


def _to_tell(topic: Topic, fact: f.TopicResolved | f.TopicMovedUp | f.TopicDeferred | f.TopicDeclined) -> Topic:
    return replace(topic, tellings=(*topic.tellings, Telling(fact.body, fact.meeting)))
