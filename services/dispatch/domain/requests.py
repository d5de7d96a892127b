"""What a holder may ask for, as one table (workflows §3.2): when, how often, who judges, until when.

The status does not change and the clock runs while a request is pending; at most one is. Nobody's judgement refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.dispatch.domain import clocks, ladder
from services.dispatch.domain.facts import Standing
from services.dispatch.domain.order import Order, Request
from services.dispatch.domain.register import conclude
from shared.kernel.clock import Mark, add, counted, is_on_time
from shared.kernel.decisions import Arm, Decision, Message
from shared.kernel.refusals import Refused

PASSING_UP = frozenset({"grid", "community"})
"""Rungs whose orders are passed up where others say unable."""


@dataclass(frozen=True, slots=True)
class Terms:
    """One line of the table; what is named here is the rule that refuses.

    `once` and `limit`: how often, by the city file's limit or once, counted per assignment, or per case with
    `of_case`; `within`: the judge's time, or else until the order is due; `above`: not the dispatcher judges but the
    unit above it; `while_late`: may be asked of an overdue order; `rungs` and `of_meeting`: the orders that never know
    this request.
    """

    kind: str
    once: str
    limit: str = ""
    of_case: bool = False
    within: str = ""
    above: bool = False
    while_late: bool = True
    late: str = ""
    of_meeting: str = ""
    rungs: frozenset[str] = field(default_factory=frozenset)
    of_rung: str = ""


TERMS: Mapping[str, Terms] = {
    terms.kind: terms
    for terms in (
        Terms(
            "hand_back", "order.hand_back_once", "hand_backs", within="hand_back.judge",
            of_meeting="order.hand_back_meeting",
        ),
        Terms(
            "extension", "order.extension_once", "extensions", while_late=False, late="order.extension_late",
        ),
        Terms(
            "suspension", "order.suspension_once", "suspensions", of_case=True, within="suspension.judge", above=True,
            while_late=False, late="order.suspension_late", of_meeting="order.suspension_meeting",
        ),
        Terms(
            "unable", "order.unable_once", within="unable.judge", of_meeting="order.unable_meeting",
            rungs=PASSING_UP, of_rung="order.unable_rung",
        ),
        Terms("release", "order.release_once", within="release.judge"),
    )
}  # fmt: skip


def check(order: Order, kind: str, at: datetime, city: Any, made: int) -> Terms:
    """Return the line of a request, or refuse one that may not be made now; `made` is how often it was."""
    terms = TERMS[kind]
    if order.is_meeting_order and terms.of_meeting:
        raise Refused(terms.of_meeting, "order")
    if order.rung in terms.rungs:
        raise Refused(terms.of_rung, "order")
    if made >= (city.limits[terms.limit] if terms.limit else 1):
        raise Refused(terms.once, "order")
    if order.request is not None:
        raise Refused("order.request_pending", "order")
    if not terms.while_late and clocks.is_past_due(order, at):
        raise Refused(terms.late, "order")
    return terms


def made(order: Order, kind: str) -> int:
    """Return how often the holder made this request, in the assignment or the case as its line says."""
    return (order.asked_of_case if TERMS[kind].of_case else order.asked).count(kind)


def judge_of(order: Order, terms: Terms, asker: str, city: Any, proposed: str | None = None) -> str:
    """Return who judges: never the asker nor the unit it proposes, then it is the unit above (workflows §1)."""
    judge = ladder.above(order.dispatcher, city) if terms.above else order.dispatcher
    root: str = city.root.code
    while judge in (asker, proposed) and judge != root:
        judge = ladder.above(judge, city)
    return judge


def judged_until(order: Order, terms: Terms, at: datetime, city: Any) -> datetime:
    """Return when an undecided request lapses as refused: by the line's limit, or when the order is due."""
    mark = _judged_by(order, terms, at, city)
    if mark is not None:
        return mark.at(city.calendar)
    assert order.due_at is not None  # an accepted order has a due time
    return order.due_at


def _judged_by(order: Order, terms: Terms, at: datetime, city: Any) -> Mark | None:
    if terms.within:
        return counted(at, city.clock(terms.within))
    return None if order.term is None else Mark(order.term)


def ask(order: Order, message: Message, city: Any, fact: Standing, request: Request, until: datetime) -> Decision:
    """Return the decision that states what is asked and arms its lapse."""
    data = {"assignment": order.assignment, "kind": request.kind}
    mark = _judged_by(order, TERMS[request.kind], message.acted_at, city)
    lapse = Arm("request.lapse", until, data, mark=mark)
    return conclude(message.subject, order, city, message.acted_at, (fact,), (lapse,), request=request)


def check_window(order: Order, at: datetime, city: Any) -> None:
    """Refuse a hand-back that comes later than its window after the dispatch."""
    until = add(order.dispatched_at or at, city.clock("hand_back.window", urgent=order.urgent), city.calendar)
    if not is_on_time(at, until):
        raise Refused("order.hand_back_window", "order", until=until)
