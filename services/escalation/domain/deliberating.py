"""How a council deliberates: called with a list, held with its parties, each item agreed or not, then followed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.escalation.domain.council import (
    CallOffCouncil,
    ConveneCouncil,
    Council,
    CouncilAgreed,
    CouncilCalledOff,
    CouncilConvened,
    CouncilFollowed,
    CouncilHeld,
    CouncilMissed,
    CouncilOverseen,
    CouncilReminded,
    FollowItem,
    HoldCouncil,
    Open,
    Outcome,
    OverseeItem,
)
from services.escalation.domain.roles import acts_for
from services.escalation.domain.table import States, deciders, on_due
from shared.kernel.decisions import NOTHING, Arm, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace


def subject_of(unit: str, council: str) -> str:
    """Return the subject of a unit's council."""
    return f"council:{unit}:{council}"


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return every council of the city with the deadline that watches its period."""
    return [
        (name, _watch(name, council, now, city))
        for unit in city.units
        for council in city.councils_of(unit)
        for name in [subject_of(unit, council.code)]
    ]


def _watch(name: str, council: Any, at: datetime, city: Any) -> Arm:
    first, last = council.period_on(city.calendar.local(at).date())
    days = (last - first).days + 1
    remind_at = city.calendar.midnight(first.toordinal() + int(days * city.shares["reminder"]))
    return Arm("council", max(at, remind_at), {"until": last.isoformat(), "reminds": True}, name)


@on_due("council")
def strike(states: States, message: Message, context: Context) -> Decision:
    """Remind a council that has not met in its period, then say that it missed it; and watch the next one."""
    unit, council = _named(message.subject, context.city)
    if council is None:
        return NOTHING  # the city has switched it off
    city, said = context.city, message.data.data
    until = date.fromisoformat(said["until"])
    first, _ = council.period_on(until)
    state: Council | None = states[message.subject]
    has_met = state is not None and state.held_on is not None and state.held_on >= first
    facts: tuple[Fact, ...] = ()
    if said["reminds"]:
        if not has_met:
            facts = (Fact(CouncilReminded(unit, council.code, until)),)
        arm = Arm("council", city.calendar.midnight(until.toordinal() + 1), {**said, "reminds": False}, message.subject)
    else:
        if not has_met:
            facts = (Fact(CouncilMissed(unit, council.code, until, city.units[unit].parent)),)
        arm = _watch(message.subject, council, message.acted_at, city)
    return Decision(facts=facts, deadlines=(arm,))


@deciders.on(ConveneCouncil)
def convene(states: States, message: Message, context: Context) -> Decision:
    """Call a session with its list; one at a time."""
    unit, council, state = _mine(states, message, context.city)
    if state.opens_at is not None:
        raise Refused("council.called", "council", opens_at=context.city.calendar.local(state.opens_at).isoformat())
    if message.data.opens_at <= message.acted_at:
        raise Refused("council.past", "opens_at")
    items = tuple(mask(title) for title in message.data.items)
    place = mask(message.data.place)
    return _stating(CouncilConvened(unit, council.code, state.number + 1, message.data.opens_at, place, items))


@deciders.on(CallOffCouncil)
def call_off(states: States, message: Message, context: Context) -> Decision:
    """Call a session off, with the reason."""
    unit, council, state = _called(states, message, context.city)
    return _stating(CouncilCalledOff(unit, council.code, state.number, mask(message.data.why)))


@deciders.on(HoldCouncil)
def hold(states: States, message: Message, context: Context) -> Decision:
    """Write down a session that was held: who was there, and for each item whether it was agreed and as what.

    Where one party decides by counted vote (四会联治), an item without its vote is not agreed.
    """
    unit, council, state = _called(states, message, context.city)
    city, asked = context.city, message.data
    if state.opens_at is not None and message.acted_at < state.opens_at:
        raise Refused("council.early", "council", opens_at=city.calendar.local(state.opens_at).isoformat())
    names = {party.code: party.name for party in council.parties}
    if strangers := [code for code in asked.present if code not in names]:
        raise Refused("council.no_party", "present", party=strangers[0], parties="、".join(names))
    if not council.is_quorate(asked.present):
        away = "、".join(name for code, name in names.items() if code not in asked.present)
        raise Refused("council.no_quorum", "present", quorum=str(council.quorum), absent=away)
    if sorted(outcome.item for outcome in asked.outcomes) != list(range(1, len(state.items) + 1)):
        raise Refused("council.outcomes", "outcomes", count=len(state.items))
    for outcome in asked.outcomes:
        _check_outcome(council, outcome)
    outcomes = tuple(
        replace(outcome, note=mask(outcome.note) if outcome.note else None)
        for outcome in sorted(asked.outcomes, key=lambda outcome: outcome.item)
    )
    on = city.calendar.local(message.acted_at).date()
    held = CouncilHeld(unit, council.code, state.number, on, asked.present, outcomes)
    agreed = (
        CouncilAgreed(
            unit, council.code, state.number, one.item, state.items[one.item - 1], one.becomes, one.votes
        )
        for one in outcomes
        if one.becomes is not None
    )  # fmt: skip
    return _stating(held, *agreed)


def _check_outcome(council: Any, outcome: Outcome) -> None:
    if outcome.agreed is not (outcome.becomes is not None):
        raise Refused("council.becomes", "outcomes", item=outcome.item)
    if outcome.agreed and council.decides_by_vote:
        if outcome.votes is None:
            raise Refused("council.no_vote", "outcomes", item=outcome.item)
        if not outcome.votes.is_carried:
            raise Refused("council.vote_lost", "outcomes", item=outcome.item, yes=outcome.votes.yes)


@deciders.on(OverseeItem)
def oversee(states: States, message: Message, context: Context) -> Decision:
    """Publish the supervision committee's opinion of how an agreed item was carried out."""
    unit, council, state = _mine(states, message, context.city)
    asked = message.data
    if not council.is_overseen:
        raise Refused("council.unwatched", "council")
    if _open(state, asked.number, asked.item).overseen:
        raise Refused("council.overseen", "item", item=asked.item)
    return _stating(CouncilOverseen(unit, council.code, asked.number, asked.item, mask(asked.opinion)))


