"""What escalation states on `ledger`.

Topic facts have as subject the case that carries the topic, its first one; a topic without a case has an id of the same
form, under which its order is made. What concerns the orders of a topic's further cases is stated of each of these as
well, with `home` set. Meeting facts have the meeting id `meeting:<unit>:<n>`, ledger heads `ledger:<unit>`.
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
    """Workflows §2.2."""

    PROPOSED = "proposed"
    OPEN = "open"
    TABLED = "tabled"
    EXECUTING = "executing"
    LISTED = "listed"
    MOVED_UP = "moved_up"
    DECLINED = "declined"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    COMBINED = "combined"


class TopicKind(StrEnum):
    """What a topic is about: cases that could not be solved, or one of the kinds without a case."""

    CASE = "case"
    FUNDING = "funding"
    PLAN = "plan"
    SUGGESTION = "suggestion"


class LadderStep(StrEnum):
    """What a proposer should do instead of the joint meeting: a step of the ladder (move 4)."""

    SOLVE = "solve"
    PASS_UP = "pass_up"  # noqa: S105  a step of the ladder
    DISPATCH = "dispatch"
    UNABLE = "unable"
    SUPERVISE = "supervise"
    WHISTLE = "whistle"


class Topic(Escalation):
    """Every topic fact names the topic, the unit whose body's entry changed, its level, the entry's state after."""

    topic: str
    body: Code
    level: str
    entry: EntryStatus
    home: str = ""
    """Set where the subject is a further case of the topic: the case that carries it. Count where it is empty."""


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
    tried: Masked = ""
    reporters: tuple[str, ...] = ()
    """Case-scoped ids of those who are told of every decision."""


class TopicProposed(Topic):
    """An officer proposed it by hand (move 2); the secretary screens it by the due time, else it is admitted."""

    TYPE: ClassVar[str] = "topic.proposed.v1"
    number: str
    kind: TopicKind
    cause: Cause
    cases: tuple[str, ...] = ()
    proposer: Code
    lead: Code | None
    support: tuple[Code, ...] = ()
    summary: Masked
    tried: Masked
    asked: Masked
    unit: Code
    urgent: bool
    reporters: tuple[str, ...] = ()
    screen_due_at: Instant


class TopicAdmitted(Topic):
    """Screened, or the time for it passed: open, and its cases with it (move 3)."""

    TYPE: ClassVar[str] = "topic.admitted.v1"
    answer_due_at: Instant
    lapsed: bool
    """True: nobody screened it in time; silence admits."""


class TopicJoined(Topic):
    """An order came to the meeting by itself; its case belongs to this topic already (G1)."""

    TYPE: ClassVar[str] = "topic.joined.v1"
    answer_due_at: Instant


class TopicReturned(Topic):
    """Not put on the ledger; the proposer is told which step of the ladder to use, orders stay as they are (move 4)."""

    TYPE: ClassVar[str] = "topic.returned.v1"
    step: LadderStep
    why: Masked


class TopicReceived(Topic):
    """The secretary has received a topic that was moved up; silence is receipt (G18)."""

    TYPE: ClassVar[str] = "topic.received.v1"
    lapsed: bool


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
    own_order: bool = False
    """True: the topic has no case, so the order is its own; `proposer` rates it."""
    number: str = ""
    proposer: Code | None = None
    summary: Masked = ""
    unit: Code | None = None
    urgent: bool = False


class TopicSquadFormed(TopicResolved):
    """A task squad (专班) is to do it; its order is the lead unit's (move 11)."""

    TYPE: ClassVar[str] = "topic.squad_formed.v1"
    leader: Code
    members: tuple[Code, ...]


class TopicListed(Topic):
    """On the list of hard problems under a named leader; tabled again at each regular meeting (move 12)."""

    TYPE: ClassVar[str] = "topic.listed.v1"
    meeting: str
    leader: Code
    plan: Masked
    reviews: int
    """How many times it has been listed, this one included."""
    until: date
    answer_due_at: Instant


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
    tried: Masked = ""
    """What came to light, or what the failed order tried."""


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


class FollowUp(StrEnum):
    """What a unit still owes after a decision."""

    ACKNOWLEDGE = "acknowledge"
    TELL = "tell"
    WRITE_OFF = "write_off"


class TopicReminded(Topic):
    """The unit is reminded of what it owes before its time is over (催办)."""

    TYPE: ClassVar[str] = "topic.reminded.v1"
    to: Code
    decision: str
    of: FollowUp = FollowUp.ACKNOWLEDGE


class TopicFollowUpOverdue(Topic):
    """The unit let its time pass."""

    TYPE: ClassVar[str] = "topic.follow_up_overdue.v1"
    of: FollowUp
    charged: Code
    decision: str


class TopicSupervised(Topic):
    """A unit that stays late is put under supervision (督办) of the one above, the top body's of operations."""

    TYPE: ClassVar[str] = "topic.supervised.v1"
    of: FollowUp
    charged: Code
    supervisor: Code
    decision: str


class ReportersTold(Topic):
    """A reporter, or all that still had to be, were told of a decision, or two attempts on two days were made."""

    TYPE: ClassVar[str] = "topic.reporters_told.v1"
    decision: str
    by: Code
    reporters: tuple[str, ...] = ()
    reached: bool = True
    """False: two attempts on two days count as told."""


