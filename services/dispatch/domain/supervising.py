"""Supervision orders (督办) with receipt (回执): by the clock or by hand, answered by the late unit on record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import ladder
from services.dispatch.domain.facts import OrderSupervised, SupervisionAnswered, SupervisionUnanswered, unchanged
from services.dispatch.domain.order import Order, Status
from services.dispatch.domain.register import note
from services.dispatch.domain.replies import AnswerSupervision, Supervise
from services.dispatch.domain.supervision import SupervisionLine, SupervisionOrder
from shared.kernel.clock import counted, is_on_time
from shared.kernel.decisions import NOTHING, Actor, Arm, Cancel, Context, Deciders, Decision, Evolution, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "supervision.not_late": ("事项没有超期", "Nothing about this order is late"),
        "supervision.not_above": (
            "{actor} 不是 {late} 的上级单位，不能督办",
            "{actor} is not above {late} and does not supervise it",
        ),
        "supervision.pending": ("已有督办单等待 {late} 回执", "A supervision order waits for {late} to answer"),
        "supervision.nothing": (
            "没有第 {number} 号督办单等待 {actor} 回执",
            "{actor} owes no answer to order {number}",
        ),
        "supervision.over": ("事项已经结束", "The case is over"),
    }
)

decide = Deciders()
evolve = Evolution()
_OVER = frozenset({Status.CLOSED, Status.WITHDRAWN})
CLOCKS = frozenset({"dispatch", "accept", "handle", "verify"})
"""Those over which a unit is supervised, and of which it is reminded."""


def issue(
    case: str, order: Order, at: datetime, city: Any, charged: str, supervisor: str, *, by_hand: str | None = None
) -> Decision:
    """State the supervision order of the running clock; the late unit must answer it within a limit."""
    number = len(order.supervisions) + 1
    mark = counted(at, city.clock("supervision.receipt"))
    due_at = mark.at(city.calendar)
    is_by_hand = by_hand is not None
    fact = OrderSupervised(
        *unchanged(order), order.clock or "", charged, supervisor, number, due_at, is_by_hand, by_hand or ""
    )
    line = SupervisionLine(case, number, fact.of, charged, supervisor, is_by_hand, at, due_at)
    return note(order, city, fact, (Arm(f"receipt:{number}", due_at, mark=mark),)) + Decision(rows=(line,))


@decide.on(Supervise)
def supervise(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Supervise what is late by hand: the unit above the late one, operations everywhere, never the late one itself."""
    order, city = order_of(states, message), context.city
    late = order.responsible
    due_at = order.due_at
    if late is None or order.clock not in CLOCKS or due_at is None or message.acted_at <= due_at:
        raise Refused("supervision.not_late", "order")
    desk = desk_of(message.actor, city, "supervise")
    if not is_above(message.actor, desk, late, order, city):
        raise Refused("supervision.not_above", "actor", actor=desk, late=late)
    if any(one.charged == late and one.of == order.clock and not one.answered for one in order.supervisions):
        raise Refused("supervision.pending", "order", late=late)
    why = mask(message.data.note)
    return issue(message.subject, order, message.acted_at, city, late, desk, by_hand=why)


@decide.on(AnswerSupervision)
def answer(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Answer a supervision order: what is done, by when; late answers are kept as late."""
    order, city = order_of(states, message), context.city
    asked: AnswerSupervision = message.data
    desk = desk_of(message.actor, city, "supervise")
    found = order.supervisions[asked.number - 1] if 0 < asked.number <= len(order.supervisions) else None
    if found is None or found.answered or found.charged != desk:
        raise Refused("supervision.nothing", "number", number=asked.number, actor=desk)
    if order.status in _OVER:
        raise Refused("supervision.over", "order")
    said = mask(asked.note)
    on_time = is_on_time(message.acted_at, found.receipt_due_at)
    fact = SupervisionAnswered(*unchanged(order), asked.number, found.of, desk, said, on_time)
    line = _line(message.subject, asked.number, found, message.acted_at)
    line = replace(line, answered_at=message.acted_at, answer=said)
    return note(order, city, fact, (Cancel(f"receipt:{asked.number}"),)) + Decision(rows=(line,))


@decide.on_due("receipt")
def unanswered(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Say that a supervision order was not answered in time; it may still be."""
    order: Order | None = states[message.subject]
    number = int(message.data.name.partition(":")[2])
    if order is None or order.status in _OVER or number > len(order.supervisions):
        return NOTHING
    found = order.supervisions[number - 1]
    if found.answered:
        return NOTHING
    fact = SupervisionUnanswered(*unchanged(order), number, found.of, found.charged, found.supervisor)
    line = replace(_line(message.subject, number, found, message.acted_at), missed_at=message.acted_at)
    return note(order, context.city, fact) + Decision(rows=(line,))


def _line(case: str, number: int, found: SupervisionOrder, at: datetime) -> SupervisionLine:
    return SupervisionLine(case, number, found.of, found.charged, found.supervisor, False, at, found.receipt_due_at)


def order_of(states: Mapping[str, Any], message: Message) -> Order:
    """Return the order that a message is about; raises Refused("subject.unknown")."""
    order: Order | None = states[message.subject]
    if order is None:
        raise Refused("subject.unknown", "order", subject=message.subject)
    return order


def desk_of(actor: Actor, city: Any, act: str) -> str:
    """Return the unit or department that an actor comes as; refuse one who comes as none."""
    if actor.kind == "operations":
        code: str = city.root.code
        return code
    if actor.kind not in ("unit", "department", "post"):
        raise Refused("actor.not_allowed", "actor", actor=f"{actor.kind} {actor.id}", act=act)
    return actor.id.partition(":")[0] if actor.kind == "post" else actor.id


def is_above(actor: Actor, desk: str, late: str, order: Order, city: Any) -> bool:
    """Tell whether a desk is above the late one: operations everywhere, for a department who dispatched to it."""
    if actor.kind == "operations":
        return late != desk
    if actor.kind == "department" or desk == late:
        return False
    if late in city.departments:
        return desk == ladder.supervisor_of(order, late, city) or city.is_within(order.dispatcher, desk)
    return desk in city.units and bool(city.is_within(late, desk))


@evolve.on(SupervisionAnswered)
def answered(order: Order, fact: SupervisionAnswered, at: datetime) -> Order:
    orders = tuple(
        replace(one, answered=True) if n == fact.number else one for n, one in enumerate(order.supervisions, 1)
    )
    return replace(order, supervisions=orders)
