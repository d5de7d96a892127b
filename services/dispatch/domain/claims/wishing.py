"""Wishing (点单、审单、领单): each step of a wish, by the table of who may take it when (workflows §3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain.claims.alliance import subject_of_alliance
from services.dispatch.domain.claims.item import Item, ItemOrdered, orderable
from services.dispatch.domain.claims.party import (
    CLAIMANTS,
    ClaimEnd,
    ClaimEnded,
    ClaimOpened,
    check_eligible,
    check_room,
    refuse,
    subject_of_party,
)
from services.dispatch.domain.claims.table import States, decide
from services.dispatch.domain.claims.wish import (
    ACTS,
    MOVES,
    AgreeToWish,
    BuyWish,
    ClaimWish,
    ConfirmWish,
    Contact,
    DivertWish,
    Forgotten,
    FulfilWish,
    GiveUpWish,
    NameClaimant,
    NamingEnd,
    OfferWish,
    OrderWish,
    RefuseWish,
    Role,
    Wish,
    WishBought,
    WishClaimed,
    WishConfirmed,
    WishDiverted,
    WishFulfilled,
    WishNamed,
    WishNamingEnded,
    WishOffered,
    WishOrdered,
    WishRefused,
    WishReleased,
    WishStatus,
)
from services.dispatch.domain.mechanism import require
from services.dispatch.domain.roster import roster_of
from shared.kernel.clock import counted
from shared.kernel.decisions import NOTHING, Actor, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

MECHANISMS = ("wish-claim", "wish-dispatch", "grid-menu")
STOP = Cancel("*")
"""One clock runs at a time: whatever moves a wish stops it."""
SUMMARY = 60
_CLOCKS = {"decide": "wish.review"}
"""A wish that came back is decided on in the time of a review (assumed)."""


def clock(
    name: str, began: datetime, city: Any, *touches: str, now: datetime | None = None
) -> tuple[datetime, tuple[Cancel | Arm, ...]]:
    """Return when the clock of this name runs out that began then, at once if that was before `now`; it runs alone."""
    mark = counted(began, city.clock(_CLOCKS.get(name, f"wish.{name}")))
    due_at = mark.at(city.calendar)
    due_at = due_at if now is None else max(due_at, now)
    return due_at, (STOP, Arm(f"wish.{name}", due_at, touches=touches, mark=mark))


@decide.on(OrderWish)
def order(states: States, message: Message, context: Context) -> Decision:
    """Take an order for a resident, once; the community of the place reviews it."""
    asked: OrderWish = message.data
    city = context.city
    require(city, *MECHANISMS)
    community = community_of(asked.place, city)
    if community is None or message.subject.split(":")[1] != community:
        raise Refused("wish.place", "place", place=asked.place)
    _check_channel(message.actor, asked.place, community, city)
    if states[message.subject] is not None:
        return NOTHING
    facts: tuple[Fact, ...] = ()
    if asked.item is not None:
        item: Item | None = states.get(asked.item)
        if item is None or not item.is_published:
            raise Refused("wish.no_item", "item", item=asked.item)
        if not orderable(item, city):
            raise Refused("wish.item_kind", "item", item=asked.item)
        if item.ordered >= item.quantity:
            raise Refused("wish.used_up", "item", item=asked.item)
        facts = (Fact(ItemOrdered(asked.item, message.subject), asked.item),)
    due_at, armed = clock("review", message.acted_at, city)
    ordered = WishOrdered(
        WishStatus.ORDERED, community, due_at, asked.place, message.actor.id, asked.item, mask(asked.wording, SUMMARY)
    )
    wisher = asked.wisher
    contact = Contact(message.subject, wisher.name, wisher.phone, wisher.address, wisher.member)
    return Decision((Fact(ordered), *facts), armed, rows=(contact,))


@decide.on(OfferWish)
def offer(states: States, message: Message, context: Context) -> Decision:
    """Let it be claimed; what came back, once more."""
    wish = admit(states, message)
    is_back = wish.status is WishStatus.COME_BACK
    if is_back and wish.offered_again:
        raise Refused("wish.offered_twice", "status")
    _check_unnamed(wish)
    MOVES.check(wish.status, WishStatus.OFFERED)
    due_at, armed = clock("unclaimed", message.acted_at, context.city)
    return Decision((Fact(WishOffered(WishStatus.OFFERED, wish.community, due_at, is_back)),), armed)


@decide.on(RefuseWish)
def refuse_wish(states: States, message: Message, context: Context) -> Decision:
    """Answer the wisher why not."""
    wish = admit(states, message)
    _check_unnamed(wish)
    MOVES.check(wish.status, WishStatus.REFUSED)
    fact = WishRefused(WishStatus.REFUSED, wish.community, None, mask(message.data.why))
    return Decision((Fact(fact),), _unordered(wish, message), rows=(Forgotten(message.subject),))


@decide.on(DivertWish)
def divert(states: States, message: Message, context: Context) -> Decision:
    """Make it a case on the ladder: intake registers it on the id that is made here."""
    wish, asked, city = admit(states, message), message.data, context.city
    _check_unnamed(wish)
    if asked.matter not in city.matters or city.matters[asked.matter].kind.value == "wish":
        raise Refused("wish.matter", "matter", matter=asked.matter)
    MOVES.check(wish.status, WishStatus.DIVERTED)
    case = context.new_id()
    fact = WishDiverted(WishStatus.DIVERTED, wish.community, None, case, asked.matter, mask(asked.why))
    registering = Arm("wish.case", message.acted_at, {"case": case, "matter": asked.matter}, touches=(case,))
    return Decision((Fact(fact),), (*_unordered(wish, message), registering), rows=(Forgotten(message.subject),))


@decide.on(NameClaimant)
def name(states: States, message: Message, context: Context) -> Decision:
    """Dispatch it to one who is eligible and may agree within a working day."""
    wish, named, city = admit(states, message), message.data.named, context.city
    _check_unnamed(wish)
    check_eligible(states, named, wish.community, city)
    _check_not_own(named, message, context)
    due_at, armed = clock("agree", message.acted_at, city)
    return Decision((Fact(WishNamed(wish.status, wish.community, due_at, named)),), armed)


@decide.on(AgreeToWish)
def agree(states: States, message: Message, context: Context) -> Decision:
    """Take it, or leave it where it stood."""
    wish = admit(states, message)
    if message.data.agrees:
        return _claimed(states, wish, message, context, dispatched=True)
    return unnamed(wish, NamingEnd.DECLINED, message.acted_at, context.city)


@decide.on(ClaimWish)
def claim(states: States, message: Message, context: Context) -> Decision:
    """Claim it; whoever comes second is told who was first (forbidden move 25)."""
    require(context.city, "wish-claim", "grid-menu")
    wish = _wish(states, message)
    if wish.status is WishStatus.ORDERED:
        raise Refused("wish.not_reviewed", "status")
    if wish.status is WishStatus.CLAIMED:
        raise Refused("wish.claimed", "status", claimant=wish.claimant)
    admit(states, message)
    _check_unnamed(wish)
    return _claimed(states, wish, message, context, dispatched=False)


@decide.on(GiveUpWish)
def give_up(states: States, message: Message, context: Context) -> Decision:
    """Open it to others again, as old as it is."""
    wish = admit(states, message)
    return released(wish, message, ClaimEnd.GIVEN_UP, mask(message.data.why), context.city)


@decide.on(BuyWish)
def buy(states: States, message: Message, context: Context) -> Decision:
    """Let the community buy the service; from then on it is the community's to have done."""
    wish = admit(states, message)
    _check_unnamed(wish)
    MOVES.check(wish.status, WishStatus.BOUGHT)
    due_at, armed = clock("give_up", message.acted_at, context.city)
    fact = WishBought(WishStatus.BOUGHT, wish.community, due_at, mask(message.data.provider))
    return Decision((Fact(fact),), armed)


