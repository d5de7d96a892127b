"""What those who were called do, and what the clock says of them: sign, report in, object, answer, rate (§3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import whistle as w
from services.dispatch.domain.register import copies
from services.dispatch.domain.whistle import PRESENCES, Presence, Status, Whistle
from services.dispatch.domain.whistle_desk import admit, callee_of
from shared.kernel.clock import add, is_on_time
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Deciders, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

decide = Deciders()


def said_to(code: str, city: Any, fact: object, deadlines: tuple[Arm | Cancel, ...] = ()) -> Decision:
    """Return the decision that states one fact, copied to the stream of the department it concerns."""
    return Decision((Fact(fact, copy_to=copies(code, city)),), deadlines)


@decide.on(w.SignWhistle)
def sign(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Sign for the call, naming who will come."""
    found, desk = admit(states, message, context.city)
    PRESENCES.check(callee_of(found, desk).presence, Presence.SIGNED)
    fact = w.CalleeSigned(found.whistler, desk, mask(message.data.person, 64))
    return said_to(desk, context.city, fact, (Cancel(f"sign:{desk}"),))


@decide.on(w.ReportIn)
def report_in(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Report in at the place; whoever had been found missing stays so on record, his coming beside it."""
    found, desk = admit(states, message, context.city)
    callee = callee_of(found, desk)
    is_late = callee.presence is Presence.NO_SHOW
    if not is_late:
        PRESENCES.check(callee.presence, Presence.REPORTED_IN)
    elif callee.arrived_at is not None:
        raise Refused("whistle.not_now", "callee", now=callee.presence.value, act="report_in")
    fact = w.CalleeReportedIn(found.whistler, desk, mask(message.data.person, 64), is_late)
    return said_to(desk, context.city, fact)


@decide.on(w.ObjectToWhistle)
def object_(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Say at the place that this is not one's own; only the whistler lets go."""
    found, desk = admit(states, message, context.city)
    return said_to(desk, context.city, w.CalleeObjected(found.whistler, desk, mask(message.data.why)))


@decide.on(w.AnswerAbsence)
def answer(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Answer the supervision order for not coming (回执), once."""
    found, desk = admit(states, message, context.city)
    callee = callee_of(found, desk)
    if callee.receipted or callee.receipt_due_at is None:
        raise Refused("whistle.no_absence", "callee")
    on_time = is_on_time(message.acted_at, callee.receipt_due_at)
    fact = w.AbsenceAnswered(found.whistler, desk, mask(message.data.note), on_time)
    return said_to(desk, context.city, fact)


@decide.on(w.FinishPart)
def finish_part(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Say that one's own part of the conclusions is done."""
    found, desk = admit(states, message, context.city)
    asked: w.FinishPart = message.data
    part = found.parts[asked.part - 1] if asked.part <= len(found.parts) else None
    if part is None or part.unit != desk or part.is_done or part.on_order:
        raise Refused("whistle.no_part", "part", part=asked.part, unit=desk)
    on_time = message.acted_at <= context.city.calendar.midnight(part.due_on.toordinal() + 1)
    fact = w.PartDone(found.whistler, asked.part, desk, mask(asked.note), on_time)
    return said_to(desk, context.city, fact, (Cancel(f"part:{asked.part}"),))


@decide.on(w.RateWhistle)
def rate(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Rate each other once it is over (双向): the whistler one who was called, he the whistle."""
    found, desk = admit(states, message, context.city)
    asked: w.RateWhistle = message.data
    if (desk == found.whistler) != (asked.callee is not None):
        raise Refused("whistle.not_called", "callee", actor=asked.callee or "")
    rated = asked.callee or found.whistler
    if (desk, rated) in found.ratings:
        raise Refused("whistle.rated", "callee")
    fact = w.WhistleRated(found.whistler, desk, rated, asked.grade, mask(asked.note))
    return said_to(asked.callee or desk, context.city, fact)


# ---- what the clock does


@decide.on_due("sign")
def unsigned(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Find missing who did not even sign."""
    return _strike(states, message, context, Presence.NOTIFIED)


@decide.on_due("report")
def absent(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Find missing who signed and did not come."""
    return _strike(states, message, context, Presence.SIGNED)


def _strike(states: Mapping[str, Any], message: Message, context: Context, at: Presence) -> Decision:
    found: Whistle | None = states[message.subject]
    code = message.data.name.partition(":")[2]
    callee = found.callee(code) if found else None
    if found is None or callee is None or found.status is not Status.SOUNDED or callee.presence is not at:
        return NOTHING
    of = "sign" if at is Presence.NOTIFIED else "report_in"
    return missing(found, code, of, message.acted_at, context.city)


def missing(found: Whistle, code: str, of: str, at: datetime, city: Any) -> Decision:
    """Find one missing: the unit above supervises, and he must answer within a limit."""
    receipt_due_at = add(at, city.clock("supervision.receipt"), city.calendar)
    fact = w.CalleeMissing(found.whistler, code, of, supervisor_of(found, code, city), receipt_due_at)
    return said_to(code, city, fact, (Cancel(f"sign:{code}"), Cancel(f"report:{code}")))


def supervisor_of(found: Whistle, code: str, city: Any) -> str:
    """Return who supervises: operations a department, the unit above the whistler anybody else."""
    above = city.ancestors(found.whistler)
    supervisor: str = city.root.code if code in city.departments or not above else above[0].code
    return supervisor


@decide.on_due("part")
def part_overdue(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Say that a part was not done on its day."""
    found: Whistle | None = states[message.subject]
    number = int(message.data.name.partition(":")[2])
    if found is None or number > len(found.parts) or found.parts[number - 1].is_done:
        return NOTHING
    unit = found.parts[number - 1].unit
    fact = w.PartOverdue(found.whistler, number, unit, supervisor_of(found, unit, context.city))
    return said_to(unit, context.city, fact)
