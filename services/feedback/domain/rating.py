"""The rating of one case (评单): its facts, its state, and which moves a round of asking can make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.transitions import Transitions


class Status(StrEnum):
    """Where the asking stands; `ended` is for good (closed or withdrawn)."""

    UNASKED = "unasked"
    ASKED = "asked"
    JUDGING = "judging"
    REWORKED = "reworked"
    FAILED = "failed"
    COMPLETED = "completed"
    ENDED = "ended"


MOVES: Transitions[Status] = Transitions(
    {
        Status.UNASKED: {Status.ASKED, Status.COMPLETED, Status.ENDED},
        Status.ASKED: {Status.JUDGING, Status.COMPLETED, Status.ENDED},
        Status.JUDGING: {Status.REWORKED, Status.FAILED, Status.COMPLETED, Status.ENDED},
        Status.REWORKED: {Status.ASKED, Status.ENDED},
        Status.FAILED: {Status.ASKED, Status.ENDED},
        Status.COMPLETED: {Status.ENDED},
        Status.ENDED: set(),
    }
)


@dataclass(frozen=True, slots=True)
class RatedCase:
    """What feedback knows of a case; `round` counts the rounds of asking, `until` is the end of the window.

    `contacted`, `solved`, `grade` are the valid answer of the present round; `answered` counts a late one too.
    """

    number: str
    source: str
    report: str
    reporter: str
    ratable: bool
    status: Status = Status.UNASKED
    round: int = 0
    invitation: str = ""
    until: datetime | None = None
    answered: bool = False
    contacted: bool = False
    solved: bool = False
    grade: int | None = None
    reworked: bool = False


def is_satisfied(solved: bool, grade: int) -> bool:
    """Tell a satisfied answer from one that must be judged: not solved, or grade 不满意 (2) or worse."""
    return solved and grade >= 3


# ---- facts of a rating


@dataclass(frozen=True, slots=True)
class RatingInvited:
    invitation: str
    round: int
    reporter: str
    until: datetime


@dataclass(frozen=True, slots=True)
class RatingAnswered:
    invitation: str
    round: int
    reporter: str
    contacted: bool
    solved: bool
    grade: int
    valid: bool


@dataclass(frozen=True, slots=True)
class DissatisfactionJudged:
    controllable: bool
    lapsed: bool
    judge: str


@dataclass(frozen=True, slots=True)
class ReworkOrdered:
    round: int


@dataclass(frozen=True, slots=True)
class RatingFailed:
    round: int


@dataclass(frozen=True, slots=True)
class RatingCompleted:
    round: int
    outcome: str


# ---- messages to and from the outside


@dataclass(frozen=True, slots=True)
class InvitationSent:
    report: str
    case: str
    number: str
    token: str
    until: datetime


@dataclass(frozen=True, slots=True)
class RatingRefused:
    rating: str | None
    rule: str
    field: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rating:
    id: str
    token: str
    contacted: bool
    solved: bool
    grade: int
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class JudgeDissatisfaction:
    controllable: bool
    why: str


# ---- private rows


@dataclass(frozen=True, slots=True)
class Invitation:
    """By its token the reporter's answer finds the case; the token itself is kept nowhere."""

    invitation: str
    case: str
    round: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Words of a reporter (`comment`) or of the officer (`judgement`); personal, so never in a fact."""

    case: str
    round: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Counted:
    """A closed case that was asked, as it counts for `unit` in `period`; without a valid answer `grade` is None.

    `outcome` is False where only the response counts: the case was declined by a meeting (workflows §4.4).
    """

    case: str
    round: int
    unit: str
    period: str
    contacted: bool
    solved: bool
    grade: int | None
    outcome: bool


TokenOf = Callable[[str], str]
"""Turns an invitation's id into the token that only its reporter gets."""
