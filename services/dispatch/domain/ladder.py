"""Who gets a case: grid → community → street → department, by rule where a rule decides (workflows §1, §3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks
from services.dispatch.domain.facts import OrderDispatched
from services.dispatch.domain.order import MEETING, Order, Status
from shared.kernel.refusals import Refused

DEPARTMENT = "department"
Loads = Mapping[str, int]
"""Department -> orders that are open at it, for those that some rule compares."""
_DISPATCHING = frozenset({"community", "street", "city"})
"""Levels that dispatch at all (workflows §1); a county's part is played by operations."""


def dispatcher_of(unit: str, city: Any) -> str:
    """Return the unit that plays the dispatcher for a rung holding a case itself: the nearest above that dispatches."""
    code: str = next((above.code for above in city.ancestors(unit) if above.level in _DISPATCHING), city.root.code)
    return code


def above(unit: str, city: Any) -> str:
    """Return the unit above one, at the top the city itself: operations."""
    ancestors = city.ancestors(unit)
    code: str = ancestors[0].code if ancestors else unit
    return code


def dispatching(unit: str, city: Any) -> str:
    """Return the unit if it dispatches, else the nearest above that does: a grid's or county's body has none below."""
    return unit if city.units[unit].level in _DISPATCHING else dispatcher_of(unit, city)


def first(order: Order, city: Any) -> tuple[str, str | None, str]:
    """Return the first rung, the unit that holds the case there itself (None for departments), and the dispatcher."""
    rung, unit = city.first_holder(order.matter, order.unit)
    if rung == DEPARTMENT:
        return rung, None, unit.code
    return rung, unit.code, dispatcher_of(unit.code, city)


def next_up(order: Order, city: Any) -> tuple[str, str]:
    """Return the next rung that has a unit at this place, and that unit (move 8).

    Raises `order.pass_up_rung` for whoever is neither grid nor community.
    """
    rung = city.rung_of(order.lead)
    while rung is not None:
        rung = city.next_rung(rung)
        if rung is None or rung == DEPARTMENT:
            break
        unit = city.rung_unit(order.unit, rung)
        if unit is not None:
            return rung.value, unit.code
    raise Refused("order.pass_up_rung", "order")


def by_rule(order: Order, rung: str, desk: str, city: Any, loads: Loads) -> tuple[str, str] | None:
    """Return the department and the rule of the city's table that names it, or None where no rule does.

    `desk` dispatches: the street or community that a case came to, or who dispatches what begins with a department.
    """
    found = tried(order, rung, desk, city, loads)
    return (found[-1].lead, found[-1].rule.code) if found and found[-1].lead is not None else None


def tried(order: Order, rung: str, desk: str, city: Any, loads: Loads) -> tuple[Any, ...]:
    """Return the routing rules as they were tried for an order; whose hand-back was upheld is left out by each."""
    found: tuple[Any, ...] = city.route(
        order.matter, order.unit, desk, source=order.source, number=order.number, barred=order.barred, rung=rung,
        loads=loads,
    )  # fmt: skip
    return found


def assign(
    order: Order,
    at: datetime,
    city: Any,
    lead: str,
    dispatcher: str,
    rule: str,
    support: tuple[str, ...] = (),
    handle_due_at: datetime | None = None,
) -> tuple[OrderDispatched, clocks.Armed]:
    """Make the next assignment: one lead, its accept clock; `handle_due_at` is the deadline of a meeting's order."""
    number = order.assignment + 1
    due_at, armed, budget = clocks.run("accept", at, clocks.accept_budget(order, city), city, number, 0)
    is_meeting = handle_due_at is not None
    fact = OrderDispatched(
        Status.DISPATCHED,
        lead,
        MEETING if is_meeting else city.rung_of(lead).value,
        number,
        "accept",
        due_at,
        order.number,
        order.matter,
        order.unit,
        order.summary,
        order.urgent,
        dispatcher,
        rule,
        support,
        is_meeting,
        handle_due_at,
        budget=budget,
    )
    return fact, armed


def check_lead(order: Order, dispatcher: str, lead: str, support: tuple[str, ...], city: Any) -> None:
    """Refuse a lead or support named by hand that the dispatcher may not name (move 3)."""
    if lead not in reach(order, dispatcher, city):
        raise Refused("order.dispatch_reach", "lead", dispatcher=dispatcher, lead=lead)
    if lead in order.barred:
        raise Refused("order.dispatch_barred", "lead", lead=lead)
    rung = city.rung_of(lead)
    if any(rung == city.rung_of(unit) for unit in order.passed):
        raise Refused("order.dispatch_back", "lead", lead=lead)
    for unit in support:
        if unit == lead or unit not in city.departments:
            raise Refused("order.support_unknown", "support", unit=unit)


def reach(order: Order, dispatcher: str, city: Any) -> frozenset[str]:
    """Return whom a dispatcher may name by hand: its reach, a community its own grids, and the unit itself.

    Itself, since otherwise a case whose right desk lies outside the reach would wait for ever; for a community only
    what communities may be given (准入).
    """
    unit = city.units[dispatcher]
    found: frozenset[str] = city.reach(dispatcher, order.matter)
    if unit.level == "community":
        found |= {child.code for child in city.children(dispatcher) if child.level == "grid"}
    is_given = unit.level == "street" or (unit.level == "community" and city.matters[order.matter].admitted)
    return found | {dispatcher} if is_given else found


def verifier_of(order: Order, city: Any) -> str:
    """Return who verifies: the grid of the place, or the next rung above that is not the handler (workflows §1)."""
    for rung in ("grid", "community", "street"):
        unit = city.rung_unit(order.unit, rung)
        if unit is not None and unit.code != order.lead:
            code: str = unit.code
            return code
    root: str = city.root.code
    return root


def supervisor_of(order: Order, late: str, city: Any) -> str:
    """Return the unit above the late one: for a department its dispatcher, at the top operations."""
    if late in city.departments:
        return order.dispatcher
    return above(late, city)


def body_of(order: Order, city: Any) -> str:
    """Return the unit whose body the case goes to (workflows §2.1).

    A department's order: the body of the unit that dispatched it, or the one above where the city says so; a rung's
    own order: that rung's body; a meeting's order: the body that made it.
    """
    if order.is_meeting_order:
        return order.dispatcher
    if order.lead is not None and order.lead not in city.departments:
        own: str = city.body_of(order.lead).unit
        return own
    body = city.body_of(order.dispatcher)
    higher = city.body_above(body.unit) if city.unable_starts_at == "above_dispatcher" else None
    code: str = (higher or body).unit
    return code
