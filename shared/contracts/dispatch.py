"""What dispatch states on `orders` (subject: the case id), and is sent on `replies.<department>` or through the desk.

One order per case for life, with a series of assignments (workflows §0); so an order is cited by its case id.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideId, OutsideMessage


class Status(StrEnum):
    """Workflows §3.1."""

    WAITING = "waiting"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
    HANDLED = "handled"
    VERIFIED = "verified"
    ESCALATED = "escalated"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Cause(StrEnum):
    """Why a topic is raised (workflows §2.1)."""

    UNABLE = "unable"
    BOUNCED = "bounced"
    OVERDUE = "overdue"
    REWORK = "rework"
    DISSATISFIED = "dissatisfied"
    DISPUTE = "dispute"
    BY_HAND = "by_hand"
    NEW_FACTS = "new_facts"
    """A meeting's order is reopened because something new came to light (G12)."""


class Dispatch(Contract):
    """Every order fact says where the order stands after it: exactly one responsible unit and one clock while open."""

    SERVICE: ClassVar[str] = "dispatch"
    status: Status
    responsible: Code | None
    """Unit or department; None only when closed or withdrawn."""
    rung: str | None = None
    """grid, community, street, department, or meeting."""
    assignment: int = 0
    clock: str | None = None
    """dispatch, accept, handle, resume, verify, window, answer; None only when closed or withdrawn."""
    due_at: Instant | None = None
    budget: str | None = None
    """What the clock that starts with this fact was given, such as `7 wd`; None where none starts or a date is set."""


class OrderOpened(Dispatch):
    """The case waits at the unit that must dispatch it (move 1)."""

    TYPE: ClassVar[str] = "order.opened.v1"
    case_due_at: Instant
    dispatcher: Code


class OrderDispatched(Dispatch):
    """Assigned to one lead (moves 3, 19); the paper 问题交办单."""

    TYPE: ClassVar[str] = "order.dispatched.v1"
    number: str
    matter: Code
    unit: Code
    summary: Masked
    urgent: bool
    dispatcher: Code
    rule: str
    """matter, pairing, rung, hand (by a person), or meeting."""
    support: tuple[Code, ...] = ()
    meeting: bool = False
    handle_due_at: Instant | None = None
    """Set for meeting orders: the deadline of the resolution."""


class OrderAccepted(Dispatch):
    """Signed for by the lead, naming the handling post, or deemed accepted when the clock ran out (move 5)."""

    TYPE: ClassVar[str] = "order.accepted.v1"
    handler: str
    deemed: bool
    office_phone: str = ""
    """Of the named handler's office, never a private number."""


class OrderProgressed(Dispatch):
    """A progress note; changes nothing."""

    TYPE: ClassVar[str] = "order.progressed.v1"
    note: Masked


class HandBackAsked(Dispatch):
    """The holder asks to hand back (退单), naming the clause and the right unit; the clock runs on."""

    TYPE: ClassVar[str] = "order.hand_back_asked.v1"
    clause: str
    proposed: Code
    note: Masked
    judge: Code
    judge_due_at: Instant


class HandBackJudged(Dispatch):
    """Upheld (moves 6, 7), refused, or lapsed as refused when nobody judged in time."""

    TYPE: ClassVar[str] = "order.hand_back_judged.v1"
    upheld: bool
    lapsed: bool
    bounces: int
    judge: Code
    asked_by: Code


class UnableAsked(Dispatch):
    """The holder says that it cannot: what was tried, what is missing."""

    TYPE: ClassVar[str] = "order.unable_asked.v1"
    missing: str
    """power, money, or law."""
    tried: Masked
    judge: Code
    judge_due_at: Instant


class UnableJudged(Dispatch):
    """Confirmed (an escalation follows), refused, or lapsed as refused."""

    TYPE: ClassVar[str] = "order.unable_judged.v1"
    confirmed: bool
    lapsed: bool
    judge: Code


class ExtensionAsked(Dispatch):
    """The holder asks for more time (延期), in the unit of its budget; lapses when the order comes due."""

    TYPE: ClassVar[str] = "order.extension_asked.v1"
    more: str
    """What is asked on top of the budget, such as `3 wd`; at most the original budget."""
    why: Masked
    judge: Code
    judge_due_at: Instant


class ExtensionJudged(Dispatch):
    """Granted (`due_at` is the new one, of the next version of the deadline), refused, or lapsed as refused."""

    TYPE: ClassVar[str] = "order.extension_judged.v1"
    granted: bool
    lapsed: bool
    judge: Code
    more: str
    version: int


