"""When each clock of an order runs out, and what is armed with it (workflows §3.1, §3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from services.dispatch.domain.order import Order, Status
from shared.kernel.clock import Budget, Mark, Term, Unit, add, counted
from shared.kernel.decisions import Arm, Cancel, arm

Armed = tuple[Arm | Cancel, ...]
Begun = tuple[datetime, Armed, str | None]
"""When a clock that begins now ends, its armed rungs, and its budget for the fact; None where a date was set."""

STOP: dict[str | None, Armed] = {
    None: (),
    "window": (),
    "answer": (),
    **{clock: (Cancel(f"{clock}.*"),) for clock in ("dispatch", "accept", "handle", "resume", "verify")},
}
"""Running clock -> what stops its rungs; those of window and answer belong to feedback and escalation."""

HELD = frozenset({"dispatch", "accept", "handle", "verify"})
"""The clocks whose rungs dispatch itself holds."""

_CASE_RUNS = frozenset({Status.WAITING, Status.DISPATCHED, Status.ACCEPTED, Status.HANDLED, Status.ESCALATED})

STOP_CASE = Cancel("case.*")
STOP_REQUEST = Cancel("request.*")
STOP_PARTS = Cancel("part.*")


def case_term(order: Order, city: Any) -> Term:
    """Return what the case clock is made of: it runs from registration and is restarted by nothing (workflows §3.1)."""
    return Term(order.opened_at, city.clock("case"), order.case_pauses)


def case_clock(order: Order, city: Any) -> tuple[datetime, Armed]:
    """Return by when an order that begins, or begins anew, has to be done as a whole, armed unless it ran out before.

    One that was solved on the spot had no case clock; when it begins anew it has one, from its registration like any.
    """
    term = case_term(order, city)
    due_at = term.due_at(city.calendar)
    return due_at, () if "case" in order.overdue else (Arm("case.overdue", due_at, mark=Mark(term)),)


def is_case_running(order: Order) -> bool:
    """Tell whether the case clock runs: until the work is verified, or a topic's own clocks have replaced it."""
    return order.status in _CASE_RUNS and order.topic is None and "case" not in order.overdue


def stop(order: Order) -> Armed:
    """Stop what runs for the present assignment: its clock, its parts', and the judge's for a pending request."""
    stopped = STOP[order.clock]
    if order.open_parts:
        stopped = (*stopped, STOP_PARTS)
    return (*stopped, STOP_REQUEST) if order.request else stopped


def rungs(clock: str, term: Term, city: Any, assignment: int, version: int) -> Armed:
    """Arm reminder and end of a clock; the rungs after the end are armed when it has come."""
    data = {"assignment": assignment, "version": version}
    remind = Mark(term, str(city.shares["reminder"]))
    return (
        arm(f"{clock}.reminder", remind, city.calendar, data),
        arm(f"{clock}.overdue", Mark(term), city.calendar, data),
    )


def run(clock: str, at: datetime, budget: Budget, city: Any, assignment: int, version: int) -> Begun:
    """Start a clock; reminder and end are armed."""
    armed = rungs(clock, Term(at, budget), city, assignment, version)
    return _end_of(armed), armed, str(budget)


def _end_of(armed: Armed) -> datetime:
    return next(one.due_at for one in armed if isinstance(one, Arm) and one.name.endswith(".overdue"))


def after_end(order: Order, rung: str, at: datetime, city: Any, data: Mapping[str, Any]) -> Arm:
    """Arm the next rung of a clock that ended or was supervised at `at`: `supervision` (督办), then `ledger`.

    It is counted from the term that ended; from `at` where a resolution set the date, or the end had passed before
    anybody knew of it.
    """
    budget = city.clock(rung)
    mark = counted(at, budget)
    if order.term is not None:
        before = Mark(order.term, then=(city.clock("supervision"),) if rung == "ledger" else ())
        if before.at(city.calendar) == at:
            mark = Mark(order.term, then=(*before.then, budget))
    return arm(f"{order.clock}.{rung}", mark, city.calendar, data)


def accept_budget(order: Order, city: Any) -> Budget:
    """Return the time to sign for the order: the matter's, or the urgent one of an urgent case."""
    leaf = city.matters.get(order.matter)
    budget: Budget = (
        city.clock("accept", urgent=order.urgent) if leaf is None or (order.urgent and not leaf.urgent) else leaf.accept
    )
    return budget


