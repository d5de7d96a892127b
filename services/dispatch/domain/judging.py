"""What becomes of a holder's request: upheld, refused, or lapsed as refused (moves 6, 7, 11; workflows §3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.dispatch.domain import clocks, meeting, replies
from services.dispatch.domain.desk import admit
from services.dispatch.domain.facts import HandBackJudged, UnableJudged, unchanged
from services.dispatch.domain.order import MOVES, Cause, Order, Request, Status
from services.dispatch.domain.register import conclude
from shared.kernel.decisions import NOTHING, Context, Deciders, Decision, Due, Message

decide = Deciders()


@decide.on(replies.JudgeHandBack)
def judge_hand_back(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the dispatcher decide; upheld, the case waits for another desk, the second time the meeting gets it."""
    order, desk = admit(states, message, context.city)
    request = order.request
    assert request is not None  # admit refuses otherwise
    city = context.city
    if not message.data.upheld:
        return _refuse(order, request, message, city, lapsed=False)
    MOVES.check(order.status, Status.WAITING)
    bounces = order.bounces + 1
    if bounces >= city.limits["bounces"]:
        judged = HandBackJudged(*unchanged(order), True, False, bounces, desk, request.asker)
        return meeting.escalate(order, message, city, Cause.BOUNCED, (judged,))
    at = message.acted_at
    budget = city.clock("dispatch", urgent=order.urgent)
    due_at, armed, given = clocks.run("dispatch", at, budget, city, order.assignment, order.version)
    judged = HandBackJudged(
        Status.WAITING,
        order.dispatcher,
        order.rung,
        order.assignment,
        "dispatch",
        due_at,
        True,
        False,
        bounces,
        desk,
        request.asker,
        budget=given,
    )
    return conclude(message.subject, order, city, at, (judged,), (*clocks.stop(order), *armed))


@decide.on(replies.JudgeUnable)
def judge_unable(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the dispatcher decide; confirmed, the case goes to the joint meeting."""
    order, desk = admit(states, message, context.city)
    request = order.request
    assert request is not None  # admit refuses otherwise
    if not message.data.confirmed:
        return _refuse(order, request, message, context.city, lapsed=False)
    judged = UnableJudged(*unchanged(order), True, False, desk)
    return meeting.escalate(order, message, context.city, Cause.UNABLE, (judged,))


def lapse(order: Order, message: Message, context: Context) -> Decision:
    """Refuse a request that nobody judged in time: same unit, same clock, no second try."""
    due: Due = message.data
    request = order.request
    if request is None or request.kind != due.data["kind"] or order.assignment != due.data["assignment"]:
        return NOTHING
    return _refuse(order, request, message, context.city, lapsed=True)


def _refuse(order: Order, request: Request, message: Message, city: Any, *, lapsed: bool) -> Decision:
    judge = request.judge
    fact: HandBackJudged | UnableJudged
    if request.kind == "hand_back":
        fact = HandBackJudged(*unchanged(order), False, lapsed, order.bounces, judge, request.asker)
    else:
        fact = UnableJudged(*unchanged(order), False, lapsed, judge)
    stopped = () if lapsed else (clocks.STOP_REQUEST,)
    return conclude(message.subject, order, city, message.acted_at, (fact,), stopped)
