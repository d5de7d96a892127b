"""What becomes of a holder's request: granted, refused, or lapsed as refused (moves 6, 7, 10, 11; workflows §3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.dispatch.domain import clocks, meeting, replies, suspending
from services.dispatch.domain.desk import admit
from services.dispatch.domain.facts import (
    ExtensionJudged,
    HandBackJudged,
    PartReleaseJudged,
    Standing,
    SuspensionJudged,
    UnableJudged,
    unchanged,
)
from services.dispatch.domain.order import MOVES, Cause, Order, Request, Status
from services.dispatch.domain.register import conclude
from shared.kernel.clock import Budget, add
from shared.kernel.decisions import NOTHING, Cancel, Context, Deciders, Decision, Due, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rights import office_of

decide = Deciders()


def _admit(states: Mapping[str, Any], message: Message, city: Any) -> tuple[Order, str, Request]:
    order, desk = admit(states, message, city)
    assert order.request is not None  # admit refuses otherwise
    return order, desk, order.request


@decide.on(replies.JudgeHandBack)
def judge_hand_back(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the dispatcher decide; upheld, the case waits for another desk, the second time the meeting gets it."""
    order, desk, request = _admit(states, message, context.city)
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


@decide.on(replies.JudgeExtension)
def judge_extension(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the dispatcher, of a meeting's order its convener, grant more time: a new version of the deadline."""
    order, desk, request = _admit(states, message, context.city)
    at, city = message.acted_at, context.city
    _check_convener(order, message, desk, city)
    if not message.data.granted:
        return _refuse(order, request, message, city, lapsed=False)
    if clocks.is_past_due(order, at):
        raise Refused("order.extension_late", "order")
    version, more = order.version + 1, Budget.parse(request.more)
    budget: str | None = None
    if order.term is not None:
        longer = replace(order.term, budget=order.term.budget.plus(more))
        due_at, armed = clocks.handling(order, longer, version, city)
        budget = str(longer.budget)
    else:
        due_at = add(order.due_at or at, more, city.calendar)
        armed = clocks.until(order, order.dispatched_at or at, due_at, version, city)
    judged = ExtensionJudged(
        order.status, order.responsible, order.rung, order.assignment, order.clock, due_at,
        True, False, desk, request.more, version, budget=budget,
    )  # fmt: skip
    return conclude(message.subject, order, city, at, (judged,), (clocks.STOP_REQUEST, *armed))


@decide.on(replies.JudgeSuspension)
def judge_suspension(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the unit above the dispatcher pause the clocks (move 10)."""
    order, desk, request = _admit(states, message, context.city)
    if not message.data.granted:
        return _refuse(order, request, message, context.city, lapsed=False)
    if clocks.is_past_due(order, message.acted_at):
        raise Refused("order.suspension_late", "order")
    return suspending.suspend(order, request, desk, message, context.city)


@decide.on(replies.JudgeUnable)
def judge_unable(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the dispatcher decide; confirmed, the case goes to the joint meeting."""
    order, desk, request = _admit(states, message, context.city)
    if not message.data.confirmed:
        return _refuse(order, request, message, context.city, lapsed=False)
    judged = UnableJudged(*unchanged(order), True, False, desk)
    return meeting.escalate(order, message, context.city, Cause.UNABLE, (judged,))


@decide.on(replies.JudgeRelease)
def judge_release(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the dispatcher drop a supporting department's part; the lead remains."""
    order, desk, request = _admit(states, message, context.city)
    city = context.city
    if not message.data.granted:
        return _refuse(order, request, message, city, lapsed=False)
    judged = PartReleaseJudged(*unchanged(order), request.asker, True, False, desk)
    stopped = (clocks.STOP_REQUEST, Cancel(f"part.lapse:{request.asker}"))
    return conclude(message.subject, order, city, message.acted_at, (judged,), stopped)


def lapse(order: Order, message: Message, context: Context) -> Decision:
    """Refuse a request that nobody judged in time: same unit, same clock, no second try."""
    due: Due = message.data
    request = order.request
    if request is None or request.kind != due.data["kind"] or order.assignment != due.data["assignment"]:
        return NOTHING
    return _refuse(order, request, message, context.city, lapsed=True)


def _refuse(order: Order, request: Request, message: Message, city: Any, *, lapsed: bool) -> Decision:
    judge, stands = request.judge, unchanged(order)
    fact: Standing
    if request.kind == "hand_back":
        fact = HandBackJudged(*stands, False, lapsed, order.bounces, judge, request.asker)
    elif request.kind == "extension":
        fact = ExtensionJudged(*stands, False, lapsed, judge, request.more, order.version)
    elif request.kind == "suspension":
        fact = SuspensionJudged(*stands, False, lapsed, judge, request.cause)
    elif request.kind == "release":
        fact = PartReleaseJudged(*stands, request.asker, False, lapsed, judge)
    else:
        fact = UnableJudged(*stands, False, lapsed, judge)
    stopped = () if lapsed else (clocks.STOP_REQUEST,)
    return conclude(message.subject, order, city, message.acted_at, (fact,), stopped)


def _check_convener(order: Order, message: Message, desk: str, city: Any) -> None:
    """Refuse another post than the convener's where a meeting made the order (workflows §3.2)."""
    post = office_of(message.actor)[1]
    body = city.bodies.get(desk) if order.is_meeting_order else None
    if post and body is not None and post != body.convener:
        raise Refused("order.convener_only", "actor", post=city.posts[post].name)
