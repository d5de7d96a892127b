"""How a meeting comes about: planned by cadence, convened with every open entry, held with a quorum, or missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain import topic_facts as t
from services.escalation.domain.ledger import Ledger, Secretary
from services.escalation.domain.meeting import (
    MOVES,
    Meeting,
    MeetingStatus,
    is_quorate,
    meeting_id,
    next_regular_day,
    opening_on,
    slot_end,
)
from services.escalation.domain.messages import HoldMeeting
from services.escalation.domain.table import States, again, deciders, lacks, on_due
from services.escalation.domain.topic import EntryStatus, Topic
from shared.kernel import clock
from shared.kernel.decisions import NOTHING, Actor, Arm, Cancel, Context, Decision, Message
from shared.kernel.refusals import Refused


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return the subject of every body's ledger with the deadline that plans its first meeting."""
    return [(f"ledger:{unit}", Arm("plan", now, {}, f"ledger:{unit}", (meeting_id(unit, 1),))) for unit in city.bodies]


def check_is_body(actor: Actor, body: str) -> None:
    """Refuse everybody but the body's own unit, whose token its convener and its secretary share for now."""
    if actor != Actor("unit", body):
        raise Refused("body.not_yours", "actor", body=body, actor=f"{actor.kind}.{actor.id}")


@on_due("plan")
def plan(states: States, message: Message, context: Context) -> Decision:
    """Plan the body's next regular meeting, one per period; the one after it is planned as this one opens."""
    unit = message.subject.removeprefix("ledger:")
    ledger, city, at = _ledger(states, unit, context.city), context.city, message.acted_at
    number = ledger.number + 1
    if lacks(states, (meeting_id(unit, number),)):
        return again(message, (meeting_id(unit, number),))
    before = city.calendar.local(at).date() - timedelta(days=1)
    on = next_regular_day(city, unit, max(before, ledger.on or before))
    if opening_on(city, on) <= at:
        on = next_regular_day(city, unit, on)
    secretary = Secretary(states, city, at)
    secretary.state(message.subject, f.MeetingNumbered(body=unit, level=ledger.level, number=number, on=on))
    _plan_on(secretary, city, ledger, number, on, at, makeup=False)
    following = (meeting_id(unit, number + 1),)
    secretary.arm(Arm("plan", opening_on(city, on), {}, message.subject, following))
    return secretary.decision()


@on_due("makeup")
def make_up(states: States, message: Message, context: Context) -> Decision:
    """Plan a meeting in place of a missed regular one, early enough inside the limit (workflows §2.3 move 10)."""
    unit = message.subject.removeprefix("ledger:")
    ledger, city, at = _ledger(states, unit, context.city), context.city, message.acted_at
    number = ledger.number + 1
    if lacks(states, (meeting_id(unit, number),)):
        return again(message, (meeting_id(unit, number),))
    on = clock.add(at, city.clock("make_up").halved(), city.calendar).date()
    secretary = Secretary(states, city, at)
    secretary.state(message.subject, f.MeetingNumbered(body=unit, level=ledger.level, number=number, on=None))
    _plan_on(secretary, city, ledger, number, on, at, makeup=True)
    return secretary.decision()


def _plan_on(
    secretary: Secretary, city: Any, ledger: Ledger, number: int, on: date, at: datetime, *, makeup: bool
) -> None:
    calendar, id_ = city.calendar, meeting_id(ledger.unit, number)
    day = calendar.working_day_before(on, city.clock("cut_off").amount)
    # A body that begins its work after a cut-off still meets: its agenda is then fixed at once.
    cut_off = max(calendar.midnight(day.toordinal()) + calendar.closing, at)
    secretary.state(
        id_,
        f.MeetingPlanned(
            body=ledger.unit,
            level=ledger.level,
            number=number,
            temporary=False,
            makeup=makeup,
            on=on,
            opens_at=opening_on(city, on),
            cut_off_at=cut_off,
        ),
    )
    secretary.arm(Arm("convene", cut_off, {}, id_, (f"ledger:{ledger.unit}",)))


