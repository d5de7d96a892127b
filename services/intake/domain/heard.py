"""What intake hears of other services: as much as a reporter may follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFact:
    """Where the order stands after the fact, and who answers for it now."""

    status: str
    responsible: str | None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOpened(OrderFact):
    """Waits to be dispatched (待派)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDispatched(OrderFact):
    """Assigned (派单)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted(OrderFact):
    """Signed for (签收)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandBackJudged(OrderFact):
    """Handed back, or not (退单)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecalled(OrderFact):
    """Taken back by its dispatcher (收回)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionJudged(OrderFact):
    """More time, or not (延期)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionJudged(OrderFact):
    """Paused, or not (挂账)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResumed(OrderFact):
    """The pause is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPassedUp(OrderFact):
    """Passed up the ladder (上报)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHandled(OrderFact):
    """Done, says the lead (办结): what was done."""

    note: str = ""
    done_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderVerified(OrderFact):
    """Verified (核查通过)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationFailed(OrderFact):
    """Back to the lead (返工)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReworked(OrderFact):
    """Back to the lead after a dissatisfied rating (返工)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEscalated(OrderFact):
    """Goes to the joint meeting (提请上会)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAtMeeting(OrderFact):
    """A body's unit answers for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(OrderFact):
    """The end (结案), with its reason."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWithdrawn(OrderFact):
    """The order ended with the withdrawal of the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicResolved:
    """A meeting decided that it be done."""

    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicMovedUp:
    """A meeting moved it up."""

    to_body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDeferred:
    """A meeting put it off to a named one."""

    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDeclined:
    """A meeting declined it, for one of the listed reasons."""

    body: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingInvited:
    """The reporter is asked how it went (评单)."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFailed:
    """A check of the case `of_case` failed; the fact's own subject is the case that is to be opened for it."""

    of_case: str
    matter: str
    place: str
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WishBecameCase:
    """A community made a wish a matter of the ladder; the fact's own subject is the case that is to be opened."""

    wish: str
    matter: str
    place: str
    wording: str
