"""What the holder of an assignment does with it: sign, note, finish, pass up (moves 5, 8, 12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks, ladder, replies
from services.dispatch.domain.desk import admit
from services.dispatch.domain.facts import OrderAccepted, OrderHandled, OrderPassedUp, OrderProgressed, unchanged
from services.dispatch.domain.mediating import check_over
from services.dispatch.domain.order import MOVES, Order, Status
from services.dispatch.domain.prepared import loads_of
from services.dispatch.domain.register import conclude, note
from services.dispatch.domain.verification import verified
from shared.kernel.clock import add, is_on_time
from shared.kernel.decisions import Context, Deciders, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

decide = Deciders()

_OFFICE_PHONE = re.compile(r"(?:0\d{2,3}-?)?[2-8]\d{6,7}(?:-\d{1,6})?|(?:0\d{2,3}-?)?1[0-9]{2,4}|[48]00-?\d{3}-?\d{4}")
"""A landline with or without area code and extension, a service number; a mobile number is a person's."""


@decide.on(replies.Accept)
def accept(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the lead sign for the order, naming a person; its handling clock starts (move 5)."""
    order, _ = admit(states, message, context.city)
    reply: replies.Accept = message.data
    if reply.office_phone and not _OFFICE_PHONE.fullmatch(reply.office_phone):
        raise Refused("order.office_phone", "office_phone")
    return start_handling(order, message, context.city, mask(reply.handler, 64), reply.office_phone)


def start_handling(order: Order, message: Message, city: Any, handler: str | None, office_phone: str = "") -> Decision:
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
        office_phone,
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
    """Take the complete disposal report (处置反馈单); the verifier's unit answers now (move 12).

    A matter that needs no verification is verified at once. A pending request falls away.
    """
    order, desk = admit(states, message, context.city)
    MOVES.check(order.status, Status.HANDLED)
    check_over(order)
    reply: replies.Finish = message.data
    at, city = message.acted_at, context.city
    handler = _check_report(order, reply, at)
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
        handler,
        reply.done_at or at,
        order.dispatcher,
        budget=given,
    )
    stopped = clocks.stop(order)
    if budget is None:
        facts = (handled, verified(order, None, at, city))
        return conclude(message.subject, order, city, at, facts, (*stopped, clocks.STOP_CASE))
    return conclude(message.subject, order, city, at, (handled,), (*stopped, *armed))


def _check_report(order: Order, reply: replies.Finish, at: datetime) -> str:
    """Return who did it, or refuse a report that lacks something: who, when, evidence, or a supporting part."""
    handler = mask(reply.handler, 64) or order.handler
    if not handler:
        raise Refused("order.finish_who", "handler")
    if reply.evidence < 1:
        raise Refused("order.finish_evidence", "evidence")
    begun = order.dispatched_at or order.opened_at
    if reply.done_at is not None and not begun <= reply.done_at <= at:
        raise Refused("order.finish_when", "done_at", begun=begun, now=at)
    if order.open_parts:
        raise Refused("order.parts_open", "order", units="、".join(order.open_parts))
    return handler


@decide.on(replies.PassUp)
def pass_up(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Pass a case to the next rung, with a reason (move 8). A pending request falls away.

    That rung gets it at once, or the department to which a rule of that rung dispatches it on.
    """
    order, desk = admit(states, message, context.city)
    MOVES.check(order.status, Status.WAITING)
    reply: replies.PassUp = message.data
    at, city = message.acted_at, context.city
    if order.is_meeting_order:
        raise Refused("order.pass_up_meeting", "order")
    rung, unit = ladder.next_up(order, city)
    named = ladder.by_rule(order, rung, unit, city, loads_of(context))
    lead, rule, dispatcher = (*named, unit) if named else (unit, "rung", ladder.dispatcher_of(unit, city))
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
    made, armed = ladder.assign(order, at, city, lead, dispatcher, rule)
    return conclude(message.subject, order, city, at, (passed, made), (*clocks.stop(order), *armed))
