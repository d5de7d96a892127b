"""How a planned meeting is convened: at cut-off with every open entry, by its secretary or else by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain.agenda import (
    asked_to_lead,
    check_complete,
    check_own,
    concerned,
    earlier,
    put,
    take_back,
)
from services.escalation.domain.ledger import Ledger, Secretary, ledger_of
from services.escalation.domain.meeting import (
    Event,
    Meeting,
    MeetingStatus,
    check_move,
    cut_off_before,
    slot_end,
)
from services.escalation.domain.messages import ConveneMeeting, PostponeMeeting, TableTopics
from services.escalation.domain.roles import check_convener, check_secretary
from services.escalation.domain.table import States, again, deciders, lacks, on_due
from services.escalation.domain.topic import Topic
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused


def meeting_of(states: States, message: Message) -> Meeting:
    """Return the meeting that a command is about. Raises Refused("subject.unknown")."""
    meeting = states[message.subject]
    if not isinstance(meeting, Meeting):  # none, or the id of a case or of a ledger
        raise Refused("subject.unknown", "meeting", subject=message.subject)
    return meeting


def known_meeting(states: States, message: Message) -> Meeting:
    """Return the meeting that a command is about if all that it concerns is locked with it."""
    meeting = meeting_of(states, message)
    if lacks(states, meeting.subjects):
        raise Refused("message.stale", "meeting", sequence=message.sequence)
    return meeting


@on_due("convene")
def fix_agenda(states: States, message: Message, context: Context) -> Decision:
    """Fix the agenda at cut-off: it holds every entry that waits in the ledger (G3)."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None or meeting.status not in (MeetingStatus.PLANNED, MeetingStatus.CONVENED):
        return NOTHING
    name = f"ledger:{meeting.unit}"
    if lacks(states, (name,)):
        return again(message, (name,))
    ledger = ledger_of(states, meeting.unit, context.city)
    cases = tuple(dict.fromkeys((*(item.case for item in meeting.agenda), *(p.case for p in ledger.agenda()))))
    if lacks(states, cases):
        return again(message, (name, *cases))
    secretary = Secretary(states, context.city, message.acted_at)
    if meeting.status is MeetingStatus.PLANNED:
        convene_with(secretary, states, context.city, meeting, cases)
    elif ledger.agenda() or not meeting.agenda:
        add_to_agenda(secretary, states, context.city, meeting, cases)
    return secretary.decision()


@deciders.on(ConveneMeeting)
def convene(states: States, message: Message, context: Context) -> Decision:
    """Convene a planned meeting before its cut-off, with time, place, theme and the whole agenda (G3)."""
    meeting, city, asked = known_meeting(states, message), context.city, message.data
    check_secretary(message.actor, meeting.unit, city)
    check_move(meeting, Event.CONVENE)
    check_complete(ledger_of(states, meeting.unit, city), asked.cases)
    opens_at = asked.opens_at or meeting.opens_at
    local = city.calendar.local
    if local(opens_at).date() != local(meeting.opens_at).date() or opens_at <= message.acted_at:
        raise Refused("meeting.other_day", "opens_at", on=local(meeting.opens_at).date().isoformat())
    check_codes(city, asked.invited)
    secretary = Secretary(states, city, message.acted_at)
    convene_with(
        secretary,
        states,
        city,
        meeting,
        asked.cases,
        opens_at=opens_at,
        place=asked.place,
        theme=asked.theme,
        guests=asked.invited,
    )
    return secretary.decision()


@deciders.on(TableTopics)
def table(states: States, message: Message, context: Context) -> Decision:
    """Put entries that came after the cut-off on the agenda, until the meeting opens."""
    meeting, city, asked = known_meeting(states, message), context.city, message.data
    check_secretary(message.actor, meeting.unit, city)
    check_move(meeting, Event.TABLE)
    if message.acted_at >= meeting.opens_at:
        raise Refused("meeting.opened", "meeting", opens_at=city.calendar.local(meeting.opens_at).isoformat())
    if meeting.temporary:
        unnamed = [case for case in asked.cases if case not in {item.case for item in meeting.named}]
        if unnamed:
            raise Refused("agenda.not_named", "cases", topics=", ".join(unnamed))
    check_own(ledger_of(states, meeting.unit, city), asked.cases)
    secretary = Secretary(states, city, message.acted_at)
    add_to_agenda(secretary, states, city, meeting, (*(item.case for item in meeting.agenda), *asked.cases))
    return secretary.decision()


@deciders.on(PostponeMeeting)
def postpone(states: States, message: Message, context: Context) -> Decision:
    """Move a convened meeting once to a later day inside its period; its agenda is fixed anew (move 6)."""
    meeting, city, at, asked = known_meeting(states, message), context.city, message.acted_at, message.data
    check_convener(message.actor, meeting.unit, city)
    check_move(meeting, Event.POSTPONE)
    if meeting.is_postponed:
        raise Refused("meeting.postponed", "meeting")
    check_day(city, meeting, asked.opens_at, at)
    cut_off = at if meeting.temporary else max(cut_off_before(city, asked.opens_at), at)
    secretary = Secretary(states, city, at)
    take_back(secretary, states, meeting, ledger_of(states, meeting.unit, city), "postponed")
    secretary.state(
        meeting.id,
        f.MeetingPostponed(**f.of(meeting), opens_at=asked.opens_at, cut_off_at=cut_off, why=mask(asked.why)),
    )
    secretary.arm(Cancel("slot", meeting.id), Cancel("period", meeting.id), arm_cut_off(meeting, cut_off))
    return secretary.decision()


