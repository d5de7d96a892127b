"""Deeds (认领实绩): what wishes, lists and projects count for a community, a claimant, an owner (domain §2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.feedback.domain import heard
from shared.kernel.decisions import Message

KINDS = (
    "published",
    "ordered",
    "claimed",
    "done",
    "rated",
    "given_up",
    "lapsed",
    "overdue",
    "stale",
    "resource_refused",
    "resource_overdue",
)
"""What is counted, in the order in which a card gives it."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A private row: one thing that counts for one unit or party; `grade` where somebody rated it."""

    subject: str
    sequence: int
    unit: str
    kind: str
    at: datetime
    grade: int | None = None


def deeds(message: Message) -> tuple[Deed, ...]:
    """Return what a heard fact counts, and for whom; the same party counts once."""
    told = dict(_told(message.data))
    return tuple(
        Deed(message.subject, message.sequence, unit, kind, message.acted_at, grade)
        for (unit, kind), grade in told.items()
    )


def _told(fact: object) -> Iterator[tuple[tuple[str, str], int | None]]:
    match fact:
        case heard.WishOrdered():
            yield (fact.community, "ordered"), None
        case heard.WishClaimed():
            yield (fact.community, "claimed"), None
            yield (fact.claimant, "claimed"), None
        case heard.WishReleased():
            yield (fact.claimant, fact.end), None
        case heard.WishFulfilled():
            yield (fact.community, "done"), None
            yield (fact.claimant or fact.community, "done"), None
        case heard.WishConfirmed():
            yield (fact.community, "rated"), fact.grade
            yield (fact.claimant or fact.community, "rated"), fact.grade
        case heard.WishOverdue():
            yield (fact.charged, "overdue"), None
        case heard.ItemPublished(revision=1):
            yield (fact.owner, "published"), None
        case heard.ItemOrdered():
            yield (fact.item.split(":")[1], "ordered"), None
        case heard.ItemClaimed():
            yield (fact.item.split(":")[1], "claimed"), None
        case heard.ListStale():
            yield (fact.owner, "stale"), None
        case heard.BookingRefused():
            yield (fact.owner, "resource_refused"), None
        case heard.BookingOverdue():
            yield (fact.charged, "resource_overdue"), None
        case heard.ProjectDone():
            yield (fact.community, "done"), None
            yield (fact.partner, "done"), None
        case heard.ProjectRated():
            yield (fact.rated, "rated"), fact.grade
