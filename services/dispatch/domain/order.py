"""The order of a case: where it stands, who holds it, and what its present assignment has been through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.dispatch.domain.dispute import Dispute
from services.dispatch.domain.supervision import SupervisionOrder
from shared.kernel.clock import Suspension, Term
from shared.kernel.transitions import Transitions


class Status(StrEnum):
    """Where an order stands (workflows §3.1)."""

    WAITING = "waiting"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
    HANDLED = "handled"
    VERIFIED = "verified"
    ESCALATED = "escalated"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Cause(StrEnum):
    """Why an order goes to the joint meeting (workflows §2.1)."""

    UNABLE = "unable"
    BOUNCED = "bounced"
    OVERDUE = "overdue"
    REWORK = "rework"
    DISSATISFIED = "dissatisfied"
    DISPUTE = "dispute"
    BY_HAND = "by_hand"
    NEW_FACTS = "new_facts"


MOVES: Transitions[Status] = Transitions(
    {
        Status.WAITING: {Status.DISPATCHED, Status.ESCALATED, Status.WITHDRAWN},
        Status.DISPATCHED: {Status.ACCEPTED, Status.WAITING, Status.ESCALATED, Status.WITHDRAWN},
        Status.ACCEPTED: {Status.SUSPENDED, Status.HANDLED, Status.WAITING, Status.ESCALATED, Status.WITHDRAWN},
        Status.SUSPENDED: {Status.ACCEPTED, Status.ESCALATED, Status.WITHDRAWN},
        Status.HANDLED: {Status.VERIFIED, Status.ACCEPTED, Status.ESCALATED},
        Status.VERIFIED: {Status.CLOSED, Status.ACCEPTED, Status.ESCALATED},
        Status.ESCALATED: {Status.DISPATCHED, Status.WAITING, Status.CLOSED, Status.WITHDRAWN},
        Status.CLOSED: set(),
        Status.WITHDRAWN: {Status.WAITING},
    }
)
"""Workflows §3.1; an order begins WAITING. One solved on the spot begins CLOSED; if it was drawn, HANDLED, or VERIFIED
where its matter needs no verification.

A withdrawn order begins anew only when the merge that ended it is undone.
From WAITING and SUSPENDED it goes to a meeting only with a topic that somebody proposed by hand (§2.2, move 3).
"""

OF_TOPIC = "topic"
"""What stands for the matter in the order of a topic without a case: it is in no catalogue."""

MEETING = "meeting"
"""The rung of an order that a meeting made, outside the ladder."""


class PartState(StrEnum):
    """What became of a supporting department's part; a lapsed one may still be answered, late."""

    OPEN = "open"
    ANSWERED = "answered"
    RELEASED = "released"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Part:
    """What a supporting unit (协办) has to do in the present assignment; `asked` once it asked to be released."""

    unit: str
    state: PartState = PartState.OPEN
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a holder asks and nobody has judged yet; `kind` is a line of the table of requests.

    `more` is the time asked on top of the budget (extension), `days` and `cause` those of a suspension.
    """

    kind: str
    asker: str
    judge: str
    proposed: str | None = None
    more: str = ""
    days: int = 0
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One order per case for life, with a series of assignments.

    `version` counts the reworks, extensions and suspensions of the present assignment: with `assignment` it names the
    deadline that runs, so that an old rung does nothing. `term` is what the running clock is made of, None where a
    resolution set a date (`meeting_due_at`); `fired` are the rungs of it that fired already. While the order is
    suspended `paused` keeps the term of its handling, `paused_at` and `paused_by` since when and by whom;
    `case_pauses` is when the case clock stood still. `barred` holds the units whose hand-back was upheld, `passed`
    those that passed the case up, `overdue` every clock that ever ran out, `is_late` that of the present assignment's
    handling; `asked` is what the holder asked for in this assignment, `asked_of_case` what may be asked once a case.
    `is_taken_back` is set when the reporter took the report back too late for the work to stop; should the work then
    fail, the order ends instead of beginning again.
    """

    number: str
    matter: str
    unit: str
    summary: str
    urgent: bool
    opened_at: datetime
    status: Status = Status.WAITING
    responsible: str | None = None
    rung: str | None = None
    assignment: int = 0
    clock: str | None = None
    due_at: datetime | None = None
    dispatcher: str = ""
    lead: str | None = None
    version: int = 0
    dispatched_at: datetime | None = None
    handle_due_at: datetime | None = None
    case_due_at: datetime | None = None
    meeting_due_at: datetime | None = None
    is_handled: bool = False
    on_time: bool | None = None
    failures: int = 0
    bounces: int = 0
    barred: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()
    request: Request | None = None
    topic: str | None = None
    tried: str = ""
    is_taken_back: bool = False
    dispute: Dispute | None = None
    handler: str = ""
    supervisions: tuple[SupervisionOrder, ...] = ()
    term: Term | None = None
    fired: tuple[str, ...] = ()
    paused: Term | None = None
    paused_at: datetime | None = None
    paused_by: str | None = None
    case_pauses: tuple[Suspension, ...] = ()
    is_late: bool = False
    asked_of_case: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    reminded: tuple[tuple[str, datetime], ...] = ()
    """Desks that reminded by hand, each with when it last did."""
    source: str = ""
    """Through which window the report came in first."""

    @property
    def is_meeting_order(self) -> bool:
        """Tell whether a meeting made the present assignment, outside the ladder."""
        return self.meeting_due_at is not None

    def part_of(self, unit: str) -> Part | None:
        """Return the part of a supporting unit in the present assignment."""
        return next((part for part in self.parts if part.unit == unit), None)

    @property
    def open_parts(self) -> tuple[str, ...]:
        """Return the units whose parts are neither answered, released nor lapsed."""
        return tuple(part.unit for part in self.parts if part.state is PartState.OPEN)