@deciders.on(FollowItem)
def follow(states: States, message: Message, context: Context) -> Decision:
    """Say what became of an agreed item: the report, project or vote. Where a committee watches, after its opinion."""
    unit, council, state = _mine(states, message, context.city)
    asked = message.data
    found = _open(state, asked.number, asked.item)
    if council.is_overseen and not found.overseen:
        raise Refused("council.not_overseen", "item", item=asked.item)
    return _stating(CouncilFollowed(unit, council.code, asked.number, asked.item, asked.reference))


def _stating(*facts: Any) -> Decision:
    return Decision(facts=tuple(Fact(fact) for fact in facts))


def _named(subject: str, city: Any) -> tuple[str, Any]:
    unit, _, code = subject.removeprefix("council:").partition(":")
    found = city.councils_of(unit) if unit in city.units else ()
    return unit, next((council for council in found if council.code == code), None)


def _mine(states: States, message: Message, city: Any) -> tuple[str, Any, Council]:
    unit, council = _named(message.subject, city)
    if council is None:
        raise Refused("council.unknown", "council", council=message.subject.removeprefix("council:"))
    if not acts_for(message.actor, unit):
        raise Refused("body.not_yours", "actor", body=unit, actor=f"{message.actor.kind}.{message.actor.id}")
    return unit, council, states[message.subject] or Council()


def _called(states: States, message: Message, city: Any) -> tuple[str, Any, Council]:
    unit, council, state = _mine(states, message, city)
    if state.opens_at is None:
        raise Refused("council.not_called", "council")
    return unit, council, state


def _open(state: Council, number: int, item: int) -> Open:
    for one in state.open:
        if (one.number, one.item) == (number, item):
            return one
    raise Refused("council.no_item", "item", number=number, item=item)
