"""Sealing scores (双向考核): open the year, take each side once, open what is complete, count at the end."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.feedback.domain.mechanism import refuse, require, require_operations, serves
from services.feedback.domain.mutual import (
    MECHANISM,
    MOST,
    Mutual,
    MutualCounted,
    MutualKind,
    MutualOpened,
    OpenMutual,
    ScoreSealed,
    Sealing,
    Sealings,
    SealOpened,
    SealScore,
    Side,
    means,
)
from services.feedback.domain.table import States, decide, evolve, on_due
from services.feedback.domain.window import MOVES, Status
from shared.kernel.decisions import NOTHING, Actor, Arm, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace


@decide.on(OpenMutual)
def open_window(states: States, message: Message, context: Context) -> Decision:
    """Open the one window of a kind and year."""
    asked: OpenMutual = message.data
    calendar = context.city.calendar
    require(context.city, MECHANISM[asked.kind])
    require_operations(message.actor, "open a window of scores")
    if states[message.subject] is not None:
        raise Refused("mutual.exists", "year", year=asked.year)
    first = calendar.midnight(date(asked.year, 1, 1).toordinal())
    last = calendar.midnight(date(asked.year + 1, 2, 1).toordinal())
    if not first <= asked.opens_at < asked.until <= last or asked.until <= message.acted_at:
        raise Refused("mutual.window", "until", year=asked.year)
    opened = MutualOpened(asked.kind, asked.year, asked.opens_at, asked.until)
    return Decision((Fact(opened),), (Arm("mutual", asked.until),))


@decide.on(SealScore)
def seal(states: States, message: Message, context: Context) -> Decision:
    """Seal one side; when both are in, the pair is opened at once, by what the tables then hold of both."""
    asked: SealScore = message.data
    window: Mutual | None = states.get(message.subject)
    if window is None:
        raise Refused("subject.unknown", "", subject=message.subject)
    if message.actor.kind not in ("unit", "department"):
        refuse(message.actor, "seal a score")
    if window.status is not Status.OPEN or not window.opens_at <= message.acted_at <= window.until:
        opens, until = (context.city.calendar.local(at) for at in (window.opens_at, window.until))
        raise Refused("mutual.not_open", "", opens=f"{opens:%Y-%m-%d %H:%M}", until=f"{until:%Y-%m-%d %H:%M}")
    rater = message.actor.id
    if not _are_paired(window.kind, message.actor, asked.rated, context.city):
        raise Refused("mutual.no_pair", "rated", rater=rater, rated=asked.rated)
    if not 0 <= asked.points <= MOST:
        raise Refused("mutual.out_of_range", "points", points=asked.points)
    if window.has(rater, asked.rated):
        raise Refused("mutual.sealed", "rated", rated=asked.rated)
    sealing = Sealing(message.subject, rater, asked.rated, asked.points, context.new_id())
    complete = window.has(asked.rated, rater)
    arms = (Arm(f"seal:{rater}:{asked.rated}", message.acted_at, {"pair": [rater, asked.rated]}),) if complete else ()
    return Decision((Fact(ScoreSealed(rater, asked.rated, sealing.seal)),), arms, rows=(sealing,))


@on_due("seal")
def open_pair(states: States, message: Message, context: Context) -> Decision:
    """Open both sides of a pair."""
    sealed: Sealings = context.prepared.found[message.id]
    one, other = message.data.data["pair"]
    window: Mutual = states[message.subject]
    if window.status is not Status.OPEN:
        return NOTHING
    return Decision(tuple(Fact(_opened(sealed[pair])) for pair in ((one, other), (other, one))))


@on_due("mutual")
def count(states: States, message: Message, context: Context) -> Decision:
    """Open what is still sealed and count; what one side did not give voids nothing of the other."""
    window: Mutual | None = states[message.subject]
    if window is None or window.status is not Status.OPEN:
        return NOTHING
    MOVES.check(window.status, Status.COUNTED)
    sealed: Sealings = context.prepared.found[message.id]
    still = {(side.rater, side.rated) for side in window.sides if side.points is None}
    facts = tuple(Fact(_opened(sealed[pair])) for pair in sorted(still))
    city = context.city
    rated = {pair[1] for pair in sealed}
    inputs = frozenset(rated & city.units.keys()) if "yearly-assessment" in city.mechanisms else frozenset()
    results = means(((pair[1], one.points) for pair, one in sorted(sealed.items())), inputs)
    return Decision((*facts, Fact(MutualCounted(window.kind, window.year, results))))


def _opened(sealing: Sealing) -> SealOpened:
    return SealOpened(sealing.rater, sealing.rated, sealing.points, sealing.salt)


def _are_paired(kind: MutualKind, rater: Actor, rated: str, city: Any) -> bool:
    """Tell whether the rater has to score the other: its pair, or a field office on the street's ground."""
    if kind is MutualKind.TWO_WAY:
        if rater.kind == "department":
            return rater.id in city.paired_with(rated)
        return rated in city.paired_with(rater.id)
    return rater.kind == "unit" and serves(rated, rater.id, city)


# ---- evolution


@evolve.on(MutualOpened)
def opened(state: Mutual | None, fact: MutualOpened, at: datetime) -> Mutual:
    return Mutual(fact.kind, fact.year, fact.opens_at, fact.until)


@evolve.on(ScoreSealed)
def sealed(state: Mutual, fact: ScoreSealed, at: datetime) -> Mutual:
    return replace(state, sides=(*state.sides, Side(fact.rater, fact.rated)))


@evolve.on(SealOpened)
def seal_opened(state: Mutual, fact: SealOpened, at: datetime) -> Mutual:
    known = (fact.rater, fact.rated)
    sides = tuple(replace(s, points=fact.points) if (s.rater, s.rated) == known else s for s in state.sides)
    return replace(state, sides=sides)


@evolve.on(MutualCounted)
def counted(state: Mutual, fact: MutualCounted, at: datetime) -> Mutual:
    return replace(state, status=Status.COUNTED, results=fact.results)
