"""The review of lists (清单复核): each owner looks through what it publishes once a quarter (domain §2.4, §4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.dispatch.domain.claims.table import States, decide, evolve, on_due
from shared.kernel.decisions import NOTHING, Actor, Arm, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The quarter for which an owner's list was last looked through; `stale` where a whole one passed without."""

    owner: str
    period: str
    stale: bool = False


@dataclass(frozen=True, slots=True)
class ListBegun:
    owner: str
    period: str


@dataclass(frozen=True, slots=True)
class ListReviewed:
    owner: str
    period: str


@dataclass(frozen=True, slots=True)
class ListReviewReminded:
    owner: str
    period: str


@dataclass(frozen=True, slots=True)
class ListStale:
    owner: str
    period: str
    above: str


@dataclass(frozen=True, slots=True)
class ReviewList:
    pass


def subject_of_list(owner: str) -> str:
    """Return the subject of an owner's lists."""
    return f"list:{owner}"


def begin(states: States, owner: str, at: datetime, city: Any) -> Decision:
    """Begin the duty with the first item; what is published in a quarter needs no review in it."""
    subject = subject_of_list(owner)
    if states.get(subject) is not None:
        return NOTHING
    first, end = quarter(city.calendar.local(at).date())
    return Decision((Fact(ListBegun(owner, name_of(first)), subject),), (_arm(end, "remind", city, subject),))


@decide.on(ReviewList)
def review(states: States, message: Message, context: Context) -> Decision:
    """Look the list through, once a quarter."""
    owner, city = message.subject.partition(":")[2], context.city
    is_owner = message.actor.kind in ("unit", "department", "post") and message.actor.id == owner
    if not is_owner and not (owner == city.root.code and message.actor.kind == "operations"):
        raise Refused("actor.not_allowed", "authorization", actor=_named(message.actor), act="review a list")
    book: Reviewed | None = states.get(message.subject)
    if book is None:
        raise Refused("list.not_begun", "list", owner=owner)
    period = name_of(quarter(city.calendar.local(message.acted_at).date())[0])
    if book.period == period and not book.stale:
        raise Refused("list.reviewed", "list")
    return Decision((Fact(ListReviewed(owner, period)),))


@on_due("list.quarter")
def strike(states: States, message: Message, context: Context) -> Decision:
    """Remind, then say what is stale, and arm what comes next."""
    book: Reviewed | None = states[message.subject]
    if book is None:
        return NOTHING
    city = context.city
    first = date.fromisoformat(message.data.data["first"])
    period, is_end = name_of(first), message.data.data["step"] == "end"
    armed = (_arm(quarter(first)[1], "remind", city) if is_end else _arm(first, "end", city),)
    if book.period >= period:
        return Decision(deadlines=armed)
    if is_end:
        return Decision((Fact(ListStale(book.owner, period, _above(book.owner, city))),), armed)
    return Decision((Fact(ListReviewReminded(book.owner, period)),), armed)


def quarter(day: date) -> tuple[date, date]:
    """Return the first day of a day's quarter and that of the next."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return first, (first + timedelta(days=95)).replace(day=1)


def name_of(first: date) -> str:
    """Name the quarter that begins on a day, such as `2026Q3`; later ones are greater."""
    return f"{first.year}Q{(first.month + 2) // 3}"


def _arm(first: date, step: str, city: Any, subject: str = "") -> Arm:
    """Arm the reminder or the end of the quarter that begins on a day."""
    begins, ends = (city.calendar.midnight(day.toordinal()) for day in quarter(first))
    share = city.shares["reminder"]
    at: datetime = ends if step == "end" else begins + (ends - begins) * share.numerator / share.denominator
    return Arm("list.quarter", at, {"first": first.isoformat(), "step": step}, subject)


def _above(owner: str, city: Any) -> str:
    above = city.ancestors(owner) if owner in city.units else ()
    code: str = above[0].code if above else city.root.code
    return code


def _named(actor: Actor) -> str:
    return f"{actor.kind}.{actor.id}"


@evolve.on(ListBegun, ListReviewed)
def reviewed(state: Reviewed | None, fact: ListBegun | ListReviewed, at: datetime) -> Reviewed:
    return Reviewed(fact.owner, fact.period)


@evolve.on(ListStale)
def stale(state: Reviewed, fact: ListStale, at: datetime) -> Reviewed:
    return replace(state, stale=True)
