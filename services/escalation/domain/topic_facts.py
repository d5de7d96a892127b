"""What escalation states about topics; the contract of the same name says what each means to others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.escalation.domain.topic import EntryStatus
from services.escalation.domain.topic_messages import DeclineReason


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTopic:
    """What every fact about a topic says: topic, body, level, and the state of that body's entry after it."""

    topic: str
    body: str
    level: str
    entry: EntryStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRaised(OfTopic):
    number: str
    cause: str
    answer_due_at: datetime
    lead: str | None
    summary: str
    unit: str
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicTabled(OfTopic):
    meeting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReturnedToAgenda(OfTopic):
    meeting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicResolved(OfTopic):
    meeting: str
    lead: str
    support: tuple[str, ...]
    due_at: datetime
    done_means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicMovedUp(OfTopic):
    meeting: str
    to_body: str
    to_level: str
    answer_due_at: datetime
    ledger_seq: int
    ledger_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDeferred(OfTopic):
    meeting: str
    until: date
    deferrals: int
    answer_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDeclined(OfTopic):
    meeting: str
    reason: DeclineReason
    reply: str
    objection_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicObjected(OfTopic):
    answer_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReopened(OfTopic):
    cause: str
    reopened: int
    answer_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFedBack(OfTopic):
    to: str
    decision: str
    acknowledge_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReminded(OfTopic):
    to: str
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicAcknowledged(OfTopic):
    by: str
    lapsed: bool
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportersTold(OfTopic):
    decision: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicAnswerOverdue(OfTopic):
    supervisor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSettled(OfTopic):
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicAnswered(OfTopic):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicWithdrawn(OfTopic):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicWrittenOff(OfTopic):
    final: bool
