"""A person names the lead: the dispatcher of a waiting case, or a street of what it holds itself (moves 3, 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.dispatch.domain import clocks, ladder, replies
from services.dispatch.domain.desk import admit
from services.dispatch.domain.order import MOVES, Status
from services.dispatch.domain.register import conclude
from shared.kernel.decisions import Context, Deciders, Decision, Message
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
