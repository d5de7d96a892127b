"""What feedback states on `feedback` (subject: the case id, or `score:<period>`)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Instant, OutsideId, OutsideMessage


class Feedback(Contract):
    SERVICE: ClassVar[str] = "feedback"


class RatingInvited(Feedback):
    """A ratable reporter is asked; the window starts (评单)."""

    TYPE: ClassVar[str] = "rating.invited.v1"
    invitation: str
    round: int
    reporter: str
    until: Instant


class RatingAnswered(Feedback):
    """One answer; `valid` if inside the window and complete (workflows §4.1). A late one is kept, never scored."""

    TYPE: ClassVar[str] = "rating.answered.v1"
    invitation: str
    round: int
    reporter: str
    contacted: bool
    solved: bool
    grade: int
    """5 very satisfied .. 1 very dissatisfied."""
    valid: bool
    """A later valid one of the same round, a call-back, takes the place of the reporter's own."""
    by: str = "reporter"
    """reporter, call_back (回访), or return_visit (民情家访的定期回访), which is never scored."""
    unscored: str | None = None
    """Why it is kept without being scored: late, round_over (the order is reworked), outweighed (by a call-back)."""


class DissatisfactionJudged(Feedback):
    """Was it in the unit's control? Undecided in time: it was (workflows §1)."""

    TYPE: ClassVar[str] = "rating.judged.v1"
    controllable: bool
    lapsed: bool
    judge: Code
    round: int = 0
    reporter: str = ""
    """Whose answer was judged; several reporters of one case are judged one by one."""


class ReworkOrdered(Feedback):
    """The first controllable dissatisfaction: the order goes back (move 17)."""

    TYPE: ClassVar[str] = "rating.rework_ordered.v1"
    round: int


class RatingFailed(Feedback):
    """The second one: the case goes to the joint meeting (move 18)."""

    TYPE: ClassVar[str] = "rating.failed.v1"
    round: int


class RatingCompleted(Feedback):
    """All answered, the window over, or nobody to ask: the case may close (move 16)."""

    TYPE: ClassVar[str] = "rating.completed.v1"
    round: int
    outcome: str
    """rated, window_over, not_ratable."""


class CallBackDrawn(Feedback):
    """A silent reporter was drawn for a call-back (回访), to be made until the end of the window."""

    TYPE: ClassVar[str] = "rating.call_back_drawn.v1"
    invitation: str
    round: int
    reporter: str
    until: Instant


class CallBackAttempted(Feedback):
    """One attempt of a call-back; an answer given in it is a `rating.answered.v1` of its own."""

    TYPE: ClassVar[str] = "rating.call_back_attempted.v1"
    invitation: str
    round: int
    reporter: str
    attempt: int
    outcome: str
    """answered, declined (reached, but would not answer), not_reached."""
    officer: Code


class CallBackClosed(Feedback):
    """A call-back came to its end; an unreachable reporter stays unrated (workflows §4.1)."""

    TYPE: ClassVar[str] = "rating.call_back_closed.v1"
    invitation: str
    round: int
    reporter: str
    outcome: str
    """answered, declined, unreachable (attempts on two days), lapsed (window over), dropped (nothing left to ask)."""


class ReporterAnswer(Contract):
    """What stands of one reporter who was asked in the last round: one answer, or none (`by` and `grade` are None)."""

    reporter: str
    by: str | None
    """reporter, call_back; None if unrated."""
    contacted: bool
    solved: bool
    grade: int | None


class CaseRated(Feedback):
    """What was said of a case when it closed, and for whom it counts (workflows §4.1); its month is that of this fact.

    Stated for each closed case whose reporters were asked; the answers are those of the last round.
    """

    TYPE: ClassVar[str] = "case.rated.v1"
    round: int
    lead: Code
    """Of the last assignment."""
    dispatcher: Code | None
    place: Code
    """The smallest unit that is known of where the case lies: its grid, community and street get the answers too."""
    outcome: bool
    """False: declined by a meeting, only the response counts (workflows §4.4)."""
    answers: tuple[ReporterAnswer, ...]


