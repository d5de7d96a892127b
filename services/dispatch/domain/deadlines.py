"""What the clock does to an order: remind, find overdue, supervise, send to the ledger (workflows §3.3).

Silence never changes the holder and never verifies; it signs for the order, and a ledger rung takes it to the meeting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.dispatch.domain import clocks, judging, ladder, meeting, supervising, supporting, suspending
from services.dispatch.domain.facts import OrderOverdue, OrderReminded, unchanged
from services.dispatch.domain.handling import start_handling
from services.dispatch.domain.order import Cause, Order
from services.dispatch.domain.register import note
from shared.kernel.decisions import NOTHING, Context, Deciders, Decision, Due, Message

decide = Deciders()

Ring = Callable[[Order, Message, Context], Decision]

_CLOCKS = ("dispatch", "accept", "handle", "verify")
_NAMES = tuple(f"{clock}.{rung}" for clock in _CLOCKS for rung in ("reminder", "overdue", "supervision", "ledger"))


@decide.on_due(*_NAMES, "case.overdue", "request.lapse", "resume.end", "part.lapse")
def ring(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Do what a deadline calls for, if it still concerns the present assignment and version."""
    order: Order | None = states[message.subject]
    due: Due = message.data
    if order is None:
        return NOTHING
    clock, _, rung = due.name.partition(".")
    if clock == "case":
        return case_overdue(order, message, context)
    if clock == "request":
        return judging.lapse(order, message, context)
    if clock == "part":
        is_same = order.assignment == due.data["assignment"]
        return supporting.lapse(order, rung.partition(":")[2], context) if is_same else NOTHING
    is_present = order.assignment == due.data["assignment"] and order.version == due.data["version"]
    if order.clock != clock or not is_present or rung in order.fired:
        return NOTHING
    return _RUNGS[rung](order, message, context)


def remind(order: Order, message: Message, context: Context) -> Decision:
    """Remind (催办) whoever holds the running clock."""
    return note(order, context.city, OrderReminded(*unchanged(order), order.clock or ""))


def overdue(order: Order, message: Message, context: Context) -> Decision:
    """Charge a clock that ran out to whom it ran for; the accept clock's end is deemed acceptance (move 5)."""
    city = context.city
    if order.clock == "accept":
        return start_handling(order, message, city, None)
    fact = OrderOverdue(*unchanged(order), order.clock or "", order.responsible or "")
    armed = clocks.after_end(order, "supervision", message.acted_at, city, message.data.data)
    return note(order, city, fact, (armed,))


def supervise(order: Order, message: Message, context: Context) -> Decision:
    """Issue the supervision order (督办); a handling that stays late goes to the ledger next."""
    city, late = context.city, order.responsible or ""
    supervisor = ladder.supervisor_of(order, late, city)
    issued = supervising.issue(message.subject, order, message.acted_at, city, late, supervisor)
    if order.clock != "handle":
        return issued
    armed = clocks.after_end(order, "ledger", message.acted_at, city, message.data.data)
    return issued + Decision(deadlines=(armed,))


def to_ledger(order: Order, message: Message, context: Context) -> Decision:
    """Send an order that is late beyond the ledger rung to the joint meeting (move 11)."""
    return meeting.escalate(order, message, context.city, Cause.OVERDUE)


def case_overdue(order: Order, message: Message, context: Context) -> Decision:
    """Charge the case clock to the dispatcher, until a topic's own clocks have replaced it."""
    if not clocks.is_case_running(order):
        return NOTHING
    return note(order, context.city, OrderOverdue(*unchanged(order), "case", order.dispatcher))


_RUNGS: Mapping[str, Ring] = {
    "reminder": remind,
    "overdue": overdue,
    "supervision": supervise,
    "ledger": to_ledger,
    "end": suspending.resume,
}
