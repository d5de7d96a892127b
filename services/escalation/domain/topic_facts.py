"""What escalation states about topics; the contract of the same name says what each means to others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.escalation.domain.topic import Entry, EntryStatus, Topic, TopicKind
from services.escalation.domain.topic_messages import DeclineReason, LadderStep


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTopic:
    """What every fact about a topic says: topic, body, level, and the state of that body's entry after it."""

    topic: str
    body: str
    level: str
    entry: EntryStatus
    home: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRaised(OfTopic):
    number: str
    cause: str
    answer_due_at: datetime
    lead: str | None
    summary: str
    unit: str
    urgent: bool
    tried: str = ""
    reporters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicProposed(OfTopic):
    number: str
    kind: TopicKind
    cause: str
    cases: tuple[str, ...]
    proposer: str
    lead: str | None
    support: tuple[str, ...]
    summary: str
    tried: str
    asked: str
    unit: str
    urgent: bool
    reporters: tuple[str, ...]
    screen_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicAdmitted(OfTopic):
    answer_due_at: datetime
    lapsed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicJoined(OfTopic):
    answer_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReturned(OfTopic):
    step: LadderStep
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReceived(OfTopic):
    lapsed: bool


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
    own_order: bool = False
    number: str = ""
    proposer: str | None = None
    summary: str = ""
    unit: str | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSquadFormed(TopicResolved):
    leader: str
    members: tuple[str, ...]
    to_sum_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicListed(OfTopic):
    meeting: str
    leader: str
    plan: str
    reviews: int
    until: date
    answer_due_at: datetime
    to_sum_up: bool = False


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
    tried: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFedBack(OfTopic):
    to: str
    decision: str
    acknowledge_due_at: datetime


class FollowUp(StrEnum):
    """What a unit still owes after a decision."""

    ACKNOWLEDGE = "acknowledge"
    TELL = "tell"
    WRITE_OFF = "write_off"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReminded(OfTopic):
    to: str
    decision: str
    of: FollowUp


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFollowUpOverdue(OfTopic):
    of: FollowUp
    charged: str
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSupervised(OfTopic):
    of: FollowUp
    charged: str
    supervisor: str
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
    reporters: tuple[str, ...] = ()
    reached: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingTried(OfTopic):
    decision: str
    by: str
    reporter: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReporterJoined(OfTopic):
    reporter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCaseClosed(OfTopic):
    case: str
    withdrawn: bool


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
    by: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCombined(OfTopic):
    into: str
    into_case: str
    answer_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicEnlarged(OfTopic):
    taken: str
    cases: tuple[str, ...]
    reporters: tuple[str, ...]
    closed: tuple[str, ...]
    gone: tuple[str, ...]
    chain: tuple[str, ...]
    levels: tuple[str, ...]
    deferrals: int
    reopened: int
    reviews: int
    answer_due_at: datetime
    urgent: bool
    led_by: tuple[str, ...]
    objected: bool
    to_sum_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSummedUp(OfTopic):
    cycle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicWrittenOff(OfTopic):
    final: bool


def of(topic: Topic, entry: Entry, status: EntryStatus) -> dict[str, Any]:
    """Return what every fact about a topic says of it; `status` is the entry's after the fact."""
    return {"topic": topic.id, "body": entry.body, "level": entry.level, "entry": status}
