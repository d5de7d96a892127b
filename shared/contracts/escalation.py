"""What escalation states on `ledger`.

Topic facts have the case id as subject (a topic has one case here), meeting facts the meeting id
`meeting:<unit>:<n>`, ledger heads `ledger:<unit>`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideMessage
from shared.contracts.dispatch import Cause


class Escalation(Contract):
    SERVICE: ClassVar[str] = "escalation"


class EntryStatus(StrEnum):
    """Workflows §2.2, those that this flow reaches."""

    OPEN = "open"
    TABLED = "tabled"
    EXECUTING = "executing"
    MOVED_UP = "moved_up"
    DECLINED = "declined"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"
    WITHDRAWN = "withdrawn"


class Topic(Escalation):
    """Every topic fact names the topic, the unit whose body's entry changed, its level, the entry's state after."""

    topic: str
    body: Code
    level: str
    entry: EntryStatus


class TopicRaised(Topic):
    """An entry is open in the body's ledger (move 1); its unit answers for the case from now."""

    TYPE: ClassVar[str] = "topic.raised.v1"
    number: str
    cause: Cause
    answer_due_at: Instant
    lead: Code | None
    summary: Masked
    unit: Code
    urgent: bool


class TopicTabled(Topic):
    TYPE: ClassVar[str] = "topic.tabled.v1"
    meeting: str


class TopicReturnedToAgenda(Topic):
    """The meeting was missed or had no quorum: open again, no deferral counted (move 6)."""

    TYPE: ClassVar[str] = "topic.untabled.v1"
    meeting: str


class TopicResolved(Topic):
    """An order is to be made, outside the ladder (move 7)."""

    TYPE: ClassVar[str] = "topic.resolved.v1"
    meeting: str
    lead: Code
    support: tuple[Code, ...] = ()
    due_at: Instant
    done_means: Masked


class TopicMovedUp(Topic):
    """Open one level higher from this instant, with entry and minutes attached (move 8)."""

    TYPE: ClassVar[str] = "topic.moved_up.v1"
    meeting: str
    to_body: Code
    to_level: str
    answer_due_at: Instant
    ledger_seq: int
    ledger_hash: str


class TopicDeferred(Topic):
    TYPE: ClassVar[str] = "topic.deferred.v1"
    meeting: str
    until: date
    """Day of the named next meeting."""
    deferrals: int
    answer_due_at: Instant


class DeclineReason(StrEnum):
    """G10."""

    UNLAWFUL = "unlawful"
    DECIDED_BY_LAW = "decided_by_law"
    NOT_PUBLIC = "not_public"
    UNREASONABLE = "unreasonable"


class TopicDeclined(Topic):
    TYPE: ClassVar[str] = "topic.declined.v1"
    meeting: str
    reason: DeclineReason
    reply: Masked
    objection_until: Instant


class TopicObjected(Topic):
    TYPE: ClassVar[str] = "topic.objected.v1"
    answer_due_at: Instant


class TopicReopened(Topic):
    """The meeting's order failed: the entry is open again at the level that decided (move 13)."""

    TYPE: ClassVar[str] = "topic.reopened.v1"
    cause: Cause
    reopened: int
    answer_due_at: Instant


class TopicFedBack(Topic):
    """A decision was sent down to a unit, which acknowledges by the due time."""

    TYPE: ClassVar[str] = "topic.fed_back.v1"
    to: Code
    decision: str
    acknowledge_due_at: Instant


class TopicAcknowledged(Topic):
    TYPE: ClassVar[str] = "topic.acknowledged.v1"
    by: Code
    lapsed: bool
    """True: operations acknowledged for the unit after it let the time pass."""
    decision: str = ""


class TopicReminded(Topic):
    """The unit has not acknowledged a decision in time (催办)."""

    TYPE: ClassVar[str] = "topic.reminded.v1"
    to: Code
    decision: str


class ReportersTold(Topic):
    """The reporters were told of a decision, or two attempts on two days were made."""

    TYPE: ClassVar[str] = "topic.reporters_told.v1"
    decision: str
    by: Code


class TopicAnswerOverdue(Topic):
    """No decision inside the answer limit: supervision of the convener's unit by the level above."""

    TYPE: ClassVar[str] = "topic.answer_overdue.v1"
    supervisor: Code


class TopicSettled(Topic):
    TYPE: ClassVar[str] = "topic.settled.v1"
    why: str
    """order_closed, answered, above_written_off, above_withdrawn."""


class TopicAnswered(Topic):
    """Declined, replied, objection window over: the order may close as answered (move 16)."""

    TYPE: ClassVar[str] = "topic.answered.v1"


class TopicWithdrawn(Topic):
    TYPE: ClassVar[str] = "topic.withdrawn.v1"


class TopicWrittenOff(Topic):
    """Settled and everybody told (move 18)."""

    TYPE: ClassVar[str] = "topic.written_off.v1"
    final: bool
    """True when every entry of the topic is now written off."""


class Meeting(Escalation):
    body: Code
    level: str
    number: int
    temporary: bool = False
    makeup: bool = False
    """Called because the regular meeting was missed; a party of an estate absent again no longer counts (G5)."""


class MeetingPlanned(Meeting):
    TYPE: ClassVar[str] = "meeting.planned.v1"
    on: date
    opens_at: Instant
    cut_off_at: Instant


class MeetingConvened(Meeting):
    """Cut-off passed: the agenda is fixed; it holds every open entry (G3)."""

    TYPE: ClassVar[str] = "meeting.convened.v1"
    opens_at: Instant
    agenda: tuple[str, ...]
    """Topic ids, moved-up ones first, then reopened, then by age."""
    cases: tuple[str, ...]
    invited: tuple[Code, ...] = ()