@decide.on(FulfilWish)
def fulfil(states: States, message: Message, context: Context) -> Decision:
    """Say what was done; the wisher is asked."""
    wish, said = admit(states, message), message.data
    MOVES.check(wish.status, WishStatus.FULFILLED)
    due_at, armed = clock("confirm", message.acted_at, context.city)
    fact = WishFulfilled(
        WishStatus.FULFILLED, wish.community, due_at, message.actor.id, wish.claimant, mask(said.what), said.evidence
    )
    ended = () if wish.claimant is None else (_ended(wish.claimant, message.subject, ClaimEnd.DONE),)
    return Decision((Fact(fact), *ended), armed)


@decide.on(ConfirmWish)
def confirm(states: States, message: Message, context: Context) -> Decision:
    """Let the wisher confirm and rate, by whom he ordered through."""
    wish = admit(states, message)
    MOVES.check(wish.status, WishStatus.CONFIRMED)
    fact = WishConfirmed(WishStatus.CONFIRMED, wish.community, None, wish.claimant, message.data.grade)
    return Decision((Fact(fact),), (STOP,), rows=(Forgotten(message.subject),))


def admit(states: States, message: Message) -> Wish:
    """Return the wish, or refuse a step that is not the caller's, or not to be taken now."""
    wish = _wish(states, message)
    act = ACTS[type(message.data)]
    roles = [role for role in act.roles if plays(message.actor, role, wish)]
    if not roles:
        raise Refused("wish.not_yours", "authorization", actor=f"{message.actor.kind}.{message.actor.id}", act=act.name)
    if not any(wish.status in act.roles[role] for role in roles):
        raise Refused("wish.act_not_now", "status", now=wish.status.value, act=act.name)
    return wish


