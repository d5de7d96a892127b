"""What the holder of an assignment does with it: sign, note, finish, ask, pass up (moves 5, 8, 12; §3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks, ladder, replies
from services.dispatch.domain.desk import admit
from services.dispatch.domain.facts import (
    HandBackAsked,
    OrderAccepted,
    OrderHandled,
    OrderPassedUp,
    OrderProgressed,
    UnableAsked,
    unchanged,
)
from services.dispatch.domain.mediating import check_over
from services.dispatch.domain.order import MOVES, Order, Request, Status
from services.dispatch.domain.register import conclude, note
from services.dispatch.domain.verification import verified
from shared.kernel.clock import add, is_on_time
from shared.kernel.decisions import Arm, Context, Deciders, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

decide = Deciders()


@decide.on(replies.Accept)
def accept(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the lead sign for the order, naming a person; its handling clock starts (move 5)."""
    order, _ = admit(states, message, context.city)
    return start_handling(order, message, context.city, mask(message.data.handler, 64))


def start_handling(order: Order, message: Message, city: Any, handler: str | None) -> Decision:
    """Move a dispatched order to its lead's desk; without a handler it is deemed accepted. A request stays pending."""
    MOVES.check(order.status, Status.ACCEPTED)
    due_at, armed, budget = clocks.handle(order, message.acted_at, city)
    fact = OrderAccepted(
        Status.ACCEPTED,
        order.lead,
        order.rung,
        order.assignment,
        "handle",
        due_at,
        handler or "",
        handler is None,
        budget=budget,
    )
    deadlines = (*clocks.STOP[order.clock], *armed)
    return conclude(message.subject, order, city, message.acted_at, (fact,), deadlines, request=order.request)


@decide.on(replies.Progress)
def progress(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Keep a progress note; it restarts nothing."""
    order, _ = admit(states, message, context.city)
    return note(order, context.city, OrderProgressed(*unchanged(order), mask(message.data.note)))


@decide.on(replies.Finish)
def finish(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Take the disposal report (处置反馈单); the verifier's unit answers now (move 12).

    A matter that needs no verification is verified at once. A pending request falls away.
    """
    order, desk = admit(states, message, context.city)
    MOVES.check(order.status, Status.HANDLED)
    check_over(order)
    reply: replies.Finish = message.data
    at, city = message.acted_at, context.city
    handle_due_at = order.handle_due_at or at
    budget = clocks.verify_budget(order, city)
    armed: clocks.Armed = ()
    due_at, given = at, None
    if budget is not None:
        due_at, armed, given = clocks.run("verify", at, budget, city, order.assignment, order.version)
    handled = OrderHandled(
        Status.HANDLED,
        ladder.verifier_of(order, city),
        order.rung,
        order.assignment,
        "verify",
        due_at,
        desk,
        mask(reply.what),
        reply.contacted,
        reply.evidence,
        is_on_time(at, handle_due_at),
        handle_due_at,
        budget=given,
    )
    stopped = clocks.stop(order)
    if budget is None:
        facts = (handled, verified(order, None, at, city))
        return conclude(message.subject, order, city, at, facts, (*stopped, clocks.STOP_CASE))
    return conclude(message.subject, order, city, at, (handled,), (*stopped, *armed))


@decide.on(replies.HandBack)
def hand_back(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Ask to hand back (退单), naming the clause and the right unit; the clock runs on until it is judged."""
    order, desk = admit(states, message, context.city)
    reply: replies.HandBack = message.data
    at, city = message.acted_at, context.city
    if order.is_meeting_order:
        raise Refused("order.hand_back_meeting", "order")
    if order.is_handled:
        raise Refused("order.hand_back_handled", "order")
    if "hand_back" in order.asked:
        raise Refused("order.hand_back_once", "order")
    if order.request is not None:
        raise Refused("order.request_pending", "order")
    window = city.clock("hand_back.window", urgent=order.urgent)
    until = add(order.dispatched_at or at, window, city.calendar)
    if not is_on_time(at, until):
        raise Refused("order.hand_back_window", "order", until=until)
    is_known = reply.proposed in city.departments or reply.proposed in city.units
    judge = order.dispatcher
    if reply.proposed == judge:
        # The unit it proposes never judges (workflows §1): the unit above it does.
        judge = ladder.dispatcher_of(judge, city)
    if not is_known or reply.proposed in (desk, judge):
        raise Refused("order.hand_back_proposed", "proposed", proposed=reply.proposed)
    judge_due_at = add(at, city.clock("hand_back.judge"), city.calendar)
    fact = HandBackAsked(
        *unchanged(order), mask(reply.clause, 64), reply.proposed, mask(reply.note), judge, judge_due_at
    )
    request = Request("hand_back", desk, judge, reply.proposed)
    return _ask(order, message, city, fact, request, judge_due_at)


@decide.on(replies.Unable)
def unable(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Say what was tried and which power, money or law is missing; it counts only when confirmed."""
    order, desk = admit(states, message, context.city)
    reply: replies.Unable = message.data
    at, city = message.acted_at, context.city
    if order.is_meeting_order:
        raise Refused("order.unable_meeting", "order")
    if order.rung in ("grid", "community"):
        raise Refused("order.unable_rung", "order")
    if "unable" in order.asked:
        raise Refused("order.unable_once", "order")
    if order.request is not None:
        raise Refused("order.request_pending", "order")
    judge_due_at = add(at, city.clock("unable.judge"), city.calendar)
    fact = UnableAsked(*unchanged(order), reply.missing, mask(reply.tried), order.dispatcher, judge_due_at)
    return _ask(order, message, city, fact, Request("unable", desk, order.dispatcher), judge_due_at)


def _ask(
    order: Order, message: Message, city: Any, fact: HandBackAsked | UnableAsked, request: Request, due_at: datetime
) -> Decision:
    lapse = Arm("request.lapse", due_at, {"assignment": order.assignment, "kind": request.kind})
    return conclude(message.subject, order, city, message.acted_at, (fact,), (lapse,), request=request)


@decide.on(replies.PassUp)
def pass_up(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Pass a case to the next rung, with a reason; that rung gets it at once (move 8). A pending request falls away."""
    order, desk = admit(states, message, context.city)
    MOVES.check(order.status, Status.WAITING)
    reply: replies.PassUp = message.data
    at, city = message.acted_at, context.city
    if order.is_meeting_order:
        raise Refused("order.pass_up_meeting", "order")
    rung, unit = ladder.next_up(order, city)
    dispatcher = ladder.dispatcher_of(unit, city)
    due_at = add(at, city.clock("dispatch", urgent=order.urgent), city.calendar)
    passed = OrderPassedUp(
        Status.WAITING,
        dispatcher,
        rung,
        order.assignment,
        "dispatch",
        due_at,
        desk,
        unit,
        order.rung or "",
        reply.reason,
        mask(reply.note),
    )
    made, armed = ladder.assign(order, at, city, unit, dispatcher, "rung")
    return conclude(message.subject, order, city, at, (passed, made), (*clocks.stop(order), *armed))
