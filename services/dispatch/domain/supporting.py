"""What supporting departments (协办) owe the lead: their parts, answered, released, or lapsed (workflows §3.1, 12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.dispatch.domain import clocks, replies
from services.dispatch.domain.desk import admit
from services.dispatch.domain.facts import PartAnswered, PartLapsed, PartsAgreed, unchanged
from services.dispatch.domain.order import Order, PartState
from services.dispatch.domain.register import conclude, copies, note
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Deciders, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

decide = Deciders()

_OVER = frozenset({PartState.ANSWERED, PartState.RELEASED})


@decide.on(replies.AnswerPart)
def answer(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Take what a supporting department did; one whose part has lapsed may still answer, late.

    Its own request to be released falls away.
    """
    order, desk = admit(states, message, context.city)
    part = order.part_of(desk)
    assert part is not None  # admit refuses otherwise
    if part.state in _OVER:
        raise Refused("order.part_over", "order", state=part.state.value)
    fact = PartAnswered(*unchanged(order), desk, mask(message.data.note), part.state is PartState.LAPSED)
    is_own = order.request is not None and (order.request.kind, order.request.asker) == ("release", desk)
    stopped: clocks.Armed = (Cancel(f"part.lapse:{desk}"), *((clocks.STOP_REQUEST,) if is_own else ()))
    left = None if is_own else order.request
    return conclude(message.subject, order, context.city, message.acted_at, (fact,), stopped, request=left)


def lapse(order: Order, unit: str, context: Context) -> Decision:
    """Note that a part was not answered in time: the lead may finish without it."""
    part = order.part_of(unit)
    if part is None or part.state is not PartState.OPEN:
        return NOTHING
    return note(order, context.city, PartLapsed(*unchanged(order), unit))


def agree(case: str, order: Order, owed: Mapping[str, date], city: Any) -> Decision:
    """Make supporting parts of what departments took on at a place (吹哨报到), each until the end of its day."""
    data = {"assignment": order.assignment, "version": order.version}
    armed = tuple(
        Arm(f"part.lapse:{unit}", city.calendar.midnight(on.toordinal() + 1), data, case) for unit, on in owed.items()
    )
    fact = PartsAgreed(*unchanged(order), tuple(owed))
    return Decision((Fact(fact, case, copies(order.lead, city, tuple(owed))),), armed)
