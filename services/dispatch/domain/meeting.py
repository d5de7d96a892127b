"""The way to the joint meeting and back: escalate, follow the topic, carry out its decision (moves 7, 11, 15, 18-20).

Only a fact of escalation moves an escalated order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks, heard, ladder
from services.dispatch.domain.facts import (
    OrderAtMeeting,
    OrderEscalated,
    OrderOpened,
    OrderProjected,
    OrderWithdrawn,
    Standing,
)
from services.dispatch.domain.order import MOVES, OF_TOPIC, Cause, Order, Status
from services.dispatch.domain.register import conclude
from shared.kernel.clock import add
from shared.kernel.decisions import NOTHING, Context, Deciders, Decision, Message

decide = Deciders()


def escalate(
    order: Order, message: Message, city: Any, cause: Cause, before: tuple[Standing, ...] = (), tried: str | None = None
) -> Decision:
    """Send the case to the body it belongs to; the dispatcher answers for it until its topic is seen.

    `before` are the facts that lead to it; the answer clock is the one of that body's level.
    """
    MOVES.check(order.status, Status.ESCALATED)
    at = message.acted_at
    body = ladder.body_of(order, city)
    level = city.levels[city.bodies[body].level]
    due_at = add(at, level.answer_urgent if order.urgent else level.answer, city.calendar)
    fact = OrderEscalated(
        Status.ESCALATED,
        order.dispatcher,
        order.rung,
        order.assignment,
        "answer",
        due_at,
        cause,
        body,
        order.lead,
        order.tried if tried is None else tried,
        order.number,
        order.matter,
        order.unit,
        order.summary,
        order.urgent,
        order.is_meeting_order,
    )
    return conclude(message.subject, order, city, at, (*before, fact), clocks.stop(order))


_RAISING = (heard.TopicRaised, heard.TopicAdmitted, heard.TopicJoined)
_TAKEN_ALONG = frozenset({Status.WAITING, Status.DISPATCHED, Status.ACCEPTED, Status.SUSPENDED})
"""Where a topic proposed by hand takes an order along; what is handled already is verified and rated all the same, and
taken along only when it fails."""
_REOPENABLE = frozenset({Status.DISPATCHED, Status.ACCEPTED, Status.HANDLED})


def _at_meeting(order: Order, message: Message, city: Any, topic: str, body: str, due_at: datetime) -> Decision:
    fact = OrderAtMeeting(Status.ESCALATED, body, order.rung, order.assignment, "answer", due_at, topic, body)
    # Once a topic is raised its answer clock replaces the case clock (workflows §3.1).
    stopped = () if order.topic else (clocks.STOP_CASE,)
    return conclude(message.subject, order, city, message.acted_at, (fact,), (*clocks.stop(order), *stopped))


def _escalated(states: Mapping[str, Any], message: Message) -> Order | None:
    """Return the order if the topic of the message is the one it waits for; anything else no longer matters.

    A second topic for a case whose topic is active, or news of a topic it left behind, changes nothing. An order that
    failed after its topic had gone on joins that very topic again.
    """
    order: Order | None = states[message.subject]
    if order is None or order.status is not Status.ESCALATED:
        return None
    waits_for = (None, message.data.topic) if type(message.data) in _RAISING else (message.data.topic,)
    return order if order.topic in waits_for else None


@decide.on(heard.TopicDeferred, heard.TopicListed, heard.TopicObjected)
def at_meeting(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the body's unit answer for the case."""
    order = _escalated(states, message)
    if order is None:
        return NOTHING
    fact = message.data
    return _at_meeting(order, message, context.city, fact.topic, fact.body, fact.answer_due_at)


