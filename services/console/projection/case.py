"""One row per case: where it stands, who answers for it, and by which rungs it came there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from shared.contracts import dispatch as d
from shared.contracts import intake as i
from shared.contracts.base import Contract

LADDER = ("grid", "community", "street", "department", "meeting")
ENDED = ("closed", "withdrawn", "rejected", "merged")
OPEN_STATUSES = (
    *("registered", "waiting", "dispatched", "accepted", "suspended"),
    *("handled", "verified", "escalated"),
)


class CaseRow(Struct, frozen=True):
    """A case as lists and figures need it.

    `status` is the order's, before there is one `held`, `rejected` or `registered`. `path` is the rungs that it
    reached, none above the one where it stands or was solved; `reached` when it first came to each.
    """

    id: str
    received_at: datetime
    number: str = ""
    summary: str = ""
    status: str = "registered"
    source: str = ""
    report: str = ""
    matter: str | None = None
    matter_how: str | None = None
    matter_confidence: float | None = None
    matter_words: list[str] = field(default_factory=list)
    kind: str | None = None
    urgent: bool = False
    unit: str | None = None
    place_how: str | None = None
    lon: float | None = None
    lat: float | None = None
    reporters: int = 0
    registered_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    on_time: bool | None = None
    responsible: str | None = None
    dispatcher: str | None = None
    lead: str | None = None
    support: list[str] = field(default_factory=list)
    assignment: int = 0
    rung: str | None = None
    clock: str | None = None
    clock_from: datetime | None = None
    due_at: datetime | None = None
    case_due_at: datetime | None = None
    reminded: bool = False
    overdue: bool = False
    overdue_of: str | None = None
    overdue_since: datetime | None = None
    supervised: bool = False
    path: list[str] = field(default_factory=list)
    reached: dict[str, datetime] = field(default_factory=dict)
    rung_seconds: float | None = None
    """How long the rung that solved it had it."""


Fold = Callable[[CaseRow, Any, datetime], CaseRow]


def concerns(fact: Contract) -> bool:
    """Tell whether a fact changes the row of its case."""
    return type(fact) in _FOLDS or isinstance(fact, d.Dispatch)


def fold(row: CaseRow, fact: Contract, at: datetime) -> CaseRow:
    """Return the row after a fact: first where the order stands, then what only this fact says."""
    if isinstance(fact, d.Dispatch):
        row = _stand(row, fact, at)
    own = _FOLDS.get(type(fact))
    return own(row, fact, at) if own else row


def _stand(row: CaseRow, fact: d.Dispatch, at: datetime) -> CaseRow:
    status = fact.status.value
    changed = (fact.assignment, fact.clock, fact.due_at) != (row.assignment, row.clock, row.due_at)
    moved = replace(
        row,
        status=status,
        responsible=fact.responsible,
        assignment=fact.assignment,
        rung=fact.rung or row.rung,
        clock=fact.clock,
        due_at=fact.due_at,
        clock_from=at if changed else row.clock_from,
    )
    if changed:
        moved = _forgive(moved)
    return _climb(moved, fact.rung, at)


def _forgive(row: CaseRow) -> CaseRow:
    """Forget the alarms of a clock that is over; the case's own clock goes on until a meeting or the end takes it."""
    lasting = row.overdue_of == "case" and row.status not in (*ENDED, "escalated")
    if lasting:
        return replace(row, reminded=False, supervised=False)
    if not (row.reminded or row.overdue or row.supervised):
        return row
    return replace(row, reminded=False, overdue=False, overdue_of=None, overdue_since=None, supervised=False)


def _climb(row: CaseRow, rung: str | None, at: datetime) -> CaseRow:
    if rung not in LADDER or (rung in row.reached and row.path[-1:] == [rung]):
        return row
    reached = row.reached if rung in row.reached else {**row.reached, rung: at}
    top = LADDER.index(rung)
    return replace(row, reached=reached, path=[r for r in LADDER[: top + 1] if r in reached])


def _registered(row: CaseRow, fact: i.CaseRegistered, at: datetime) -> CaseRow:
    understood, place = fact.understanding, fact.placement
    registered = replace(
        row,
        number=fact.number,
        summary=fact.summary,
        status="registered",
        source=fact.source,
        report=fact.report,
        matter=understood.matter,
        matter_how=understood.how,
        matter_confidence=understood.confidence,
        matter_words=list(understood.words),
        kind=fact.kind,
        urgent=fact.urgent,
        unit=place.unit,
        place_how=place.how,
        lon=place.lon,
        lat=place.lat,
        reporters=1,
        registered_at=at,
        rung=fact.rung,
        responsible=None,
        clock=None,
        due_at=None,
    )
    return _climb(registered, fact.rung, at)


def _held(row: CaseRow, fact: i.CaseHeld, at: datetime) -> CaseRow:
    place = fact.placement
    return replace(
        row,
        number=fact.number,
        summary=fact.summary,
        status="held",
        source=fact.source,
        report=fact.report,
        unit=place.unit if place else None,
        place_how=place.how if place else None,
        lon=place.lon if place else None,
        lat=place.lat if place else None,
        reporters=1,
        responsible=fact.responsible,
        clock="triage",
        clock_from=at,
        due_at=fact.due_at,
    )


