"""The hundred-point assessment (百分考核): its facts, its state, its score (workflows §4.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from services.feedback.domain.score import half_up
from shared.kernel.rules import register
from shared.kernel.transitions import Transitions

FULL = 100

register(
    {
        "assessment.exists": ("{community} {year}年的考核已经开始", "{community} has its session of {year} already"),
        "assessment.weights": ("各项满分合计 {total}，应为 100", "The items' maxima add up to {total}, not 100"),
        "assessment.item_twice": ("评分项 {item} 重复", "Item {item} is given twice"),
        "assessment.item_most": ("评分项 {item} 的满分须大于 0", "Item {item} must give at least one point"),
        "assessment.window": (
            "评分期须在年底（{first} 至 {last}）之内，且结束晚于开始",
            "The window lies at the year's end, from {first} to {last}, and ends after it begins",
        ),
        "assessment.nobody_rated": ("社区 {community} 没有结对单位可评", "No unit is paired with {community}"),
        "assessment.rated_unit": ("被考核单位 {unit} 的人不能评分", "Nobody of the rated unit {unit} may score"),
        "assessment.rater_twice": ("评分人 {rater} 重复", "Rater {rater} is named twice"),
        "assessment.not_open": ("现在不在评分期内（{opens} 至 {until}）", "Ballots count from {opens} to {until} only"),
        "assessment.over": ("考核已结束", "The session is over"),
        "assessment.too_few": ("评分人 {raters} 名，不足 {least} 名，不能结束", "{raters} raters, {least} are needed"),
        "assessment.not_rated": ("单位 {unit} 不在被考核之列", "Unit {unit} is not rated here"),
        "ballot.incomplete": ("选票缺少或多出评分项：{items}", "The ballot lacks items or has strange ones: {items}"),
        "ballot.out_of_range": (
            "评分项 {item} 的分值 {points} 不在 0 至 {most} 之间",
            "Item {item}: {points} points are not within 0 to {most}",
        ),
    }
)


class Status(StrEnum):
    """Where a session stands."""

    OPEN = "open"
    COUNTED = "counted"
    LAPSED = "lapsed"


MOVES: Transitions[Status] = Transitions(
    {Status.OPEN: {Status.COUNTED, Status.LAPSED}, Status.COUNTED: set(), Status.LAPSED: set()}
)


@dataclass(frozen=True, slots=True)
class Criterion:
    code: str
    name: str
    most: int


@dataclass(frozen=True, slots=True)
class UnitResult:
    unit: str
    ballots: int
    points: int
    score: str | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """A community's session of one year; `named` counts the raters that got a token."""

    community: str
    year: int
    rated: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    opens_at: datetime
    until: datetime
    lapses_at: datetime
    least: int
    status: Status = Status.OPEN
    named: int = 0
    raters: int = 0
    results: tuple[UnitResult, ...] = ()


# ---- facts


@dataclass(frozen=True, slots=True)
class AssessmentOpened:
    community: str
    year: int
    rated: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    opens_at: datetime
    until: datetime
    lapses_at: datetime
    least: int


@dataclass(frozen=True, slots=True)
class RatersNamed:
    named: int
    total: int


@dataclass(frozen=True, slots=True)
class AssessmentCounted:
    community: str
    year: int
    raters: int
    results: tuple[UnitResult, ...]


@dataclass(frozen=True, slots=True)
class AssessmentLapsed:
    community: str
    year: int
    raters: int
    supervisor: str


# ---- messages


@dataclass(frozen=True, slots=True)
class OpenAssessment:
    community: str
    year: int
    opens_at: datetime
    until: datetime
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Rater:
    rater: str
    kind: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class NameRaters:
    raters: tuple[Rater, ...]


@dataclass(frozen=True, slots=True)
class CloseAssessment:
    pass


@dataclass(frozen=True, slots=True)
class CastBallot:
    token: str
    unit: str
    points: dict[str, int]


# ---- private rows


@dataclass(frozen=True, slots=True)
class Assessed:
    """What one community's session gave one unit, kept for the year's mean over its communities."""

    year: int
    unit: str
    community: str
    ballots: int
    points: int
    is_valid: bool


@dataclass(frozen=True, slots=True)
class YearScore:
    """A unit's score of the year: the mean of its valid communities; `invalid` are those left out, by code."""

    unit: str
    score: str | None
    valid: tuple[str, ...]
    invalid: tuple[str, ...]


def result(unit: str, ballots: int, points: int, least: int) -> UnitResult:
    """Return a unit's plain mean of one session; too few ballots make none."""
    return UnitResult(unit, ballots, points, half_up(Fraction(points, ballots)) if ballots >= least else None)


def year_score(unit: str, assessed: Iterable[Assessed]) -> YearScore:
    """Return the mean of a unit's valid community scores; an invalid one is left out and named."""
    mine = sorted((row for row in assessed if row.unit == unit), key=lambda row: row.community)
    valid = [row for row in mine if row.is_valid]
    means = [Fraction(row.points, row.ballots) for row in valid]
    score = half_up(sum(means, Fraction()) / len(means)) if means else None
    return YearScore(unit, score, tuple(r.community for r in valid), tuple(r.community for r in mine if not r.is_valid))


def subject_of(community: str, year: int) -> str:
    """Return the subject of a community's session of a year."""
    return f"assessment:{community}:{year}"
