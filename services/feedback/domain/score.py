"""The three rates (三率) of a unit in a month: exact inside, two decimals half up outside (workflows §4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Protocol

from services.feedback.domain.heard import CaseClosed
from services.feedback.domain.rating import TokenOf
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Message

ASKED_REASONS = frozenset({"rated", "window_over", "answered"})
"""Why a case closes whose reporter may have been asked; the other reasons never had a round."""


class Policy(Protocol):
    """The part of the city's scoring policy that makes figures of answers."""

    @property
    def version(self) -> int: ...
    @property
    def response(self) -> Fraction: ...
    @property
    def resolution(self) -> Fraction: ...
    @property
    def satisfaction(self) -> Fraction: ...
    @property
    def credits(self) -> Mapping[int, Fraction]: ...
    @property
    def rank_from(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Tally:
    """The answers of a unit in a month: `answers`, `contacted` of all valid ones (A), the rest of those that count for
    the outcome (A'); `grades` maps a grade to its number in A'.
    """

    asked: int = 0
    answers: int = 0
    contacted: int = 0
    outcomes: int = 0
    solved: int = 0
    grades: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the store gives the deciders: how tokens are made, the tallies of the scores that come due.

    `found` holds, by message id, what the tables know about a message that asks them.
    """

    token: TokenOf
    tallies: Mapping[tuple[str, str], Tally] = field(default_factory=dict)
    found: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ratio:
    numerator: str
    denominator: int
    percent: str | None


@dataclass(frozen=True, slots=True)
class ScorePublished:
    unit: str
    period: str
    policy: str
    revision: int
    asked: int
    response: Ratio
    resolution: Ratio
    satisfaction: Ratio
    composite: str | None
    few: bool


@dataclass(frozen=True, slots=True)
class Score:
    """The newest published revision."""

    published: ScorePublished


@dataclass(frozen=True, slots=True)
class Publication:
    """A revision as it is kept beside the earlier ones."""

    score: ScorePublished
    published_at: datetime


def score(unit: str, period: str, tally: Tally, policy: Policy, revision: int) -> ScorePublished:
    """Return the published form of a tally under a policy; a rate without denominator has no value, nor has its sum."""
    credit = sum((policy.credits[grade] * count for grade, count in tally.grades.items()), Fraction())
    rates = (
        (Fraction(tally.contacted), tally.answers, policy.response),
        (Fraction(tally.solved), tally.outcomes, policy.resolution),
        (credit, tally.outcomes, policy.satisfaction),
    )
    composite = None
    if all(denominator for _, denominator, _ in rates):
        composite = half_up(100 * sum((part / of * weight for part, of, weight in rates), Fraction()))
    response, resolution, satisfaction = (ratio(numerator, denominator) for numerator, denominator, _ in rates)
    return ScorePublished(
        unit=unit,
        period=period,
        policy=str(policy.version),
        revision=revision,
        asked=tally.asked,
        response=response,
        resolution=resolution,
        satisfaction=satisfaction,
        composite=composite,
        few=tally.answers < policy.rank_from,
    )


def ratio(numerator: Fraction, denominator: int) -> Ratio:
    """Return a fraction with its percentage, which is None for the denominator 0."""
    exact = f"{Decimal(numerator.numerator) / Decimal(numerator.denominator):f}"
    return Ratio(exact, denominator, half_up(100 * numerator / denominator) if denominator else None)


def half_up(value: Fraction) -> str:
    """Return a value >= 0 with two decimals, a half rounded up."""
    hundredths = floor(value * 100 + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def period_of(at: datetime) -> str:
    """Return the month `YYYY-MM` in which an instant falls in China."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m")


def first_day(period: str) -> date:
    """Return the first day of a month, by which its policy is found."""
    return date.fromisoformat(f"{period}-01")


def subject_of(unit: str, period: str) -> str:
    """Return the subject under which a unit's score of a month is published."""
    return f"score:{unit}:{period}"


def next_hour(at: datetime) -> datetime:
    """Return the full hour after an instant, even if it is a full hour itself."""
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def touches(message: Message) -> tuple[str, ...]:
    """Name the score that a closing case counts in."""
    closed = message.data
    if isinstance(closed, CaseClosed) and closed.lead is not None and closed.reason in ASKED_REASONS:
        return (subject_of(closed.lead, period_of(message.acted_at)),)
    return ()
