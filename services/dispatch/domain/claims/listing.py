"""Listing (编制清单): draft, publish, revise or replace, withdraw; what is claimed is never edited (domain §2.4)."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from services.dispatch.domain.claims.alliance import subject_of_alliance
from services.dispatch.domain.claims.item import (
    MOVES,
    DraftItem,
    Item,
    ItemClaimed,
    ItemDrafted,
    ItemExpired,
    ItemOrdered,
    ItemPublished,
    ItemShared,
    ItemStatus,
    ItemUnclaimed,
    ItemUnordered,
    ItemWithdrawn,
    Keeper,
    ListKind,
    PublishItem,
    ReplaceItem,
    ReviseItem,
    WithdrawItem,
    keepers,
)
from services.dispatch.domain.claims.party import CLAIMANTS, check_eligible, refuse
from services.dispatch.domain.claims.reviewing import begin, subject_of_list
from services.dispatch.domain.claims.table import States, decide, evolve, on_due
from shared.kernel.decisions import NOTHING, Actor, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace

_SAID = [field.name for field in fields(ItemDrafted)]


@decide.on(DraftItem)
def draft(states: States, message: Message, context: Context) -> Decision:
    """Write an item down, or anew while it is a draft; what begins it counts once."""
    owner, item = owner_of(message.subject), states[message.subject]
    if item is not None and message.creates:
        return NOTHING
    if item is not None and item.status is not ItemStatus.DRAFT:
        raise Refused("list.status", "status", now=item.status.value, act="write")
    return Decision((Fact(ItemDrafted(*_checked(states, message, owner, context).values())),))


@decide.on(PublishItem)
def publish(states: States, message: Message, context: Context) -> Decision:
    """Publish a draft; where it is kept with a partner, by the partner alone."""
    item, city = _item(states, message), context.city
    if item.status is not ItemStatus.DRAFT:
        raise Refused("list.status", "status", now=item.status.value, act="publish")
    by = item.partner or item.owner
    if not is_keeper(message.actor, by, city):
        if item.partner is not None and is_keeper(message.actor, item.owner, city):
            raise Refused("list.by_partner", "partner", partner=item.partner)
        refuse(message.actor, "publish an item")
    return _published({name: getattr(item, name) for name in _SAID}, 1, None, states, message, context)


@decide.on(ReviseItem)
def revise(states: States, message: Message, context: Context) -> Decision:
    """Change a published item that nobody relies on."""
    item = _own(states, message, "revise an item", context.city)
    _check_published(item, "revise")
    if item.is_used:
        raise Refused("list.in_use", "status")
    said = _checked(states, message, item.owner, context)
    if said["kind"] is not item.kind or said["partner"] != item.partner or item.partner is not None:
        raise Refused("list.other_kind", "kind")
    return _published(said, item.revision + 1, None, states, message, context)


@decide.on(ReplaceItem)
def replace_item(states: States, message: Message, context: Context) -> Decision:
    """Publish another in the place of one that stands; whoever ordered or claimed the old one keeps it as it was."""
    asked: ReplaceItem = message.data
    owner = owner_of(message.subject)
    old: Item | None = states.get(asked.replaces)
    if states[message.subject] is not None:
        return NOTHING
    if not isinstance(old, Item) or old.owner != owner:
        raise Refused("subject.unknown", "replaces", subject=asked.replaces)
    _check_published(old, "replace")
    said = _checked(states, message, owner, context)
    if said["kind"] is not old.kind or old.partner is not None or said["partner"] is not None:
        raise Refused("list.other_kind", "kind")
    gone = Fact(ItemWithdrawn(owner, old.kind, "", message.subject), asked.replaces)
    published = _published(said, 1, asked.replaces, states, message, context)
    return published + Decision((gone,), (Cancel("item.expire", asked.replaces),))


@decide.on(WithdrawItem)
def withdraw(states: States, message: Message, context: Context) -> Decision:
    """Take an item from the list."""
    item = _own(states, message, "withdraw an item", context.city)
    MOVES.check(item.status, ItemStatus.WITHDRAWN)
    return Decision((Fact(ItemWithdrawn(item.owner, item.kind, mask(message.data.why))),), (Cancel("item.expire"),))


@on_due("item.expire")
def expire(states: States, message: Message, context: Context) -> Decision:
    """Let an item whose valid dates are over disappear from the list."""
    item: Item | None = states[message.subject]
    if item is None or not item.is_published:
        return NOTHING
    return Decision((Fact(ItemExpired(item.owner, item.kind)),))


@on_due("item.unorder")
def unorder(states: States, message: Message, context: Context) -> Decision:
    """Give an item the number back that a wish took which came to nothing."""
    item: str = message.data.data["item"]
    if states.get(item) is None:
        return NOTHING
    return Decision((Fact(ItemUnordered(item, message.subject), item),))


def touches(message: Message) -> tuple[str, ...]:
    """Name what a step of an item needs: the owner's list, the alliance it is published to, the item it replaces."""
    data = message.data
    if not isinstance(data, DraftItem | PublishItem):
        return ()
    found = [subject_of_list(owner_of(message.subject))]
    if isinstance(data, DraftItem) and data.community is not None:
        found.append(subject_of_alliance(data.community))
    if isinstance(data, ReplaceItem):
        found.append(data.replaces)
    return tuple(found)


def owner_of(subject: str) -> str:
    """Return whose item it is."""
    return subject.split(":")[1] if subject.count(":") > 1 else ""