class ExclusionAsked(Feedback):
    """The rated unit asks that a case be left out of its scores (申诉剔除), in time after closing."""

    TYPE: ClassVar[str] = "exclusion.asked.v1"
    unit: Code
    code: str
    """unreasonable, force_majeure, outside_law."""
    decide_by: Instant


class ExclusionSupported(Feedback):
    """A first operations officer asks for it with the unit; another one must approve (workflows §1)."""

    TYPE: ClassVar[str] = "exclusion.supported.v1"
    unit: Code
    code: str
    officer: Code


class ExclusionDecided(Feedback):
    """Granted by a second officer, refused by any, or lapsed as refused; granted, the answers count in no outcome."""

    TYPE: ClassVar[str] = "exclusion.decided.v1"
    unit: Code
    """The lead who asked."""
    code: str
    granted: bool
    lapsed: bool
    supported_by: Code | None
    decided_by: Code


class InvitationSent(Feedback):
    """Message to the source on `receipts.<source>`: hand this unguessable link to the reporter."""

    TYPE: ClassVar[str] = "invitation.sent.v1"
    report: OutsideId
    case: str
    number: str
    token: str
    until: Instant
    link: str = ""
    """Path at feedback under which the reporter answers without an account."""


class FollowUpOffered(Feedback):
    """Message to the source: a late answer says "not solved", so a new report that names this one is welcome."""

    TYPE: ClassVar[str] = "rating.follow_up_offered.v1"
    report: OutsideId
    case: str
    number: str


class RatingRefused(Feedback):
    """Answer to the source: the rating changed nothing."""

    TYPE: ClassVar[str] = "rating.refused.v1"
    rating: OutsideId | None
    rule: str
    field: str
    params: dict[str, str] = Field(default_factory=dict)


class Ratio(Contract):
    """An exact fraction; a denominator of 0 has no value."""

    numerator: str
    """Integer or decimal with one place (a grade of 3 counts 0.9)."""
    denominator: int
    percent: str | None
    """Two decimals, half up; None if the denominator is 0."""


class Figures(Feedback):
    """The figures of one card (department, unit or the whole city) in a period (workflows §4.2, §4.3)."""

    unit: Code
    period: str
    """YYYY-MM, YYYY-Qn or YYYY."""
    policy: str
    """Version of the scoring policy."""
    asked: int
    """Ratable reporters asked."""
    response: Ratio
    resolution: Ratio
    satisfaction: Ratio
    composite: str | None
    """0..100 with two decimals; None if any part has no value."""
    few: bool
    """Fewer valid answers than the policy asks for: shown, flagged, not ranked."""
    kind: str = "department"
    """department, city, county, street, community, grid, or subgrid: the ground of one grid member."""
    tier: str = "department"
    """Peers are compared within it alone (分档)."""
    coverage: Ratio | None = None
    """Valid answers ÷ asked."""
    excluded: int = 0
    """Valid answers of excluded cases (剔除)."""
    rates: dict[str, Ratio] = Field(default_factory=dict)
    """closing, on_time, rework, rating_rework, hand_back, accurate_dispatch, extension, mediation."""


class ScoreCounted(Figures):
    """Working figures of a period that is not frozen yet: unranked, unpublished, replaced by the next ones."""

    TYPE: ClassVar[str] = "score.counted.v1"


class ScorePublished(Figures):
    """Frozen figures; a later change is a further revision, nothing is overwritten (workflows §4.4)."""

    TYPE: ClassVar[str] = "score.published.v1"
    revision: int
    place: int | None = None
    """By the published composite within the tier; ties share it; None if not ranked."""
    ranked: int = 0
    """How many of the tier are ranked."""
    frozen_at: Instant | None = None
    """When the period's figures were frozen; the same for each revision."""
    cause: tuple[str, ...] = ()
    """Why there is a further revision: sent_back, exclusion, ..., place (only the place among peers changed)."""


