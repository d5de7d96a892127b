"""Facts of intake and dispatch, with the fields that feedback needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Placement:
    """The smallest unit that is known of where a case lies."""

    unit: str


@dataclass(frozen=True, slots=True)
class Understanding:
    matter: str


@dataclass(frozen=True, slots=True)
class CaseRegistered:
    number: str
    source: str
    report: str
    reporter: str
    ratable: bool
    placement: Placement
    understanding: Understanding | None = None
    kind: str = ""
    raised_by: str | None = None


@dataclass(frozen=True, slots=True)
class CaseSolvedOnSpot:
    number: str
    source: str
    report: str
    reporter: str
    ratable: bool
    placement: Placement
    drawn: bool
    understanding: Understanding | None = None
    kind: str = ""
    raised_by: str | None = None
    handler: str = ""


@dataclass(frozen=True, slots=True)
class CaseUnmerged(CaseRegistered):
    pass


@dataclass(frozen=True, slots=True)
class ReporterLeft:
    reporter: str


@dataclass(frozen=True, slots=True)
class ReporterJoined:
    source: str
    report: str
    reporter: str
    ratable: bool


@dataclass(frozen=True, slots=True)
class ResidentErased:
    reporter: str


@dataclass(frozen=True, slots=True)
class VisitLogged:
    unit: str
    kind: str


@dataclass(frozen=True, slots=True)
class OrderOpened:
    pass


@dataclass(frozen=True, slots=True)
class OrderDispatched:
    """`responsible` is the lead, `unit` the place; a meeting order has the deadline of its resolution."""

    responsible: str | None
    dispatcher: str
    number: str = ""
    unit: str = ""
    assignment: int = 0
    meeting: bool = False
    handle_due_at: datetime | None = None
    support: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderAccepted:
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderPassedUp:
    pass


@dataclass(frozen=True, slots=True)
class HandBackAsked:
    pass


@dataclass(frozen=True, slots=True)
class HandBackJudged:
    upheld: bool


@dataclass(frozen=True, slots=True)
class OrderRecalled:
    """The dispatcher took the assignment back before it was accepted."""


@dataclass(frozen=True, slots=True)
class ExtensionJudged:
    """`due_at` is the new due of the order when granted."""

    granted: bool
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class SuspensionJudged:
    """`due_at` is the end of the pause when granted, `paused_due_at` what was due as the clock stopped."""

    granted: bool
    due_at: datetime | None
    paused_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderResumed:
    """`due_at` is the due of the order after the pause."""

    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderHandled:
    """`responsible` is who verifies, until `due_at`."""

    handle_due_at: datetime
    responsible: str | None = None
    due_at: datetime | None = None
    done_by: str = ""
    dispatcher: str | None = None


@dataclass(frozen=True, slots=True)
class OrderVerified:
    """`handled_by` is the lead, who may read in masked form what the reporters say of his work."""

    handled_by: str
    dispatcher: str = ""
    verifier: str | None = None


@dataclass(frozen=True, slots=True)
class VerificationFailed:
    clock: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderReworked:
    clock: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderOverdue:
    of: str


@dataclass(frozen=True, slots=True)
class OrderEscalated:
    cause: str


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """`lead` is the lead of the last assignment, for whom the answers count, as they do for its dispatcher."""

    reason: str
    lead: str | None
    dispatcher: str | None


@dataclass(frozen=True, slots=True)
class OrderWithdrawn:
    pass


@dataclass(frozen=True, slots=True)
class TopicResolved:
    """`own_order` tells that the topic has no case: the order that the meeting makes is the topic's own."""

    own_order: bool = False
    number: str = ""
    unit: str | None = None
    proposer: str | None = None


@dataclass(frozen=True, slots=True)
class TopicSquadFormed(TopicResolved):
    pass


@dataclass(frozen=True, slots=True)
class TopicWrittenOff:
    """`final` once every entry of the topic is written off."""

    final: bool


@dataclass(frozen=True, slots=True)
class Head:
    ledger: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class HeadsPublished:
    """A page of the daily list of the heads of all ledgers."""

    on: date
    page: int
    pages: int
    heads: tuple[Head, ...]


@dataclass(frozen=True, slots=True)
class DisputeSucceeded:
    """All parties of a dispute have signed the agreement."""

    mediator: str


@dataclass(frozen=True, slots=True)
class DisputeFailed:
    """A mediation came to nothing."""

    mediator: str


# ---- what is claimed


@dataclass(frozen=True, slots=True)
class WishOrdered:
    community: str


@dataclass(frozen=True, slots=True)
class WishClaimed:
    community: str
    claimant: str


@dataclass(frozen=True, slots=True)
class WishReleased:
    claimant: str
    end: str


@dataclass(frozen=True, slots=True)
class WishFulfilled:
    community: str
    claimant: str | None


@dataclass(frozen=True, slots=True)
class WishConfirmed:
    community: str
    claimant: str | None
    grade: int


@dataclass(frozen=True, slots=True)
class WishOverdue:
    charged: str


@dataclass(frozen=True, slots=True)
class ItemPublished:
    owner: str
    revision: int


@dataclass(frozen=True, slots=True)
class ItemOrdered:
    item: str


@dataclass(frozen=True, slots=True)
class ItemClaimed:
    item: str


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
class BookingRefused:
    owner: str


@dataclass(frozen=True, slots=True)
class BookingOverdue:
    charged: str


@dataclass(frozen=True, slots=True)
class ProjectDone:
    community: str
    partner: str


@dataclass(frozen=True, slots=True)
class ProjectRated:
    rated: str
    grade: int
