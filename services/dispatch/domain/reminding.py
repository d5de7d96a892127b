"""Reminders by hand (催办): who is above the responsible unit, or passed the case up to it, asks it to go on.

The clock's own reminder is a rung of it (`deadlines`). Neither restarts a clock or charges anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.dispatch.domain.facts import OrderReminded, unchanged
from services.dispatch.domain.register import note
from services.dispatch.domain.replies import Remind
from services.dispatch.domain.supervising import CLOCKS, desk_of, is_above, order_of
from shared.kernel.decisions import Context, Deciders, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

register(
    {
        "reminding.nothing": ("现在没有在走的时限可催", "No clock runs that one could remind of"),
        "reminding.not_above": (
            "{actor} 不是 {charged} 的上级或派单单位，也没有上报过此件，不能催办",
            "{actor} is not above {charged}, nor did it dispatch or pass up this case, and does not remind it",
        ),
        "reminding.too_soon": ("{at} 已催办过，一天后可再催", "Reminded at {at}; once a day is enough"),
    }
)

decide = Deciders()
AGAIN_AFTER = timedelta(hours=24)
"""How long after a reminder the same desk may send the next (assumed), as a reporter may."""


@decide.on(Remind)
def remind(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Remind the responsible unit on record; it sees that at its desk, and everything stands as before."""
    order, city = order_of(states, message), context.city
    charged = order.responsible
    if charged is None or order.clock not in CLOCKS:
        raise Refused("reminding.nothing", "order")
    desk = desk_of(message.actor, city, "remind")
    is_passed = message.actor.kind != "department" and desk in order.passed and desk != charged
    is_own = desk == order.lead  # nobody hurries the check of its own work
    if is_own or (not is_passed and not is_above(message.actor, desk, charged, order, city)):
        raise Refused("reminding.not_above", "actor", actor=desk, charged=charged)
    last = dict(order.reminded).get(desk)
    if last is not None and message.acted_at < last + AGAIN_AFTER:
        at = city.calendar.local(last).strftime("%m-%d %H:%M")
        raise Refused("reminding.too_soon", "", at=at)
    return note(order, city, OrderReminded(*unchanged(order), order.clock, desk, mask(message.data.note)))