class PolicyPublished(Feedback):
    """A version of the scoring policy is published for good: it never changes, and counts from a later period on."""

    TYPE: ClassVar[str] = "policy.published.v1"
    version: int
    digest: str
    """Of everything below; another text under the same version is refused."""
    effective_from: date
    counts_from: date
    """The first day of a period from which it may count: not before it was published (workflows §4.9)."""
    published_at: Instant
    weights: dict[str, str]
    """response, resolution, satisfaction: exact fractions such as 1/2."""
    credits: dict[int, str]
    exclusion_scope: str
    rank_from: int
    freeze: str
    yearly_only: tuple[str, ...] = ()
    tiers: dict[str, tuple[Code, ...]] = Field(default_factory=dict)


class PolicyRefused(Feedback):
    """The city file gives a published version another content: it changes nothing."""

    TYPE: ClassVar[str] = "policy.refused.v1"
    version: int
    digest: str
    rule: str


# ---- from outside

Grade = Annotated[int, Field(ge=1, le=5)]
Comment = Annotated[str, StringConstraints(max_length=1000)] | None
Why = Annotated[str, StringConstraints(min_length=4, max_length=500)]


class Rating(OutsideMessage):
    """A reporter's answer on `ratings.<source>.v1` or `POST /v1/ratings`; the token is the invitation's."""

    TYPE: ClassVar[str] = "rating.v1"
    id: OutsideId
    token: Annotated[str, StringConstraints(min_length=16, max_length=128)]
    contacted: bool
    solved: bool
    grade: Grade
    comment: Comment = None


class RateOwnOrder(OutsideMessage):
    """The unit that proposed a topic without a case rates the order that a meeting made of it (workflows §2.2)."""

    TYPE: ClassVar[str] = "rating.own.v1"
    contacted: bool
    solved: bool
    grade: Grade
    comment: Comment = None


class JudgeDissatisfaction(OutsideMessage):
    """The feedback officer of operations decides whether it was in the unit's control."""

    TYPE: ClassVar[str] = "rating.judge.v1"
    controllable: bool
    why: Why
    reporter: Code | None = None
    """Whose answer; may be left out while one alone waits."""


class LinkAnswer(OutsideMessage):
    """What a reporter answers at the link, without an account; the address says which invitation."""

    contacted: bool
    solved: bool
    grade: Grade
    comment: Comment = None


class CallBackOutcome(StrEnum):
    ANSWERED = "answered"
    DECLINED = "declined"
    NOT_REACHED = "not_reached"


class RecordCallBack(OutsideMessage):
    """An officer says how an attempt to call back went; with `answered` what the reporter said."""

    TYPE: ClassVar[str] = "rating.record_call_back.v1"
    reporter: Code
    outcome: CallBackOutcome
    contacted: bool | None = None
    solved: bool | None = None
    grade: Grade | None = None
    comment: Comment = None


class RecordReturnVisit(OutsideMessage):
    """Operations or a unit of the place note what a person said to whom a leader came back (定期回访)."""

    TYPE: ClassVar[str] = "rating.record_return_visit.v1"
    reporter: Code
    contacted: bool
    solved: bool
    grade: Grade
    comment: Comment = None


class ExclusionCode(StrEnum):
    UNREASONABLE = "unreasonable"
    FORCE_MAJEURE = "force_majeure"
    OUTSIDE_LAW = "outside_law"


class AskExclusion(OutsideMessage):
    """The rated unit asks to leave a closed case out of its scores."""

    TYPE: ClassVar[str] = "exclusion.ask.v1"
    code: ExclusionCode
    why: Why


class SupportExclusion(OutsideMessage):
    """A first operations officer supports what the unit asks."""

    TYPE: ClassVar[str] = "exclusion.support.v1"
    why: Why


class DecideExclusion(OutsideMessage):
    """A second operations officer grants it, or any officer refuses it."""

    TYPE: ClassVar[str] = "exclusion.decide.v1"
    granted: bool
    why: Why