@on_due("convene")
def convene(states: States, message: Message, context: Context) -> Decision:
    """Fix the agenda at cut-off: it holds every entry open in the ledger (G3)."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None or meeting.status is not MeetingStatus.PLANNED:
        return NOTHING
    name = f"ledger:{meeting.unit}"
    if lacks(states, (name,)):
        return again(message, (name,))
    cases = tuple(place.case for place in _ledger(states, meeting.unit, context.city).agenda())
    if lacks(states, cases):
        return again(message, (name, *cases))
    return _convene(states, message, context, meeting, cases)


@on_due("call")
def call_temporary(states: States, message: Message, context: Context) -> Decision:
    """Convene a temporary meeting about the one entry that cannot wait for the next regular date (G4, G16)."""
    unit, case = message.subject.removeprefix("ledger:"), str(message.data.data["case"])
    ledger, city, at = _ledger(states, unit, context.city), context.city, message.acted_at
    number = ledger.number + 1
    needs = (case, meeting_id(unit, number))
    if lacks(states, needs):
        return again(message, needs)
    topic: Topic | None = states[case]
    if topic is None or topic.active.body != unit or topic.active.status is not EntryStatus.OPEN:
        return NOTHING
    on = clock.add(at, city.clock("temporary").halved(), city.calendar).date()
    meeting = Meeting(unit, ledger.level, number, MeetingStatus.PLANNED, opening_on(city, on), temporary=True)
    numbered = f.MeetingNumbered(body=unit, level=ledger.level, number=number, on=None)
    secretary = Secretary(states, city, at)
    secretary.state(message.subject, numbered)
    return secretary.decision() + _convene(states, message, context, meeting, (case,))


def _convene(states: States, message: Message, context: Context, meeting: Meeting, cases: tuple[str, ...]) -> Decision:
    MOVES.check(meeting.status, MeetingStatus.CONVENED)
    secretary = Secretary(states, context.city, message.acted_at)
    topics: list[Topic] = [states[case] for case in cases]
    for case, topic in zip(cases, topics, strict=True):
        secretary.state(
            case,
            t.TopicTabled(
                topic=topic.id,
                body=meeting.unit,
                level=meeting.level,
                entry=EntryStatus.TABLED,
                meeting=meeting.id,
            ),
        )
        secretary.record(meeting.unit, "tabled", topic.id, {"meeting": meeting.id}, case=case, entry=EntryStatus.TABLED)
    leads = sorted({topic.lead for topic in topics if topic.lead}) if meeting.temporary else ()
    secretary.state(
        meeting.id,
        f.MeetingConvened(
            **_of(meeting),
            opens_at=meeting.opens_at,
            agenda=tuple(topic.id for topic in topics),
            cases=cases,
            invited=tuple(leads),
        ),
    )
    needs = (f"ledger:{meeting.unit}", *cases)
    secretary.arm(Arm("slot", slot_end(context.city, meeting.opens_at), {}, meeting.id, needs))
    return secretary.decision()


@deciders.on(HoldMeeting)
def hold(states: States, message: Message, context: Context) -> Decision:
    """Open the meeting on its day; without a quorum it counts as missed and its topics return (G5)."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None:
        raise Refused("subject.unknown", "meeting", subject=message.subject)
    city, at, asked = context.city, message.acted_at, message.data
    check_is_body(message.actor, meeting.unit)
    MOVES.check(meeting.status, MeetingStatus.HELD)
    if at < meeting.opens_at:
        raise Refused("meeting.too_early", "meeting", opens_at=city.calendar.local(meeting.opens_at).isoformat())
    until = slot_end(city, meeting.opens_at)
    if at > until:
        raise Refused("meeting.slot_over", "meeting", until=until.isoformat())
    if not is_quorate(city, meeting, asked.present):
        if lacks(states, meeting.subjects):
            raise Refused("message.stale", "meeting", sequence=message.sequence)
        return _miss(states, message, context, meeting, "no_quorum")
    standing = {member.code for member in city.bodies[meeting.unit].members}
    attendance = tuple(dict.fromkeys(asked.present))
    held = f.MeetingHeld(
        **_of(meeting),
        held_at=at,
        members=len(standing),
        present=len(standing & set(attendance)),
        agenda=tuple(item.topic for item in meeting.agenda),
        attendance=attendance,
    )
    secretary = Secretary(states, city, at)
    secretary.state(meeting.id, held)
    secretary.arm(Cancel("slot", meeting.id))
    return secretary.decision()


@on_due("slot")
def slot_over(states: States, message: Message, context: Context) -> Decision:
    """Count a meeting that was not held on its day as missed."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None or meeting.status is not MeetingStatus.CONVENED:
        return NOTHING
    if lacks(states, meeting.subjects):
        return again(message, meeting.subjects)
    return _miss(states, message, context, meeting, "not_held")


def _miss(states: States, message: Message, context: Context, meeting: Meeting, why: str) -> Decision:
    """Return every topic to the agenda without counting a deferral; a regular meeting is made up (moves 6 and 10)."""
    at, ledger = message.acted_at, f"ledger:{meeting.unit}"
    secretary = Secretary(states, context.city, at)
    body = {"meeting": meeting.id, "why": why}
    for case, topic in tabled(states, meeting):
        secretary.state(
            case,
            t.TopicReturnedToAgenda(
                topic=topic.id, body=meeting.unit, level=meeting.level, entry=EntryStatus.OPEN, meeting=meeting.id
            ),
        )
        secretary.record(meeting.unit, "missed", topic.id, body, case=case, entry=EntryStatus.OPEN)
    if not meeting.agenda:
        secretary.record(meeting.unit, "missed", "", body)
    secretary.state(meeting.id, f.MeetingMissed(**_of(meeting), why=why))
    secretary.arm(Cancel("slot", meeting.id))
    if not meeting.temporary and not meeting.makeup:
        following = _ledger(states, meeting.unit, context.city).number + 1
        secretary.arm(Arm(f"makeup:{meeting.number}", at, {}, ledger, (meeting_id(meeting.unit, following),)))
    return secretary.decision()


def tabled(states: States, meeting: Meeting) -> Iterator[tuple[str, Topic]]:
    """Yield the topics still tabled at a meeting, in its order; one withdrawn since then is no more."""
    for item in meeting.agenda:
        topic: Topic = states[item.case]
        entry = topic.active
        if (entry.body, entry.status, entry.meeting) == (meeting.unit, EntryStatus.TABLED, meeting.id):
            yield item.case, topic


def _ledger(states: States, unit: str, city: Any) -> Ledger:
    return states[f"ledger:{unit}"] or Ledger(unit, city.bodies[unit].level)


def _of(meeting: Meeting) -> dict[str, Any]:
    return {
        "body": meeting.unit,
        "level": meeting.level,
        "number": meeting.number,
        "temporary": meeting.temporary,
        "makeup": meeting.makeup,
    }