class TellingTried(Topic):
    """A reporter could not be reached."""

    TYPE: ClassVar[str] = "topic.telling_tried.v1"
    decision: str
    by: Code
    reporter: str
    on: date


class TopicReporterJoined(Topic):
    """Somebody whose report was merged into one of the cases is told of every decision from now on."""

    TYPE: ClassVar[str] = "topic.reporter_joined.v1"
    reporter: str


class TopicCaseClosed(Topic):
    """The order of one of several cases is closed; the entry waits for the others (move 14)."""

    TYPE: ClassVar[str] = "topic.case_closed.v1"
    case: str
    withdrawn: bool


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
    """Taken back before a meeting, or left without an open case (move 19)."""

    TYPE: ClassVar[str] = "topic.withdrawn.v1"
    by: Code | None = None
    why: Masked = ""


class TopicCombined(Topic):
    """Goes on as part of another topic of the ledger, which takes its cases, reporters, lower entries (move 20)."""

    TYPE: ClassVar[str] = "topic.combined.v1"
    into: str
    into_case: str


class TopicEnlarged(Topic):
    """The survivor of a combination: what it takes over; `chain` names the bodies of all its entries, lowest first."""

    TYPE: ClassVar[str] = "topic.enlarged.v1"
    taken: str
    cases: tuple[str, ...]
    reporters: tuple[str, ...]
    closed: tuple[str, ...] = ()
    chain: tuple[Code, ...]
    levels: tuple[str, ...]
    deferrals: int
    reopened: int
    reviews: int
    answer_due_at: Instant
    urgent: bool
    led_by: tuple[Code, ...] = ()
    objected: bool = False


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
    more: tuple[tuple[str, ...], ...] = ()
    """Further cases of each topic, in the agenda's order."""
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
    SQUAD = "squad"
    LIST = "list"


class DecisionDraft(Contract):
    """One recorded decision; `digest` is the salted digest of its full words, which a table keeps and may forget."""

    topic: str
    kind: DecisionKind
    lead: Code | None = None
    support: tuple[Code, ...] = ()
    due_on: date | None = None
    reason: DeclineReason | None = None
    leader: Code | None = None
    members: tuple[Code, ...] = ()
    consents: tuple[Code, ...] = ()
    done_means: Masked = ""
    plan: Masked = ""
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
    leader: Code | None = None
    """Post or unit of the leader of a squad or of a listed problem."""
    members: Annotated[tuple[Code, ...], Field(max_length=30)] = ()
    consents: Annotated[tuple[Code, ...], Field(max_length=10)] = ()
    """Departments outside the body that consented in writing to lead or support (G7)."""
    done_means: Words | None = None
    plan: Words | None = None
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


class ProposeTopic(OutsideMessage):
    """An officer proposes a topic to his unit's own body: with source cases, or of a kind without (move 2, G1, G2)."""

    TYPE: ClassVar[str] = "topic.propose.v1"
    kind: TopicKind
    cases: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    body: Code | None = None
    """The body meant; left out, it is the unit's own or its nearest ancestor's, and no other is possible."""
    lead: Code | None = None
    support: Annotated[tuple[Code, ...], Field(max_length=10)] = ()
    summary: Annotated[Words, Field(max_length=200)]
    tried: Words
    asked: Words
    urgent: bool = False


class AdmitTopic(OutsideMessage):
    """The secretary puts a proposed topic on the ledger (move 3)."""

    TYPE: ClassVar[str] = "topic.admit.v1"


class ReturnTopic(OutsideMessage):
    """The secretary sends a proposed topic back and names the step of the ladder to use (move 4)."""

    TYPE: ClassVar[str] = "topic.return.v1"
    step: LadderStep
    why: Words


class ReceiveTopic(OutsideMessage):
    """The secretary above acknowledges a topic that was moved up (G18)."""

    TYPE: ClassVar[str] = "topic.receive.v1"


class ReopenTopic(OutsideMessage):
    """The convener accepts new facts before the order's deadline (move 13, G12)."""

    TYPE: ClassVar[str] = "topic.reopen.v1"
    why: Words


class WithdrawTopic(OutsideMessage):
    """The proposing unit takes its topic back before it is tabled; the secretary once every case is closed (G14)."""

    TYPE: ClassVar[str] = "topic.withdraw.v1"
    why: Words


class CombineTopic(OutsideMessage):
    """The secretary lets an open topic go on as part of another open one of the same ledger and cause (G15)."""

    TYPE: ClassVar[str] = "topic.combine.v1"
    into: Code
    """The case that carries the survivor."""


class AcknowledgeDecision(OutsideMessage):
    """A lower unit confirms that it has received the decision."""

    TYPE: ClassVar[str] = "topic.acknowledge.v1"


class TellReporters(OutsideMessage):
    """A unit records that the reporters were told, or that one of them could not be reached."""

    TYPE: ClassVar[str] = "topic.tell.v1"
    reporter: Annotated[str, StringConstraints(max_length=128)] = ""
    """Who was contacted; empty: everybody who still had to be told."""
    reached: bool = True


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
