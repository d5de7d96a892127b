"""The register of responsibility: one line per case, kept beside the facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch.domain.facts import OrderDispatched, Standing
from services.dispatch.domain.order import Order, PartState, Request, Status
from shared.kernel.decisions import Arm, Cancel, Decision, Fact

OPEN_AT_LEAD = frozenset({Status.DISPATCHED, Status.ACCEPTED, Status.SUSPENDED})
"""While an order stands so it is a load of its lead: not once it is handled, nor while it is elsewhere."""


@dataclass(frozen=True, slots=True)
class Responsibility:
    """Who answers for a case now; `request` and `judge` name what waits to be judged, and by whom."""

    case_id: str
    number: str
    status: str
    responsible: str | None
    rung: str | None
    clock: str | None
    due_at: datetime | None
    matter: str
    unit: str
    urgent: bool
    summary: str
    assignment: int
    dispatcher: str
    lead: str | None
    request: str | None
    judge: str | None
    updated_at: datetime


def conclude(
    case: str,
    order: Order,
    city: Any,
    at: datetime,
    facts: tuple[Standing, ...],
    deadlines: tuple[Arm | Cancel, ...] = (),
    *,
    dispatcher: str | None = None,
    request: Request | None = None,
) -> Decision:
    """Return the decision that states these facts of one order, copied to lead and supporters, and its register line.

    `order` is the state before the facts, `dispatcher` the one after them where it changes, `request` what is pending
    after them.
    """
    lead, support = order.lead, supporters(order)
    stated = []
    for fact in facts:
        if isinstance(fact, OrderDispatched):
            lead, dispatcher, support = fact.responsible, fact.dispatcher, fact.support
        stated.append(Fact(fact, copy_to=copies(lead, city, support)))
    last = facts[-1]
    row = Responsibility(
        case,
        order.number,
        last.status.value,
        last.responsible,
        last.rung,
        last.clock,
        last.due_at,
        order.matter,
        order.unit,
        order.urgent,
        order.summary,
        last.assignment,
        order.dispatcher if dispatcher is None else dispatcher,
        lead,
        request.kind if request else None,
        request.judge if request else None,
        at,
    )
    return Decision(tuple(stated), deadlines, rows=(row,))


def note(order: Order, city: Any, fact: Standing, deadlines: tuple[Arm | Cancel, ...] = ()) -> Decision:
    """Return the decision that states one fact after which everything stands as before; the register keeps its line."""
    return Decision((Fact(fact, copy_to=copies(order.lead, city, supporters(order))),), deadlines)


def supporters(order: Order) -> tuple[str, ...]:
    """Return who has a part in the present assignment, unless it was released from it."""
    return tuple(part.unit for part in order.parts if part.state is not PartState.RELEASED)


def copies(lead: str | None, city: Any, support: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the streams of lead and supporting departments that subscribe to their own orders."""
    found = (city.departments.get(code) for code in dict.fromkeys((lead, *support)))
    return tuple(f"orders.{one.code}" for one in found if one is not None and one.reply_path == "stream")
