"""What feedback states of its assessments, checks, stars, votes and duties, and what the desk tells it about them.

Subjects: `assessment:<community>:<year>` for the hundred-point assessment (百分考核), `draw:<unit>:<quarter>:<kind>`
for checks. No fact says who cast a ballot.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideId, OutsideMessage
from shared.contracts.feedback import Feedback

Year = Annotated[int, Field(ge=2000, le=2100)]
Token = Annotated[str, StringConstraints(min_length=16, max_length=128)]


# ---- hundred-point assessment (百分考核, workflows §4.5)


class Criterion(Contract):
    """One item of a score sheet with the most points that it gives."""

    code: Code
    name: Masked
    most: int


class UnitResult(Contract):
    """Valid ballots for a unit, the sum of their points, and the plain mean with two decimals if there are enough."""

    unit: Code
    ballots: int
    points: int
    score: str | None


class AssessmentOpened(Feedback):
    """A community lets its Party members and residents score every unit paired with it."""

    TYPE: ClassVar[str] = "assessment.opened.v1"
    community: Code
    year: int
    rated: tuple[Code, ...]
    criteria: tuple[Criterion, ...]
    opens_at: Instant
    until: Instant
    lapses_at: Instant
    """31 January: whatever has too few raters by then is void."""
    least: int


class RatersNamed(Feedback):
    """So many more raters got a token; who they are stays with the community."""

    TYPE: ClassVar[str] = "assessment.raters_named.v1"
    named: int
    total: int


class AssessmentCounted(Feedback):
    """The ballots were counted; from now on no ballot can be told from another of the same content."""

    TYPE: ClassVar[str] = "assessment.counted.v1"
    community: Code
    year: int
    raters: int
    results: tuple[UnitResult, ...]


class AssessmentLapsed(Feedback):
    """Too few raters until 31 January: no score, and the community is supervised by the unit above it."""

    TYPE: ClassVar[str] = "assessment.lapsed.v1"
    community: Code
    year: int
    raters: int
    supervisor: Code


class OpenAssessment(OutsideMessage):
    """The community opens its session of the year."""

    TYPE: ClassVar[str] = "assessment.open.v1"
    community: Code
    year: Year
    opens_at: Instant
    until: Instant
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=50)]


class Rater(OutsideMessage):
    """One on the community's list of raters: its own number for him, what he is, and the unit where he works."""

    rater: OutsideId
    kind: Annotated[str, StringConstraints(pattern=r"^(party|resident)$")]
    unit: Code | None = None


class NameRaters(OutsideMessage):
    """The community names raters, each of whom gets a token of his own."""

    TYPE: ClassVar[str] = "assessment.name_raters.v1"
    raters: Annotated[tuple[Rater, ...], Field(min_length=1, max_length=2000)]


class CloseAssessment(OutsideMessage):
    """The community ends its session before the window does."""

    TYPE: ClassVar[str] = "assessment.close.v1"


class CastBallot(OutsideMessage):
    """A rater's points for one unit, by item."""

    TYPE: ClassVar[str] = "ballot.cast.v1"
    SECRET: ClassVar[bool] = True
    token: Token
    unit: Code
    points: Annotated[dict[Code, int], Field(max_length=50)]


# ---- spot checks, look-backs, doubly random inspections (抽检、回头看、两随机, workflows §4.8)


class CheckKind(StrEnum):
    """What is drawn: open orders, ended cases, or community Party organisations."""

    SPOT_CHECK = "spot_check"
    LOOK_BACK = "look_back"
    INSPECTION = "inspection"
    SURVEY = "survey"
    """Households to be asked in the yearly satisfaction survey; the inspectors are who asks at the door."""


class DrawCase(Contract):
    """One of the population; whoever is in `barred` may not check it: handling unit, dispatcher, verifier."""

    id: Code
    matter: str = ""
    place: str = ""
    barred: tuple[Code, ...] = ()


class Inspector(Contract):
    """One of the pool: a code, never a name, and the unit he comes from."""

    id: Code
    unit: Code


class Pair(Contract):
    """A drawn case and who checks it; None where everybody in the pool is barred from it."""

    case: Code
    inspector: Code | None


