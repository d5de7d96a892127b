"""How an order ends: rated, answered by a meeting, solved on the spot, or withdrawn (moves 2, 16, 20, 21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.dispatch.domain import clocks, heard
from services.dispatch.domain.facts import CaseClosed, OrderOverdue, OrderWithdrawn, unchanged
from services.dispatch.domain.mediating import ended_with
from services.dispatch.domain.order import MOVES, Order, Status
from services.dispatch.domain.register import conclude
from shared.kernel.decisions import NOTHING, Context, Deciders, Decision, Message

decide = Deciders()


def close(
    order: Order,
    message: Message,
    city: Any,
    reason: str,
    *,
    rung: str | None = None,
    dispatcher: str | None = None,
) -> Decision:
    """End the case; `rung` and `dispatcher` are given where the order itself has none yet."""
    rung = rung or order.rung
    dispatcher = dispatcher or order.dispatcher
    fact = CaseClosed(
        Status.CLOSED,
        None,
        rung,
        order.assignment,
        None,
        None,
        reason,
        order.lead,
        dispatcher,
        order.on_time,
        rung or "",
        order.opened_at,
    )
    ended = conclude(message.subject, order, city, message.acted_at, (fact,), dispatcher=dispatcher)
    return ended_with(order, message.subject) + ended


@decide.on(heard.RatingCompleted)
def rated(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Close a verified case when all answered, the window is over, or nobody can be asked (move 16)."""
    order: Order | None = states[message.subject]
    if order is None or order.status is not Status.VERIFIED:
        return NOTHING
    return close(order, message, context.city, message.data.outcome)


@decide.on(heard.TopicAnswered)
def answered(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Close a case that a meeting declined, replied to, and nobody objected (move 20)."""
    order: Order | None = states[message.subject]
    if order is None or order.status is not Status.ESCALATED or order.topic != message.data.topic:
        return NOTHING
    return close(order, message, context.city, "answered")


@decide.on(heard.CaseWithdrawn, heard.CaseMerged, heard.CaseSplit)
def withdrawn(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """End an order whose report was taken back, merged into another case or split (move 21); what was overdue stays.

    What is handled already is verified and rated all the same, and ends only if it fails there.
    """
    order: Order | None = states[message.subject]
    if order is None or not MOVES.allows(order.status, Status.WITHDRAWN):
        return NOTHING
    return withdraw(order, message, context.city)


def withdraw(order: Order, message: Message, city: Any, before: tuple[Any, ...] = ()) -> Decision:
    """End an order that its reporter took back, after the facts that led there."""
    at = message.acted_at
    if order.clock == "handle" and clocks.is_past_due(order, at) and not order.is_late:
        # Its end had passed before the clock said so: withdrawing cures no lateness (§3.6, 17).
        before = (*before, OrderOverdue(*unchanged(order), "handle", order.responsible or ""))
    fact = OrderWithdrawn(Status.WITHDRAWN, None, order.rung, order.assignment, None, None)
    stopped = (*clocks.stop(order), clocks.STOP_CASE)
    ended = conclude(message.subject, order, city, at, (*before, fact), stopped)
    return ended_with(order, message.subject) + ended
