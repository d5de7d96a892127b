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
    """Tells a case's order which topic holds it and by when that is answered.

    The order came to the meeting by itself while its case belonged to the topic already (G1), or it had been handled
    when the topic came by hand and has failed since, or the topic took in another whose answer is due sooner (G15).
    """

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
    to_sum_up: bool = False
    """It is not written off before its look-backs and its summary (domain §5.3)."""


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
    to_sum_up: bool = False
    """It is not written off before its look-backs and its summary (domain §5.3)."""


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
    ANSWER = "answer"
    """To decide the topic before its answer clock runs out."""


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
    """order_closed, answered, above_written_off, above_withdrawn, above_over, succeeded (by a later topic)."""


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
    answer_due_at: Instant | None = None
    """By when both are to be answered now: the earlier of their days; None in older facts."""


class TopicEnlarged(Topic):
    """The survivor of a combination: what it takes over; `chain` names the bodies of all its entries, lowest first."""

    TYPE: ClassVar[str] = "topic.enlarged.v1"
    taken: str
    cases: tuple[str, ...]
    reporters: tuple[str, ...]
    closed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    """Of the cases, those whose orders are closed and those that were withdrawn."""
    chain: tuple[Code, ...]
    levels: tuple[str, ...]
    deferrals: int
    reopened: int
    reviews: int
    answer_due_at: Instant
    urgent: bool
    led_by: tuple[Code, ...] = ()
    objected: bool = False
    to_sum_up: bool = False


class TopicSummedUp(Topic):
    """Its squad or its time on the list of hard problems was looked back on and summed up: it may be written off."""

    TYPE: ClassVar[str] = "topic.summed_up.v1"
    cycle: Code


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
    """One regular meeting of the period, on its fixed day, hour, place and theme (三定); or the make-up of one."""

    TYPE: ClassVar[str] = "meeting.planned.v1"
    on: date
    opens_at: Instant
    cut_off_at: Instant
    within: date | None = None
    """Last day on which it may be held: the end of its period, of a make-up the end of the limit."""
    caller: str = ""
    """Post that calls it, chairs it and adopts its minutes."""
    place: str = ""
    theme: str = ""


class MeetingProposed(Meeting):
    """A temporary meeting is asked for about these entries; the post `caller` calls or refuses it by `decide_by`."""

    TYPE: ClassVar[str] = "meeting.proposed.v1"
    topics: tuple[str, ...]
    cases: tuple[str, ...]
    by: str
    """Who asked: `<kind>.<id>`; `system.system` where a rule makes it a duty."""
    why: Masked = ""
    caller: Code
    duty: bool
    """It cannot be refused (G16): undecided it takes place, where another proposal lapses."""
    decide_by: Instant
    opens_at: Instant
    """When it takes place if it is a duty and nobody names another time."""
    within: date
    place: str
    theme: str


class EarlierDecision(Contract):
    """Part 1 of every agenda: an entry decided before, and how it stands."""

    topic: str
    case: str
    entry: EntryStatus
    since: Instant


class MeetingConvened(Meeting):
    """The agenda is fixed: of a regular meeting every entry that waits (G3), of a temporary one what its call names."""

    TYPE: ClassVar[str] = "meeting.convened.v1"
    opens_at: Instant
    agenda: tuple[str, ...]
    """Topic ids, moved-up ones first, then reopened, then by age."""
    cases: tuple[str, ...]
    more: tuple[tuple[str, ...], ...] = ()
    """Further cases of each topic, in the agenda's order."""
    invited: tuple[Code, ...] = ()
    """Whom its topics concern beside the standing members."""
    leads: tuple[Code, ...] = ()
    """Units asked to lead: without each of them a temporary meeting is not held (G5)."""
    earlier: tuple[EarlierDecision, ...] = ()
    within: date | None = None
    caller: str = ""
    place: str = ""
    theme: str = ""


class MeetingTabled(Meeting):
    """The agenda has grown, or was fixed anew after the meeting was postponed or not held; lists are whole."""

    TYPE: ClassVar[str] = "meeting.tabled.v1"
    agenda: tuple[str, ...]
    cases: tuple[str, ...]
    more: tuple[tuple[str, ...], ...] = ()
    invited: tuple[Code, ...] = ()
    leads: tuple[Code, ...] = ()
    earlier: tuple[EarlierDecision, ...] = ()


class MeetingPostponed(Meeting):
    """Moved once inside its period; its topics wait again until the new cut-off."""

    TYPE: ClassVar[str] = "meeting.postponed.v1"
    opens_at: Instant
    cut_off_at: Instant
    why: Masked


class MeetingNotHeld(Meeting):
    """No quorum, or nobody opened it: its topics wait again, no deferral counted.

    It is called a second time at `opens_at`; without that its period has no day left, or the second call failed too.
    """

    TYPE: ClassVar[str] = "meeting.not_held.v1"
    why: str
    """no_quorum or not_held."""
    absent: tuple[Code, ...] = ()
    opens_at: Instant | None = None
    cut_off_at: Instant | None = None


class MeetingHeld(Meeting):
    TYPE: ClassVar[str] = "meeting.held.v1"
    held_at: Instant
    chair: str = ""
    members: int
    present: int
    agenda: tuple[str, ...]
    attendance: tuple[Code, ...] = ()
    """Codes of the posts, units and departments present: they are in reach of a decision (G7)."""
    absent: tuple[Code, ...] = ()
    """Standing members and invited ones who were not there."""


class MeetingMissed(Meeting):
    """Its period is over: the supervisor is told, a make-up is due; an excused one has neither."""

    TYPE: ClassVar[str] = "meeting.missed.v1"
    why: str
    """not_held, no_quorum or excused."""
    supervisor: str = ""
    excused: bool = False


