"""How a meeting sits: held with a quorum on its day, called once more inside its period, or missed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain.agenda import take_back
from services.escalation.domain.convening import arm_cut_off, known_meeting, meeting_of
from services.escalation.domain.ledger import Secretary, ledger_of, word
from services.escalation.domain.meeting import (
    Event,
    Meeting,
    MeetingStatus,
    absent_from,
    chair_of,
    check_move,
    cut_off_before,
    end_of_day,
    is_quorate,
    meeting_id,
    opening_on,
    slot_end,
)
from services.escalation.domain.messages import ExcuseMeeting, HoldMeeting
from services.escalation.domain.owing import supervisor_of
from services.escalation.domain.roles import check_caller, check_convener
from services.escalation.domain.table import States, again, deciders, lacks, on_due
from shared.kernel import clock
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Message, arm
from shared.kernel.refusals import Refused


@deciders.on(HoldMeeting)
def hold(states: States, message: Message, context: Context) -> Decision:
    """Open the meeting on its day; without a quorum its topics return and it is called once more (G5)."""
    meeting, city, at, asked = meeting_of(states, message), context.city, message.acted_at, message.data
    check_caller(message.actor, city, meeting)
    check_move(meeting, Event.HOLD)
    if not meeting.is_called:
        raise Refused("meeting.not_called", "meeting")
    if at < meeting.opens_at:
        raise Refused("meeting.too_early", "meeting", opens_at=city.calendar.local(meeting.opens_at).isoformat())
    until = slot_end(city, meeting.opens_at)
    if at > until:
        raise Refused("meeting.slot_over", "meeting", until=until.isoformat())
    standing = tuple(member.code for member in city.bodies[meeting.unit].members)
    attendance = tuple(dict.fromkeys(asked.present))
    absent = absent_from(city, meeting, attendance)
    if not is_quorate(city, meeting, attendance):
        known_meeting(states, message)
        return _call_again(states, message, context, meeting, "no_quorum", absent)
    held = f.MeetingHeld(
        **f.of(meeting),
        held_at=at,
        chair=chair_of(city, meeting, attendance),
        members=len(standing),
        present=len(set(standing) & set(attendance)),
        agenda=tuple(item.topic for item in meeting.agenda),
        attendance=attendance,
        absent=absent,
    )
    secretary = Secretary(states, city, at)
    secretary.state(meeting.id, held)
    signed = clock.counted(at, city.clock("minutes"))
    secretary.arm(Cancel("slot", meeting.id), arm("minutes", signed, city.calendar, {}, meeting.id))
    return secretary.decision()


@on_due("slot")
def slot_over(states: States, message: Message, context: Context) -> Decision:
    """Call a meeting once more that was not held on its day."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None or meeting.status is not MeetingStatus.CONVENED:
        return NOTHING
    if message.acted_at < slot_end(context.city, meeting.opens_at):  # it was postponed meanwhile
        return NOTHING
    if lacks(states, meeting.subjects):
        return again(message, meeting.subjects)
    return _call_again(states, message, context, meeting, "not_held", ())


