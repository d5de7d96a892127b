"""What each fact makes of a wish, and what its clock does when it runs out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.dispatch.domain.claims.party import ClaimEnd
from services.dispatch.domain.claims.table import States, evolve, on_due
from services.dispatch.domain.claims.wish import (
    MOVES,
    Forgotten,
    NamingEnd,
    Standing,
    Wish,
    WishBecameCase,
    WishBought,
    WishCameBack,
    WishClaimed,
    WishConfirmed,
    WishDiverted,
    WishFulfilled,
    WishNamed,
    WishNamingEnded,
    WishOffered,
    WishOrdered,
    WishOverdue,
    WishRefused,
    WishReleased,
    WishStatus,
    WishUnrated,
)
from services.dispatch.domain.claims.wishing import clock, released, unnamed
from shared.kernel.decisions import NOTHING, Context, Decision, Fact, Message
from shared.kernel.replacing import replace


@on_due("wish.review", "wish.decide")
def overdue(states: States, message: Message, context: Context) -> Decision:
    """Charge the community that decides nothing; the wish stays with it."""
    wish: Wish | None = states[message.subject]
    if wish is None or wish.status not in (WishStatus.ORDERED, WishStatus.COME_BACK):
        return NOTHING
    return Decision((Fact(WishOverdue(wish.status, wish.community, wish.due_at, wish.community)),))


@on_due("wish.unclaimed")
def come_back(states: States, message: Message, context: Context) -> Decision:
    """Give it back to the community, which decides."""
    wish: Wish | None = states[message.subject]
    if wish is None or wish.status is not WishStatus.OFFERED or wish.named is not None:
        return NOTHING
    MOVES.check(wish.status, WishStatus.COME_BACK)
    due_at, armed = clock("decide", message.acted_at, context.city)
    return Decision((Fact(WishCameBack(WishStatus.COME_BACK, wish.community, due_at)),), armed)


@on_due("wish.agree")
def naming_lapsed(states: States, message: Message, context: Context) -> Decision:
    """Hold silence for no."""
    wish: Wish | None = states[message.subject]
    if wish is None or wish.named is None:
        return NOTHING
    return unnamed(wish, NamingEnd.LAPSED, message.acted_at, context.city)


@on_due("wish.give_up")
def claim_lapsed(states: States, message: Message, context: Context) -> Decision:
    """Take an unfulfilled claim back; a service that was bought and not delivered is charged to the community."""
    wish: Wish | None = states[message.subject]
    if wish is not None and wish.status is WishStatus.BOUGHT:
        return Decision((Fact(WishOverdue(wish.status, wish.community, wish.due_at, wish.community)),))
    if wish is None or wish.status is not WishStatus.CLAIMED:
        return NOTHING
    return released(wish, message, ClaimEnd.LAPSED, "", context.city)


@on_due("wish.confirm")
def unrated(states: States, message: Message, context: Context) -> Decision:
    """End it unrated: silence is nobody's satisfaction."""
    wish: Wish | None = states[message.subject]
    if wish is None or wish.status is not WishStatus.FULFILLED:
        return NOTHING
    MOVES.check(wish.status, WishStatus.UNRATED)
    fact = WishUnrated(WishStatus.UNRATED, wish.community, None, wish.claimant)
    return Decision((Fact(fact),), rows=(Forgotten(message.subject),))


@on_due("wish.case")
def become_case(states: States, message: Message, context: Context) -> Decision:
    """State, on the new case's own subject, that it is to be registered."""
    wish: Wish | None = states[message.subject]
    if wish is None:
        return NOTHING
    said = message.data.data
    return Decision((Fact(WishBecameCase(message.subject, said["matter"], wish.place, wish.wording), said["case"]),))


def _stand(wish: Wish, fact: Standing, **more: Any) -> Wish:
    return replace(wish, status=WishStatus(fact.status), due_at=fact.due_at, **more)


@evolve.on(WishOrdered)
def ordered(state: Wish | None, fact: WishOrdered, at: datetime) -> Wish:
    return Wish(fact.community, fact.place, fact.raised_by, fact.wording, fact.item, due_at=fact.due_at)


@evolve.on(WishOffered)
def offered(state: Wish, fact: WishOffered, at: datetime) -> Wish:
    return _stand(state, fact, offered_at=at, offered_again=state.offered_again or fact.again)


@evolve.on(WishNamed)
def named(state: Wish, fact: WishNamed, at: datetime) -> Wish:
    return _stand(state, fact, named=fact.named)


@evolve.on(WishNamingEnded)
def naming_ended(state: Wish, fact: WishNamingEnded, at: datetime) -> Wish:
    return _stand(state, fact, named=None)


@evolve.on(WishClaimed)
def claimed(state: Wish, fact: WishClaimed, at: datetime) -> Wish:
    return _stand(state, fact, claimant=fact.claimant, named=None, offered_at=state.offered_at or at)


@evolve.on(WishReleased)
def given_up(state: Wish, fact: WishReleased, at: datetime) -> Wish:
    return _stand(state, fact, claimant=None)


@evolve.on(WishCameBack)
def came_back(state: Wish, fact: WishCameBack, at: datetime) -> Wish:
    return _stand(state, fact, came_back_at=at)


@evolve.on(WishConfirmed)
def confirmed(state: Wish, fact: WishConfirmed, at: datetime) -> Wish:
    return _stand(state, fact, grade=fact.grade)


@evolve.on(WishRefused, WishDiverted, WishBought, WishFulfilled, WishUnrated, WishOverdue)
def stands(state: Wish, fact: Standing, at: datetime) -> Wish:
    return _stand(state, fact)
