"""The way to the joint meeting and back: escalate, follow the topic, carry out its decision (moves 7, 11, 15, 18-20).

Only a fact of escalation moves an escalated order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks, heard, ladder
from services.dispatch.domain.facts import OrderAtMeeting, OrderEscalated, OrderOpened, Standing
from services.dispatch.domain.order import MOVES, Cause, Order, Status
from services.dispatch.domain.register import conclude
from shared.kernel.clock import add
from shared.kernel.decisions import NOTHING, Arm, Context, Deciders, Decision, Message

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


def _at_meeting(order: Order, message: Message, city: Any, body: str, due_at: datetime) -> Decision:
    topic = message.data.topic
    fact = OrderAtMeeting(Status.ESCALATED, body, order.rung, order.assignment, "answer", due_at, topic, body)
    # Once a topic is raised its answer clock replaces the case clock (workflows §3.1).
    stopped = () if order.topic else (clocks.STOP_CASE,)
    return conclude(message.subject, order, city, message.acted_at, (fact,), stopped)


def _escalated(states: Mapping[str, Any], message: Message) -> Order | None:
    """Return the order if the topic of the message is the one it waits for; anything else no longer matters.

    A second topic for a case whose topic is active, or news of a topic it left behind, changes nothing.
    """
    order: Order | None = states[message.subject]
    if order is None or order.status is not Status.ESCALATED:
        return None
    is_raised = type(message.data) is heard.TopicRaised
    return order if (order.topic is None if is_raised else order.topic == message.data.topic) else None


@decide.on(heard.TopicRaised, heard.TopicDeferred, heard.TopicObjected, heard.TopicReopened)
def at_meeting(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the body's unit answer for the case."""
    order = _escalated(states, message)
    if order is None:
        return NOTHING
    return _at_meeting(order, message, context.city, message.data.body, message.data.answer_due_at)


@decide.on(heard.TopicMovedUp)
def moved_up(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the unit of the body above answer for the case."""
    order = _escalated(states, message)
    if order is None:
        return NOTHING
    return _at_meeting(order, message, context.city, message.data.to_body, message.data.answer_due_at)


@decide.on(heard.TopicResolved)
def resolved(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Make the meeting's order, outside the ladder; the body's unit is its dispatcher (move 19)."""
    order = _escalated(states, message)
    if order is None:
        return NOTHING
    fact: heard.TopicResolved = message.data
    at, city = message.acted_at, context.city
    made, armed = ladder.assign(order, at, city, fact.lead, fact.body, "meeting", fact.support, fact.due_at)
    return conclude(message.subject, order, city, at, (made,), armed)


@decide.on(heard.TopicWithdrawn)
def topic_withdrawn(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Give the case back to its dispatcher, who must dispatch it by hand (move 20); its case clock is not restarted."""
    order = _escalated(states, message)
    if order is None or order.case_due_at is None:
        return NOTHING
    MOVES.check(order.status, Status.WAITING)
    at, city = message.acted_at, context.city
    dispatcher = ladder.dispatching(order.dispatcher, city)
    budget = city.clock("dispatch", urgent=order.urgent)
    due_at, armed = clocks.run("dispatch", at, budget, city, order.assignment, order.version)
    fact = OrderOpened(
        Status.WAITING,
        dispatcher,
        order.rung,
        order.assignment,
        "dispatch",
        due_at,
        order.case_due_at,
        dispatcher,
    )
    if "case" not in order.overdue:
        armed = (*armed, Arm("case.overdue", order.case_due_at))
    return conclude(message.subject, order, city, at, (fact,), armed, dispatcher=dispatcher)
