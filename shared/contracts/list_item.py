"""Lists (清单, domain §2.4) and what lives by them: items, reviews, bookings of shared resources.

Subjects: `item:<owner>:<id>` for an item with its bookings, `list:<owner>` for the review of all that a unit publishes.
"""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideMessage
from shared.contracts.wish import Subject, Words


class ListKind(StrEnum):
    """Of which list an item is: 需求、资源、服务、责任、优势、紧缺、服务事项."""

    DEMAND = "demand"
    RESOURCE = "resource"
    SERVICE = "service"
    RESPONSIBILITY = "responsibility"
    STRENGTH = "strength"
    SHORTAGE = "shortage"
    SERVICE_ITEM = "service_item"


class ItemStatus(StrEnum):
    """Where an item stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ItemFact(Contract):
    """Every fact of an item says of which list it is."""

    SERVICE: ClassVar[str] = "dispatch"
    owner: Code
    kind: ListKind


class ItemContent(ItemFact):
    """What an item says: `community` to whose circle it is published (None: the whole city), `partner` with whom it is
    kept; `opens` and `closes` are the hours in which a resource may be booked."""

    community: Code | None
    wording: Masked
    quantity: int
    form: Masked = ""
    valid_from: date
    valid_until: date
    partner: Code | None = None
    opens: time | None = None
    closes: time | None = None


class ItemDrafted(ItemContent):
    """Written down, not yet seen by others."""

    TYPE: ClassVar[str] = "list.item_drafted.v1"


class ItemPublished(ItemContent):
    """Published (公布); a later revision only while nobody ordered or claimed it, after that it is replaced."""

    TYPE: ClassVar[str] = "list.item_published.v1"
    revision: int
    replaces: Subject | None = None


class ItemWithdrawn(ItemFact):
    """Withdrawn, or replaced by another."""

    TYPE: ClassVar[str] = "list.item_withdrawn.v1"
    why: Masked
    replaced_by: Subject | None = None


class ItemExpired(ItemFact):
    """Its valid dates are over."""

    TYPE: ClassVar[str] = "list.item_expired.v1"


class ItemOrdered(Contract):
    """One of its number was ordered by a wish."""

    TYPE: ClassVar[str] = "list.item_ordered.v1"
    SERVICE: ClassVar[str] = "dispatch"
    item: Subject
    wish: Subject


class ItemUnordered(Contract):
    """The wish came to nothing: the number is free again."""

    TYPE: ClassVar[str] = "list.item_unordered.v1"
    SERVICE: ClassVar[str] = "dispatch"
    item: Subject
    wish: Subject


class ItemClaimed(Contract):
    """A project claims it (认领)."""

    TYPE: ClassVar[str] = "list.item_claimed.v1"
    SERVICE: ClassVar[str] = "dispatch"
    item: Subject
    project: Subject


class ItemUnclaimed(Contract):
    """The project came to nothing or is over; `agreement` holds on where it is one about sharing."""

    TYPE: ClassVar[str] = "list.item_unclaimed.v1"
    SERVICE: ClassVar[str] = "dispatch"
    item: Subject
    project: Subject


class ItemShared(Contract):
    """A sharing agreement about it is signed (资源联享): these may book it in its opening hours."""

    TYPE: ClassVar[str] = "list.item_shared.v1"
    SERVICE: ClassVar[str] = "dispatch"
    item: Subject
    project: Subject
    parties: tuple[Code, ...]


class ListBegun(Contract):
    """The owner has a list from now on, and reviews it each quarter."""

    TYPE: ClassVar[str] = "list.begun.v1"
    SERVICE: ClassVar[str] = "dispatch"
    owner: Code
    period: str


class ListReviewed(Contract):
    """The owner looked it through in this quarter."""

    TYPE: ClassVar[str] = "list.reviewed.v1"
    SERVICE: ClassVar[str] = "dispatch"
    owner: Code
    period: str


class ListReviewReminded(Contract):
    """Three quarters of the quarter are over and it is not reviewed yet."""

    TYPE: ClassVar[str] = "list.review_reminded.v1"
    SERVICE: ClassVar[str] = "dispatch"
    owner: Code
    period: str


class ListStale(Contract):
    """The quarter is over without a review: shown as stale, said to the unit above."""

    TYPE: ClassVar[str] = "list.stale.v1"
    SERVICE: ClassVar[str] = "dispatch"
    owner: Code
    period: str
    above: Code


# ---- bookings


class Booking(Contract):
    """Stated of one booking of an item."""

    SERVICE: ClassVar[str] = "dispatch"
    item: Subject
    owner: Code
    booking: Code


class BookingAsked(Booking):
    """Grid staff call for a resource (资源落实权); the owner grants it or says why not until `due_at`."""

    TYPE: ClassVar[str] = "booking.asked.v1"
    by: Code
    purpose: Masked
    starts_at: Instant
    ends_at: Instant
    due_at: Instant


class BookingGranted(Booking):
    """It is theirs for the time: granted by the owner, or at once under a sharing agreement."""

    TYPE: ClassVar[str] = "booking.granted.v1"
    by: Code
    purpose: Masked
    starts_at: Instant
    ends_at: Instant


class BookingRefused(Booking):
    """The owner refuses, with the reason; it is counted on the owner's card."""

    TYPE: ClassVar[str] = "booking.refused.v1"
    by: Code
    why: Masked


class BookingOverdue(Booking):
    """The owner said nothing in time; silence grants nothing and is charged."""

    TYPE: ClassVar[str] = "booking.overdue.v1"
    charged: Code


class BookingEnded(Booking):
    """Cancelled by who booked, or its time is over."""

    TYPE: ClassVar[str] = "booking.ended.v1"
    by: Code
    used: bool


# ---- messages of the desk


class Content(OutsideMessage):
    """What an item is to say."""

    kind: ListKind
    community: Code | None = None
    wording: Words
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1
    form: Annotated[str, Field(max_length=40)] = ""
    valid_from: date
    valid_until: date
    partner: Code | None = None
    opens: time | None = None
    closes: time | None = None


class DraftItem(Content):
    """Write an item down, or anew while it is a draft."""

    TYPE: ClassVar[str] = "list.draft.v1"


class PublishItem(OutsideMessage):
    """Publish a draft; one kept with a partner is published by the partner, who did not write it."""

    TYPE: ClassVar[str] = "list.publish.v1"


class ReviseItem(Content):
    """Change a published item that nobody ordered or claimed."""

    TYPE: ClassVar[str] = "list.revise.v1"


class ReplaceItem(Content):
    """Publish another item in the place of one that was ordered or claimed."""

    TYPE: ClassVar[str] = "list.replace.v1"
    replaces: Subject


class WithdrawItem(OutsideMessage):
    """Take an item from the list; what was ordered or claimed by then goes on."""

    TYPE: ClassVar[str] = "list.withdraw.v1"
    why: Words


class ReviewList(OutsideMessage):
    """Say that the list was looked through."""

    TYPE: ClassVar[str] = "list.review.v1"


class BookItem(OutsideMessage):
    """Book a resource for a time."""

    TYPE: ClassVar[str] = "booking.ask.v1"
    booking: Code
    purpose: Words
    starts_at: Instant
    ends_at: Instant


class AnswerBooking(OutsideMessage):
    """The owner grants what was asked, or says why not."""

    TYPE: ClassVar[str] = "booking.answer.v1"
    booking: Code
    granted: bool
    why: Annotated[str, Field(max_length=500)] = ""


class CancelBooking(OutsideMessage):
    """Who booked gives it back."""

    TYPE: ClassVar[str] = "booking.cancel.v1"
    booking: Code
