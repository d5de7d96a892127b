"""The line of an order (计分行): what the rates need of one case, folded from what dispatch and feedback state.

A case has one line; an order that a meeting makes is a further line, for its own lead (workflows §4.3).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from services.feedback.domain import heard
from services.feedback.domain.exclusion import ExclusionDecided
from shared.kernel.decisions import Evolution
from shared.kernel.replacing import replace

ROLES = ("lead", "dispatcher", "community", "grid", "subgrid")
"""As what a unit has a case on its card: the third-level grid of the place stands for its grid member."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """The present line of a case and its present assignment.

    `due_at` is the due of the handle clock in force, `due_before` the one before a suspension; `left` is why the order
    left its lead: an escalation's cause, or withdrawn. `verified_at` is None again once the work is sent back.
    """

    number: str
    place: str
    line: int = 1
    lead: str = ""
    dispatcher: str = ""
    due_at: datetime | None = None
    due_before: datetime | None = None
    suspended_at: datetime | None = None
    resumed_at: datetime | None = None
    handled_at: datetime | None = None
    verified_at: datetime | None = None
    first_verified_at: datetime | None = None
    failed: bool = False
    extended: bool = False
    overdue: bool = False
    left: str | None = None
    closed_at: datetime | None = None
    declined: bool = False
    reworked: bool = False
    excluded: str | None = None
    mediated: bool = False
    mediated_at: datetime | None = None
    assignment: int = 0
    made_at: datetime | None = None
    asked_back: bool = False
    upheld: bool = False
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as it is kept; each unit it counts for stands once: as lead, dispatcher, or by the place."""

    case_id: str
    line: int
    number: str
    lead: str | None
    dispatcher: str | None
    community: str | None
    grid: str | None
    subgrid: str | None
    due_at: datetime | None
    due_before: datetime | None
    suspended_at: datetime | None
    resumed_at: datetime | None
    handled_at: datetime | None
    verified_at: datetime | None
    first_verified_at: datetime | None
    failed: bool
    extended: bool
    overdue: bool
    left: str | None
    closed_at: datetime | None
    declined: bool
    reworked: bool
    excluded: str | None
    mediated: bool
    mediated_at: datetime | None

    @property
    def units(self) -> tuple[str | None, ...]:
        """Return what it counts for beside the city, each once (workflows §4.1)."""
        return self.lead, self.dispatcher, self.community, self.grid, self.subgrid

    @property
    def moments(self) -> tuple[datetime | None, ...]:
        """Return the instants that say in which periods it counts."""
        return self.due_at, self.due_before, self.first_verified_at, self.closed_at, self.mediated_at


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """One assignment: who dispatched to whom, and whether it came back."""

    case_id: str
    assignment: int
    lead: str
    dispatcher: str
    made_at: datetime
    asked_back: bool
    upheld: bool
    recalled: bool


_SAME = tuple(
    field.name for field in fields(LineRow) if field.name not in ROLES and field.name in CaseLine.__dataclass_fields__
)
_same = attrgetter(*_SAME)
follow = Evolution()
"""(line or None, fact, at) -> line."""


def line_row(case: str, line: CaseLine, city: Any) -> LineRow:
    """Return a line as it is kept, its place turned into units."""
    lineage = city.lineage(line.place) if line.place in city.units else ()
    at_place = {unit.level.value: unit.code for unit in lineage}
    taken = {city.root.code, ""}
    units: dict[str, Any] = dict.fromkeys(ROLES)
    for name, unit in {"lead": line.lead, "dispatcher": line.dispatcher, **at_place}.items():
        if name in ROLES:
            units[name] = None if unit in taken else unit
            taken.add(unit)
    return LineRow(case_id=case, **units, **dict(zip(_SAME, _same(line), strict=True)))


def assignment_row(case: str, line: CaseLine) -> AssignmentRow | None:
    """Return the present assignment as it is kept; None before the first."""
    if line.made_at is None:
        return None
    return AssignmentRow(
        case, line.assignment, line.lead, line.dispatcher, line.made_at, line.asked_back, line.upheld, line.recalled
    )


# ---- folds


@follow.on(heard.CaseRegistered, heard.CaseSolvedOnSpot)
def begin(line: CaseLine | None, fact: heard.CaseRegistered | heard.CaseSolvedOnSpot, at: datetime) -> CaseLine:
    return CaseLine(fact.number, fact.placement.unit)


@follow.on(heard.CaseUnmerged)
def begin_again(line: CaseLine | None, fact: heard.CaseUnmerged, at: datetime) -> CaseLine:
    """Begin where the case never had a line; what it was late with stays."""
    return line or CaseLine(fact.number, fact.placement.unit)


@follow.on(heard.OrderDispatched)
def dispatched(line: CaseLine | None, fact: heard.OrderDispatched, at: datetime) -> CaseLine | None:
    if fact.responsible is None:
        return line
    line = line or CaseLine(fact.number, fact.unit)
    if fact.meeting and line.lead:
        line = CaseLine(line.number, line.place, line.line + 1, excluded=line.excluded)
    return replace(
        line, lead=fact.responsible, dispatcher=fact.dispatcher, due_at=fact.handle_due_at, handled_at=None,
        verified_at=None, overdue=False, left=None, assignment=fact.assignment, made_at=at, asked_back=False,
        upheld=False, recalled=False,
    )  # fmt: skip


