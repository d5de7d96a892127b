"""How a meeting sits: held with a quorum on its day, or missed."""

from __future__ import annotations

from services.escalation.domain import facts as f
from services.escalation.domain.agenda import tabled
from services.escalation.domain.ledger import Secretary, ledger_of
from services.escalation.domain.meeting import MOVES, Meeting, MeetingStatus, is_quorate, meeting_id, slot_end
from services.escalation.domain.messages import HoldMeeting
from services.escalation.domain.roles import check_is_body
from services.escalation.domain.table import States, again, deciders, lacks, on_due
from services.escalation.domain.topic import EntryStatus
from services.escalation.domain.topic_facts import TopicReturnedToAgenda, of
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Message
from shared.kernel.refusals import Refused


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
        **f.of(meeting),
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
        entry = EntryStatus.LISTED if topic.active.is_listed else EntryStatus.OPEN
        secretary.state(case, TopicReturnedToAgenda(**of(topic, topic.active, entry), meeting=meeting.id))
        secretary.record(meeting.unit, "missed", topic.id, body, case=case, entry=entry)
    if not meeting.agenda:
        secretary.record(meeting.unit, "missed", "", body)
    secretary.state(meeting.id, f.MeetingMissed(**f.of(meeting), why=why))
    secretary.arm(Cancel("slot", meeting.id))
    if not meeting.temporary and not meeting.makeup:
        following = ledger_of(states, meeting.unit, context.city).number + 1
        secretary.arm(Arm(f"makeup:{meeting.number}", at, {}, ledger, (meeting_id(meeting.unit, following),)))
    return secretary.decision()
