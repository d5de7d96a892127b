"""Whether the work is really done: verified on the spot, reworked, or rated badly (moves 13-15, 17, 18)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks, closing, heard, meeting, replies
from services.dispatch.domain.desk import admit
from services.dispatch.domain.facts import OrderReworked, OrderVerified, VerificationFailed, unchanged
from services.dispatch.domain.order import MOVES, Cause, Order, Status
from services.dispatch.domain.register import conclude
from shared.kernel.clock import add
from shared.kernel.decisions import NOTHING, Context, Deciders, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

decide = Deciders()


def verified(order: Order, verifier: str | None, at: datetime, city: Any, means: str = "") -> OrderVerified:
    """Return the fact that the work is done; the feedback desk of operations answers while the window is open."""
    window = city.clock("rate")
    lead = order.lead or ""
    return OrderVerified(
        Status.VERIFIED,
        city.root.code,
        order.rung,
        order.assignment,
        "window",
        add(at, window, city.calendar),
        verifier,
        lead,
        order.dispatcher,
        means,
        budget=str(window),
    )


@decide.on(replies.Verify)
def verify(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the verifier pass the work, or send it back to the lead; the third failure goes to the joint meeting."""
    order, desk = admit(states, message, context.city)
    reply: replies.Verify = message.data
    at, city = message.acted_at, context.city
    if reply.passed:
        MOVES.check(order.status, Status.VERIFIED)
        if reply.means is None:
            raise Refused("order.verify_means", "means")
        fact = verified(order, desk, at, city, reply.means)
        return conclude(message.subject, order, city, at, (fact,), (*clocks.stop(order), clocks.STOP_CASE))
    failures = order.failures + 1
    reason = mask(reply.note)
    if order.is_taken_back:
        failed = VerificationFailed(*unchanged(order), desk, reason, failures)
        return closing.withdraw(order, message, city, (failed,))
    if failures > city.limits["reworks"]:
        failed = VerificationFailed(*unchanged(order), desk, reason, failures)
        return meeting.escalate(order, message, city, Cause.REWORK, (failed,), tried=reason)
    MOVES.check(order.status, Status.ACCEPTED)
    due_at, armed, budget = clocks.rework(order, at, city)
    failed = VerificationFailed(
        Status.ACCEPTED,
        order.lead,
        order.rung,
        order.assignment,
        "handle",
        due_at,
        desk,
        reason,
        failures,
        budget=budget,
    )
    return conclude(message.subject, order, city, at, (failed,), (*clocks.stop(order), *armed))


@decide.on(heard.ReworkOrdered)
def rework(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Send a verified case back to its lead after the first controllable dissatisfaction (move 17)."""
    order: Order | None = states[message.subject]
    if order is None or order.status is not Status.VERIFIED:
        return NOTHING
    at, city = message.acted_at, context.city
    due_at, armed, budget = clocks.rework(order, at, city)
    fact = OrderReworked(Status.ACCEPTED, order.lead, order.rung, order.assignment, "handle", due_at, budget=budget)
    # Nobody is charged for the rating window, so the case clock was stopped; its end has not moved.
    armed = (*armed, *clocks.run_case(order, clocks.case_term(order, city), order.case_due_at))
    return conclude(message.subject, order, city, at, (fact,), armed)


@decide.on(heard.RatingFailed)
def rating_failed(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Send a case to the joint meeting after the second controllable dissatisfaction (move 18)."""
    order: Order | None = states[message.subject]
    if order is None or order.status is not Status.VERIFIED:
        return NOTHING
    return meeting.escalate(order, message, context.city, Cause.DISSATISFIED)