class MeetingHeld(Meeting):
    TYPE: ClassVar[str] = "meeting.held.v1"
    held_at: Instant
    members: int
    present: int
    agenda: tuple[str, ...]
    attendance: tuple[Code, ...] = ()
    """Codes of the posts, units and departments present: they are in reach of a decision (G7)."""


class MeetingMissed(Meeting):
    """Not held in its slot, or without quorum; a make-up is due."""

    TYPE: ClassVar[str] = "meeting.missed.v1"
    why: str
    """not_held or no_quorum."""


class DecisionKind(StrEnum):
    RESOLVE = "resolve"
    MOVE_UP = "move_up"
    DEFER = "defer"
    DECLINE = "decline"


class DecisionDraft(Contract):
    """One recorded decision; `digest` is the salted digest of its full words, which a table keeps and may forget."""

    topic: str
    kind: DecisionKind
    lead: Code | None = None
    support: tuple[Code, ...] = ()
    due_on: date | None = None
    reason: DeclineReason | None = None
    done_means: Masked = ""
    reply: Masked = ""
    why: Masked = ""
    digest: str = ""


class MeetingRecorded(Meeting):
    """The secretary recorded one decision per tabled topic; a draft until the minutes are adopted (G6)."""

    TYPE: ClassVar[str] = "meeting.recorded.v1"
    decisions: tuple[DecisionDraft, ...]


class MeetingAdopted(Meeting):
    """The minutes are adopted: every decision takes effect now (G6); the head anchors the ledger."""

    TYPE: ClassVar[str] = "meeting.adopted.v1"
    decisions: dict[str, DecisionKind]
    """Topic id -> decision."""
    ledger_seq: int
    ledger_hash: str


class LedgerHead(Escalation):
    """The ledger of a body has grown to this record."""

    TYPE: ClassVar[str] = "ledger.head.v1"
    body: Code
    level: str
    seq: int
    hash: str
    kind: str = ""
    """Kind of the record (workflows §2.5)."""
    topic: str = ""
    case: str = ""
    entry: EntryStatus | None = None
    """State of the topic's entry after this record, where the record changed it."""
    moved_up: bool = False
    reopened: int = 0


class RecordCorrected(Escalation):
    """Record `seq` of a ledger corrects record `corrects`; both stay, and so does every decision (G17)."""

    TYPE: ClassVar[str] = "ledger.corrected.v1"
    body: Code
    level: str
    topic: str
    seq: int
    corrects: int
    why: Masked
    digest: str
    """Salted digest of the full words."""


class Head(Contract):
    """The last record of a ledger."""

    ledger: Code
    seq: int
    hash: str


class HeadsPublished(Escalation):
    """A page of the list of all ledgers' heads at the end of a day; subject `heads:<city>`."""

    TYPE: ClassVar[str] = "ledger.heads.v1"
    on: date
    """The day that has ended."""
    page: int
    pages: int
    heads: tuple[Head, ...]
    prev: str
    """Digest of the page before, of the same list or the last one; 64 zeros before the first."""
    digest: str
    """SHA-256 of canonical JSON: heads as ledger -> [seq, hash], on, page, pages, prev."""


class MeetingNumbered(Escalation):
    """A body has given the number to a meeting; `on` is set for its regular one of the period."""

    TYPE: ClassVar[str] = "ledger.meeting.v1"
    body: Code
    level: str
    number: int
    on: date | None = None


# ---- from outside (the desk): conveners, secretaries, units

Words = Annotated[
    str, StringConstraints(min_length=4, max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$")
]
"""What a person wrote, without control characters (a database text cannot hold NUL)."""


class TopicDecision(OutsideMessage):
    """One decision of a meeting; which fields are needed depends on the kind (G7-G10)."""

    topic: str
    kind: DecisionKind
    lead: Code | None = None
    support: Annotated[tuple[Code, ...], Field(max_length=10)] = ()
    due_on: date | None = None
    done_means: Words | None = None
    reason: DeclineReason | None = None
    reply: Words | None = None
    why: Words | None = None
    """Why deferred, or why it cannot be solved at this level."""


class HoldMeeting(OutsideMessage):
    """The chair opens: who of the members is present decides the quorum (G5)."""

    TYPE: ClassVar[str] = "meeting.hold.v1"
    present: Annotated[tuple[Code, ...], Field(max_length=200)]
    """Units or posts of the body's members that are present, the chair's among them."""


class RecordDecisions(OutsideMessage):
    """The secretary records one decision per tabled topic; may be sent again until adoption."""

    TYPE: ClassVar[str] = "meeting.record.v1"
    decisions: Annotated[tuple[TopicDecision, ...], Field(max_length=500)]


class AdoptMinutes(OutsideMessage):
    """Whoever called the meeting signs the minutes."""

    TYPE: ClassVar[str] = "meeting.adopt.v1"


class AcknowledgeDecision(OutsideMessage):
    """A lower unit confirms that it has received the decision."""

    TYPE: ClassVar[str] = "topic.acknowledge.v1"


class TellReporters(OutsideMessage):
    """A unit records that the reporters were told."""

    TYPE: ClassVar[str] = "topic.tell.v1"


class ObjectToDecline(OutsideMessage):
    """Ask for review of a decline, once per topic, within the window (move 15)."""

    TYPE: ClassVar[str] = "topic.object.v1"
    why: Words


class WriteOff(OutsideMessage):
    """The secretary writes a settled entry off (G13)."""

    TYPE: ClassVar[str] = "topic.write_off.v1"


class CorrectRecord(OutsideMessage):
    """The secretary says what is wrong with a record of its ledger; nothing already written changes (G17)."""

    TYPE: ClassVar[str] = "ledger.correct.v1"
    seq: Annotated[int, Field(ge=1, le=2**31 - 1)]
    why: Words
