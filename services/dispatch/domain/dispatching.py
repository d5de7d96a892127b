"""What a dispatcher does by hand: name the lead, recall, state a dispute (moves 3, 4, 9, 11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.dispatch.domain import clocks, ladder, meeting, replies
from services.dispatch.domain.desk import admit
from services.dispatch.domain.facts import DepartmentsDisputed, OrderRecalled, unchanged
from services.dispatch.domain.order import MOVES, Cause, Status
from services.dispatch.domain.register import conclude
from shared.kernel.decisions import Context, Deciders, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

decide = Deciders()


@decide.on(replies.DispatchTo)
def dispatch(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Assign the case to one lead in reach; a street that dispatches on stays the dispatcher.

    A dispatcher that keeps the case itself holds it as a rung does, and its parent plays the dispatcher.
    """
    order, desk = admit(states, message, context.city)
    reply: replies.DispatchTo = message.data
    at, city = message.acted_at, context.city
    if order.status is Status.ACCEPTED:
        if order.is_meeting_order:
            raise Refused("order.dispatch_on_meeting", "order")
        if order.rung != "street" or reply.lead not in city.departments:
            raise Refused("order.dispatch_on", "lead")
        MOVES.check(order.status, Status.WAITING)
        MOVES.check(Status.WAITING, Status.DISPATCHED)
    else:
        MOVES.check(order.status, Status.DISPATCHED)
    ladder.check_lead(order, desk, reply.lead, reply.support, city)
    dispatcher = ladder.dispatcher_of(desk, city) if reply.lead == desk else desk
    made, armed = ladder.assign(order, at, city, reply.lead, dispatcher, "hand", reply.support)
    return conclude(message.subject, order, city, at, (made,), (*clocks.stop(order), *armed))


@decide.on(replies.Recall)
def recall(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Take an order back before it is accepted; it counts as inaccurate dispatch (move 4)."""
    order, _ = admit(states, message, context.city)
    if order.is_meeting_order:
        raise Refused("order.recall_meeting", "order")
    MOVES.check(order.status, Status.WAITING)
    at, city = message.acted_at, context.city
    budget = city.clock("dispatch", urgent=order.urgent)
    due_at, armed, given = clocks.run("dispatch", at, budget, city, order.assignment, order.version)
    fact = OrderRecalled(
        Status.WAITING, order.dispatcher, order.rung, order.assignment, "dispatch", due_at,
        order.dispatcher, order.lead or "", mask(message.data.reason), budget=given,
    )  # fmt: skip
    return conclude(message.subject, order, city, at, (fact,), (*clocks.stop(order), *armed))


@decide.on(replies.StateDispute)
def state_dispute(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """State that departments dispute who must do it: the joint meeting decides (move 11)."""
    order, desk = admit(states, message, context.city)
    reply: replies.StateDispute = message.data
    city = context.city
    if order.is_meeting_order:
        raise Refused("order.dispute_meeting", "order")
    others = tuple(dict.fromkeys(reply.others))
    lead = order.lead or ""
    if lead in others or not {lead, *others} <= set(city.departments):
        raise Refused("order.dispute_among", "others")
    note = mask(reply.note)
    stated = DepartmentsDisputed(*unchanged(order), desk, (lead, *others), note)
    return meeting.escalate(order, message, city, Cause.DISPUTE, (stated,), tried=note)
