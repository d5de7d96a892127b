"""The card of a unit (记分卡): three rates, composite, case rates; exact inside, two decimals half up outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from services.feedback.domain.policy import Policy, PolicyPublished
from services.feedback.domain.rating import TokenOf
from services.feedback.domain.tally import Tally


@dataclass(frozen=True, slots=True)
class Ratio:
    numerator: str
    denominator: int
    percent: str | None


@dataclass(frozen=True, kw_only=True)
class Figures:
    unit: str
    period: str
    policy: str
    asked: int
    response: Ratio
    resolution: Ratio
    satisfaction: Ratio
    composite: str | None
    few: bool
    kind: str
    tier: str
    coverage: Ratio
    excluded: int
    rates: Mapping[str, Ratio]


@dataclass(frozen=True, kw_only=True)
class ScoreCounted(Figures):
    pass


@dataclass(frozen=True, kw_only=True)
class ScorePublished(Figures):
    revision: int
    place: int | None
    ranked: int
    frozen_at: datetime
    cause: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the store gives the deciders: how tokens are made and, for a period whose scores come due, its counts.

    `tallies`, `published`, `late` map a period's code to what is known of its cards: counts, newest revisions, causes
    of changes after the freeze. `policies` are the published versions. `found` holds, by message id, what the tables
    know about a message that asks them.
    """

    token: TokenOf
    tallies: Mapping[str, Mapping[str, Tally]] = field(default_factory=dict)
    published: Mapping[str, Mapping[str, ScorePublished]] = field(default_factory=dict)
    late: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    policies: tuple[PolicyPublished, ...] = ()
    found: Mapping[str, Any] = field(default_factory=dict)


def card(unit: str, kind: str, period: str, tally: Tally, policy: Policy) -> dict[str, Any]:
    """Return the figures of a tally under a policy, as the fields of `Figures`.

    A rate without denominator has no value, nor has a composite of which a part has none.
    """
    found = fractions(tally, policy, kind)
    weighed = (("response", policy.response), ("resolution", policy.resolution), ("satisfaction", policy.satisfaction))
    composite = None
    if all(found[name][1] for name, _ in weighed):
        composite = half_up(100 * sum((found[name][0] / found[name][1] * w for name, w in weighed), Fraction()))
    shown = {name: ratio(numerator, denominator) for name, (numerator, denominator) in found.items()}
    return {
        "unit": unit,
        "period": period,
        "policy": str(policy.version),
        "asked": tally.asked,
        **{name: shown.pop(name) for name in ("response", "resolution", "satisfaction", "coverage")},
        "composite": composite,
        "few": tally.answers < policy.rank_from,
        "kind": kind,
        "tier": next((tier for tier, units in policy.tiers.items() if unit in units), kind),
        "excluded": tally.excluded,
        "rates": shown,
    }


def fractions(t: Tally, policy: Policy, kind: str) -> dict[str, tuple[Fraction, int]]:
    """Return numerator and denominator of every rate of workflows §4.2 and §4.3.

    Of a department hand-backs asked count among the assignments it received, of a dispatcher those upheld among the
    assignments it made.
    """
    is_all = policy.exclusion_scope == "all"
    credit = sum((policy.credits[grade] * count for grade, count in t.grades.items()), Fraction())
    contacted = t.contacted - (t.excluded_contacted if is_all else 0)
    found: dict[str, tuple[Fraction | int, int]] = {
        "response": (contacted, t.answers - (t.excluded if is_all else 0)),
        "resolution": (t.solved, t.outcomes),
        "satisfaction": (credit, t.outcomes),
        "coverage": (t.answers, t.asked),
        "closing": (t.closed, t.due - t.suspended),
        "on_time": (t.on_time, t.due - t.suspended),
        "rework": (t.reworked, t.verified),
        "rating_rework": (t.rating_reworked, t.asked_cases),
        "hand_back": (t.asked_back, t.received) if kind == "department" else (t.upheld, t.made),
        "accurate_dispatch": (t.accurate, t.dispatched),
        "extension": (t.extended, t.due),
        "mediation": (t.mediated, t.mediated + t.mediation_failed),
    }
    return {name: (Fraction(numerator), denominator) for name, (numerator, denominator) in found.items()}


def ratio(numerator: Fraction, denominator: int) -> Ratio:
    """Return a fraction with its percentage, which is None for the denominator 0."""
    return Ratio(_exact(numerator), denominator, half_up(100 * numerator / denominator) if denominator else None)


def _exact(value: Fraction) -> str:
    """Return a value as a decimal where it ends, else as a fraction."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}" if rest == 1 else str(value)


def half_up(value: Fraction) -> str:
    """Return a value >= 0 with two decimals, a half rounded up."""
    hundredths = floor(value * 100 + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02d}"
