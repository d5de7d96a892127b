"""Temporary meetings (临时会议): proposed about named entries; called, refused, called off by the leader in charge."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain.agenda import check_own, tabled
from services.escalation.domain.convening import (
    add_to_agenda,
    check_codes,
    check_day,
    convene_with,
    known_meeting,
)
from services.escalation.domain.duty import is_duty
from services.escalation.domain.ledger import Ledger, Secretary, ledger_of, word
from services.escalation.domain.meeting import (
    Event,
    Meeting,
    MeetingStatus,
    check_move,
    meeting_id,
    next_regular_day,
    opening_on,
)
from services.escalation.domain.messages import CallMeeting, CancelMeeting, ProposeMeeting, RefuseMeeting
from services.escalation.domain.owing import supervisor_of
from services.escalation.domain.roles import check_caller, check_may_propose
from services.escalation.domain.table import States, again, deciders, lacks, on_due
from services.escalation.domain.topic import Topic
from shared.kernel import clock
from shared.kernel.decisions import NOTHING, SYSTEM, Actor, Arm, Cancel, Context, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused


@deciders.on(ProposeMeeting)
def propose(states: States, message: Message, context: Context) -> Decision:
    """Ask for a temporary meeting about entries that wait in this ledger (move 2)."""
    unit, city, asked = message.subject.removeprefix("ledger:"), context.city, message.data
    if unit not in city.bodies:
        raise Refused("body.unknown", "body", body=unit)
    check_may_propose(message.actor, city, unit)
    ledger = ledger_of(states, unit, city)
    check_own(ledger, asked.cases)
    number = ledger.number + 1
    id_ = meeting_id(unit, number)
    secretary = Secretary(states, city, message.acted_at)
    secretary.keep(word(unit, id_, "", context.new_id(), {"why": asked.why}))
    _number(secretary, ledger, number)
    cases = tuple(dict.fromkeys(asked.cases))
    data = {
        "cases": cases,
        "by": [message.actor.kind, message.actor.id],
        "why": mask(asked.why),
        "number": number,
    }
    secretary.arm(Arm(f"proposal:{number}", message.acted_at, data, message.subject, (*cases, id_)))
    return secretary.decision()


@on_due("proposal")
def open_proposal(states: States, message: Message, context: Context) -> Decision:
    """Begin the meeting that somebody asked for, under the number that it was given at the desk.

    A topic that was combined with another since then is spoken about where that one is.
    """
    unit, data = message.subject.removeprefix("ledger:"), message.data.data
    cases = tuple(dict.fromkeys(states[case].home or case for case in data["cases"]))
    needs = dict.fromkeys((*data["cases"], *cases, meeting_id(unit, int(data["number"]))))
    if lacks(states, needs):
        return again(message, needs)
    ledger = ledger_of(states, unit, context.city)
    secretary = Secretary(states, context.city, message.acted_at)
    _propose(
        secretary,
        states,
        context.city,
        ledger,
        int(data["number"]),
        cases,
        Actor(*data["by"]),
        message.acted_at,
        str(data["why"]),
    )
    return secretary.decision()


@on_due("call")
def propose_by_rule(states: States, message: Message, context: Context) -> Decision:
    """Propose a temporary meeting about an entry that cannot wait for the next regular date (G16)."""
    unit, data = message.subject.removeprefix("ledger:"), message.data.data
    cases = tuple(data["cases"]) if "cases" in data else (str(data["case"]),)
    ledger, city, at = ledger_of(states, unit, context.city), context.city, message.acted_at
    needs = (*cases, meeting_id(unit, ledger.number + 1))
    if lacks(states, needs):
        return again(message, needs)
    waiting = tuple(case for case in cases if _is_waiting(ledger, case))
    if data.get("if_duty"):
        waiting = tuple(case for case in waiting if is_duty(city, states[case], at))
    if not waiting:
        return NOTHING
    secretary = Secretary(states, city, at)
    number = ledger.number + 1
    _number(secretary, ledger, number)
    _propose(secretary, states, city, ledger, number, waiting, SYSTEM, at, "", makeup=bool(data.get("makeup")))
    return secretary.decision()


def _number(secretary: Secretary, ledger: Ledger, number: int) -> None:
    numbered = f.MeetingNumbered(body=ledger.unit, level=ledger.level, number=number, on=None)
    secretary.state(f"ledger:{ledger.unit}", numbered)


def _propose(
    secretary: Secretary,
    states: States,
    city: Any,
    ledger: Ledger,
    number: int,
    cases: tuple[str, ...],
    by: Actor,
    at: datetime,
    why: str,
    *,
    makeup: bool = False,
) -> None:
    """State the proposal; what the system proposes is a duty, and what others propose where G16 makes it one."""
    topics: list[Topic] = [states[case] for case in cases]
    duty = by == SYSTEM or any(is_duty(city, topic, at) for topic in topics)
    body = city.bodies[ledger.unit]
    called = clock.counted(at, city.clock("call", urgent=any(topic.urgent for topic in topics)))
    decide_by = called.at(city.calendar)
    limit = city.clock("make_up" if makeup else "temporary")
    on, within = (clock.add(at, budget, city.calendar).date() for budget in (limit.halved(), limit))
    id_ = meeting_id(ledger.unit, number)
    secretary.state(
        id_,
        f.MeetingProposed(
            body=ledger.unit,
            level=ledger.level,
            number=number,
            temporary=True,
            makeup=makeup,
            topics=tuple(topic.id for topic in topics),
            cases=cases,
            by=f"{by.kind}.{by.id}",
            why=why,
            caller=_leader_in_charge(city, ledger.unit, topics[0]),
            duty=duty,
            decide_by=decide_by,
            opens_at=opening_on(city, ledger.unit, on),
            within=within if duty else _before_regular(city, ledger.unit, at, within),
            place=body.slot.place,
            theme=body.slot.theme,
        ),
    )
    secretary.arm(Arm("undecided", decide_by, {}, id_, (f"ledger:{ledger.unit}", *cases), called))


def _leader_in_charge(city: Any, unit: str, main: Topic) -> str:
    """Return the post that calls the meeting: in charge of the main topic's field, if there is none the convener."""
    department = city.departments.get(main.lead) if main.lead else None
    post: str = city.bodies[unit].leader_of(department.field if department else "")
    return post


