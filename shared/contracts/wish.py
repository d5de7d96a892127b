"""Wishes and services (点单、审单、领单, workflows §3.5): what dispatch states of them, what its desk is told.

Subjects: `wish:<community>:<id>`; `party:<code>` for what a claimant has on hand. Who wished is in no fact.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideMessage

Subject = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(min_length=2, max_length=500)]
Private = Annotated[str, StringConstraints(max_length=200)]


class WishStatus(StrEnum):
    """Where a wish stands; until an end the community answers for it."""

    ORDERED = "ordered"
    OFFERED = "offered"
    REFUSED = "refused"
    DIVERTED = "diverted"
    CLAIMED = "claimed"
    COME_BACK = "come_back"
    BOUGHT = "bought"
    FULFILLED = "fulfilled"
    CONFIRMED = "confirmed"
    UNRATED = "unrated"


class ClaimEnd(StrEnum):
    """How a claim ended."""

    DONE = "done"
    GIVEN_UP = "given_up"
    LAPSED = "lapsed"


class NamingEnd(StrEnum):
    """Why the one whom the community named did not take the wish."""

    DECLINED = "declined"
    LAPSED = "lapsed"


class Wish(Contract):
    """Every wish fact says where the wish stands after it and which clock of the community or claimant runs."""

    SERVICE: ClassVar[str] = "dispatch"
    status: WishStatus
    community: Code
    due_at: Instant | None = None


class WishOrdered(Wish):
    """Ordered (点单) from a list, or freely: the community reviews it until `due_at`."""

    TYPE: ClassVar[str] = "wish.ordered.v1"
    place: Code
    raised_by: Code
    """The source or unit through which it came, never the person."""
    item: Subject | None
    wording: Masked


class WishOffered(Wish):
    """Reviewed (审单) and open to claims until `due_at`; `again` when it had come back."""

    TYPE: ClassVar[str] = "wish.offered.v1"
    again: bool = False


class WishRefused(Wish):
    """Not taken on, with the answer to the wisher (不予受理，说明理由)."""

    TYPE: ClassVar[str] = "wish.refused.v1"
    why: Masked


class WishDiverted(Wish):
    """It is a matter for the ladder: `case` will be registered for it (转为诉求)."""

    TYPE: ClassVar[str] = "wish.diverted.v1"
    case: Code
    matter: Code
    why: Masked


class WishBecameCase(Contract):
    """On the subject of a new case: it is to be registered for a wish that was diverted."""

    TYPE: ClassVar[str] = "wish.became_case.v1"
    SERVICE: ClassVar[str] = "dispatch"
    wish: Subject
    matter: Code
    place: Code
    wording: Masked


class WishNamed(Wish):
    """The community dispatches it (派单) to one who may agree until `due_at`; nobody else can claim meanwhile."""

    TYPE: ClassVar[str] = "wish.named.v1"
    named: Code


class WishNamingEnded(Wish):
    """The one named did not take it; it stands as before."""

    TYPE: ClassVar[str] = "wish.naming_ended.v1"
    named: Code
    end: NamingEnd


class WishClaimed(Wish):
    """Claimed (领单), or dispatched and agreed to: to be done until `due_at`."""

    TYPE: ClassVar[str] = "wish.claimed.v1"
    claimant: Code
    dispatched: bool


class WishReleased(Wish):
    """The claim was given up or ran out: open to others again, its age kept."""

    TYPE: ClassVar[str] = "wish.released.v1"
    claimant: Code
    end: ClaimEnd
    why: Masked = ""


class WishCameBack(Wish):
    """Nobody claimed it in time: the community decides what becomes of it until `due_at` (退回社区)."""

    TYPE: ClassVar[str] = "wish.came_back.v1"


class WishBought(Wish):
    """The community buys the service (政府购买)."""

    TYPE: ClassVar[str] = "wish.bought.v1"
    provider: Masked


class WishFulfilled(Wish):
    """Done, says who claimed it, or the community that bought it; the wisher confirms until `due_at`."""

    TYPE: ClassVar[str] = "wish.fulfilled.v1"
    by: Code
    claimant: Code | None
    what: Masked
    evidence: int


class WishConfirmed(Wish):
    """The wisher confirms and rates."""

    TYPE: ClassVar[str] = "wish.confirmed.v1"
    claimant: Code | None
    grade: int


class WishUnrated(Wish):
    """The wisher kept silent: done, unrated, counted as nobody's satisfaction."""

    TYPE: ClassVar[str] = "wish.unrated.v1"
    claimant: Code | None


class WishOverdue(Wish):
    """The community let its review, or its decision on a wish that came back, run out; nothing moves by it."""

    TYPE: ClassVar[str] = "wish.overdue.v1"
    charged: Code


class ClaimOpened(Contract):
    """On the subject of a claimant: one more wish on hand."""

    TYPE: ClassVar[str] = "claim.opened.v1"
    SERVICE: ClassVar[str] = "dispatch"
    party: Code
    wish: Subject


class ClaimEnded(Contract):
    """On the subject of a claimant: one wish less on hand."""

    TYPE: ClassVar[str] = "claim.ended.v1"
    SERVICE: ClassVar[str] = "dispatch"
    party: Code
    wish: Subject
    end: ClaimEnd


# ---- messages of the desk


class Wisher(OutsideMessage):
    """Who wishes: seen by the claimant alone, kept until the wish ends. `member` is his code as a claimant, if any."""

    name: Private
    phone: Private
    address: Private = ""
    member: Code | None = None


class OrderWish(OutsideMessage):
    """A source or a grid orders for a resident: from a list (`item`), or a free wish."""

    TYPE: ClassVar[str] = "wish.order.v1"
    SECRET: ClassVar[bool] = True
    place: Code
    item: Subject | None = None
    wording: Words
    wisher: Wisher


class OfferWish(OutsideMessage):
    """The community lets it be claimed; once more, once, when it came back."""

    TYPE: ClassVar[str] = "wish.offer.v1"


class RefuseWish(OutsideMessage):
    """The community answers why not."""

    TYPE: ClassVar[str] = "wish.refuse.v1"
    why: Words


class DivertWish(OutsideMessage):
    """The community makes it a case of this matter on the ladder."""

    TYPE: ClassVar[str] = "wish.divert.v1"
    matter: Code
    why: Words


class NameClaimant(OutsideMessage):
    """The community dispatches it to one who is eligible."""

    TYPE: ClassVar[str] = "wish.name.v1"
    named: Code


class AgreeToWish(OutsideMessage):
    """The one named takes it, or not."""

    TYPE: ClassVar[str] = "wish.agree.v1"
    agrees: bool


class ClaimWish(OutsideMessage):
    """Somebody eligible claims it; the first commit wins."""

    TYPE: ClassVar[str] = "wish.claim.v1"


class GiveUpWish(OutsideMessage):
    """The claimant gives it up."""

    TYPE: ClassVar[str] = "wish.give_up.v1"
    why: Words


class BuyWish(OutsideMessage):
    """The community buys the service of a provider."""

    TYPE: ClassVar[str] = "wish.buy.v1"
    provider: Words


class FulfilWish(OutsideMessage):
    """The claimant, or the community that bought it, says what was done."""

    TYPE: ClassVar[str] = "wish.fulfil.v1"
    what: Words
    evidence: Annotated[int, Field(ge=0, le=20)] = 0


class ConfirmWish(OutsideMessage):
    """The wisher confirms and rates, by the source or grid through which he ordered."""

    TYPE: ClassVar[str] = "wish.confirm.v1"
    grade: Annotated[int, Field(ge=1, le=5)]
