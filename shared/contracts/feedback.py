"""What feedback states on `feedback` (subject: the case id, or `score:<period>`)."""

from __future__ import annotations

from datetime import date
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


class DissatisfactionJudged(Feedback):
    """Was it in the unit's control? Undecided in time: it was (workflows §1)."""

    TYPE: ClassVar[str] = "rating.judged.v1"
    controllable: bool
    lapsed: bool
    judge: Code


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


class InvitationSent(Feedback):
    """Message to the source on `receipts.<source>`: hand this unguessable link to the reporter."""

    TYPE: ClassVar[str] = "invitation.sent.v1"
    report: OutsideId
    case: str
    number: str
    token: str
    until: Instant


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


class Rating(OutsideMessage):
    """A reporter's answer on `ratings.<source>.v1` or `POST /v1/ratings`; the token is the invitation's."""

    TYPE: ClassVar[str] = "rating.v1"
    id: OutsideId
    token: Annotated[str, StringConstraints(min_length=16, max_length=128)]
    contacted: bool
    solved: bool
    grade: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, StringConstraints(max_length=1000)] | None = None


class JudgeDissatisfaction(OutsideMessage):
    """The feedback officer of operations decides whether it was in the unit's control."""

    TYPE: ClassVar[str] = "rating.judge.v1"
    controllable: bool
    why: Annotated[str, StringConstraints(min_length=4, max_length=500)]
