"""An order stands still: its clocks pause for a granted cause, and run on by themselves or early (move 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.dispatch.domain import clocks, replies
from services.dispatch.domain.desk import admit
from services.dispatch.domain.facts import OrderResumed, SuspensionJudged
from services.dispatch.domain.order import MOVES, Order, Request, Status
from services.dispatch.domain.register import conclude
from shared.kernel.clock import Budget, Suspension, counted
from shared.kernel.decisions import Arm, Context, Deciders, Decision, Message

decide = Deciders()


def suspend(order: Order, request: Request, judge: str, message: Message, city: Any) -> Decision:
    """Pause handling and case clock until the end of the last day granted."""
    MOVES.check(order.status, Status.SUSPENDED)
    at = message.acted_at
    mark = counted(at, Budget(request.days, city.clock("suspension.longest").unit))
    until = mark.at(city.calendar)
    judged = SuspensionJudged(
        Status.SUSPENDED, order.lead, order.rung, order.assignment, "resume", until,
        True, False, judge, request.cause, order.due_at,
    )  # fmt: skip
    resume = Arm("resume.end", until, {"assignment": order.assignment, "version": order.version}, mark=mark)
    stopped = (*clocks.stop(order), clocks.STOP_CASE)
    return conclude(message.subject, order, city, at, (judged,), (*stopped, resume))


@decide.on(replies.Resume)
def resume_early(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let who judged the suspension end it early."""
    order, desk = admit(states, message, context.city)
    return _resume(order, message, context.city, desk)


def resume(order: Order, message: Message, context: Context) -> Decision:
    """Let the clocks run on when the pause is over."""
    return _resume(order, message, context.city, None)


def _resume(order: Order, message: Message, city: Any, by: str | None) -> Decision:
    MOVES.check(order.status, Status.ACCEPTED)
    at, paused_at = message.acted_at, order.paused_at
    assert paused_at is not None  # a suspended order knows since when
    assert order.paused is not None
    version, pause = order.version + 1, Suspension(paused_at, at)
    due_at, armed = clocks.handling(order, order.paused.pausing(pause), version, city)
    term = clocks.case_term(order, city).pausing(pause)
    case_due_at = None if order.case_due_at is None else term.due_at(city.calendar)
    fact = OrderResumed(
        Status.ACCEPTED, order.lead, order.rung, order.assignment, "handle", due_at,
        by is not None, by, paused_at, version, case_due_at,
    )  # fmt: skip
    deadlines = (*clocks.stop(order), *armed, *clocks.run_case(order, term, case_due_at))
    return conclude(message.subject, order, city, at, (fact,), deadlines)