class SuspensionAsked(Dispatch):
    """The holder asks to pause the clock (挂账), for one of the listed causes."""

    TYPE: ClassVar[str] = "order.suspension_asked.v1"
    cause: str
    days: int
    """Natural days."""
    why: Masked
    judge: Code
    judge_due_at: Instant


class SuspensionJudged(Dispatch):
    """Granted: the clocks stand still until `due_at` (move 10); refused, or lapsed as refused."""

    TYPE: ClassVar[str] = "order.suspension_judged.v1"
    granted: bool
    lapsed: bool
    judge: Code
    cause: str
    paused_due_at: Instant | None = None
    """When the handling was due as the clock stopped; set when granted."""


class OrderResumed(Dispatch):
    """The pause is over, by itself or early; `due_at` is of the next version of the deadline."""

    TYPE: ClassVar[str] = "order.resumed.v1"
    early: bool
    by: Code | None
    paused_at: Instant
    version: int
    case_due_at: Instant | None
    """The case clock stood still as well."""


class OrderRecalled(Dispatch):
    """The dispatcher took it back before it was accepted (move 4); counts as inaccurate dispatch."""

    TYPE: ClassVar[str] = "order.recalled.v1"
    dispatcher: Code
    from_unit: Code
    reason: Masked


class DepartmentsDisputed(Dispatch):
    """The dispatcher states that departments dispute who must do it (move 11); an escalation follows."""

    TYPE: ClassVar[str] = "order.disputed.v1"
    dispatcher: Code
    among: tuple[Code, ...]
    note: Masked


class PartAnswered(Dispatch):
    """A supporting department has done its part; late if the part had lapsed."""

    TYPE: ClassVar[str] = "order.part_answered.v1"
    unit: Code
    note: Masked
    late: bool


class PartReleaseAsked(Dispatch):
    """A supporting department asks to be released from its part."""

    TYPE: ClassVar[str] = "order.part_release_asked.v1"
    unit: Code
    why: Masked
    judge: Code
    judge_due_at: Instant


class PartReleaseJudged(Dispatch):
    """The part is dropped, or stays due: refused, or lapsed as refused."""

    TYPE: ClassVar[str] = "order.part_release_judged.v1"
    unit: Code
    granted: bool
    lapsed: bool
    judge: Code


class PartsAgreed(Dispatch):
    """Departments took on parts of it at the place to which they were whistled (workflows §3.4)."""

    TYPE: ClassVar[str] = "order.parts_agreed.v1"
    units: tuple[Code, ...]


class PartLapsed(Dispatch):
    """A supporting department did not answer in time; the lead may finish without it."""

    TYPE: ClassVar[str] = "order.part_lapsed.v1"
    unit: Code


class OrderPassedUp(Dispatch):
    """A rung that cannot solve it passes it to the next (move 8)."""

    TYPE: ClassVar[str] = "order.passed_up.v1"
    from_unit: Code
    to_unit: Code
    from_rung: str
    reason: str
    """authority, means, outside, tried."""
    note: Masked


class OrderHandled(Dispatch):
    """Done, says the lead (move 12); the paper 处置反馈单."""

    TYPE: ClassVar[str] = "order.handled.v1"
    done_by: Code
    note: Masked
    contacted: bool
    evidence: int
    on_time: bool
    handle_due_at: Instant
    handler: str = ""
    """The post that did it."""
    done_at: Instant | None = None
    dispatcher: Code | None = None
    """The order's; of what was solved on the spot who plays it."""


class OrderVerified(Dispatch):
    """Verified on the spot, or the matter needs none (move 13)."""

    TYPE: ClassVar[str] = "order.verified.v1"
    verifier: Code | None
    handled_by: Code
    dispatcher: Code
    means: str = ""
    """photo or call."""


class VerificationFailed(Dispatch):
    """Back to the lead with half the budget (move 14), the third time to the meeting (move 15)."""

    TYPE: ClassVar[str] = "order.verification_failed.v1"
    verifier: Code
    reason: Masked
    failures: int


class OrderReworked(Dispatch):
    """The first controllable dissatisfaction sends it back to the lead (move 17)."""

    TYPE: ClassVar[str] = "order.reworked.v1"


class OrderReminded(Dispatch):
    """The responsible unit is reminded of a running clock (催办): by a rung of it, or by hand; it restarts nothing."""

    TYPE: ClassVar[str] = "order.reminded.v1"
    of: str
    by: Code | None = None
    """The unit that reminded by hand; none where the clock did."""
    why: Masked = ""


