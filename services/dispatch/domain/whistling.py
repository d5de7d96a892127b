"""What the whistler does: sound, let the head agree, confirm, release, end, cancel (workflows §3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain import supporting
from services.dispatch.domain import whistle as w
from services.dispatch.domain.order import Order
from services.dispatch.domain.order import Status as OrderStatus
from services.dispatch.domain.register import copies
from services.dispatch.domain.reporting_in import missing, said_to
from services.dispatch.domain.roster import Roster, roster_of
from services.dispatch.domain.whistle import MOVES, PRESENCES, Presence, Status, Whistle, WhistleKind
from services.dispatch.domain.whistle_desk import admit, callee_of, desk_of, is_head
from shared.kernel.clock import add, counted
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Deciders, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

decide = Deciders()

_OVER = frozenset({OrderStatus.CLOSED, OrderStatus.WITHDRAWN})


@decide.on(w.SoundWhistle)
def sound(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Call departments, or a grid its Party members, to one place; what is no emergency needs the head's word first.

    The same call sent again finds the first one.
    """
    if states[message.subject] is not None:
        return NOTHING
    asked: w.SoundWhistle = message.data
    city, actor = context.city, message.actor
    whistler = desk_of(actor)
    if actor.kind not in ("unit", "post") or whistler not in city.units:
        raise Refused("actor.not_allowed", "actor", actor=f"{actor.kind} {actor.id}", act="whistle")
    _check_kind(asked, whistler, city)
    _check_callees(states, asked, whistler, city)
    _check_time(asked, message.acted_at, city)
    case = states[asked.case] if asked.case else None
    if asked.case and (case is None or case.status in _OVER or not city.is_within(case.unit, whistler)):
        raise Refused("whistle.case_over", "case", case=asked.case)
    why, spot = mask(asked.why), mask(asked.spot)
    found = Whistle(
        whistler, asked.kind, Status.ASKED, asked.place, spot, why, asked.case, asked.meet_at,
        tuple(w.Callee(code) for code in asked.callees),
    )  # fmt: skip
    if asked.kind is WhistleKind.EMERGENCY:
        return _call(found, message.acted_at, city, None)
    if is_head(actor, whistler, city):
        return _call(found, message.acted_at, city, actor.id)
    fact = w.WhistleAsked(
        whistler, asked.kind, asked.callees, asked.place, spot, why, asked.meet_at, asked.case, actor.id
    )
    return Decision((Fact(fact),))


