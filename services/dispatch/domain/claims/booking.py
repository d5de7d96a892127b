"""Book a resource: at once under a sharing agreement (资源联享), for a grid as its owner answers (资源落实权)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch.domain.claims.item import Item, ListKind, Slot
from services.dispatch.domain.claims.listing import is_keeper
from services.dispatch.domain.claims.party import CLAIMANTS, refuse
from services.dispatch.domain.claims.table import States, decide, evolve, on_due
from shared.kernel.clock import counted
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "booking.item": ("不是可用的资源：{item}", "{item} is no resource to be had"),
        "booking.no_right": (
            "{party} 没有联享协议，也没有资源落实权",
            "{party} has neither a sharing agreement nor a right to resources",
        ),
        "booking.time": ("时间不在开放时间和有效期内", "The time is not within opening hours and valid dates"),
        "booking.clash": ("该时段已由 {by} 预约", "{by} has that time already"),
        "booking.unknown": ("没有这一预约：{booking}", "No such booking: {booking}"),
        "booking.known": ("预约编号 {booking} 已在使用", "{booking} is in use already"),
        "booking.answered": ("该预约已经答复", "It was answered already"),
        "booking.why": ("不予落实须说明理由", "A refusal needs a reason"),
    }
)


# ---- facts


@dataclass(frozen=True, slots=True)
class BookingAsked:
    item: str
    owner: str
    booking: str
    by: str
    purpose: str
    starts_at: datetime
    ends_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class BookingGranted:
    item: str
    owner: str
    booking: str
    by: str
    purpose: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class BookingRefused:
    item: str
    owner: str
    booking: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class BookingOverdue:
    item: str
    owner: str
    booking: str
    charged: str


@dataclass(frozen=True, slots=True)
class BookingEnded:
    item: str
    owner: str
    booking: str
    by: str
    used: bool


# ---- messages


@dataclass(frozen=True, slots=True)
class BookItem:
    booking: str
    purpose: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerBooking:
    booking: str
    granted: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class CancelBooking:
    booking: str


@decide.on(BookItem)
def book(states: States, message: Message, context: Context) -> Decision:
    """Book it: a party of a sharing agreement has it at once if it is free, a grid's wish is answered by the owner."""
    asked: BookItem = message.data
    item, city, actor = _item(states, message), context.city, message.actor
    if not item.is_published or item.kind is not ListKind.RESOURCE:
        raise Refused("booking.item", "item", item=message.subject)
    if any(slot.booking == asked.booking for slot in item.slots):
        raise Refused("booking.known", "booking", booking=asked.booking)
    if actor.kind not in ("unit", *CLAIMANTS):
        refuse(actor, "book a resource")
    is_party = actor.id in item.shared and "sharing-agreements" in city.mechanisms
    is_grid = "right-to-resources" in city.mechanisms and _is_grid_of(actor.id, item.community, city)
    if not (is_party or (is_grid and actor.kind == "unit")):
        raise Refused("booking.no_right", "authorization", party=actor.id)
    _check_time(item, asked, message.acted_at, city)
    _check_free(item, asked.starts_at, asked.ends_at)
    said = (message.subject, item.owner, asked.booking, actor.id, mask(asked.purpose), asked.starts_at, asked.ends_at)
    if is_party:
        return Decision((Fact(BookingGranted(*said)),), (_over(asked.booking, asked.ends_at),))
    agreed = counted(message.acted_at, city.clock("wish.agree"))
    due_at = min(agreed.at(city.calendar), asked.starts_at)
    mark = agreed if due_at < asked.starts_at else None
    return Decision((Fact(BookingAsked(*said, due_at)),), (Arm(f"booking:{asked.booking}", due_at, mark=mark),))


@decide.on(AnswerBooking)
def answer(states: States, message: Message, context: Context) -> Decision:
    """Grant what a grid asked for, or say why not."""
    said: AnswerBooking = message.data
    item = _item(states, message)
    if not is_keeper(message.actor, item.owner, context.city):
        refuse(message.actor, "answer a booking")
    slot = _slot(item, said.booking)
    if slot.granted:
        raise Refused("booking.answered", "booking")
    if not said.granted:
        if not said.why.strip():
            raise Refused("booking.why", "why")
        refused = BookingRefused(message.subject, item.owner, slot.booking, slot.by, mask(said.why))
        return Decision((Fact(refused),), (Cancel(f"booking:{slot.booking}"),))
    _check_free(item, slot.starts_at, slot.ends_at)
    granted = BookingGranted(
        message.subject, item.owner, slot.booking, slot.by, slot.purpose, slot.starts_at, slot.ends_at
    )
    return Decision((Fact(granted),), (Cancel(f"booking:{slot.booking}"), _over(slot.booking, slot.ends_at)))