def _rejected(row: CaseRow, fact: i.CaseRejected, at: datetime) -> CaseRow:
    return replace(
        row,
        number=fact.number,
        summary=fact.summary,
        status="rejected",
        source=fact.source,
        report=fact.report,
        reporters=1,
        responsible=None,
        clock=None,
        due_at=None,
        closed_at=at,
        close_reason=fact.rule,
    )


def _merged(row: CaseRow, fact: i.CaseMerged, at: datetime) -> CaseRow:
    place, understood = fact.placement, fact.understanding
    return replace(
        row,
        number=fact.number,
        summary=fact.summary,
        status="merged",
        source=fact.source,
        report=fact.report,
        matter=understood.matter if understood else row.matter,
        unit=place.unit if place else row.unit,
        place_how=place.how if place else row.place_how,
        lon=place.lon if place else row.lon,
        lat=place.lat if place else row.lat,
        reporters=max(row.reporters, 1),
        responsible=None,
        clock=None,
        due_at=None,
        closed_at=at,
        close_reason="merged",
    )


def _unmerged(row: CaseRow, fact: i.CaseUnmerged, at: datetime) -> CaseRow:
    alone = _registered(row, fact, row.registered_at or at)
    return replace(alone, reporters=row.reporters, closed_at=None, close_reason=None)


def _joined(row: CaseRow, fact: i.ReporterJoined, at: datetime) -> CaseRow:
    return replace(row, reporters=row.reporters + 1)


def _left(row: CaseRow, fact: i.ReporterLeft, at: datetime) -> CaseRow:
    return replace(row, reporters=max(row.reporters - 1, 0))


def _split(row: CaseRow, fact: i.CaseSplit, at: datetime) -> CaseRow:
    return replace(row, status="split", responsible=None, clock=None, due_at=None, closed_at=None, close_reason="split")


def _part_ended(row: CaseRow, fact: i.PartEnded, at: datetime) -> CaseRow:
    if fact.left or row.status != "split":
        return row
    return replace(row, status="closed", closed_at=at, close_reason="parts_ended")


def _taken_back(row: CaseRow, fact: i.CaseWithdrawn, at: datetime) -> CaseRow:
    if row.status not in ("held", "merged", "split"):  # dispatch says when an order ends
        return row
    reason = "withdrawn" if row.status == "split" else row.close_reason
    return replace(
        row, status="withdrawn", responsible=None, clock=None, due_at=None, closed_at=at, close_reason=reason
    )


def _opened(row: CaseRow, fact: d.OrderOpened, at: datetime) -> CaseRow:
    return replace(row, dispatcher=fact.dispatcher, case_due_at=fact.case_due_at, closed_at=None, close_reason=None)


def _dispatched(row: CaseRow, fact: d.OrderDispatched, at: datetime) -> CaseRow:
    return replace(row, dispatcher=fact.dispatcher, lead=fact.responsible, support=list(fact.support))


def _reminded(row: CaseRow, fact: d.OrderReminded, at: datetime) -> CaseRow:
    return row if fact.by else replace(row, reminded=True)


def _overdue(row: CaseRow, fact: d.OrderOverdue, at: datetime) -> CaseRow:
    since = fact.due_at if fact.of == fact.clock and fact.due_at is not None else at
    if row.overdue_of == "case":
        return row
    return replace(row, overdue=True, overdue_of=fact.of, overdue_since=since)


def _supervised(row: CaseRow, fact: d.OrderSupervised, at: datetime) -> CaseRow:
    return replace(row, supervised=True)


def _closed(row: CaseRow, fact: d.CaseClosed, at: datetime) -> CaseRow:
    row = _climb(row, fact.solved_at_rung, at)
    began = row.reached.get(fact.solved_at_rung)
    return replace(
        row,
        closed_at=at,
        close_reason=fact.reason,
        on_time=fact.on_time,
        lead=fact.lead or row.lead,
        dispatcher=fact.dispatcher or row.dispatcher,
        rung=fact.solved_at_rung if fact.solved_at_rung in LADDER else row.rung,
        rung_seconds=(at - began).total_seconds() if began else None,
    )


def _withdrawn(row: CaseRow, fact: d.OrderWithdrawn, at: datetime) -> CaseRow:
    if row.close_reason in ("merged", "split"):  # its order ended with that
        return replace(row, status=row.close_reason)
    return replace(row, closed_at=at, close_reason="withdrawn")


_FOLDS: dict[type[Contract], Fold] = {
    i.CaseRegistered: _registered,
    i.CaseSolvedOnSpot: _registered,
    i.CaseHeld: _held,
    i.CaseRejected: _rejected,
    i.CaseMerged: _merged,
    i.CaseUnmerged: _unmerged,
    i.ReporterJoined: _joined,
    i.ReporterLeft: _left,
    i.CaseSplit: _split,
    i.PartEnded: _part_ended,
    i.CaseWithdrawn: _taken_back,
    d.OrderOpened: _opened,
    d.OrderDispatched: _dispatched,
    d.OrderReminded: _reminded,
    d.OrderOverdue: _overdue,
    d.OrderSupervised: _supervised,
    d.CaseClosed: _closed,
    d.OrderWithdrawn: _withdrawn,
}