class OrderOverdue(Dispatch):
    """A clock ran out; charged to `charged` for ever (workflows §3.3)."""

    TYPE: ClassVar[str] = "order.overdue.v1"
    of: str
    charged: Code


class OrderSupervised(Dispatch):
    """Supervision order (督办) by the unit above the late one."""

    TYPE: ClassVar[str] = "order.supervised.v1"
    of: str
    charged: Code
    supervisor: Code
    number: int = 0
    """Counts up per case; the late unit cites it in its answer."""
    receipt_due_at: Instant | None = None
    by_hand: bool = False
    why: Masked = ""


class SupervisionAnswered(Dispatch):
    """The late unit's receipt (回执): what it does about it."""

    TYPE: ClassVar[str] = "order.supervision_answered.v1"
    number: int
    of: str
    charged: Code
    note: Masked
    on_time: bool


class SupervisionUnanswered(Dispatch):
    """No receipt within the limit."""

    TYPE: ClassVar[str] = "order.supervision_unanswered.v1"
    number: int
    of: str
    charged: Code
    supervisor: Code


class OrderProjected(Dispatch):
    """A running clock was projected anew: its budget is as it was, its end has moved (domain.md §4)."""

    TYPE: ClassVar[str] = "order.projected.v1"
    of: str
    """The clock, or `case`."""
    before: Instant
    ends_at: Instant
    calendar: int
    """The calendar by which it ends now: its version in the city."""
    reason: Masked


class OrderEscalated(Dispatch):
    """Goes to the joint meeting (提请上会): `body` is the unit whose body must raise it (workflows §2.1).

    Until `topic.raised` has been seen the named responsible unit stays the dispatcher.
    """

    TYPE: ClassVar[str] = "order.escalated.v1"
    cause: Cause
    body: Code
    lead: Code | None
    tried: Masked
    number: str
    matter: Code
    unit: Code
    summary: Masked
    urgent: bool
    meeting_order: bool
    """True: an order made by a meeting failed; the entry that made it is reopened instead of a new topic."""


class OrderAtMeeting(Dispatch):
    """The body's unit now answers for the case: its topic was raised, moved up, deferred or reopened."""

    TYPE: ClassVar[str] = "order.at_meeting.v1"
    topic: str
    body: Code


class CaseClosed(Dispatch):
    """The end (结案): rated, window over, nobody ratable, solved on the spot, or answered by a meeting's decline."""

    TYPE: ClassVar[str] = "case.closed.v1"
    reason: str
    """rated, window_over, not_ratable, on_spot, answered."""
    lead: Code | None
    dispatcher: Code | None
    on_time: bool | None
    solved_at_rung: str
    opened_at: Instant


class OrderWithdrawn(Dispatch):
    """The reporter withdrew; an overdue already counted stays counted."""

    TYPE: ClassVar[str] = "order.withdrawn.v1"


class ReplyRefused(Contract):
    """Answer on `orders.<department>`: the reply changed nothing; rule and field say why."""

    SERVICE: ClassVar[str] = "dispatch"
    TYPE: ClassVar[str] = "reply.refused.v1"
    reply: OutsideId | None
    order: str | None
    rule: str
    field: str
    params: dict[str, str] = Field(default_factory=dict)


# ---- from outside: replies of departments, commands of units

Note = Annotated[str, StringConstraints(min_length=4, max_length=2000)]


class OrderMessage(OutsideMessage):
    """`order` is the case id of the order; `assignment` the one being answered."""

    order: Code
    assignment: Annotated[int, Field(ge=1)]


class Accept(OrderMessage):
    TYPE: ClassVar[str] = "order.accept.v1"
    handler: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Post of the named handler (专人), not a person's name."""
    office_phone: Annotated[str, StringConstraints(max_length=20)] = ""
    """Telephone of the office, with area code; a mobile number is refused."""


class Progress(OrderMessage):
    TYPE: ClassVar[str] = "order.progress.v1"
    note: Note


class HandBack(OrderMessage):
    TYPE: ClassVar[str] = "order.hand_back.v1"
    clause: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    proposed: Code
    note: Note


class Missing(StrEnum):
    POWER = "power"
    MONEY = "money"
    LAW = "law"


class Unable(OrderMessage):
    TYPE: ClassVar[str] = "order.unable.v1"
    missing: Missing
    tried: Note


class Finish(OrderMessage):
    TYPE: ClassVar[str] = "order.finish.v1"
    what: Note
    contacted: bool
    evidence: Annotated[int, Field(ge=0, le=20)]
    handler: Annotated[str, StringConstraints(max_length=64)] = ""
    """The post that did it; empty: the named handler of the acceptance."""
    done_at: Instant | None = None
    """When it was done; empty: now."""