@decide.on(CancelBooking)
def cancel(states: States, message: Message, context: Context) -> Decision:
    """Give it back before its time."""
    item = _item(states, message)
    slot = _slot(item, message.data.booking)
    if message.actor.id != slot.by or message.actor.kind not in ("unit", *CLAIMANTS):
        refuse(message.actor, "cancel a booking")
    ended = BookingEnded(message.subject, item.owner, slot.booking, slot.by, used=False)
    return Decision((Fact(ended),), (Cancel(f"booking:{slot.booking}"), Cancel(f"booking.over:{slot.booking}")))


@on_due("booking")
def overdue(states: States, message: Message, context: Context) -> Decision:
    """Charge the owner who said nothing; silence grants nothing, and what was asked is over."""
    item, booking = states[message.subject], message.data.name.partition(":")[2]
    slot = next((one for one in item.slots if one.booking == booking), None) if item else None
    if slot is None or slot.granted:
        return NOTHING
    return Decision((Fact(BookingOverdue(message.subject, item.owner, booking, item.owner)),))


@on_due("booking.over")
def over(states: States, message: Message, context: Context) -> Decision:
    """End a booking whose time has passed."""
    item, booking = states[message.subject], message.data.name.partition(":")[2]
    slot = next((one for one in item.slots if one.booking == booking), None) if item else None
    if slot is None:
        return NOTHING
    return Decision((Fact(BookingEnded(message.subject, item.owner, booking, slot.by, used=True)),))


def _over(booking: str, at: datetime) -> Arm:
    return Arm(f"booking.over:{booking}", at)


def _item(states: States, message: Message) -> Item:
    item = states.get(message.subject)
    if not isinstance(item, Item):
        raise Refused("subject.unknown", "item", subject=message.subject)
    return item


def _slot(item: Item, booking: str) -> Slot:
    found = next((slot for slot in item.slots if slot.booking == booking), None)
    if found is None:
        raise Refused("booking.unknown", "booking", booking=booking)
    return found


def _is_grid_of(code: str, community: str | None, city: Any) -> bool:
    """Tell whether a unit is a grid, of the community to whose circle the item is published."""
    unit = city.units.get(code)
    if unit is None or unit.level.value not in ("grid", "subgrid"):
        return False
    return community is None or city.is_within(code, community)


def _check_time(item: Item, asked: BookItem, at: datetime, city: Any) -> None:
    begins, ends = city.calendar.local(asked.starts_at), city.calendar.local(asked.ends_at)
    is_wrong = not at <= asked.starts_at < asked.ends_at
    is_wrong |= begins.date() < item.valid_from or ends.date() > item.valid_until
    if item.opens is not None and item.closes is not None:
        is_wrong |= begins.date() != ends.date() or begins.time() < item.opens or ends.time() > item.closes
    if is_wrong:
        raise Refused("booking.time", "starts_at")


def _check_free(item: Item, starts_at: datetime, ends_at: datetime) -> None:
    """Refuse more bookings at one time than there are of it; the first commit wins."""
    clashing = [s for s in item.slots if s.granted and s.starts_at < ends_at and starts_at < s.ends_at]
    if len(clashing) >= item.quantity:
        raise Refused("booking.clash", "starts_at", by=clashing[0].by)


# ---- evolution


@evolve.on(BookingAsked)
def asked(state: Item, fact: BookingAsked, at: datetime) -> Item:
    slot = Slot(fact.booking, fact.by, fact.purpose, fact.starts_at, fact.ends_at, granted=False)
    return replace(state, slots=(*state.slots, slot))


@evolve.on(BookingGranted)
def granted(state: Item, fact: BookingGranted, at: datetime) -> Item:
    slot = Slot(fact.booking, fact.by, fact.purpose, fact.starts_at, fact.ends_at, granted=True)
    return replace(state, slots=(*_without(state, fact.booking), slot))


@evolve.on(BookingRefused, BookingOverdue, BookingEnded)
def gone(state: Item, fact: BookingRefused | BookingOverdue | BookingEnded, at: datetime) -> Item:
    return replace(state, slots=_without(state, fact.booking))


def _without(item: Item, booking: str) -> tuple[Slot, ...]:
    return tuple(slot for slot in item.slots if slot.booking != booking)
