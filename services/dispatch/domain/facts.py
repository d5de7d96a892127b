"""What dispatch states; every fact says where the order stands after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from services.dispatch.domain.order import Cause, Order, Status


@dataclass(frozen=True, slots=True)
class Standing:
    """Exactly one responsible unit and one running clock while the order is open; none of them afterwards."""

    status: Status
    responsible: str | None
    rung: str | None
    assignment: int
    clock: str | None
    due_at: datetime | None
    budget: str | None = field(default=None, kw_only=True)
    """What the clock that starts with this fact was given, such as `7 wd`; None where none starts or a date is set."""


Stand = tuple[Status, str | None, str | None, int, str | None, datetime | None]
"""A standing as the first arguments of any fact."""


def unchanged(order: Order) -> Stand:
    """Return the standing of an order that a fact leaves as it is."""
    return order.status, order.responsible, order.rung, order.assignment, order.clock, order.due_at


@dataclass(frozen=True, slots=True)
class OrderOpened(Standing):
    case_due_at: datetime
    dispatcher: str


@dataclass(frozen=True, slots=True)
class OrderDispatched(Standing):
    number: str
    matter: str
    unit: str
    summary: str
    urgent: bool
    dispatcher: str
    rule: str
    support: tuple[str, ...] = ()
    meeting: bool = False
    handle_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderAccepted(Standing):
    handler: str
    deemed: bool
    office_phone: str = ""


@dataclass(frozen=True, slots=True)
class OrderProgressed(Standing):
    note: str


@dataclass(frozen=True, slots=True)
class HandBackAsked(Standing):
    clause: str
    proposed: str
    note: str
    judge: str
    judge_due_at: datetime


@dataclass(frozen=True, slots=True)
class HandBackJudged(Standing):
    upheld: bool
    lapsed: bool
    bounces: int
    judge: str
    asked_by: str


@dataclass(frozen=True, slots=True)
class UnableAsked(Standing):
    missing: str
    tried: str
    judge: str
    judge_due_at: datetime


@dataclass(frozen=True, slots=True)
class UnableJudged(Standing):
    confirmed: bool
    lapsed: bool
    judge: str


@dataclass(frozen=True, slots=True)
class ExtensionAsked(Standing):
    more: str
    why: str
    judge: str
    judge_due_at: datetime


@dataclass(frozen=True, slots=True)
class ExtensionJudged(Standing):
    granted: bool
    lapsed: bool
    judge: str
    more: str
    version: int


@dataclass(frozen=True, slots=True)
class SuspensionAsked(Standing):
    cause: str
    days: int
    why: str
    judge: str
    judge_due_at: datetime


@dataclass(frozen=True, slots=True)
class SuspensionJudged(Standing):
    granted: bool
    lapsed: bool
    judge: str
    cause: str
    paused_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderResumed(Standing):
    early: bool
    by: str | None
    paused_at: datetime
    version: int
    case_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderRecalled(Standing):
    dispatcher: str
    from_unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class DepartmentsDisputed(Standing):
    dispatcher: str
    among: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class PartAnswered(Standing):
    unit: str
    note: str
    late: bool


@dataclass(frozen=True, slots=True)
class PartReleaseAsked(Standing):
    unit: str
    why: str
    judge: str
    judge_due_at: datetime


@dataclass(frozen=True, slots=True)
class PartReleaseJudged(Standing):
    unit: str
    granted: bool
    lapsed: bool
    judge: str


@dataclass(frozen=True, slots=True)
class PartsAgreed(Standing):
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartLapsed(Standing):
    unit: str


@dataclass(frozen=True, slots=True)
class OrderPassedUp(Standing):
    from_unit: str
    to_unit: str
    from_rung: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class OrderHandled(Standing):
    done_by: str
    note: str
    contacted: bool
    evidence: int
    on_time: bool
    handle_due_at: datetime
    handler: str = ""
    done_at: datetime | None = None
    dispatcher: str | None = None


@dataclass(frozen=True, slots=True)
class OrderVerified(Standing):
    verifier: str | None
    handled_by: str
    dispatcher: str
    means: str = ""


@dataclass(frozen=True, slots=True)
class VerificationFailed(Standing):
    verifier: str
    reason: str
    failures: int


@dataclass(frozen=True, slots=True)
class OrderReworked(Standing):
    pass


@dataclass(frozen=True, slots=True)
class OrderReminded(Standing):
    of: str
    by: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class OrderOverdue(Standing):
    of: str
    charged: str


@dataclass(frozen=True, slots=True)
class OrderSupervised(Standing):
    of: str
    charged: str
    supervisor: str
    number: int
    receipt_due_at: datetime
    by_hand: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class SupervisionAnswered(Standing):
    number: int
    of: str
    charged: str
    note: str
    on_time: bool


@dataclass(frozen=True, slots=True)
class SupervisionUnanswered(Standing):
    number: int
    of: str
    charged: str
    supervisor: str


@dataclass(frozen=True, slots=True)
class OrderProjected(Standing):
    of: str
    before: datetime
    ends_at: datetime
    calendar: int
    reason: str


@dataclass(frozen=True, slots=True)
class OrderEscalated(Standing):
    cause: Cause
    body: str
    lead: str | None
    tried: str
    number: str
    matter: str
    unit: str
    summary: str
    urgent: bool
    meeting_order: bool


@dataclass(frozen=True, slots=True)
class OrderAtMeeting(Standing):
    topic: str
    body: str


@dataclass(frozen=True, slots=True)
class CaseClosed(Standing):
    reason: str
    lead: str | None
    dispatcher: str | None
    on_time: bool | None
    solved_at_rung: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class OrderWithdrawn(Standing):
    pass


@dataclass(frozen=True, slots=True)
class ReplyRefused:
    """Answer to a department: its reply changed nothing."""

    reply: str | None
    order: str | None
    rule: str
    field: str
    params: dict[str, str]