class AskExtension(OrderMessage):
    """`more` units of the order's own budget, at most the original budget."""

    TYPE: ClassVar[str] = "order.ask_extension.v1"
    more: Annotated[int, Field(ge=1, le=1000)]
    why: Note


class PauseCause(StrEnum):
    """Why an order may be suspended (workflows §3.2)."""

    WEATHER = "weather"
    LAW_SUIT = "law_suit"
    FUNDS = "funds"
    """Allotted but not arrived."""
    SEASON = "season"
    OWNERS_VOTE = "owners_vote"


class AskSuspension(OrderMessage):
    TYPE: ClassVar[str] = "order.ask_suspension.v1"
    cause: PauseCause
    days: Annotated[int, Field(ge=1, le=366)]
    """Natural days, at most those that the city file allows."""
    why: Note


class AnswerPart(OrderMessage):
    """A supporting department says what it did for its part."""

    TYPE: ClassVar[str] = "order.answer_part.v1"
    note: Note


class AskRelease(OrderMessage):
    """A supporting department asks to be released from its part."""

    TYPE: ClassVar[str] = "order.ask_release.v1"
    why: Note


class PassUpReason(StrEnum):
    AUTHORITY = "authority"
    MEANS = "means"
    OUTSIDE = "outside"
    TRIED = "tried"


class PassUp(OrderMessage):
    TYPE: ClassVar[str] = "order.pass_up.v1"
    reason: PassUpReason
    note: Note


class JudgeHandBack(OrderMessage):
    TYPE: ClassVar[str] = "order.judge_hand_back.v1"
    upheld: bool
    note: Note


class JudgeUnable(OrderMessage):
    TYPE: ClassVar[str] = "order.judge_unable.v1"
    confirmed: bool
    note: Note


class JudgeExtension(OrderMessage):
    TYPE: ClassVar[str] = "order.judge_extension.v1"
    granted: bool
    note: Note


class JudgeSuspension(OrderMessage):
    TYPE: ClassVar[str] = "order.judge_suspension.v1"
    granted: bool
    note: Note


class JudgeRelease(OrderMessage):
    """Judges the request of the supporting department that waits."""

    TYPE: ClassVar[str] = "order.judge_release.v1"
    granted: bool
    note: Note


class Resume(OrderMessage):
    """Who judged the suspension ends it early."""

    TYPE: ClassVar[str] = "order.resume.v1"
    note: Note


class Recall(OrderMessage):
    """The dispatcher takes the order back before it is accepted (move 4)."""

    TYPE: ClassVar[str] = "order.recall.v1"
    reason: Note


class StateDispute(OrderMessage):
    """The dispatcher states that the lead and these departments dispute who must do it (move 11)."""

    TYPE: ClassVar[str] = "order.state_dispute.v1"
    others: Annotated[tuple[Code, ...], Field(min_length=1, max_length=10)]
    note: Note


class Means(StrEnum):
    """How a verifier knows: what was on the spot, or whom he asked."""

    PHOTO = "photo"
    CALL = "call"


class Verify(OrderMessage):
    TYPE: ClassVar[str] = "order.verify.v1"
    passed: bool
    note: Note
    means: Means | None = None
    """Needed to pass."""


class DispatchTo(OutsideMessage):
    """A dispatcher names the lead by hand, or a street dispatches on what it holds (moves 3, 9)."""

    TYPE: ClassVar[str] = "order.dispatch.v1"
    order: Code
    lead: Code
    support: Annotated[tuple[Code, ...], Field(max_length=10)] = ()


class Remind(OutsideMessage):
    """Remind the responsible unit by hand of a clock that runs."""

    TYPE: ClassVar[str] = "order.remind.v1"
    order: Code
    note: Annotated[str, StringConstraints(min_length=2, max_length=2000)]


class Supervise(OutsideMessage):
    """Issue a supervision order by hand for what is late."""

    TYPE: ClassVar[str] = "order.supervise.v1"
    order: Code
    note: Annotated[str, StringConstraints(min_length=2, max_length=2000)]


class AnswerSupervision(OutsideMessage):
    """Answer a supervision order: what is done about it, by when."""

    TYPE: ClassVar[str] = "order.answer_supervision.v1"
    order: Code
    number: Annotated[int, Field(ge=1)]
    note: Annotated[str, StringConstraints(min_length=2, max_length=2000)]