class DrawFrozen(Feedback):
    """Population and pool, fixed before anybody can know the seed."""

    TYPE: ClassVar[str] = "draw.frozen.v1"
    kind: CheckKind
    asked: CheckKind
    """What was asked for; the other kind is drawn where that had nothing to draw from."""
    unit: Code
    quarter: str
    cycle: Code | None = None
    """Squad, listed problem or project that the check belongs to."""
    cases: tuple[DrawCase, ...]
    inspectors: tuple[Inspector, ...]
    head_on: date
    """The city ledger's head of this day makes the seed: the next working day."""


class DrawMade(Feedback):
    """What the seed chose, in order; anybody can compute it again."""

    TYPE: ClassVar[str] = "draw.made.v1"
    head: str
    head_seq: int
    seed: str
    pairs: tuple[Pair, ...]


class CheckDone(Feedback):
    """A drawn case was checked; a failed one led to a new order, the case `follow_up`."""

    TYPE: ClassVar[str] = "check.done.v1"
    case: Code
    inspector: Code | None
    passed: bool
    finding: Masked
    follow_up: Code | None = None


class DrawCompleted(Feedback):
    """Everything drawn was checked; an empty draw is complete at once."""

    TYPE: ClassVar[str] = "draw.completed.v1"
    kind: CheckKind
    unit: Code
    quarter: str
    cycle: Code | None = None
    checked: int
    passed: int


class CheckFailed(Feedback):
    """On the subject of a new case: it is to be registered because a check of `of_case` failed."""

    TYPE: ClassVar[str] = "check.failed.v1"
    draw: str
    of_case: Code
    matter: Code
    place: Code
    finding: Masked


class FreezeDraw(OutsideMessage):
    """Operations or a unit above fixes what a check is drawn from, and by whom it may be done."""

    TYPE: ClassVar[str] = "draw.freeze.v1"
    unit: Code
    quarter: Annotated[str, StringConstraints(pattern=r"^\d{4}Q[1-4]$")]
    kind: CheckKind
    cycle: Code | None = None
    inspectors: Annotated[tuple[Inspector, ...], Field(min_length=1, max_length=500)]
    households: Annotated[tuple[Code, ...], Field(max_length=5000)] = ()
    """What a survey draws from, by the codes under which they are visited."""


class RecordCheck(OutsideMessage):
    """The inspector says what he found."""

    TYPE: ClassVar[str] = "check.record.v1"
    case: Code
    passed: bool
    finding: Annotated[str, StringConstraints(min_length=4, max_length=200)]


# ---- two-way assessment, streets on heads of field offices (双向考核、人事考核权, workflows §4.6)


class MutualKind(StrEnum):
    """Departments and communities on each other, or streets on the heads of field offices."""

    TWO_WAY = "two_way"
    STREET_RIGHTS = "street_rights"


class MutualResult(Contract):
    """The plain mean of what a unit was given; an input where the city publishes one assessment a year alone."""

    unit: Code
    ratings: int
    score: str
    yearly_input: bool = False


class MutualOpened(Feedback):
    """Scores may be sealed in this window; subject `mutual:<kind>:<year>`."""

    TYPE: ClassVar[str] = "mutual.opened.v1"
    kind: MutualKind
    year: int
    opens_at: Instant
    until: Instant


class ScoreSealed(Feedback):
    """One side is in; its points are in nobody's hands but the service's until the pair is opened."""

    TYPE: ClassVar[str] = "mutual.sealed.v1"
    rater: Code
    rated: Code
    seal: str
    """SHA-256 of `salt|rater|rated|points`; the salt comes with the opening."""


class SealOpened(Feedback):
    """What a side had sealed, once both were in or the window was over."""

    TYPE: ClassVar[str] = "mutual.seal_opened.v1"
    rater: Code
    rated: Code
    points: int
    salt: str


class MutualCounted(Feedback):
    """The means of the year; never netted, and a missing side voids nothing."""

    TYPE: ClassVar[str] = "mutual.counted.v1"
    kind: MutualKind
    year: int
    results: tuple[MutualResult, ...]


class OpenMutual(OutsideMessage):
    """Operations opens the year's window."""

    TYPE: ClassVar[str] = "mutual.open.v1"
    kind: MutualKind
    year: Year
    opens_at: Instant
    until: Instant


