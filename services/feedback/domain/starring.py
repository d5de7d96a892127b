"""Starring (双星评定): apply, review level by level, award all together, review each year, rectify before lowering."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.feedback.domain.mechanism import refuse, require
from services.feedback.domain.star import (
    BANDS,
    MOST,
    MOVES,
    ApplyForStar,
    AwardStars,
    PunishStar,
    ReviewOutcome,
    ReviewStar,
    ScoreStar,
    Star,
    StarApplied,
    StarAwarded,
    StarKept,
    StarLowered,
    StarRectifying,
    StarRescoreDue,
    StarReviewed,
    StarWithdrawn,
    Status,
    band,
)
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.clock import counted
from shared.kernel.decisions import NOTHING, Actor, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace

REVIEWING = ("street", "county", "city")


@decide.on(ApplyForStar)
def apply(states: States, message: Message, context: Context) -> Decision:
    """Apply by the unit of the organisation or worker; every level above it will review."""
    asked: ApplyForStar = message.data
    city = context.city
    require(city, "star-rating")
    if message.actor.kind not in ("unit", "department") or message.actor.id != asked.unit:
        refuse(message.actor, "apply for a star")
    if asked.star not in {star for star, _ in BANDS}:
        raise Refused("star.range", "star", star=asked.star)
    star: Star | None = states[message.subject]
    MOVES.check(star.status if star else Status.NONE, Status.APPLIED)
    path = _path(asked.unit, city)
    if not path:
        raise Refused("star.no_path", "unit", unit=asked.unit)
    return Decision((Fact(StarApplied(asked.kind, asked.code, asked.unit, asked.star, path)),))


@decide.on(ReviewStar)
def review(states: States, message: Message, context: Context) -> Decision:
    """Score at the level whose turn it is: confirm, lower, return or end it with advice; never raise."""
    asked: ReviewStar = message.data
    star = _star(states, message)
    if star.status not in (Status.APPLIED, Status.UNDER_REVIEW) or star.reviewed == len(star.path):
        raise Refused("move.forbidden", "status", now=star.status, to=Status.UNDER_REVIEW)
    by = star.path[star.reviewed]
    if not _speaks_for(message.actor, by, context.city):
        refuse(message.actor, "review a star")
    if asked.returned == (asked.points is not None):
        raise Refused("star.points_or_return", "points")
    advice = mask(asked.advice)
    if asked.points is None:
        MOVES.check(star.status, Status.NONE)
        return Decision((Fact(StarReviewed(by, None, ReviewOutcome.RETURNED, 0, advice)),))
    _check_points(asked.points)
    left = min(star.star, band(asked.points, context.city.limits))
    outcome = ReviewOutcome.CONFIRMED if left == star.star else ReviewOutcome.LOWERED if left else ReviewOutcome.NONE
    MOVES.check(star.status, Status.UNDER_REVIEW if left else Status.NONE)
    return Decision((Fact(StarReviewed(by, asked.points, outcome, left, advice)),))


@decide.on(AwardStars)
def award(states: States, message: Message, context: Context) -> Decision:
    """Award every star named, all together; one that is not through its levels holds up all."""
    named = message.data.stars
    _check_top(message.actor, context.city, "award stars")
    stars = dict.fromkeys(named)
    for name in stars:
        star: Star | None = states.get(name)
        if star is None or star.status is not Status.UNDER_REVIEW or star.reviewed < len(star.path):
            raise Refused("star.not_reviewed", "stars", star=name)
    return Decision(tuple(Fact(StarAwarded(states[name].star, len(stars)), name) for name in stars))


@decide.on(ScoreStar)
def score(states: States, message: Message, context: Context) -> Decision:
    """Review an awarded star: kept in its band, rectified below it, then scored again: kept, lowered or withdrawn."""
    star = _star(states, message)
    _check_top(message.actor, context.city, "score a star")
    if star.status not in (Status.AWARDED, Status.LOWERED, Status.RECTIFYING):
        raise Refused("move.forbidden", "status", now=star.status, to=Status.AWARDED)
    points: int = message.data.points
    _check_points(points)
    reached = band(points, context.city.limits)
    if reached >= star.star:
        MOVES.check(star.status, Status.AWARDED)
        return Decision((Fact(StarKept(star.star, points)),), (Cancel("rectify"),))
    if star.status is not Status.RECTIFYING:
        MOVES.check(star.status, Status.RECTIFYING)
        rectified = counted(message.acted_at, context.city.clock("rectify"))
        until = rectified.at(context.city.calendar)
        return Decision((Fact(StarRectifying(points, until)),), (Arm("rectify", until, mark=rectified),))
    fact = StarLowered(reached, points) if reached else StarWithdrawn(points)
    MOVES.check(star.status, Status.LOWERED if reached else Status.WITHDRAWN)
    return Decision((Fact(fact),), (Cancel("rectify"),))


@decide.on(PunishStar)
def punish(states: States, message: Message, context: Context) -> Decision:
    """Lower or withdraw at once for a grave problem."""
    asked: PunishStar = message.data
    star = _star(states, message)
    _check_top(message.actor, context.city, "punish a star")
    MOVES.check(star.status, Status.LOWERED if asked.to is not None else Status.WITHDRAWN)
    why = mask(asked.why)
    if asked.to is None:
        return Decision((Fact(StarWithdrawn(None, why)),), (Cancel("rectify"),))
    if asked.to not in {one for one, _ in BANDS}:
        raise Refused("star.range", "to", star=asked.to)
    if asked.to >= star.star:
        raise Refused("star.never_raised", "to", now=star.star, star=asked.to)
    return Decision((Fact(StarLowered(asked.to, None, why)),), (Cancel("rectify"),))


@on_due("rectify")
def remind(states: States, message: Message, context: Context) -> Decision:
    """Say that the second score is due; silence neither keeps nor lowers a star."""
    star: Star | None = states[message.subject]
    if star is None or star.status is not Status.RECTIFYING:
        return NOTHING
    return Decision((Fact(StarRescoreDue(context.city.root.code)),))


def touches(message: Message) -> tuple[str, ...]:
    """Name every star that is awarded together."""
    return message.data.stars if isinstance(message.data, AwardStars) else ()


def _star(states: States, message: Message) -> Star:
    star: Star | None = states.get(message.subject)
    if star is None:
        raise Refused("subject.unknown", "", subject=message.subject)
    return star


def _path(unit: str, city: Any) -> tuple[str, ...]:
    """Return the units that review, lowest first: street, county, city above the applicant."""
    if unit in city.departments:
        return (city.root.code,)
    above = city.ancestors(unit) if unit in city.units else ()
    return tuple(one.code for one in above if one.level.value in REVIEWING)


def _speaks_for(actor: Actor, unit: str, city: Any) -> bool:
    return actor == Actor("unit", unit) or (unit == city.root.code and actor.kind == "operations")


def _check_top(actor: Actor, city: Any, act: str) -> None:
    if not _speaks_for(actor, city.root.code, city):
        refuse(actor, act)


def _check_points(points: int) -> None:
    if not 0 <= points <= MOST:
        raise Refused("star.out_of_range", "points", points=points)


# ---- evolution


@evolve.on(StarApplied)
def applied(state: Star | None, fact: StarApplied, at: datetime) -> Star:
    return Star(fact.kind, fact.code, fact.unit, fact.star, fact.path)


@evolve.on(StarReviewed)
def reviewed(state: Star, fact: StarReviewed, at: datetime) -> Star:
    if not fact.star:
        return replace(state, status=Status.NONE, advice=fact.advice)
    left = replace(state, status=Status.UNDER_REVIEW, star=fact.star, advice=fact.advice)
    return replace(left, reviewed=state.reviewed + 1)


@evolve.on(StarAwarded)
def awarded(state: Star, fact: StarAwarded, at: datetime) -> Star:
    return replace(state, status=Status.AWARDED)


@evolve.on(StarKept)
def kept(state: Star, fact: StarKept, at: datetime) -> Star:
    return replace(state, status=Status.AWARDED, until=None)


@evolve.on(StarRectifying)
def rectifying(state: Star, fact: StarRectifying, at: datetime) -> Star:
    return replace(state, status=Status.RECTIFYING, until=fact.until)


@evolve.on(StarLowered)
def lowered(state: Star, fact: StarLowered, at: datetime) -> Star:
    return replace(state, status=Status.LOWERED, star=fact.star, until=None)


@evolve.on(StarWithdrawn)
def withdrawn(state: Star, fact: StarWithdrawn, at: datetime) -> Star:
    return replace(state, status=Status.WITHDRAWN, star=0, until=None)