def _before_regular(city: Any, unit: str, at: datetime, within: date) -> date:
    """Return until when a meeting that is no duty may be held: until the next regular one would deal with it."""
    return max(within, next_regular_day(city, unit, city.calendar.local(at).date()))


def _is_waiting(ledger: Ledger, case: str) -> bool:
    return any(place.case == case for place in ledger.agenda())


@deciders.on(CallMeeting)
def call(states: States, message: Message, context: Context) -> Decision:
    """Call a proposed meeting: time and place, all whom its topics concern invited (move 3)."""
    meeting, city, at, asked = known_meeting(states, message), context.city, message.acted_at, message.data
    check_caller(message.actor, city, meeting)
    check_move(meeting, Event.CALL)
    check_day(city, meeting, asked.opens_at, at)
    check_codes(city, asked.invited)
    cases = _named_and_waiting(states, city, meeting)
    if not cases:
        raise Refused("meeting.nothing_left", "meeting")
    secretary = Secretary(states, city, at)
    convene_with(
        secretary,
        states,
        city,
        meeting,
        cases,
        opens_at=asked.opens_at,
        place=asked.place,
        theme=asked.theme,
        guests=asked.invited,
    )
    secretary.arm(Cancel("undecided", meeting.id))
    return secretary.decision()


@deciders.on(RefuseMeeting)
def refuse(states: States, message: Message, context: Context) -> Decision:
    """Refuse a proposed meeting with a reason, unless it is a duty (move 4, G16)."""
    meeting, city = known_meeting(states, message), context.city
    check_caller(message.actor, city, meeting)
    check_move(meeting, Event.REFUSE)
    urgent = [item.topic for item in meeting.named if _is_duty_now(states, city, meeting, item.case, message.acted_at)]
    if urgent:
        raise Refused("meeting.duty", "meeting", topics=", ".join(urgent))
    return _cancel(states, message, context, meeting, "refused", message.data.why)