class SealScore(OutsideMessage):
    """A unit or department gives another its points, 0 to 100."""

    TYPE: ClassVar[str] = "mutual.seal.v1"
    SECRET: ClassVar[bool] = True
    rated: Code
    points: int


# ---- stars of organisations and workers (双星评定, workflows §4.7)

Points = Annotated[int, Field(ge=-1000, le=1000)]
"""Any number that a person may type; the rule says which are points."""
Why = Annotated[str, StringConstraints(min_length=4, max_length=200)]


class StarKind(StrEnum):
    """Whose star it is."""

    ORGANISATION = "organisation"
    WORKER = "worker"


class ReviewOutcome(StrEnum):
    """What a level did: it never raises."""

    CONFIRMED = "confirmed"
    LOWERED = "lowered"
    RETURNED = "returned"
    NONE = "none"


class StarApplied(Feedback):
    """An organisation or worker applies for a star; `path` are the units that review it, lowest first."""

    TYPE: ClassVar[str] = "star.applied.v1"
    kind: StarKind
    code: Code
    unit: Code
    star: int
    path: tuple[Code, ...]


class StarReviewed(Feedback):
    """A level scored it; `star` is what goes on, 0 where nothing does."""

    TYPE: ClassVar[str] = "star.reviewed.v1"
    by: Code
    points: int | None
    outcome: ReviewOutcome
    star: int
    advice: Masked = ""


class StarAwarded(Feedback):
    """Awarded at the top, together with all others of the same day."""

    TYPE: ClassVar[str] = "star.awarded.v1"
    star: int
    together: int


class StarKept(Feedback):
    """The year's review, or the second one after rectifying, kept the star; a review never raises."""

    TYPE: ClassVar[str] = "star.kept.v1"
    star: int
    points: int


class StarRectifying(Feedback):
    """The year's review fell below the star's band: to be put right, then scored again."""

    TYPE: ClassVar[str] = "star.rectifying.v1"
    points: int
    until: Instant


class StarRescoreDue(Feedback):
    """The time to put it right is over, and nobody has scored again; it stays as it is, supervised."""

    TYPE: ClassVar[str] = "star.rescore_due.v1"
    charged: Code


class StarLowered(Feedback):
    """Lowered to the band of the second score, or at once for a grave problem."""

    TYPE: ClassVar[str] = "star.lowered.v1"
    star: int
    points: int | None
    why: Masked = ""


class StarWithdrawn(Feedback):
    """Withdrawn: below three stars, or at once for a grave problem."""

    TYPE: ClassVar[str] = "star.withdrawn.v1"
    points: int | None
    why: Masked = ""


class ApplyForStar(OutsideMessage):
    """The unit of an organisation or worker applies for three, four or five stars."""

    TYPE: ClassVar[str] = "star.apply.v1"
    kind: StarKind
    code: Code
    unit: Code
    star: int


class ReviewStar(OutsideMessage):
    """The level whose turn it is scores, or returns the application."""

    TYPE: ClassVar[str] = "star.review.v1"
    points: Points | None = None
    returned: bool = False
    advice: Annotated[str, StringConstraints(max_length=200)] = ""


class AwardStars(OutsideMessage):
    """The top awards every star named, all together or none."""

    TYPE: ClassVar[str] = "star.award.v1"
    stars: Annotated[tuple[Code, ...], Field(min_length=1, max_length=500)]


class ScoreStar(OutsideMessage):
    """The top scores an awarded star: the year's review, or the second score after rectifying."""

    TYPE: ClassVar[str] = "star.score.v1"
    points: Points


class PunishStar(OutsideMessage):
    """A grave problem: lowered at once to the star named, or withdrawn if none is."""

    TYPE: ClassVar[str] = "star.punish.v1"
    to: int | None = None
    why: Why


# ---- surveys and public votes (问卷、网上评选, domain §6.2)

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PollKind(StrEnum):
    """A survey, a public vote, an owners' vote (one per household), the yearly satisfaction survey."""

    SURVEY = "survey"
    VOTE = "vote"
    OWNERS = "owners"
    SATISFACTION = "satisfaction"


class Option(Contract):
    """One answer that may be chosen."""

    code: Code
    text: Text


class Question(Contract):
    """One question with the answers to choose one of."""

    code: Code
    text: Text
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=500)]


class Choice(Contract):
    """How often an answer was chosen."""

    question: Code
    option: Code
    count: int


