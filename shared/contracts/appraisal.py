"""What feedback states of consents, secretaries' joint reviews, problems to be rectified, and results handed over.

Subjects: `consent:<street>:<code>`, `review:<unit>:<year>`, `problem:<unit>:<code>`, `export:<kind>:<year>`. Nobody is
named: a secretary stands under the unit, a candidate under the post.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideMessage
from shared.contracts.feedback import Feedback
from shared.contracts.supervision import Criterion

Year = Annotated[int, Field(ge=2000, le=2100)]
Words = Annotated[str, StringConstraints(min_length=4, max_length=200)]


# ---- a street's consent (任免征得同意权、规划参与权, domain §6.2)


class ConsentKind(StrEnum):
    """To the appointment of the head of a field office, or to a plan on the street's ground."""

    APPOINTMENT = "appointment"
    PLAN = "plan"


class ConsentAsked(Feedback):
    """A department asks a street; the answer is due within the city's limit."""

    TYPE: ClassVar[str] = "consent.asked.v1"
    kind: ConsentKind
    department: Code
    street: Code
    about: Masked
    until: Instant


class ConsentAnswered(Feedback):
    """The street consents or not; silence is no consent (`lapsed`)."""

    TYPE: ClassVar[str] = "consent.answered.v1"
    department: Code
    street: Code
    agreed: bool
    lapsed: bool
    why: Masked = ""


class AskConsent(OutsideMessage):
    """A department asks: which post, or which plan; no candidate is named."""

    TYPE: ClassVar[str] = "consent.ask.v1"
    kind: ConsentKind
    street: Code
    about: Words


class AnswerConsent(OutsideMessage):
    """The street answers, with its reason."""

    TYPE: ClassVar[str] = "consent.answer.v1"
    agreed: bool
    why: Words


# ---- secretaries' joint review (述联评联考, domain §6.2)


class ReviewPart(StrEnum):
    """The five parts: quality system, regular meetings, before the report, inspection, year-end report."""

    SYSTEM = "system"
    MEETINGS = "meetings"
    BEFORE = "before"
    INSPECTION = "inspection"
    REPORT = "report"


class ReviewProblem(Contract):
    """What the review found, to be put right until a day."""

    text: Words
    due_on: date


class ReviewResult(Contract):
    """One secretary's result under his unit; None where he was not scored in the window."""

    unit: Code
    score: int | None


class ReviewOpened(Feedback):
    """A unit reviews the secretaries of the units right below it; the maxima of the five parts add up to 100."""

    TYPE: ClassVar[str] = "review.opened.v1"
    unit: Code
    year: int
    rated: tuple[Code, ...]
    parts: tuple[Criterion, ...]
    opens_at: Instant
    until: Instant


class ReviewScored(Feedback):
    """One secretary was scored, part by part; each problem found goes to the problem list as a subject of its own."""

    TYPE: ClassVar[str] = "review.scored.v1"
    rated: Code
    points: dict[Code, int]
    score: int
    problems: int


class ReviewCounted(Feedback):
    """Everybody was scored, or the window is over."""

    TYPE: ClassVar[str] = "review.counted.v1"
    unit: Code
    year: int
    results: tuple[ReviewResult, ...]


class OpenReview(OutsideMessage):
    """The level above opens the year's review."""

    TYPE: ClassVar[str] = "review.open.v1"
    unit: Code
    year: Year
    parts: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=20)]
    opens_at: Instant
    until: Instant


class ScoreSecretary(OutsideMessage):
    """The level above scores one secretary, and says what is to be put right."""

    TYPE: ClassVar[str] = "review.score.v1"
    rated: Code
    points: Annotated[dict[Code, int], Field(max_length=20)]
    problems: Annotated[tuple[ReviewProblem, ...], Field(max_length=20)] = ()


# ---- problems and their rectification (问题清单、整改清单, domain §2.4)


class ProblemListed(Feedback):
    """A problem of a unit, to be put right until a day; it ends when that was checked."""

    TYPE: ClassVar[str] = "problem.listed.v1"
    unit: Code
    by: Code
    text: Masked
    due_on: date
    review: str | None = None
    """The joint review that found it."""


class ProblemRectified(Feedback):
    """The unit says what it did."""

    TYPE: ClassVar[str] = "problem.rectified.v1"
    unit: Code
    text: Masked
    late: bool


class ProblemChecked(Feedback):
    """Whoever listed it has looked: it ends, or the unit does it again until another day."""

    TYPE: ClassVar[str] = "problem.checked.v1"
    unit: Code
    passed: bool
    finding: Masked
    due_on: date | None = None


class ListProblem(OutsideMessage):
    """The level above, or operations, puts a problem on a unit's list."""

    TYPE: ClassVar[str] = "problem.list.v1"
    unit: Code
    text: Words
    due_on: date


class RectifyProblem(OutsideMessage):
    """The unit reports what it did."""

    TYPE: ClassVar[str] = "problem.rectify.v1"
    text: Words


class CheckProblem(OutsideMessage):
    """Whoever listed it says whether it is put right; if not, until when."""

    TYPE: ClassVar[str] = "problem.check.v1"
    passed: bool
    finding: Words
    due_on: date | None = None


# ---- results handed over (实绩考核、述职评议、评先评优, domain §6.3)


class ExportKind(StrEnum):
    """Departments' year, secretaries and leading groups, members' posts, the merit list."""

    DEPARTMENTS = "departments"
    SECRETARIES = "secretaries"
    MEMBERS = "members"
    MERIT = "merit"


class ResultExported(Feedback):
    """A year's results were handed over; the digest is of the lines, which are kept as they were."""

    TYPE: ClassVar[str] = "result.exported.v1"
    kind: ExportKind
    year: int
    revision: int
    policy: str
    """Version of the scoring policy by which the year was scored."""
    lines: int
    digest: str


class ExportResults(OutsideMessage):
    """Operations hand a year's results over."""

    TYPE: ClassVar[str] = "result.export.v1"
    kind: ExportKind
    year: Year