def plays(actor: Actor, role: Role, wish: Wish) -> bool:
    """Tell whether somebody plays a part for the wish; whether he is eligible is asked of alliance and pairing."""
    if role is Role.COMMUNITY:
        return actor == Actor("unit", wish.community)
    if role is Role.CHANNEL:
        return actor.kind in ("source", "unit") and actor.id == wish.raised_by
    if actor.kind not in CLAIMANTS:
        return False
    return role is Role.ELIGIBLE or actor.id == (wish.claimant if role is Role.CLAIMANT else wish.named)


def unnamed(wish: Wish, end: NamingEnd, at: datetime, city: Any) -> Decision:
    """Go on as if nobody had been named: with the clock that ran before, from when it began."""
    is_back = wish.status is WishStatus.COME_BACK
    began = wish.came_back_at if is_back else wish.offered_at
    assert began is not None
    due_at, armed = clock("decide" if is_back else "unclaimed", began, city, now=at)
    return Decision((Fact(WishNamingEnded(wish.status, wish.community, due_at, wish.named or "", end)),), armed)


def released(wish: Wish, message: Message, end: ClaimEnd, why: str, city: Any) -> Decision:
    """Open a claimed wish to others; one that is older than a wish may be unclaimed comes back at once."""
    assert wish.offered_at is not None
    assert wish.claimant is not None
    MOVES.check(wish.status, WishStatus.OFFERED)
    due_at, armed = clock("unclaimed", wish.offered_at, city, now=message.acted_at)
    fact = WishReleased(WishStatus.OFFERED, wish.community, due_at, wish.claimant, end, why)
    return Decision((Fact(fact), _ended(wish.claimant, message.subject, end)), armed)


def community_of(place: str, city: Any) -> str | None:
    """Return the community in which a place lies, if any."""
    lineage = city.lineage(place) if place in city.units else ()
    return next((unit.code for unit in lineage if unit.level.value == "community"), None)


def touches(message: Message) -> tuple[str, ...]:
    """Name what a step needs beside the wish: the item ordered, the alliance, the claimant."""
    data, actor = message.data, message.actor
    if isinstance(data, OrderWish):
        return (data.item,) if data.item else ()
    if type(data) not in ACTS or message.subject.count(":") != 2:
        return ()
    community = message.subject.split(":")[1]
    found = (subject_of_alliance(community), roster_of(community))
    return (*found, subject_of_party(actor.id)) if actor.kind in CLAIMANTS else found


def _claimed(states: States, wish: Wish, message: Message, context: Context, *, dispatched: bool) -> Decision:
    claimant, city = message.actor.id, context.city
    check_eligible(states, claimant, wish.community, city)
    _check_not_own(claimant, message, context)
    check_room(states, claimant, city)
    MOVES.check(wish.status, WishStatus.CLAIMED)
    due_at, armed = clock("give_up", message.acted_at, city, subject_of_party(claimant))
    fact = WishClaimed(WishStatus.CLAIMED, wish.community, due_at, claimant, dispatched)
    opened = ClaimOpened(claimant, message.subject)
    return Decision((Fact(fact), Fact(opened, subject_of_party(claimant))), armed)


def _ended(claimant: str, wish: str, end: ClaimEnd) -> Fact:
    return Fact(ClaimEnded(claimant, wish, end), subject_of_party(claimant))


def _unordered(wish: Wish, message: Message) -> tuple[Cancel | Arm, ...]:
    """Stop the clock; give an item its number back."""
    if wish.item is None:
        return (STOP,)
    return STOP, Arm("item.unorder", message.acted_at, {"item": wish.item}, touches=(wish.item,))


def _wish(states: States, message: Message) -> Wish:
    wish: Wish | None = states.get(message.subject)
    if not isinstance(wish, Wish):
        raise Refused("subject.unknown", "wish", subject=message.subject)
    return wish


def _check_unnamed(wish: Wish) -> None:
    if wish.named is not None:
        raise Refused("wish.named", "named", named=wish.named)


def _check_not_own(party: str, message: Message, context: Context) -> None:
    wishers: Mapping[str, str | None] = context.prepared.wishers
    if wishers.get(message.subject) == party:
        raise Refused("wish.own", "claimant")


def _check_channel(actor: Actor, place: str, community: str, city: Any) -> None:
    """Let a source order that speaks for people, and the grids and the community of the place."""
    source = city.sources.get(actor.id) if actor.kind == "source" else None
    of_place = {unit.code for unit in city.lineage(place) if city.is_within(unit.code, community)}
    if not (source is not None and source.ratable) and not (actor.kind == "unit" and actor.id in of_place):
        refuse(actor, "order a wish")