def keeper_of(code: str, city: Any) -> Keeper | None:
    """Tell as what somebody keeps lists; None for a unit of the tree that keeps none."""
    if code == city.root.code:
        return Keeper.OPERATIONS
    unit = city.units.get(code)
    if unit is None:
        return Keeper.PARTY
    return Keeper.COMMUNITY if unit.level.value == "community" else None


def is_keeper(actor: Actor, owner: str, city: Any) -> bool:
    """Tell whether somebody acts for the owner of a list."""
    if owner == city.root.code:
        return actor.kind == "operations"
    kinds = frozenset({"unit"}) if owner in city.units else CLAIMANTS
    return actor.kind in kinds and actor.id == owner


def _checked(states: States, message: Message, owner: str, context: Context) -> dict[str, Any]:
    """Return what an item is to say, or refuse what this owner may not list so."""
    asked: DraftItem = message.data
    city = context.city
    if not is_keeper(message.actor, owner, city):
        refuse(message.actor, "write an item")
    keeper = keeper_of(owner, city)
    if keeper is None or keeper not in keepers(asked.kind, city):
        raise Refused("list.not_kept", "kind", owner=owner, kind=asked.kind.value)
    if keeper is Keeper.PARTY:
        check_eligible(states, owner, asked.community or "", city)
    elif keeper is Keeper.COMMUNITY and asked.community != owner:
        raise Refused("list.not_kept", "community", owner=owner, kind=asked.kind.value)
    if asked.valid_until < max(asked.valid_from, city.calendar.local(message.acted_at).date()):
        raise Refused("list.dates", "valid_until")
    if (asked.opens is None) != (asked.closes is None) or (
        asked.opens and asked.closes and asked.opens >= asked.closes
    ):
        raise Refused("list.hours", "opens")
    _check_partner(asked, owner, keeper, city)
    said = {name: getattr(asked, name) for name in _SAID if name != "owner"}
    return {"owner": owner, **said, "wording": mask(asked.wording), "form": mask(asked.form)}


def _check_partner(asked: DraftItem, owner: str, keeper: Keeper, city: Any) -> None:
    """A responsibility is kept by a community and a unit paired with it, no other item by two."""
    is_two = asked.kind is ListKind.RESPONSIBILITY
    if is_two and asked.partner is not None and asked.community is not None:
        pair = (owner, asked.partner) if keeper is Keeper.COMMUNITY else (asked.partner, owner)
        is_two = not (pair[0] == asked.community and pair[1] in city.paired_with(pair[0]))
    elif asked.partner is not None:
        is_two = True
    if is_two:
        raise Refused("list.partner", "partner")


def _published(
    said: dict[str, Any], revision: int, replaces: str | None, states: States, message: Message, context: Context
) -> Decision:
    city = context.city
    fact = ItemPublished(**said, revision=revision, replaces=replaces)
    ends = city.calendar.midnight((fact.valid_until + timedelta(days=1)).toordinal())
    began = begin(states, fact.owner, message.acted_at, city)
    return Decision((Fact(fact),), (Arm("item.expire", ends),)) + began


def _item(states: States, message: Message) -> Item:
    item = states.get(message.subject)
    if not isinstance(item, Item):
        raise Refused("subject.unknown", "item", subject=message.subject)
    return item


def _own(states: States, message: Message, act: str, city: Any) -> Item:
    item = _item(states, message)
    if not is_keeper(message.actor, item.owner, city):
        refuse(message.actor, act)
    return item


def _check_published(item: Item, act: str) -> None:
    if not item.is_published:
        raise Refused("list.status", "status", now=item.status.value, act=act)


# ---- evolution


@evolve.on(ItemDrafted)
def drafted(state: Item | None, fact: ItemDrafted, at: datetime) -> Item:
    return Item(**{name: getattr(fact, name) for name in _SAID})


@evolve.on(ItemPublished)
def published(state: Item | None, fact: ItemPublished, at: datetime) -> Item:
    said = {name: getattr(fact, name) for name in _SAID}
    return Item(**said, status=ItemStatus.PUBLISHED, revision=fact.revision)


@evolve.on(ItemWithdrawn)
def withdrawn(state: Item, fact: ItemWithdrawn, at: datetime) -> Item:
    return replace(state, status=ItemStatus.WITHDRAWN)


@evolve.on(ItemExpired)
def expired(state: Item, fact: ItemExpired, at: datetime) -> Item:
    return replace(state, status=ItemStatus.EXPIRED)


@evolve.on(ItemOrdered)
def ordered(state: Item, fact: ItemOrdered, at: datetime) -> Item:
    return replace(state, ordered=state.ordered + 1)


@evolve.on(ItemUnordered)
def unordered(state: Item, fact: ItemUnordered, at: datetime) -> Item:
    return replace(state, ordered=state.ordered - 1)


@evolve.on(ItemClaimed)
def claimed(state: Item, fact: ItemClaimed, at: datetime) -> Item:
    return replace(state, project=fact.project)


@evolve.on(ItemUnclaimed)
def unclaimed(state: Item, fact: ItemUnclaimed, at: datetime) -> Item:
    return replace(state, project=None)


@evolve.on(ItemShared)
def shared(state: Item, fact: ItemShared, at: datetime) -> Item:
    return replace(state, shared=tuple(dict.fromkeys((*state.shared, *fact.parties))))