def handle(order: Order, at: datetime, city: Any) -> Begun:
    """Start the handling of an assignment: the matter's budget at the lead's rung, or the resolution's deadline."""
    if order.meeting_due_at is not None:
        return order.meeting_due_at, until(order, at, order.meeting_due_at, order.version, city), None
    budget = original(order, city)
    due_at, armed = handling(order, Term(at, budget), order.version, city)
    return due_at, armed, str(budget)


def rework(order: Order, at: datetime, city: Any) -> Begun:
    """Start a rework: half the original budget, at least one working day (move 14)."""
    half = original(order, city).halved()
    least = city.clock("rework_least")
    longer = max((half, least), key=lambda budget: add(at, budget, city.calendar))
    return run("handle", at, longer, city, order.assignment, order.version + 1)


def handling(order: Order, term: Term, version: int, city: Any) -> tuple[datetime, Armed]:
    """Return when handling by this term ends, and its rungs; parts of supporting units lapse at their share of it."""
    armed = rungs("handle", term, city, order.assignment, version)
    lapse = Mark(term, str(city.shares["part"]))
    return _end_of(armed), (*armed, *_parts(order, lapse.at(city.calendar), version, lapse))


def until(order: Order, start: datetime, ends: datetime, version: int, city: Any) -> Armed:
    """Return the rungs of a handling for which a date was set."""
    remind_at = _share_of_office_time(start, ends, city.shares["reminder"], city.calendar)
    lapse_at = _share_of_office_time(start, ends, city.shares["part"], city.calendar)
    data = {"assignment": order.assignment, "version": version}
    ended = Arm("handle.reminder", remind_at, data), Arm("handle.overdue", ends, data)
    return (*ended, *_parts(order, lapse_at, version, None))


def _parts(order: Order, lapse_at: datetime, version: int, mark: Mark | None) -> Armed:
    data = {"assignment": order.assignment, "version": version}
    return tuple(Arm(f"part.lapse:{unit}", lapse_at, data, mark=mark) for unit in order.open_parts)


def run_case(order: Order, term: Term, due_at: datetime | None) -> Armed:
    """Let the case clock run on to its end, unless it ran out before or a topic's clocks have replaced it."""
    if due_at is None or order.topic is not None or "case" in order.overdue:
        return ()
    return (Arm("case.overdue", due_at, mark=Mark(term)),)


def is_past_due(order: Order, at: datetime) -> bool:
    """Tell whether the handling of the present assignment is overdue, or was once (§3.6, 13)."""
    is_over = order.status is Status.ACCEPTED and order.due_at is not None and at > order.due_at
    return order.is_late or is_over


def verify_budget(order: Order, city: Any) -> Budget | None:
    """Return the time to verify, or None where the matter needs no verification, nor does a topic's own order."""
    leaf = city.matters.get(order.matter)
    return leaf.verify if leaf is not None and leaf.verified else None


def original(order: Order, city: Any) -> Budget:
    """Return the budget of the assignment before any rework or extension; of a resolution its working days."""
    if order.meeting_due_at is not None and order.dispatched_at is not None:
        first = city.calendar.local(order.dispatched_at).date()
        last = city.calendar.local(order.meeting_due_at).date()
        return Budget(max(1, city.calendar.working_days_between(first, last) - 1), Unit.WORKING_DAYS)
    # What a third-level grid solved on the spot is reworked like any grid's work: it has no rung of its own.
    rung = city.rung_of(order.lead) or next(iter(city.rungs))
    is_made_urgent = order.urgent and not city.matters[order.matter].urgent
    budget: Budget = (
        city.clock(f"handle.{rung.value}", urgent=True) if is_made_urgent else city.handle_budget(order.matter, rung)
    )
    return budget


def _share_of_office_time(at: datetime, due_at: datetime, share: Fraction, calendar: Any) -> datetime:
    begins, ends = calendar.office_time(at), calendar.office_time(due_at)
    if ends <= begins:
        return max(at, due_at)
    point: datetime = calendar.earliest_at(begins + int((ends - begins) * share))
    return point
