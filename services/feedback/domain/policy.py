"""The scoring policy (评分办法): versioned, published before it counts, never changed afterwards (workflows §4.9)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any

from services.feedback.domain.period import Period
from services.feedback.domain.table import States, evolve, on_due
from shared.kernel.calendar import SHANGHAI
from shared.kernel.clock import Budget
from shared.kernel.decisions import NOTHING, Arm, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "policy.changed": (
            "评分办法第 {version} 版已经公布，不能更改；请另立新版",
            "Version {version} of the scoring policy is published and cannot change; make a new version",
        ),
        "policy.unknown": ("没有第 {version} 版评分办法", "No version {version} of the scoring policy"),
        "policy.none_in_force": ("{period} 没有生效的评分办法", "No scoring policy in force for {period}"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPublished:
    """A version as it was published; weights and credits are exact fractions as text."""

    version: int
    digest: str
    effective_from: date
    counts_from: date
    published_at: datetime
    weights: Mapping[str, str]
    credits: Mapping[int, str]
    exclusion_scope: str
    rank_from: int
    freeze: str
    yearly_only: tuple[str, ...] = ()
    tiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRefused:
    version: int
    digest: str
    rule: str


@dataclass(frozen=True, slots=True)
class PolicyState:
    """What became of one text of one version: `published` or refused."""

    published: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """A version with its numbers: weights and credits are exact fractions."""

    version: int
    counts_from: date
    response: Fraction
    resolution: Fraction
    satisfaction: Fraction
    credits: Mapping[int, Fraction]
    exclusion_scope: str
    rank_from: int
    freeze: Budget
    yearly_only: tuple[str, ...] = ()
    tiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def text_of(policy: Any, at: datetime) -> PolicyPublished:
    """Return a policy of the city file as it is published; the digest is of all that it says."""
    said = {
        "version": policy.version,
        "effective_from": policy.effective_from,
        "weights": {name: str(getattr(policy, name)) for name in ("response", "resolution", "satisfaction")},
        "credits": {int(grade): str(credit) for grade, credit in sorted(policy.credits.items())},
        "exclusion_scope": policy.exclusion_scope,
        "rank_from": policy.rank_from,
        "freeze": str(policy.freeze),
        "yearly_only": tuple(str(level) for level in policy.yearly_only),
        "tiers": {name: tuple(units) for name, units in sorted(policy.tiers.items())},
    }
    digest = sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:12]
    return PolicyPublished(digest=digest, counts_from=policy.effective_from, published_at=at, **said)


def policy_of(said: PolicyPublished) -> Policy:
    """Return a published text with its numbers."""
    return Policy(
        version=said.version,
        counts_from=said.counts_from,
        response=Fraction(said.weights["response"]),
        resolution=Fraction(said.weights["resolution"]),
        satisfaction=Fraction(said.weights["satisfaction"]),
        credits={grade: Fraction(credit) for grade, credit in said.credits.items()},
        exclusion_scope=said.exclusion_scope,
        rank_from=said.rank_from,
        freeze=Budget.parse(said.freeze),
        yearly_only=said.yearly_only,
        tiers=said.tiers,
    )


def in_force(period: Period, published: Collection[PolicyPublished], city: Any) -> Policy:
    """Return the version in force on the first day of a period. Raises Refused("policy.none_in_force").

    In its very first moments a city has published none yet: what it is about to publish is in force.
    """
    told = published or [text_of(policy, period.starts_at) for policy in city.policies]
    valid = [said for said in told if said.counts_from <= period.first]
    if not valid:
        raise Refused("policy.none_in_force", "period", period=period.code)
    return policy_of(max(valid, key=lambda said: (said.counts_from, said.version)))


def version_of(version: int, published: Iterable[PolicyPublished]) -> Policy:
    """Return a version, published or not yet counting. Raises Refused("policy.unknown")."""
    for said in published:
        if said.version == version:
            return policy_of(said)
    raise Refused("policy.unknown", "policy", version=version)


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return a subject for each text of a version in the city file, to be published as soon as it is first seen."""
    told = [text_of(policy, now) for policy in city.policies]
    return [(f"policy:{said.version}:{said.digest}", Arm("publish-policy", now)) for said in told]


@on_due("publish-policy")
def publish_policy(states: States, message: Message, context: Context) -> Decision:
    """Publish a new version, or refuse another text for a published one.

    Once a city has a policy, a further version counts from a period that begins after its publication; those with
    which it starts count from when the file says.
    """
    digest = message.subject.rpartition(":")[2]
    told = [text_of(policy, message.acted_at) for policy in context.city.policies]
    said = next((text for text in told if text.digest == digest), None)
    if states[message.subject] is not None or said is None:
        return NOTHING
    known: tuple[PolicyPublished, ...] = context.prepared.policies
    if any(other.version == said.version for other in known):
        return Decision((Fact(PolicyRefused(version=said.version, digest=digest, rule="policy.changed")),))
    if any(other.published_at < message.acted_at for other in known):
        tomorrow = message.acted_at.astimezone(SHANGHAI).date() + timedelta(days=1)
        said = replace(said, counts_from=max(said.effective_from, tomorrow))
    return Decision((Fact(said),), rows=(said,))


@evolve.on(PolicyPublished, PolicyRefused)
def published(state: PolicyState | None, fact: PolicyPublished | PolicyRefused, at: datetime) -> PolicyState:
    return PolicyState(isinstance(fact, PolicyPublished))
