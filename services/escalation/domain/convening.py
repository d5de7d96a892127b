"""How a meeting is convened: at cut-off with every open entry, or at once about the one that cannot wait."""

from __future__ import annotations

from services.escalation.domain import facts as f
from services.escalation.domain.ledger import Secretary, ledger_of
from services.escalation.domain.meeting import MOVES, Meeting, MeetingStatus, meeting_id, opening_on, slot_end
from services.escalation.domain.table import States, again, lacks, on_due
from services.escalation.domain.topic import EntryStatus, Topic
from services.escalation.domain.topic_facts import TopicTabled, of
from shared.kernel import clock
from shared.kernel.decisions import NOTHING, Arm, Context, Decision, Message


@on_due("convene")
def convene(states: States, message: Message, context: Context) -> Decision:
    """Fix the agenda at cut-off: it holds every entry open in the ledger (G3)."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None or meeting.status is not MeetingStatus.PLANNED:
        return NOTHING
    name = f"ledger:{meeting.unit}"
    if lacks(states, (name,)):
        return again(message, (name,))
    cases = tuple(place.case for place in ledger_of(states, meeting.unit, context.city).agenda())
    if lacks(states, cases):
        return again(message, (name, *cases))
    return _convene(states, message, context, meeting, cases)


@on_due("call")
def call_temporary(states: States, message: Message, context: Context) -> Decision:
    """Convene a temporary meeting about the one entry that cannot wait for the next regular date (G4, G16)."""
    unit, case = message.subject.removeprefix("ledger:"), str(message.data.data["case"])
    ledger, city, at = ledger_of(states, unit, context.city), context.city, message.acted_at
    number = ledger.number + 1
    needs = (case, meeting_id(unit, number))
    if lacks(states, needs):
        return again(message, needs)
    topic: Topic | None = states[case]
    if topic is None or topic.is_over or topic.active.body != unit:
        return NOTHING
    if topic.active.status not in (EntryStatus.OPEN, EntryStatus.LISTED):
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
        secretary.state(case, TopicTabled(**of(topic, topic.active, EntryStatus.TABLED), meeting=meeting.id))
        secretary.record(meeting.unit, "tabled", topic.id, {"meeting": meeting.id}, case=case, entry=EntryStatus.TABLED)
    leads = sorted({topic.lead for topic in topics if topic.lead}) if meeting.temporary else ()
    secretary.state(
        meeting.id,
        f.MeetingConvened(
            **f.of(meeting),
            opens_at=meeting.opens_at,
            agenda=tuple(topic.id for topic in topics),
            cases=cases,
            more=tuple(topic.others for topic in topics),
            invited=tuple(leads),
        ),
    )
    needs = (f"ledger:{meeting.unit}", *cases)
    secretary.arm(Arm("slot", slot_end(context.city, meeting.opens_at), {}, meeting.id, needs))
    return secretary.decision()
