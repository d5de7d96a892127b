"""Calling back (回访): a draw of the silent, attempts on two days, an answer that outweighs the reporter's own form."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from typing import Any

from services.feedback.domain.call_back import (
    STAGES,
    CallBack,
    CallBackAttempted,
    CallBackClosed,
    CallBackDrawn,
    Stage,
)
from services.feedback.domain.rating import Asked, RatedCase, Standing, Status
from services.feedback.domain.table import States, evolve, on_due
from services.feedback.domain.task import Kind, Task
from shared.kernel.calendar import SHANGHAI
from shared.kernel.clock import counted
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.replacing import replace


def draw(reporter: str, turn: int, until: datetime, message: Message, context: Context) -> Decision:
    """Draw for a call-back whoever will still be silent after some days; nobody can know of it before."""
    if not is_drawn(context.new_id(), context.city.shares["call_back"]):
        return NOTHING
    called = counted(message.acted_at, context.city.clock("rate.call_back"))
    at = called.at(context.city.calendar)
    if at >= until:
        return NOTHING
    return Decision(deadlines=(Arm(f"call_back:{reporter}", at, {"round": turn, "reporter": reporter}, mark=called),))


def is_drawn(lot: str, share: Any) -> bool:
    """Tell whether a lot, an id made for this alone, falls into the share."""
    number = int.from_bytes(sha256(lot.encode()).digest()[:8])
    return bool(number % share.denominator < share.numerator)


@on_due("call_back")
def call(states: States, message: Message, context: Context) -> Decision:
    """Give the desk the task to call a drawn reporter who is still silent."""
    case: RatedCase | None = states[message.subject]
    over = message.data.data
    if case is None or case.round != over["round"] or case.status is not Status.ASKED:
        return NOTHING
    asked = case.of(over["reporter"])
    if asked is None or asked.standing is not Standing.OPEN or asked.until <= message.acted_at:
        return NOTHING
    drawn = CallBackDrawn(asked.invitation, case.round, asked.reporter, asked.until)
    task = Task(Kind.CALL_BACK, message.subject, case.round, asked.reporter, asked.until)
    return Decision((Fact(drawn),), rows=(task,))


def end_calls(subject: str, case: RatedCase, outcome: str, *reporters: str) -> Decision:
    """End the call-backs of these reporters that still wait, drawn or not yet."""
    ended = Decision(deadlines=tuple(Cancel(f"call_back:{reporter}") for reporter in reporters))
    return sum(
        (
            end_call(subject, case, asked, outcome)
            for asked in case.asked
            if asked.reporter in reporters and asked.call_back is not None and asked.call_back.is_open
        ),
        ended,
    )


def end_call(subject: str, case: RatedCase, asked: Asked, outcome: str, attempts: int | None = None) -> Decision:
    """End one call-back; `attempts` where the one just made is not in the state yet."""
    made = attempts if attempts is not None else (asked.call_back or CallBack()).attempts
    closed = CallBackClosed(asked.invitation, case.round, asked.reporter, outcome)
    task = Task(Kind.CALL_BACK, subject, case.round, asked.reporter, attempts=made, outcome=outcome)
    return Decision((Fact(closed),), rows=(task,))


def _moved(state: RatedCase, reporter: str, to: Stage, **changes: Any) -> RatedCase:
    asked = state.of(reporter)
    assert asked is not None, "only who was asked is called back"
    assert asked.call_back is not None, "only who was drawn is called back"
    STAGES.check(asked.call_back.stage, to)
    return state.having(replace(asked, call_back=replace(asked.call_back, stage=to, **changes)))


@evolve.on(CallBackDrawn)
def drawn(state: RatedCase, fact: CallBackDrawn, at: datetime) -> RatedCase:
    asked = state.of(fact.reporter)
    assert asked is not None, "only who was asked is drawn"
    return state.having(replace(asked, call_back=CallBack()))


@evolve.on(CallBackAttempted)
def attempted(state: RatedCase, fact: CallBackAttempted, at: datetime) -> RatedCase:
    return _moved(state, fact.reporter, Stage.TRIED, attempts=fact.attempt, tried_on=day_of(at))


@evolve.on(CallBackClosed)
def closed(state: RatedCase, fact: CallBackClosed, at: datetime) -> RatedCase:
    return _moved(state, fact.reporter, Stage(fact.outcome))


def day_of(at: datetime) -> date:
    """Return the day in China on which an attempt was made."""
    return at.astimezone(SHANGHAI).date()