class PollOpened(Feedback):
    """A unit asks; subject `poll:<unit>:<code>`. It enters no rate."""

    TYPE: ClassVar[str] = "poll.opened.v1"
    kind: PollKind
    unit: Code
    code: Code
    questions: tuple[Question, ...]
    opens_at: Instant
    until: Instant
    about: str | None = None
    """The topic, list item, project or star that it is attached to."""
    asked: int | None = None
    """How many were asked, where that is known."""
    draw: str | None = None
    households: tuple[Code, ...] = ()
    """Of a satisfaction survey: the draw by which they were chosen, and the households that may answer."""


class PollCounted(Feedback):
    """Everything that was answered; no answer can be told from another any more."""

    TYPE: ClassVar[str] = "poll.counted.v1"
    asked: int | None
    answered: int
    choices: tuple[Choice, ...]


class OpenPoll(OutsideMessage):
    """A unit opens a survey or a vote."""

    TYPE: ClassVar[str] = "poll.open.v1"
    kind: PollKind
    unit: Code
    code: Code
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=50)]
    opens_at: Instant
    until: Instant
    about: Annotated[str, StringConstraints(max_length=128)] | None = None
    asked: Annotated[int, Field(ge=1)] | None = None
    draw: Annotated[str, StringConstraints(max_length=128)] | None = None


class CastVote(OutsideMessage):
    """One person's answers, in an owners' vote one household's.

    `voter` is what the person is known by in every channel (an identity number already hashed, a household's code); a
    signed-in resident needs none. Only a keyed hash of it is kept, apart from the answers.
    """

    TYPE: ClassVar[str] = "poll.cast.v1"
    SECRET: ClassVar[bool] = True
    voter: OutsideId | None = None
    answers: Annotated[dict[Code, Code], Field(min_length=1, max_length=50)]


# ---- summing up (总结提升, domain §6.3)


class ConclusionKind(StrEnum):
    """What a conclusion changes: the matters catalogue, a limit, a list, the scoring policy, or nothing."""

    MATTER = "matter"
    LIMIT = "limit"
    LIST = "list"
    POLICY = "policy"
    NONE = "none"


class Fate(StrEnum):
    """What became of an earlier conclusion."""

    DONE = "done"
    UNDER_WAY = "under_way"
    DROPPED = "dropped"


class Conclusion(Contract):
    """What is to change, by the code of what it changes; none needs its reason."""

    kind: ConclusionKind
    code: Code | None = None
    text: Masked


class Became(Contract):
    """What became of the n-th conclusion of the summary before, counted from 1."""

    number: int
    fate: Fate
    text: Masked = ""


class CycleSummedUp(Feedback):
    """A quarter, squad or hard problem is summed up; subject `summary:<chain>`, one after the other."""

    TYPE: ClassVar[str] = "cycle.summed_up.v1"
    cycle: Code
    learned: Masked
    conclusions: tuple[Conclusion, ...]
    became: tuple[Became, ...]


class SumUp(OutsideMessage):
    """Operations sums a cycle up, and says what became of the conclusions before."""

    TYPE: ClassVar[str] = "cycle.sum_up.v1"
    cycle: Code
    learned: Annotated[str, StringConstraints(min_length=4, max_length=200)]
    conclusions: Annotated[tuple[Conclusion, ...], Field(min_length=1, max_length=20)]
    became: Annotated[tuple[Became, ...], Field(max_length=20)] = ()


# ---- recurring duties (domain §4)


class DutyReminded(Feedback):
    """Three quarters of the period are over, and these units have not done it yet; subject `duty:<duty>`.

    A duty of a leader names him, a return visit the case of whoever is to be visited.
    """

    TYPE: ClassVar[str] = "duty.reminded.v1"
    duty: str
    period: str
    units: tuple[Code, ...]
    leader: Code | None = None
    case: Code | None = None


class DutyMissed(Feedback):
    """The period is over: on the unit's card and at the level above; a duty never makes a topic."""

    TYPE: ClassVar[str] = "duty.missed.v1"
    duty: str
    period: str
    unit: Code
    above: Code
    done: int
    least: int
    leader: Code | None = None
    """Whose duty it was towards the unit, where it is a leader's."""
    case: Code | None = None
    """The case of whoever was to be visited again."""
