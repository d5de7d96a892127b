"""What a changed calendar does to an order: its running clocks end anew, by the same budgets (domain.md §4).

What fired stays fired; a rung whose new time is past fires at once (workflows §3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.dispatch.domain import clocks
from services.dispatch.domain.facts import OrderProjected, unchanged
from services.dispatch.domain.order import Order
from services.dispatch.domain.register import conclude
from shared.kernel.decisions import NOTHING, Arm, CalendarChanged, Context, Deciders, Decision, Message

decide = Deciders()


@decide.on(CalendarChanged)
def project_anew(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Move the clocks of an order to where the calendar puts them now, with the reason on record."""
    order: Order | None = states[message.subject]
    if not isinstance(order, Order):
        return NOTHING
    changed: CalendarChanged = message.data
    city, now = context.city, message.acted_at
    facts: list[OrderProjected] = []
    armed: list[Arm] = []
    status, responsible, rung, assignment, clock, due_at = unchanged(order)
    if order.term is not None and clock in clocks.HELD and due_at is not None:
        ends_at = order.term.due_at(city.calendar)
        armed += _unfired(order, ends_at, now, city)
        if ends_at != due_at:
            fact = OrderProjected(
                status, responsible, rung, assignment, clock, ends_at, clock, due_at, ends_at, changed.version,
                changed.reason,
            )  # fmt: skip
            facts.append(fact)
            due_at = ends_at
    if clocks.is_case_running(order) and order.case_due_at is not None:
        ends_at = clocks.case_term(order, city).due_at(city.calendar)
        if ends_at != order.case_due_at:
            armed.append(Arm("case.overdue", max(ends_at, now)))
            fact = OrderProjected(
                status, responsible, rung, assignment, clock, due_at, "case", order.case_due_at, ends_at,
                changed.version, changed.reason,
            )  # fmt: skip
            facts.append(fact)
    if not facts:
        return Decision(deadlines=tuple(armed))
    return conclude(message.subject, order, city, now, tuple(facts), tuple(armed), request=order.request)


def _unfired(order: Order, ends_at: datetime, now: datetime, city: Any) -> list[Arm]:
    """Return the rungs that are armed at this point of the clock, at their new times; past ones now."""
    assert order.term is not None
    data = {"assignment": order.assignment, "version": order.version}
    at: dict[str, datetime] = {}
    if "overdue" not in order.fired:
        at = {"reminder": order.term.share_at(city.shares["reminder"], city.calendar), "overdue": ends_at}
    elif "supervision" not in order.fired:
        at = {"supervision": clocks.supervise_at(ends_at, city)}
    elif order.clock == "handle":
        at = {"ledger": clocks.ledger_at(clocks.supervise_at(ends_at, city), city)}
    parts = clocks.handling(order, order.term, order.version, city)[1][2:] if order.clock == "handle" else ()
    left = [(rung, when) for rung, when in at.items() if rung not in order.fired]
    armed = [
        Arm(f"{order.clock}.{rung}", max(when, now + place * timedelta.resolution), data)
        for place, (rung, when) in enumerate(left)
    ]
    return [*armed, *(replace(part, due_at=max(part.due_at, now)) for part in parts if isinstance(part, Arm))]
