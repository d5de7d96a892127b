"""The rating of one case (评单): its facts, its state, and which moves a round of asking can make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.feedback.domain.call_back import CallBack
from services.feedback.domain.case_line import CaseLine
from services.feedback.domain.exclusion import Exclusion
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.transitions import Transitions


class Status(StrEnum):
    """Where the asking of a case stands; `ended` is for good (closed or withdrawn)."""

    UNASKED = "unasked"
    ASKED = "asked"
    REWORKED = "reworked"
    FAILED = "failed"
    COMPLETED = "completed"
    ENDED = "ended"


MOVES: Transitions[Status] = Transitions(
    {
        Status.UNASKED: {Status.ASKED, Status.COMPLETED, Status.ENDED},
        Status.ASKED: {Status.REWORKED, Status.FAILED, Status.COMPLETED, Status.ENDED},
        Status.REWORKED: {Status.ASKED, Status.ENDED},
        Status.FAILED: {Status.ASKED, Status.ENDED},
        Status.COMPLETED: {Status.ENDED},
        Status.ENDED: set(),
    }
)


class Standing(StrEnum):
    """Where one reporter stands in a round; who stays `open` until the window is over is unrated."""

    OPEN = "open"
    JUDGING = "judging"
    ANSWERED = "answered"


STANDINGS: Transitions[Standing] = Transitions(
    {
        Standing.OPEN: {Standing.JUDGING, Standing.ANSWERED},
        # A call-back outweighs the reporter's own form, so both may be followed by another answer.
        Standing.JUDGING: {Standing.JUDGING, Standing.ANSWERED},
        Standing.ANSWERED: {Standing.JUDGING, Standing.ANSWERED},
    }
)


@dataclass(frozen=True, slots=True)
class Reporter:
    """One of those who reported the case, by an id that says nothing outside it."""

    id: str
    source: str
    report: str
    ratable: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One reporter in the present round; `until` is the end of the window, `form` tells that the link was used.

    `by`, `contacted`, `solved`, `grade` are the answer that stands; `by` is reporter, call_back, or None if unrated.
    """

    reporter: str
    invitation: str
    until: datetime
    standing: Standing = Standing.OPEN
    by: str | None = None
    contacted: bool = False
    solved: bool = False
    grade: int | None = None
    form: bool = False
    call_back: CallBack | None = None


@dataclass(frozen=True, slots=True)
class RatedCase:
    """What feedback knows of a case; `round` counts the rounds of asking, `asked` are those of the present one.

    `place` is the smallest unit known of where it lies, `lead` and `dispatcher` those of the last assignment.
    `line` is what the scores need of its order.
    """

    number: str
    place: str
    reporters: tuple[Reporter, ...]
    status: Status = Status.UNASKED
    round: int = 0
    asked: tuple[Asked, ...] = ()
    reworks: int = 0
    lead: str | None = None
    dispatcher: str | None = None
    closed_at: datetime | None = None
    exclusion: Exclusion | None = None
    line: CaseLine | None = None

    def of(self, reporter: str) -> Asked | None:
        """Return how a reporter stands in the present round."""
        return next((asked for asked in self.asked if asked.reporter == reporter), None)

    def invited(self, invitation: str) -> Asked | None:
        """Return what stands of an invitation, unless its reporter belongs to the case no more."""
        present = {reporter.id for reporter in self.reporters}
        return next((one for one in self.asked if one.invitation == invitation and one.reporter in present), None)

    def having(self, changed: Asked) -> RatedCase:
        """Return the case with one reporter's standing replaced."""
        return replace(self, asked=tuple(changed if a.reporter == changed.reporter else a for a in self.asked))

    def is_settled(self, at: datetime) -> bool:
        """Tell whether nobody may still answer in time and nothing is left to judge (workflows §3.6, forbidden 21)."""
        return all(
            asked.standing is Standing.ANSWERED or (asked.standing is Standing.OPEN and asked.until <= at)
            for asked in self.asked
        )


def case_of(states: Mapping[str, Any], subject: str) -> RatedCase:
    """Return the case that somebody speaks of; raises Refused for an id that is unknown or of something else."""
    case = states.get(subject)
    if not isinstance(case, RatedCase):
        raise Refused("subject.unknown", "case", subject=subject)
    return case


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
    by: str = "reporter"
    unscored: str | None = None


@dataclass(frozen=True, slots=True)
class DissatisfactionJudged:
    controllable: bool
    lapsed: bool
    judge: str
    round: int = 0
    reporter: str = ""


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


@dataclass(frozen=True, slots=True)
class ReporterAnswer:
    """What stands of one reporter of the last round; `by` and `grade` are None where nothing does."""

    reporter: str
    by: str | None
    contacted: bool
    solved: bool
    grade: int | None


@dataclass(frozen=True, slots=True)
class CaseRated:
    """What was said of a closed case, and for whom it counts: what every score is made of.

    `outcome` is False where only the response counts: the case was declined by a meeting (workflows §4.4).
    """

    round: int
    lead: str
    dispatcher: str | None
    place: str
    outcome: bool
    answers: tuple[ReporterAnswer, ...]


# ---- messages to and from the outside


@dataclass(frozen=True, slots=True)
class InvitationSent:
    report: str
    case: str
    number: str
    token: str
    until: datetime
    link: str


@dataclass(frozen=True, slots=True)
class FollowUpOffered:
    report: str
    case: str
    number: str


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
class RateOwnOrder:
    contacted: bool
    solved: bool
    grade: int
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class JudgeDissatisfaction:
    controllable: bool
    why: str
    reporter: str | None = None


# ---- private rows


@dataclass(frozen=True, slots=True)
class Invitation:
    """By its token the reporter's answer finds the case; the token itself is kept nowhere."""

    invitation: str
    case: str
    round: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Words of a reporter (`comment`) or of an officer (`judgement`, …); personal, so never in a fact.

    `reporter` is empty where they are about the case as a whole.
    """

    id: str
    case: str
    round: int
    reporter: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Counted:
    """One asked reporter of a closed case, as it counts for `unit` in `period`; without a valid answer no `grade`.

    `outcome` is False where only the response counts: the case was declined by a meeting (workflows §4.4).
    """

    case: str
    reporter: str
    round: int
    unit: str
    period: str
    contacted: bool
    solved: bool
    grade: int | None
    outcome: bool


TokenOf = Callable[[str], str]
"""Turns an invitation's id into the token that only its reporter gets."""