class MeetingCancelled(Meeting):
    """A temporary meeting that does not take place."""

    TYPE: ClassVar[str] = "meeting.cancelled.v1"
    why: str
    """refused; lapsed (nobody decided); nothing_left (its topics wait no more); withdrawn (called off)."""
    reason: Masked = ""


class MeetingLate(Meeting):
    """Somebody let a time pass: `call` the decision about a proposal, `minutes` their adoption; supervision (督办)."""

    TYPE: ClassVar[str] = "meeting.late.v1"
    what: str
    supervisor: str


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
    tried: Masked = ""
    why: Masked = ""
    asked: Masked = ""
    discussion: Masked = ""
    digest: str = ""


class MeetingRecorded(Meeting):
    """The secretary recorded one decision per tabled topic; a draft until the minutes are adopted (G6)."""

    TYPE: ClassVar[str] = "meeting.recorded.v1"
    decisions: tuple[DecisionDraft, ...]
    review: Masked = ""
    """What was said of earlier decisions; `digest` vouches for the full words of it and of the plans."""
    plans: Masked = ""
    digest: str = ""


class MeetingAdopted(Meeting):
    """The minutes are adopted: every decision takes effect now (G6); the head anchors the ledger."""

    TYPE: ClassVar[str] = "meeting.adopted.v1"
    decisions: dict[str, DecisionKind]
    """Topic id -> decision."""
    attendance: tuple[Code, ...] = ()
    absent: tuple[Code, ...] = ()
    """Standing members and invited ones who were not there: it stands on the card of each unit."""
    ledger_seq: int
    ledger_hash: str


class MeetingSupplemented(Meeting):
    """Something was added to adopted minutes (补充纪要), which themselves never change (G17)."""

    TYPE: ClassVar[str] = "meeting.supplemented.v1"
    supplement: int
    """1, 2, ... in the order in which they were added."""
    text: Masked
    digest: str


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
    tried: Words | None = None
    """What this level did, for the level above (G8)."""
    why: Words | None = None
    """Why deferred, or why it cannot be solved at this level."""
    asked: Words | None = None
    """What the level above is asked to do (G8)."""
    discussion: Words | None = None
    """What was said about it, for the minutes."""


Cases = Annotated[tuple[Code, ...], Field(max_length=500)]
"""Topics of an agenda by the id under which their facts are stated."""
Guests = Annotated[tuple[Code, ...], Field(max_length=100)]
Line = Annotated[str, StringConstraints(min_length=2, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""One line that a person wrote: a place, a theme."""


class ProposeMeeting(OutsideMessage):
    """Ask for a temporary meeting (临时会议) about entries of the body's ledger: members, secretary, operations."""

    TYPE: ClassVar[str] = "meeting.propose.v1"
    cases: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)]
    """The main topic first: the leader in charge of its field decides."""
    why: Words


class CallMeeting(OutsideMessage):
    """The leader in charge calls a proposed meeting; whom its topics concern is invited by itself."""

    TYPE: ClassVar[str] = "meeting.call.v1"
    opens_at: Instant
    place: Line | None = None
    theme: Line | None = None
    invited: Guests = ()
    """Further units, departments or posts."""


class RefuseMeeting(OutsideMessage):
    """The leader in charge refuses a proposed meeting, unless it is a duty (G16)."""

    TYPE: ClassVar[str] = "meeting.refuse.v1"
    why: Words


class ConveneMeeting(OutsideMessage):
    """The secretary sends out agenda, hour, place and theme before the cut-off, which otherwise does it by itself."""

    TYPE: ClassVar[str] = "meeting.convene.v1"
    cases: Cases
    """Every entry that waits, in order (G3); what comes until the cut-off is added by itself."""
    opens_at: Instant | None = None
    place: Line | None = None
    theme: Line | None = None
    invited: Guests = ()


class TableTopics(OutsideMessage):
    """The secretary puts entries that came after the cut-off on the agenda, until the meeting opens."""

    TYPE: ClassVar[str] = "meeting.table.v1"
    cases: Annotated[tuple[Code, ...], Field(min_length=1, max_length=500)]


class PostponeMeeting(OutsideMessage):
    """The convener moves the meeting, once, to another working day of its period."""

    TYPE: ClassVar[str] = "meeting.postpone.v1"
    opens_at: Instant
    why: Words


class ExcuseMeeting(OutsideMessage):
    """The convener of a top body that meets in principle only lets this meeting fall out, in writing."""

    TYPE: ClassVar[str] = "meeting.excuse.v1"
    why: Words


class CancelMeeting(OutsideMessage):
    """Who called a temporary meeting calls it off: every topic that it was called for is withdrawn."""

    TYPE: ClassVar[str] = "meeting.cancel.v1"
    why: Words


class SupplementMinutes(OutsideMessage):
    """Who adopted the minutes adds to them what changes no decision (补充纪要)."""

    TYPE: ClassVar[str] = "meeting.supplement.v1"
    text: Words


class HoldMeeting(OutsideMessage):
    """The chair opens: who of the members is present decides the quorum (G5)."""

    TYPE: ClassVar[str] = "meeting.hold.v1"
    present: Annotated[tuple[Code, ...], Field(max_length=200)]
    """Units or posts of the body's members that are present, the chair's among them."""


class RecordDecisions(OutsideMessage):
    """The secretary records one decision per tabled topic; may be sent again until adoption."""

    TYPE: ClassVar[str] = "meeting.record.v1"
    decisions: Annotated[tuple[TopicDecision, ...], Field(max_length=500)]
    review: Words | None = None
    """What was said of the state of earlier decisions, part 1 of every agenda."""
    plans: Words | None = None
    keep: bool = False
    """Leave what is not named here as it was recorded before: other topics' decisions, the review, the plans."""


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
