"""What a changed calendar does: running clocks end anew, by the same budgets (domain.md §4, decisions 45 and 65).

What fired stays fired; a rung whose new time is past fires at once (workflows §3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks
from services.dispatch.domain.claims.project import Project
from services.dispatch.domain.claims.wish import Wish
from services.dispatch.domain.facts import OrderProjected, unchanged
from services.dispatch.domain.order import Order
from services.dispatch.domain.register import conclude
from services.dispatch.domain.whistle import Whistle
from shared.kernel.clock import Mark
from shared.kernel.decisions import Arm, CalendarChanged, Context, Deciders, Decision, Evolution, Fact, Message
from shared.kernel.recounting import DeadlinesMoved, Shown, recount, shown
from shared.kernel.replacing import replace

decide = Deciders()
evolve = Evolution()

_OWN = ("case", *clocks.HELD, "part")
"""The rungs of an order's own clocks: what moves them is stated clock by clock."""


@dataclass(frozen=True, slots=True)
class OrderDeadlinesMoved(DeadlinesMoved):
    pass


@decide.on(CalendarChanged)
def project_anew(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Move what is armed to where the calendar puts it now, with the reason on record; of an order, clock by clock."""
    state, changed = states[message.subject], message.data
    moved, decision = recount(message, context)
    facts = _clocks(state, changed, context.city) if isinstance(state, Order) else ()
    if isinstance(state, Order):
        moved = tuple(one for one in moved if one.name.partition(".")[0] not in _OWN)
    if facts:
        case = Mark(clocks.case_term(state, context.city))
        armed = [
            Arm("case.overdue", max(one.ends_at, message.acted_at), mark=case) for one in facts if one.of == "case"
        ]
        decision += conclude(
            message.subject, state, context.city, message.acted_at, facts, tuple(armed), request=state.request
        )
    if moved:
        decision += Decision((Fact(OrderDeadlinesMoved(moved, changed.version, changed.reason)),))
    return decision


def _clocks(order: Order, changed: CalendarChanged, city: Any) -> tuple[OrderProjected, ...]:
    """Return the new ends of the holder's clock and of the case's, where they are others."""
    found: list[OrderProjected] = []
    status, responsible, rung, assignment, clock, due_at = unchanged(order)
    ends: list[tuple[str, datetime, datetime]] = []
    if order.term is not None and clock in clocks.HELD and due_at is not None:
        ends.append((clock, due_at, order.term.due_at(city.calendar)))
        due_at = ends[0][2]
    if clocks.is_case_running(order) and order.case_due_at is not None:
        ends.append(("case", order.case_due_at, clocks.case_term(order, city).due_at(city.calendar)))
    for of, before, ends_at in ends:
        if ends_at != before:
            standing = (status, responsible, rung, assignment, clock, due_at)
            found.append(OrderProjected(*standing, of, before, ends_at, changed.version, changed.reason))
    return tuple(found)


def _receipt(order: Order, number: str, at: datetime) -> Order:
    asked = tuple(
        replace(one, receipt_due_at=at) if str(n) == number else one for n, one in enumerate(order.supervisions, 1)
    )
    return replace(order, supervisions=asked)


def _resume(order: Order, rest: str, at: datetime) -> Order:
    return replace(order, due_at=at)


def _signing(whistle: Whistle, callee: str, at: datetime) -> Whistle:
    return replace(whistle, sign_due_at=at)


def _arrival(whistle: Whistle, callee: str, at: datetime) -> Whistle:
    return replace(whistle, report_due_at=at)


def _due(claim: Wish | Project, rest: str, at: datetime) -> Wish | Project:
    return replace(claim, due_at=at)


_SHOWN: Shown = {
    (Order, "receipt"): _receipt,
    (Order, "resume.end"): _resume,
    (Whistle, "sign"): _signing,
    (Whistle, "report"): _arrival,
    **{(Wish, f"wish.{name}"): _due for name in ("review", "unclaimed", "agree", "give_up", "confirm", "decide")},
    (Project, "project.sign"): _due,
}


@evolve.on(OrderDeadlinesMoved)
def moved(state: Any, fact: OrderDeadlinesMoved, at: datetime) -> Any:
    """Let the state show the new times."""
    return shown(state, fact, _SHOWN)