def _is_duty_now(states: States, city: Any, meeting: Meeting, case: str, at: datetime) -> bool:
    topic: Topic | None = states[case]
    waits = topic is not None and _is_waiting(ledger_of(states, meeting.unit, city), case)
    return waits and topic is not None and (meeting.is_duty or is_duty(city, topic, at))


@on_due("undecided")
def undecided(states: States, message: Message, context: Context) -> Decision:
    """End a proposal that nobody decided: it lapses as refused; what is a duty takes place, under supervision."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None or meeting.status is not MeetingStatus.PROPOSED:
        return NOTHING
    if lacks(states, meeting.subjects):
        return again(message, meeting.subjects)
    city, at = context.city, message.acted_at
    cases = _named_and_waiting(states, city, meeting)
    if not cases:
        return _cancel(states, message, context, meeting, "nothing_left", "")
    if not any(_is_duty_now(states, city, meeting, case, at) for case in cases):
        return _cancel(states, message, context, meeting, "lapsed", "")
    secretary = Secretary(states, city, at)
    late = f.MeetingLate(**f.of(meeting), what="call", supervisor=supervisor_of(city, meeting.unit))
    secretary.state(meeting.id, late)
    opens_at = meeting.opens_at
    if opens_at <= at:
        today = city.calendar.local(at).date()
        opens_at = opening_on(city, meeting.unit, city.calendar.working_day_after(today, 1))
    convene_with(secretary, states, city, meeting, cases, opens_at=opens_at)
    return secretary.decision()


@on_due("recall")
def call_back(states: States, message: Message, context: Context) -> Decision:
    """Table again what a temporary meeting is about, after it was postponed or could not be held."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None or meeting.status is not MeetingStatus.CONVENED:
        return NOTHING
    if lacks(states, meeting.subjects):
        return again(message, meeting.subjects)
    secretary = Secretary(states, context.city, message.acted_at)
    cases = _named_and_waiting(states, context.city, meeting)
    add_to_agenda(secretary, states, context.city, meeting, cases)
    return secretary.decision()


@deciders.on(CancelMeeting)
def cancel(states: States, message: Message, context: Context) -> Decision:
    """Call a temporary meeting off once every topic that it was called for is withdrawn (move 11)."""
    meeting, city = known_meeting(states, message), context.city
    check_caller(message.actor, city, meeting)
    check_move(meeting, Event.CANCEL)
    if not meeting.temporary:
        raise Refused("meeting.regular", "meeting")
    ledger = ledger_of(states, meeting.unit, city)
    left = [item.topic for item in meeting.named if _is_waiting(ledger, item.case)]
    left += [topic.id for _, topic in tabled(states, meeting)]
    if left:
        raise Refused("meeting.still_named", "meeting", topics=", ".join(left))
    return _cancel(states, message, context, meeting, "withdrawn", message.data.why)


def _named_and_waiting(states: States, city: Any, meeting: Meeting) -> tuple[str, ...]:
    ledger = ledger_of(states, meeting.unit, city)
    return tuple(item.case for item in meeting.named if _is_waiting(ledger, item.case))


def _cancel(states: States, message: Message, context: Context, meeting: Meeting, why: str, reason: str) -> Decision:
    secretary = Secretary(states, context.city, message.acted_at)
    if reason:
        secretary.keep(word(meeting.unit, meeting.id, "", context.new_id(), {"why": reason}))
    secretary.state(meeting.id, f.MeetingCancelled(**f.of(meeting), why=why, reason=mask(reason)))
    secretary.arm(*(Cancel(name, meeting.id) for name in ("undecided", "slot", "recall", "period")))
    return secretary.decision()
