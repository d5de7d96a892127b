"""Analysis (研判): control limits of a trend, hot spots, proposals for the month's topic; exact, without floats.

Counts of cases a week are taken as Poisson: limits lie three times the square root of the mean away from it (c chart).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from services.feedback.domain.score import half_up

SIGMAS = 3
BASE_WEEKS = 12
"""Weeks before the one looked at that say what is usual (assumed)."""
RECURS_FROM = 3
"""Cases of one matter in one grid and period that make it recurring (assumed)."""
SPREAD_FROM = 2
"""Communities in which a matter recurs before it is proposed as a month's topic (assumed)."""
PROPOSED = 3
"""Topics proposed for a month (assumed)."""


@dataclass(frozen=True, slots=True)
class Control:
    """Mean and limits of a series with two decimals, and the places of the counts beyond them."""

    mean: str
    upper: str
    lower: str
    above: tuple[int, ...]
    below: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter in a month: its cases, those of the month before, the communities and grids where it recurs."""

    matter: str
    cases: int
    before: int
    communities: int
    recurring: int


def control(counts: Sequence[int]) -> Control | None:
    """Return the control limits of a series; None for an empty one."""
    if not counts:
        return None
    mean = Fraction(sum(counts), len(counts))
    width = SIGMAS * root(mean)
    return Control(
        half_up(mean),
        half_up(mean + width),
        half_up(max(Fraction(), mean - width)),
        tuple(n for n, count in enumerate(counts) if count > mean and is_beyond(count, mean)),
        tuple(n for n, count in enumerate(counts) if count < mean and is_beyond(count, mean)),
    )


def is_beyond(count: int, mean: Fraction) -> bool:
    """Tell whether a count lies beyond the limits of a mean; squared, so that no root is rounded."""
    return (count - mean) ** 2 > SIGMAS**2 * mean


def is_hot(count: int, before: Sequence[int]) -> bool:
    """Tell whether a week is above what the weeks before let expect; without any before, nothing is."""
    if not before:
        return False
    mean = Fraction(sum(before), len(before))
    return count >= RECURS_FROM and count > mean and is_beyond(count, mean)


def root(value: Fraction) -> Fraction:
    """Return a square root to six decimals, rounded down: below what any published figure shows."""
    scale = 10**6
    return Fraction(isqrt(value.numerator * scale * scale // value.denominator), scale)


def proposals(matters: Sequence[Matter]) -> tuple[Matter, ...]:
    """Return the matters proposed as the month's topic (每月一题): recurring in several communities, most cases first.

    Among as many cases those that grew most, then those that recur in most grids.
    """
    fit = [one for one in matters if one.recurring and one.communities >= SPREAD_FROM]
    return tuple(sorted(fit, key=lambda m: (-m.cases, m.before - m.cases, -m.recurring, m.matter))[:PROPOSED])