@decide.on(heard.TopicRaised, heard.TopicAdmitted, heard.TopicJoined)
def taken_along(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the body's unit answer for the case; a topic by hand takes its running order along (§2.2, moves 1 and 3).

    So does one raised for an order that escalated just as the topic that held it was taken back, and one that an order
    joins which had been handled when the topic came and failed since.
    """
    order: Order | None = states[message.subject]
    if order is None or (order.status not in _TAKEN_ALONG and _escalated(states, message) is None):
        return NOTHING
    fact = message.data
    if order.status is not Status.ESCALATED:
        MOVES.check(order.status, Status.ESCALATED)
    return _at_meeting(order, message, context.city, fact.topic, fact.body, fact.answer_due_at)


@decide.on(heard.TopicReopened)
def reopened(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Take the meeting's order back to the body: it failed, or new facts came to light before its deadline (G12).

    An order that was handled when its topic came by hand, and failed since, learns only now which topic holds it.
    """
    order: Order | None = states[message.subject]
    fact = message.data
    if order is None or order.topic not in (None, fact.topic):
        return NOTHING
    is_running = order.topic is not None and order.is_meeting_order and order.status in _REOPENABLE
    if order.status is not Status.ESCALATED and not is_running:
        return NOTHING
    return _at_meeting(order, message, context.city, fact.topic, fact.body, fact.answer_due_at)


@decide.on(heard.TopicCombined)
def combined(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Follow the topic into which the order's own was combined, and the day by which that is answered."""
    order: Order | None = states[message.subject]
    if order is None or order.status is not Status.ESCALATED or order.topic is None or order.due_at is None:
        return NOTHING
    body = order.responsible or ""
    due_at = message.data.answer_due_at or order.due_at
    return _at_meeting(order, message, context.city, message.data.into, body, due_at)


@decide.on(heard.TopicMovedUp)
def moved_up(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the unit of the body above answer for the case."""
    order = _escalated(states, message)
    if order is None:
        return NOTHING
    fact = message.data
    return _at_meeting(order, message, context.city, fact.topic, fact.to_body, fact.answer_due_at)


@decide.on(heard.LedgerDeadlinesMoved)
def answer_moved(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the body answer by the day to which a calendar published later moved its answer clock."""
    order: Order | None = states[message.subject]
    fact = message.data
    answer = next((one for one in fact.moved if one.name == "answer"), None)
    if answer is None or order is None or order.status is not Status.ESCALATED or order.topic is None:
        return NOTHING
    standing = (order.status, order.responsible, order.rung, order.assignment, "answer", answer.ends_at)
    said = ("answer", answer.before, answer.ends_at, fact.calendar, fact.reason)
    return conclude(message.subject, order, context.city, message.acted_at, (OrderProjected(*standing, *said),))


@decide.on(heard.TopicResolved, heard.TopicSquadFormed)
def resolved(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Make the meeting's order, outside the ladder; the body's unit is its dispatcher (move 19).

    A topic without a case has no order yet: it gets one of its own.
    """
    fact: heard.TopicResolved = message.data
    at, city = message.acted_at, context.city
    order = _escalated(states, message)
    if order is None and fact.own_order and states[message.subject] is None:
        order = begin_own(fact, at)
    if order is None:
        return NOTHING
    made, armed = ladder.assign(order, at, city, fact.lead, fact.body, "meeting", fact.support, fact.due_at)
    return conclude(message.subject, order, city, at, (made,), armed)


def begin_own(fact: heard.TopicResolved, at: datetime) -> Order:
    """Return the order of a topic without a case, before the meeting's lead holds it; it is nobody's case clock."""
    return Order(
        fact.number, OF_TOPIC, fact.unit or fact.body, fact.summary, fact.urgent, at, Status.ESCALATED, topic=fact.topic
    )


@decide.on(heard.TopicWithdrawn)
def topic_withdrawn(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Give the case back to its dispatcher, who must dispatch it by hand (move 20); its case clock is not restarted.

    The order of a topic without a case ends with it.
    """
    order = _escalated(states, message)
    if order is not None and order.matter == OF_TOPIC:
        ended = OrderWithdrawn(Status.WITHDRAWN, None, order.rung, order.assignment, None, None)
        return conclude(message.subject, order, context.city, message.acted_at, (ended,), clocks.stop(order))
    if order is None:
        return NOTHING
    MOVES.check(order.status, Status.WAITING)
    at, city = message.acted_at, context.city
    case_due_at, case_armed = clocks.case_clock(order, city)
    dispatcher = ladder.dispatching(order.dispatcher, city)
    budget = city.clock("dispatch", urgent=order.urgent)
    due_at, armed, given = clocks.run("dispatch", at, budget, city, order.assignment, order.version)
    fact = OrderOpened(
        Status.WAITING,
        dispatcher,
        order.rung,
        order.assignment,
        "dispatch",
        due_at,
        case_due_at,
        dispatcher,
        budget=given,
    )
    return conclude(message.subject, order, city, at, (fact,), (*armed, *case_armed), dispatcher=dispatcher)