@decide.on(w.ApproveWhistle)
def approve(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let the head of the unit agree, from when on everybody is called, or refuse with a reason."""
    found, _ = admit(states, message, context.city)
    asked: w.ApproveWhistle = message.data
    if asked.approved:
        MOVES.check(found.status, Status.SOUNDED)
        return _call(found, message.acted_at, context.city, message.actor.id)
    MOVES.check(found.status, Status.CANCELLED)
    if not asked.why.strip():
        raise Refused("whistle.why", "why")
    return Decision((Fact(w.WhistleCancelled(found.whistler, mask(asked.why), True)),))


@decide.on(w.ConfirmReportIn)
def confirm(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Say whether one who reported in is at the place; whoever is not there must still come, in his own time."""
    found, _ = admit(states, message, context.city)
    asked: w.ConfirmReportIn = message.data
    callee = callee_of(found, asked.callee)
    fact = w.ReportInConfirmed(found.whistler, callee.code, asked.here)
    if asked.here:
        return said_to(callee.code, context.city, fact, deadlines=(Cancel(f"report:{callee.code}"),))
    PRESENCES.check(callee.presence, Presence.SIGNED)
    told = said_to(callee.code, context.city, fact)
    if found.report_due_at is None or message.acted_at <= found.report_due_at:
        return told
    return told + missing(found, callee.code, "report_in", message.acted_at, context.city)


@decide.on(w.ReleaseCallee)
def release(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let one who was called go: before he came, or when he has objected at the place."""
    found, _ = admit(states, message, context.city)
    asked: w.ReleaseCallee = message.data
    callee = callee_of(found, asked.callee)
    PRESENCES.check(callee.presence, Presence.RELEASED)
    if callee.presence is Presence.REPORTED_IN and not callee.objected:
        raise Refused("whistle.objection_first", "callee", callee=callee.code)
    fact = w.CalleeReleased(found.whistler, callee.code, mask(asked.why))
    stopped = (Cancel(f"sign:{callee.code}"), Cancel(f"report:{callee.code}"))
    return said_to(callee.code, context.city, fact, deadlines=stopped)


@decide.on(w.EndWhistle)
def end(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """End with what was agreed: each conclusion names a unit that was there and a day."""
    found, _ = admit(states, message, context.city)
    MOVES.check(found.status, Status.ENDED)
    city = context.city
    for callee in found.callees:
        if not callee.is_settled:
            raise Refused("whistle.unsettled", "callees", callee=callee.code)
    there = {c.code for c in found.callees if c.arrived_at and c.presence is not Presence.RELEASED} | {found.whistler}
    today = city.calendar.local(message.acted_at).date()
    for concluded in message.data.conclusions:
        if concluded.unit not in there:
            raise Refused("whistle.conclusion_unit", "conclusions", unit=concluded.unit)
        if concluded.due_on < today:
            raise Refused("whistle.conclusion_date", "conclusions", due_on=concluded.due_on)
    order: Order | None = states.get(found.case) if found.case else None
    conclusions = tuple(
        w.Conclusion(c.unit, mask(c.what), c.due_on, _is_support(order, c.unit, city)) for c in message.data.conclusions
    )
    armed = tuple(
        Arm(f"part:{number}", city.calendar.midnight(part.due_on.toordinal() + 1))
        for number, part in enumerate(conclusions, 1)
        if not part.on_order
    )
    fact = Fact(w.WhistleEnded(found.whistler, conclusions, found.case), copy_to=_copies(found, city))
    ended = Decision((fact,), (Cancel("sign:*"), Cancel("report:*"), *armed))
    owed = {part.unit: part.due_on for part in conclusions if part.on_order}
    return ended + supporting.agree(found.case or "", order, owed, city) if order is not None and owed else ended


@decide.on(w.CancelWhistle)
def cancel(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Take the whistle back with a reason, as long as nobody is at the place."""
    found, _ = admit(states, message, context.city)
    MOVES.check(found.status, Status.CANCELLED)
    for callee in found.callees:
        if callee.arrived_at is not None and callee.presence is not Presence.RELEASED:
            raise Refused("whistle.on_site", "callees", callee=callee.code)
    copied = _copies(found, context.city) if found.status is Status.SOUNDED else ()
    fact = Fact(w.WhistleCancelled(found.whistler, mask(message.data.why), False), copy_to=copied)
    return Decision((fact,), (Cancel("sign:*"), Cancel("report:*")))


def _is_support(order: Order | None, unit: str, city: Any) -> bool:
    """Tell whether a conclusion becomes a part of the order: a department's, while the lead works on it."""
    is_worked_on = order is not None and order.status is OrderStatus.ACCEPTED
    return is_worked_on and unit in city.departments and order is not None and unit != order.lead


def _call(found: Whistle, at: datetime, city: Any, approved_by: str | None) -> Decision:
    """Notify everybody; each one's clock for signing and for coming runs."""
    urgent = found.kind is WhistleKind.EMERGENCY
    sign = counted(at, city.clock("whistle.sign", urgent=urgent))
    report = None if found.meet_at else counted(at, city.clock("whistle.report_in", urgent=urgent))
    sign_due_at = sign.at(city.calendar)
    report_due_at = report.at(city.calendar) if report else found.meet_at or at
    codes = tuple(callee.code for callee in found.callees)
    fact = w.WhistleSounded(
        found.whistler, found.kind, codes, found.place, found.spot, found.why, found.case, approved_by, sign_due_at,
        max(report_due_at, sign_due_at),
    )  # fmt: skip
    armed = [Arm(f"sign:{code}", fact.sign_due_at, mark=sign) for code in codes]
    armed += [Arm(f"report:{code}", fact.report_due_at, mark=report) for code in codes]
    return Decision((Fact(fact, copy_to=_copies(found, city)),), tuple(armed))


def _copies(found: Whistle, city: Any) -> tuple[str, ...]:
    return tuple(stream for callee in found.callees for stream in copies(callee.code, city))


def _check_kind(asked: w.SoundWhistle, whistler: str, city: Any) -> None:
    level = city.units[whistler].level
    allowed = city.whistles.get(level)
    if allowed is None:
        raise Refused("whistle.level", "actor", level=level.value)
    if asked.kind.value not in allowed.kinds:
        raise Refused("whistle.kind", "kind", level=level.value, kind=asked.kind.value)
    if asked.place not in city.units or not city.is_within(asked.place, whistler):
        raise Refused("whistle.place", "place", place=asked.place, whistler=whistler)


def _check_callees(states: Mapping[str, Any], asked: w.SoundWhistle, whistler: str, city: Any) -> None:
    """Members must have checked in at the grid; departments are two or more, or one that no order reaches (26)."""
    if len(set(asked.callees)) < len(asked.callees):
        raise Refused("whistle.callee_twice", "callees", callee="、".join(asked.callees))
    if city.whistles[city.units[whistler].level].callees == "members":
        roster: Roster | None = states.get(roster_of(whistler))
        for code in asked.callees:
            if roster is None or roster.member(code) is None:
                raise Refused("whistle.not_checked_in", "callees", callee=code, whistler=whistler)
        return
    for code in asked.callees:
        department = city.departments.get(code)
        if department is None or (department.area and not city.is_within(whistler, department.area)):
            raise Refused("whistle.callee_unknown", "callees", callee=code)
    order: Order | None = states[asked.case] if asked.case else None
    matter = order.matter if order is not None and order.matter in city.matters else None
    if len(asked.callees) == 1 and asked.callees[0] in city.reach(whistler, matter):
        raise Refused("whistle.single", "callees", callee=asked.callees[0])


def _check_time(asked: w.SoundWhistle, at: datetime, city: Any) -> None:
    until = add(at, city.clock("whistle.report_in"), city.calendar)
    if asked.kind is WhistleKind.EMERGENCY:
        is_good = asked.meet_at is None
    else:
        is_good = asked.meet_at is not None and at < asked.meet_at <= until
    if not is_good:
        raise Refused("whistle.meet_at", "meet_at", until=until)
