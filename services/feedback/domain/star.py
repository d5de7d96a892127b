"""Stars of organisations and workers (双星评定): bands, facts, life cycle (workflows §4.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.rules import register
from shared.kernel.transitions import Transitions

register(
    {
        "star.range": ("可申报三星、四星、五星，不能是 {star} 星", "Three, four or five stars, not {star}"),
        "star.out_of_range": ("分值 {points} 不在 0 至 100 之间", "{points} points are not within 0 to 100"),
        "star.no_path": ("单位 {unit} 没有可以审核的上级", "Nobody is above {unit} to review it"),
        "star.points_or_return": ("请评分或退回，二者取一", "Either points or a return, not both"),
        "star.not_reviewed": ("{star} 还没有逐级审核完毕", "{star} has not been reviewed by every level"),
        "star.never_raised": ("不能由 {now} 星调为 {star} 星，只能降低", "From {now} stars only downwards, not {star}"),
    }
)

MOST = 100
BANDS = ((5, "star_five"), (4, "star_four"), (3, "star_three"))
"""Star and the limit of the city file from which its band begins."""


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


class Status(StrEnum):
    """Where a star stands; under review it is until every level of its path has scored and the top awards."""

    NONE = "none"
    APPLIED = "applied"
    UNDER_REVIEW = "under_review"
    AWARDED = "awarded"
    RECTIFYING = "rectifying"
    LOWERED = "lowered"
    WITHDRAWN = "withdrawn"


MOVES: Transitions[Status] = Transitions(
    {
        Status.NONE: {Status.APPLIED},
        Status.APPLIED: {Status.UNDER_REVIEW, Status.NONE},
        Status.UNDER_REVIEW: {Status.UNDER_REVIEW, Status.AWARDED, Status.NONE},
        Status.AWARDED: {Status.AWARDED, Status.RECTIFYING, Status.LOWERED, Status.WITHDRAWN},
        Status.RECTIFYING: {Status.AWARDED, Status.LOWERED, Status.WITHDRAWN},
        Status.LOWERED: {Status.AWARDED, Status.RECTIFYING, Status.LOWERED, Status.WITHDRAWN},
        Status.WITHDRAWN: {Status.APPLIED},
    }
)


@dataclass(frozen=True, slots=True)
class Star:
    """A star on its way or awarded; `reviewed` levels of `path` have scored, `star` is what is left of it."""

    kind: StarKind
    code: str
    unit: str
    star: int
    path: tuple[str, ...]
    status: Status = Status.APPLIED
    reviewed: int = 0
    until: datetime | None = None
    advice: str = ""


# ---- facts


@dataclass(frozen=True, slots=True)
class StarApplied:
    kind: StarKind
    code: str
    unit: str
    star: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StarReviewed:
    by: str
    points: int | None
    outcome: ReviewOutcome
    star: int
    advice: str = ""


@dataclass(frozen=True, slots=True)
class StarAwarded:
    star: int
    together: int


@dataclass(frozen=True, slots=True)
class StarKept:
    star: int
    points: int


@dataclass(frozen=True, slots=True)
class StarRectifying:
    points: int
    until: datetime


@dataclass(frozen=True, slots=True)
class StarRescoreDue:
    charged: str


@dataclass(frozen=True, slots=True)
class StarLowered:
    star: int
    points: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class StarWithdrawn:
    points: int | None
    why: str = ""


# ---- messages


@dataclass(frozen=True, slots=True)
class ApplyForStar:
    kind: StarKind
    code: str
    unit: str
    star: int


@dataclass(frozen=True, slots=True)
class ReviewStar:
    points: int | None = None
    returned: bool = False
    advice: str = ""


@dataclass(frozen=True, slots=True)
class AwardStars:
    stars: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoreStar:
    points: int


@dataclass(frozen=True, slots=True)
class PunishStar:
    why: str
    to: int | None = None


def band(points: int, limits: Mapping[str, int]) -> int:
    """Return the star of a score, 0 below three."""
    return next((star for star, limit in BANDS if points >= limits[limit]), 0)


def subject_of(kind: str, code: str) -> str:
    """Return the subject of an organisation's or worker's star."""
    return f"star:{kind}:{code}"