@follow.on(heard.OrderOpened, heard.OrderPassedUp)
def waiting(line: CaseLine | None, fact: Any, at: datetime) -> CaseLine | None:
    if line is None:
        return None
    resumed_at = line.resumed_at if line.suspended_at is None else line.resumed_at or at
    return replace(line, due_at=None, left=None, resumed_at=resumed_at)


@follow.on(heard.OrderAccepted)
def accepted(line: CaseLine | None, fact: heard.OrderAccepted, at: datetime) -> CaseLine | None:
    return line and replace(line, due_at=fact.due_at)


@follow.on(heard.HandBackAsked)
def hand_back_asked(line: CaseLine | None, fact: heard.HandBackAsked, at: datetime) -> CaseLine | None:
    return line and replace(line, asked_back=True)


@follow.on(heard.HandBackJudged)
def hand_back_judged(line: CaseLine | None, fact: heard.HandBackJudged, at: datetime) -> CaseLine | None:
    return line and (replace(line, upheld=True, due_at=None) if fact.upheld else line)


@follow.on(heard.OrderRecalled)
def recalled(line: CaseLine | None, fact: heard.OrderRecalled, at: datetime) -> CaseLine | None:
    return line and replace(line, recalled=True, due_at=None)


@follow.on(heard.ExtensionJudged)
def extension_judged(line: CaseLine | None, fact: heard.ExtensionJudged, at: datetime) -> CaseLine | None:
    return line and (replace(line, extended=True, due_at=fact.due_at) if fact.granted else line)


@follow.on(heard.SuspensionJudged)
def suspension_judged(line: CaseLine | None, fact: heard.SuspensionJudged, at: datetime) -> CaseLine | None:
    """Note since when the order stands still; until it goes on, what was due before counts (S of workflows §4.3)."""
    if line is None or not fact.granted:
        return line
    return replace(line, due_before=fact.paused_due_at, suspended_at=at, resumed_at=None)


@follow.on(heard.OrderResumed)
def resumed(line: CaseLine | None, fact: heard.OrderResumed, at: datetime) -> CaseLine | None:
    return line and replace(line, resumed_at=at, due_at=fact.due_at)


@follow.on(heard.OrderHandled)
def handled(line: CaseLine | None, fact: heard.OrderHandled, at: datetime) -> CaseLine | None:
    if line is not None and not line.lead:  # solved on the spot and drawn: due nowhere, verified by another
        return replace(line, lead=fact.done_by, dispatcher=fact.dispatcher or "", handled_at=at)
    return line and replace(line, handled_at=at, due_at=fact.handle_due_at)


@follow.on(heard.OrderVerified)
def verified(line: CaseLine | None, fact: heard.OrderVerified, at: datetime) -> CaseLine | None:
    if line is None:
        return None
    if not line.lead:  # solved on the spot where nothing is verified: his own word is no verification
        return replace(line, lead=fact.handled_by, dispatcher=fact.dispatcher, verified_at=at)
    return replace(line, verified_at=at, first_verified_at=line.first_verified_at or at)


@follow.on(heard.VerificationFailed, heard.OrderReworked)
def sent_back(line: CaseLine | None, fact: Any, at: datetime) -> CaseLine | None:
    if line is None:
        return None
    due_at = fact.due_at if fact.clock == "handle" else line.due_at
    is_failed = isinstance(fact, heard.VerificationFailed)
    return replace(
        line, verified_at=None, due_at=due_at, failed=line.failed or is_failed, reworked=line.reworked or not is_failed
    )


@follow.on(heard.OrderOverdue)
def overdue(line: CaseLine | None, fact: heard.OrderOverdue, at: datetime) -> CaseLine | None:
    return line and (replace(line, overdue=True) if fact.of == "handle" else line)


@follow.on(heard.OrderEscalated)
def escalated(line: CaseLine | None, fact: heard.OrderEscalated, at: datetime) -> CaseLine | None:
    return line and replace(line, left=fact.cause, verified_at=None)


@follow.on(ExclusionDecided)
def excluded(line: CaseLine | None, fact: ExclusionDecided, at: datetime) -> CaseLine | None:
    return line and (replace(line, excluded=fact.code) if fact.granted else line)


@follow.on(heard.DisputeSucceeded, heard.DisputeFailed)
def mediated(
    line: CaseLine | None, fact: heard.DisputeSucceeded | heard.DisputeFailed, at: datetime
) -> CaseLine | None:
    return line and replace(line, mediated=isinstance(fact, heard.DisputeSucceeded), mediated_at=at)


@follow.on(heard.OrderWithdrawn)
def withdrawn(line: CaseLine | None, fact: heard.OrderWithdrawn, at: datetime) -> CaseLine | None:
    return line and replace(line, left="withdrawn")


@follow.on(heard.CaseClosed)
def closed(line: CaseLine | None, fact: heard.CaseClosed, at: datetime) -> CaseLine | None:
    if line is None:
        return None
    if not line.lead:
        line = replace(line, lead=fact.lead or "", dispatcher=fact.dispatcher or "", verified_at=at)
    return replace(line, closed_at=at, declined=fact.reason == "answered")