def arm_cut_off(meeting: Meeting, cut_off: datetime) -> Arm:
    """Return the deadline at which the agenda is fixed; a temporary one takes back up what its call names."""
    name = "recall" if meeting.temporary else "convene"
    return Arm(name, cut_off, {}, meeting.id, meeting.subjects)


def check_day(city: Any, meeting: Meeting, opens_at: datetime, at: datetime) -> None:
    """Refuse a time that is past, on no working day, or after the meeting's period."""
    on = city.calendar.local(opens_at).date()
    if opens_at <= at:
        raise Refused("meeting.past", "opens_at", at=city.calendar.local(at).isoformat())
    if not city.calendar.is_working_day(on):
        raise Refused("meeting.day_off", "opens_at", on=on.isoformat())
    if meeting.within is not None and on > meeting.within:
        raise Refused("meeting.period", "opens_at", within=meeting.within.isoformat())


def check_codes(city: Any, codes: tuple[str, ...]) -> None:
    """Refuse an invitation to somebody whom the city file does not know."""
    for code in codes:
        if code not in city.units and code not in city.departments and code not in city.posts:
            raise Refused("meeting.unknown_guest", "invited", code=code)


def convene_with(
    secretary: Secretary,
    states: States,
    city: Any,
    meeting: Meeting,
    cases: tuple[str, ...],
    *,
    opens_at: datetime | None = None,
    place: str | None = None,
    theme: str | None = None,
    guests: tuple[str, ...] = (),
) -> None:
    """Table these cases, invite whom they concern, and wait for the day."""
    ledger = ledger_of(states, meeting.unit, city)
    topics = _tabled(secretary, states, meeting, ledger, cases)
    opens_at = opens_at or meeting.opens_at
    secretary.state(
        meeting.id,
        f.MeetingConvened(
            **f.of(meeting),
            opens_at=opens_at,
            agenda=tuple(topic.id for _, topic in topics),
            cases=tuple(case for case, _ in topics),
            more=tuple(topic.others for _, topic in topics),
            invited=_invited(city, meeting, topics, guests),
            leads=_leads(meeting, topics),
            earlier=earlier(ledger),
            within=meeting.within or city.calendar.local(opens_at).date(),
            caller=meeting.caller,
            place=place or meeting.place,
            theme=theme or meeting.theme,
        ),
    )
    secretary.arm(_slot(city, meeting, opens_at, cases))


def add_to_agenda(secretary: Secretary, states: States, city: Any, meeting: Meeting, cases: tuple[str, ...]) -> None:
    """Table what is not tabled yet; the agenda keeps its order: moved up, reopened, age."""
    ledger = ledger_of(states, meeting.unit, city)
    topics = _tabled(secretary, states, meeting, ledger, cases)
    secretary.state(
        meeting.id,
        f.MeetingTabled(
            **f.of(meeting),
            agenda=tuple(topic.id for _, topic in topics),
            cases=tuple(case for case, _ in topics),
            more=tuple(topic.others for _, topic in topics),
            invited=_invited(city, meeting, topics, meeting.invited),
            leads=_leads(meeting, topics),
            earlier=earlier(ledger),
        ),
    )
    secretary.arm(_slot(city, meeting, meeting.opens_at, cases))


def _tabled(
    secretary: Secretary, states: States, meeting: Meeting, ledger: Ledger, cases: tuple[str, ...]
) -> list[tuple[str, Topic]]:
    """Table those that wait; return all of them in turn. One withdrawn since the cut-off stays on paper, at the end."""
    topics: dict[str, tuple[str, Topic]] = {states[case].id: (case, states[case]) for case in cases}
    places = ledger.in_turn(topics)
    put(secretary, meeting, [place for place in places if not place.tabled], states)
    in_turn = [place.topic for place in places]
    return [topics[topic] for topic in dict.fromkeys((*in_turn, *topics))]


def _slot(city: Any, meeting: Meeting, opens_at: datetime, cases: tuple[str, ...]) -> Arm:
    return Arm("slot", slot_end(city, opens_at), {}, meeting.id, (f"ledger:{meeting.unit}", *cases))


def _leads(meeting: Meeting, topics: list[tuple[str, Topic]]) -> tuple[str, ...]:
    return asked_to_lead(topic for _, topic in topics) if meeting.temporary else ()


def _invited(city: Any, meeting: Meeting, topics: list[tuple[str, Topic]], guests: tuple[str, ...]) -> tuple[str, ...]:
    found = (*_leads(meeting, topics), *concerned(city, meeting.unit, [topic for _, topic in topics]), *guests)
    return tuple(dict.fromkeys(found))
