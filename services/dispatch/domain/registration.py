"""How an order begins: at the first rung of the matter at that place, or at its end when solved on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks, heard, ladder
from services.dispatch.domain.closing import close
from services.dispatch.domain.facts import OrderHandled, OrderOpened, OrderVerified, Standing
from services.dispatch.domain.order import Order, Status
from services.dispatch.domain.prepared import loads_of
from services.dispatch.domain.register import conclude
from shared.kernel.clock import add
from shared.kernel.decisions import NOTHING, Context, Deciders, Decision, Message
from shared.kernel.replacing import replace

decide = Deciders()


def begin(fact: heard.CaseRegistered | heard.CaseSolvedOnSpot, at: datetime) -> Order:
    """Return the order of a new case, before anybody holds it."""
    matter, unit = fact.understanding.matter, fact.placement.unit
    return Order(fact.number, matter, unit, fact.summary, fact.urgent, at, source=fact.source)


def begin_again(order: Order | None, fact: heard.CaseUnmerged, at: datetime) -> Order:
    """Return the order of a case whose merge was undone: a new one, or the old one as the case is understood now.

    What was handled already when the case was merged has gone on meanwhile, and goes on as if it had not been.
    """
    if order is None:
        return begin(fact, at)
    back = replace(order, is_taken_back=False)
    if order.status is not Status.WITHDRAWN:
        return back
    return replace(back, matter=fact.understanding.matter, unit=fact.placement.unit, urgent=fact.urgent)


def begin_solved(fact: heard.CaseSolvedOnSpot, at: datetime) -> Order:
    """Return the order of a case that its handler solved while reporting: his assignment is the first."""
    return Order(
        fact.number,
        fact.understanding.matter,
        fact.placement.unit,
        fact.summary,
        fact.urgent,
        at,
        assignment=1,
        lead=fact.handler,
        dispatched_at=at,
        is_handled=True,
        on_time=True,
        handler=fact.handler,
    )


@decide.on(heard.CaseRegistered)
def open_order(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the case wait at its dispatcher (move 1) and dispatch it at once where a rule decides (move 3)."""
    if states[message.subject] is not None:
        return NOTHING
    return _waits(begin(message.data, message.acted_at), message, context)


@decide.on(heard.CaseUnmerged)
def open_again(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Begin the order of a case whose merge was undone, or begin it anew: its case clock ran on all the time."""
    order: Order | None = states[message.subject]
    if order is not None and order.status is not Status.WITHDRAWN:
        return NOTHING
    return _waits(begin_again(order, message.data, message.acted_at), message, context)


def _waits(order: Order, message: Message, context: Context) -> Decision:
    at, city = message.acted_at, context.city
    rung, holder, dispatcher = ladder.first(order, city)
    budget = city.clock("dispatch", urgent=order.urgent)
    lead, rule = holder, "rung"
    named = ladder.by_rule(order, rung, holder or dispatcher, city, loads_of(context))
    if named is not None:
        lead, rule, dispatcher = *named, holder or dispatcher
    due_at, armed, given = clocks.run("dispatch", at, budget, city, order.assignment, order.version)
    case_due_at, case_armed = clocks.case_clock(order, city)
    facts: tuple[Standing, ...] = (
        OrderOpened(
            Status.WAITING,
            dispatcher,
            rung,
            order.assignment,
            "dispatch",
            due_at,
            case_due_at,
            dispatcher,
            budget=given,
        ),
    )
    if lead is not None:
        made, armed = ladder.assign(order, at, city, lead, dispatcher, rule)
        facts = (*facts, made)
    return conclude(message.subject, order, city, at, facts, (*armed, *case_armed), dispatcher=dispatcher)


@decide.on(heard.CaseSolvedOnSpot)
def solved_on_spot(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Close the case at once (move 2); one that was drawn is verified and rated first, never by who solved it."""
    if states[message.subject] is not None:
        return NOTHING
    fact: heard.CaseSolvedOnSpot = message.data
    at, city = message.acted_at, context.city
    order = begin_solved(fact, at)
    dispatcher = ladder.dispatcher_of(fact.handler, city)
    # A third-level grid has no rung of its own; its work is grid work.
    rung = (city.rung_of(fact.handler) or next(iter(city.rungs))).value
    if not fact.drawn:
        return close(order, message, city, "on_spot", rung=rung, dispatcher=dispatcher)
    budget = clocks.verify_budget(order, city)
    if budget is None:
        window = city.clock("rate")
        done = OrderVerified(
            Status.VERIFIED, city.root.code, rung, 1, "window", add(at, window, city.calendar), None, fact.handler,
            dispatcher, budget=str(window),
        )  # fmt: skip
        return conclude(message.subject, order, city, at, (done,), dispatcher=dispatcher)
    due_at, armed, given = clocks.run("verify", at, budget, city, 1, 0)
    verifier = ladder.verifier_of(order, city)
    handled = OrderHandled(
        Status.HANDLED, verifier, rung, 1, "verify", due_at, fact.handler, "", True, fact.evidence, True, at,
        fact.handler, at, dispatcher, budget=given,
    )  # fmt: skip
    return conclude(message.subject, order, city, at, (handled,), armed, dispatcher=dispatcher)
