"""Publishing (公布): figures so far each hour, frozen ones after the period, a further revision after a late change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.feedback.domain.counting import due, freeze_of, freezing, subject_of
from services.feedback.domain.period import Period, Span, containing
from services.feedback.domain.policy import Policy, in_force
from services.feedback.domain.ranking import places
from services.feedback.domain.score import Figures, Prepared, ScoreCounted, ScorePublished, card
from services.feedback.domain.table import States, evolve, on_due
from services.feedback.domain.tally import EMPTY, Tally
from shared.kernel.decisions import NOTHING, Arm, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register({"score.unpublished": ("{period} 的评分尚未公布", "The scores of {period} are not published yet")})


@dataclass(frozen=True, slots=True)
class PeriodScores:
    """What is stated of a period: when its figures were frozen, how often cards were published since, and the city's
    working figures before.
    """

    frozen_at: datetime | None = None
    counted: ScoreCounted | None = None
    published: int = 0


@dataclass(frozen=True, slots=True)
class Publication:
    """A revision as it is kept beside the earlier ones."""

    score: ScorePublished
    published_at: datetime


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return the periods that run now, each with its freeze; every freeze arms that of the following period."""
    return [(subject_of(period.code), _freeze(period, city)) for period in containing(now)]


def _freeze(period: Period, city: Any) -> Arm:
    return due("freeze", freeze_of(period, city), period, city, freezing(period, city))


def cards(
    period: Period,
    tallies: Mapping[str, Tally],
    policy: Policy,
    city: Any,
    *,
    working: bool = False,
    keep: Collection[str] = (),
) -> list[ScoreCounted]:
    """Return the card of each unit for which anything was counted, and of those to keep, in the order of their codes.

    Where a kind of unit has one published assessment a year its months and quarters are working figures alone: they
    are left out unless those are asked for (workflows §4.4, Nanchang).
    """
    found = []
    for unit in sorted(tallies):
        kind = kind_of(unit, city)
        is_open = working or not is_working_only(kind, period, policy)
        if kind and is_open and (unit in keep or not tallies[unit].is_empty):
            found.append(ScoreCounted(**card(unit, kind, period.code, tallies[unit], policy)))
    return found


def is_working_only(kind: str, period: Period, policy: Policy) -> bool:
    """Tell whether figures of a kind of unit are neither published nor ranked: only its year is (workflows §4.4)."""
    return kind in policy.yearly_only and period.span is not Span.YEAR


def ranked(period: Period, counted: Iterable[ScoreCounted], policy: Policy) -> dict[str, tuple[int, int]]:
    """Return unit -> (place, how many are ranked); working figures have no place, not in a what-if either."""
    return places(card for card in counted if not is_working_only(card.kind, period, policy))


def kind_of(unit: str, city: Any) -> str:
    """Return department or the level of a unit; empty for a code that the city file has no more."""
    if unit in city.departments:
        return "department"
    return str(city.units[unit].level.value) if unit in city.units else ""


@on_due("count")
def count_working(states: States, message: Message, context: Context) -> Decision:
    """State the working figures of the whole city, as long as its period is not frozen."""
    state: PeriodScores | None = states[message.subject]
    period = _period(message)
    root = context.city.root.code
    whole = context.prepared.tallies.get(period.code, {}).get(root, EMPTY)
    is_over = state is not None and state.frozen_at is not None
    if whole.is_empty or is_over or not is_scored(period, context):
        return NOTHING
    counted = cards(period, {root: whole}, in_force(period, context.prepared.policies, context.city), context.city)
    if not counted or (state is not None and state.counted == counted[0]):
        return NOTHING
    return Decision((Fact(counted[0]),))


@on_due("freeze")
def freeze(states: States, message: Message, context: Context) -> Decision:
    """Publish the first revision of every card of the period; nothing of it is ever overwritten."""
    period = _period(message)
    ahead = period.following
    armed = Decision(deadlines=(_freeze(ahead, context.city),))
    state: PeriodScores | None = states[message.subject]
    if state is not None and state.frozen_at is not None:
        return armed
    return armed + _publish(period, message.acted_at, message, context)


@on_due("revise")
def revise(states: States, message: Message, context: Context) -> Decision:
    """Publish a further revision of each card that a late change has altered, with its cause."""
    state: PeriodScores | None = states[message.subject]
    if state is None or state.frozen_at is None:
        return NOTHING
    period, armed = _period(message), message.data
    known = sum(score.revision for score in context.prepared.published.get(period.code, {}).values())
    if known < state.published:
        # An earlier deadline of the same batch has published: what was prepared does not know of it yet.
        return Decision(deadlines=(Arm(armed.name, message.acted_at, armed.data, touches=message.touches),))
    return _publish(period, state.frozen_at, message, context)


def is_scored(period: Period, context: Context) -> bool:
    """Tell whether the city had a policy on the first day of a period; without one nothing of it is published."""
    try:
        in_force(period, context.prepared.policies, context.city)
    except Refused:
        return False
    return True


def _publish(period: Period, frozen_at: datetime, message: Message, context: Context) -> Decision:
    prepared: Prepared = context.prepared
    if not is_scored(period, context):
        return NOTHING
    policy = in_force(period, prepared.policies, context.city)
    before = prepared.published.get(period.code, {})
    late = prepared.late.get(period.code, {})
    tallies = {**dict.fromkeys(before, EMPTY), **prepared.tallies[period.code]}
    counted = cards(period, tallies, policy, context.city, keep=before.keys())
    found = tuple(_revisions(counted, before, late, frozen_at))
    facts = tuple(Fact(score) for score in found)
    return Decision(facts, rows=tuple(Publication(score, message.acted_at) for score in found))


def _revisions(
    counted: Sequence[Figures],
    before: Mapping[str, ScorePublished],
    late: Mapping[str, tuple[str, ...]],
    frozen_at: datetime,
) -> Iterable[ScorePublished]:
    placed = places(counted)
    for figures in counted:
        last = before.get(figures.unit)
        place, ranked = placed.get(figures.unit, (None, 0))
        cause: tuple[str, ...] = ()
        if last is not None:
            is_same = all(getattr(figures, name) == getattr(last, name) for name in vars(figures))
            if is_same and (place, ranked) == (last.place, last.ranked):
                continue
            cause = ("place",) if is_same else late.get(figures.unit, ("late_fact",))
        yield ScorePublished(
            **vars(figures), revision=last.revision + 1 if last else 1, place=place, ranked=ranked,
            frozen_at=frozen_at, cause=cause,
        )  # fmt: skip


def _period(message: Message) -> Period:
    return Period.parse(message.subject.partition(":")[2])


@evolve.on(ScoreCounted)
def counted(state: PeriodScores | None, fact: ScoreCounted, at: datetime) -> PeriodScores:
    return replace(state or PeriodScores(), counted=fact)


@evolve.on(ScorePublished)
def published(state: PeriodScores | None, fact: ScorePublished, at: datetime) -> PeriodScores:
    return PeriodScores(frozen_at=fact.frozen_at, published=(state.published if state else 0) + 1)
