"""Sealed scores of two sides (双向考核、人事考核权): facts, state, means (workflows §4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256

from services.feedback.domain.score import half_up
from services.feedback.domain.window import Status
from shared.kernel.rules import register

register(
    {
        "mutual.exists": ("{year}年的评分已经开始", "The window of {year} is open already"),
        "mutual.window": (
            "评分期须在 {year} 年内或次年一月，且结束晚于开始",
            "It lies in {year} or January after",
        ),
        "mutual.not_open": ("现在不在评分期内（{opens} 至 {until}）", "Scores are sealed from {opens} to {until} only"),
        "mutual.out_of_range": ("分值 {points} 不在 0 至 100 之间", "{points} points are not within 0 to 100"),
        "mutual.no_pair": ("{rater} 与 {rated} 之间没有评分关系", "{rater} has not to score {rated}"),
        "mutual.sealed": ("对 {rated} 的评分已封存，不能再改", "The score for {rated} is sealed already"),
    }
)

MOST = 100
MECHANISM = {"two_way": "two-way-assessment", "street_rights": "street-rights"}


class MutualKind(StrEnum):
    """Departments and communities on each other, or streets on the heads of field offices."""

    TWO_WAY = "two_way"
    STREET_RIGHTS = "street_rights"


@dataclass(frozen=True, slots=True)
class Sealing:
    """What one side sealed, as the service alone keeps it."""

    box: str
    rater: str
    rated: str
    points: int
    salt: str

    @property
    def seal(self) -> str:
        """Return what may be shown of it before it is opened."""
        return sha256(f"{self.salt}|{self.rater}|{self.rated}|{self.points}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a pair: that it is in, and its points once they are opened."""

    rater: str
    rated: str
    points: int | None = None


@dataclass(frozen=True, slots=True)
class MutualResult:
    unit: str
    ratings: int
    score: str
    yearly_input: bool = False


@dataclass(frozen=True, slots=True)
class Mutual:
    """The year's window with every side that is in."""

    kind: MutualKind
    year: int
    opens_at: datetime
    until: datetime
    status: Status = Status.OPEN
    sides: tuple[Side, ...] = ()
    results: tuple[MutualResult, ...] = ()

    def has(self, rater: str, rated: str) -> bool:
        """Tell whether a side is in."""
        return any((side.rater, side.rated) == (rater, rated) for side in self.sides)


# ---- facts


@dataclass(frozen=True, slots=True)
class MutualOpened:
    kind: MutualKind
    year: int
    opens_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ScoreSealed:
    rater: str
    rated: str
    seal: str


@dataclass(frozen=True, slots=True)
class SealOpened:
    rater: str
    rated: str
    points: int
    salt: str


@dataclass(frozen=True, slots=True)
class MutualCounted:
    kind: MutualKind
    year: int
    results: tuple[MutualResult, ...]


# ---- messages


@dataclass(frozen=True, slots=True)
class OpenMutual:
    kind: MutualKind
    year: int
    opens_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class SealScore:
    rated: str
    points: int


Sealings = Mapping[tuple[str, str], Sealing]
"""(rater, rated) -> what was sealed."""


def means(points: Iterable[tuple[str, int]], inputs: frozenset[str]) -> tuple[MutualResult, ...]:
    """Return the mean of each rated unit, by code; `inputs` only enter the one assessment of the year."""
    given: dict[str, list[int]] = {}
    for unit, said in points:
        given.setdefault(unit, []).append(said)
    return tuple(
        MutualResult(unit, len(said), half_up(Fraction(sum(said), len(said))), unit in inputs)
        for unit, said in sorted(given.items())
    )


def subject_of(kind: str, year: int) -> str:
    """Return the subject of a year's window."""
    return f"mutual:{kind}:{year}"