@on_due("period")
def period_over(states: States, message: Message, context: Context) -> Decision:
    """Count a meeting as missed whose period is over (move 10)."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None or meeting.status is not MeetingStatus.CONVENED:
        return NOTHING
    if lacks(states, meeting.subjects):
        return again(message, meeting.subjects)
    secretary = Secretary(states, context.city, message.acted_at)
    _miss(secretary, states, context.city, meeting, message.acted_at, "not_held")
    return secretary.decision()


@deciders.on(ExcuseMeeting)
def excuse(states: States, message: Message, context: Context) -> Decision:
    """Let a meeting fall out that the body holds "in principle" only: in writing, without make-up (move 10)."""
    meeting, city, at = known_meeting(states, message), context.city, message.acted_at
    check_convener(message.actor, meeting.unit, city)
    check_move(meeting, Event.EXCUSE)
    if not city.bodies[meeting.unit].excusable or meeting.temporary:
        raise Refused("meeting.not_excusable", "meeting", body=meeting.unit)
    secretary = Secretary(states, city, at)
    secretary.keep(word(meeting.unit, meeting.id, "", context.new_id(), {"why": message.data.why}))
    take_back(secretary, states, meeting, ledger_of(states, meeting.unit, city), "excused")
    _miss(secretary, states, city, meeting, at, "excused", excused=True)
    return secretary.decision()


def _call_again(
    states: States, message: Message, context: Context, meeting: Meeting, why: str, absent: tuple[str, ...]
) -> Decision:
    """Return the topics without counting a deferral; call a second time if the period has a day for it."""
    city, at = context.city, message.acted_at
    secretary = Secretary(states, city, at)
    take_back(secretary, states, meeting, ledger_of(states, meeting.unit, city), why)
    following = _second_day(city, meeting, at)
    cut_off = max(cut_off_before(city, following), at) if following else None
    secretary.state(
        meeting.id,
        f.MeetingNotHeld(**f.of(meeting), why=why, absent=absent, opens_at=following, cut_off_at=cut_off),
    )
    secretary.arm(Cancel("slot", meeting.id))
    over = end_of_day(city, meeting.within) if meeting.within else at
    if cut_off:
        secretary.arm(arm_cut_off(meeting, cut_off))
    elif over > at:
        secretary.arm(Arm("period", over, {}, meeting.id, (f"ledger:{meeting.unit}",)))
    else:
        _miss(secretary, states, city, meeting, at, why)
    return secretary.decision()


def _second_day(city: Any, meeting: Meeting, at: datetime) -> datetime | None:
    """Return when a meeting sits that could not be held at its first call; None where the period is too short."""
    if meeting.sitting > 1 or meeting.within is None:
        return None
    on = clock.add(at, city.clock("make_up").halved(), city.calendar).date()
    return opening_on(city, meeting.unit, on) if on <= meeting.within else None


def _miss(
    secretary: Secretary,
    states: States,
    city: Any,
    meeting: Meeting,
    at: datetime,
    why: str,
    *,
    excused: bool = False,
) -> None:
    """State the meeting as missed, to whoever supervises the body; it is made up once (move 10)."""
    missed = f.MeetingMissed(
        **f.of(meeting), why=why, supervisor="" if excused else supervisor_of(city, meeting.unit), excused=excused
    )
    secretary.state(meeting.id, missed)
    secretary.arm(*(Cancel(name, meeting.id) for name in ("slot", "convene", "recall", "period")))
    ledger, subject = ledger_of(states, meeting.unit, city), f"ledger:{meeting.unit}"
    following = meeting_id(meeting.unit, ledger.number + 1)
    if excused or meeting.makeup:
        # No other meeting comes in its place: what cannot wait for the next regular date is met about by itself (G16).
        cases = tuple(place.case for place in ledger.places)
        for case in cases:
            data = {"case": case, "if_duty": True}
            secretary.arm(Arm(f"call:{case}", at, data, subject, (case, following)))
    elif meeting.temporary:
        named = tuple(item.case for item in meeting.named)
        data = {"cases": named, "makeup": True}
        secretary.arm(Arm(f"call:{meeting.number}", at, data, subject, (*named, following)))
    else:
        secretary.arm(Arm(f"makeup:{meeting.number}", at, {}, subject, (following,)))


@on_due("minutes")
def minutes_late(states: States, message: Message, context: Context) -> Decision:
    """Report minutes that nobody adopted in time to whoever supervises the body."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None or meeting.status is not MeetingStatus.HELD:
        return NOTHING
    secretary = Secretary(states, context.city, message.acted_at)
    late = f.MeetingLate(**f.of(meeting), what="minutes", supervisor=supervisor_of(context.city, meeting.unit))
    secretary.state(meeting.id, late)
    return secretary.decision()
