"""What feedback states of its assessments, checks, stars, votes and duties, and what the desk tells it about them.

Subjects: `assessment:<community>:<year>` for the hundred-point assessment (百分考核). No fact says who cast a ballot.
"""

from __future__ import annotations

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
