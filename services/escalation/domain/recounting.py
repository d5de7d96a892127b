"""What a calendar published later does to topics and meetings: limits anew, planned days moved (decision 65)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain.carrying import carried
from services.escalation.domain.convening import arm_cut_off
from services.escalation.domain.meeting import Meeting, MeetingStatus, cut_off_before, opening_on
from services.escalation.domain.table import States, deciders, evolve, on_due
from services.escalation.domain.topic import Topic
from shared.kernel.decisions import NOTHING, Arm, CalendarChanged, Context, Decision, Fact, Message
from shared.kernel.recounting import DeadlinesMoved, MovedDeadline, Shown, recount, shown
from shared.kernel.replacing import replace


@dataclass(frozen=True, slots=True)
class LedgerDeadlinesMoved(DeadlinesMoved):
    pass


@deciders.on(CalendarChanged)
def follow(states: States, message: Message, context: Context) -> Decision:
    """Move what is armed to where the calendar puts it now; the cut-off lies three of its working days before."""
    state, changed = states[message.subject], message.data
    moved, decision = recount(message, context)
    if isinstance(state, Topic):
        decision += _for_further_cases(state, moved, message)
    if isinstance(state, Meeting) and state.cut_off_at is not None and state.cut_off_at > message.acted_at:
        again, planned = _cut_off(state, message, context.city)
        moved, decision = (*moved, *again), decision + planned
    if moved:
        decision += Decision((Fact(LedgerDeadlinesMoved(moved, changed.version, changed.reason)),))
    return decision


def _for_further_cases(topic: Topic, moved: tuple[MovedDeadline, ...], message: Message) -> Decision:
    """Have the further cases of a topic told at once by when it is answered now; they are not locked yet."""
    answer = next((one for one in moved if one.name == "answer"), None)
    if answer is None or not topic.others:
        return Decision()
    changed: CalendarChanged = message.data
    said = {
        "before": answer.before.isoformat(), "ends_at": answer.ends_at.isoformat(),
        "calendar": changed.version, "reason": changed.reason,
    }  # fmt: skip
    return Decision(deadlines=(Arm("answer_moved", message.acted_at, said, touches=topic.others),))


@on_due("answer_moved")
def tell_further_cases(states: States, message: Message, context: Context) -> Decision:
    """State of each further case what moved of its topic; an answer that was given or set anew meanwhile has no use."""
    topic: Topic | None = states[message.subject]
    said = message.data.data
    before, ends_at = (datetime.fromisoformat(said[name]) for name in ("before", "ends_at"))
    if topic is None or topic.is_over or topic.active.answer_due_at != ends_at:
        return NOTHING
    fact = LedgerDeadlinesMoved((MovedDeadline("answer", before, ends_at),), said["calendar"], said["reason"])
    return Decision(tuple(Fact(fact, case) for case in carried(states, message.subject, topic)))


def _cut_off(meeting: Meeting, message: Message, city: Any) -> tuple[tuple[MovedDeadline, ...], Decision]:
    """Return how the cut-off of a meeting moves that has none of its topics yet; a planned day off moves with it.

    A day that somebody named stays: it is for the convener to postpone.
    """
    opens_at = meeting.opens_at
    facts: tuple[Fact, ...] = ()
    on = city.calendar.local(opens_at).date()
    if meeting.status is MeetingStatus.PLANNED and not city.calendar.is_working_day(on):
        following = city.calendar.working_day_after(on, 1)
        if meeting.within is not None and following > meeting.within:
            following = city.calendar.working_day_before(on, 1)
        opens_at = opening_on(city, meeting.unit, following)
    cut_off = max(cut_off_before(city, opens_at), message.acted_at)
    if (opens_at, cut_off) == (meeting.opens_at, meeting.cut_off_at) or meeting.cut_off_at is None:
        return (), Decision()
    if opens_at != meeting.opens_at:
        facts = (Fact(_planned_on(meeting, opens_at, cut_off, city)),)
        armed: Arm = Arm("convene", cut_off, {}, meeting.id, (f"ledger:{meeting.unit}",))
    else:
        armed = arm_cut_off(meeting, cut_off)
    return (MovedDeadline(armed.name, meeting.cut_off_at, cut_off),), Decision(facts, (armed,))


def _planned_on(meeting: Meeting, opens_at: datetime, cut_off: datetime, city: Any) -> f.MeetingPlanned:
    return f.MeetingPlanned(
        **f.of(meeting),
        on=city.calendar.local(opens_at).date(),
        opens_at=opens_at,
        cut_off_at=cut_off,
        within=meeting.within,
        caller=meeting.caller,
        place=meeting.place,
        theme=meeting.theme,
    )


def _answer(topic: Topic, rest: str, at: datetime) -> Topic:
    return topic.with_entry(replace(topic.active, answer_due_at=at))


def _objection(topic: Topic, rest: str, at: datetime) -> Topic:
    return topic.with_entry(replace(topic.active, objection_until=at))


def _call(meeting: Meeting, rest: str, at: datetime) -> Meeting:
    return replace(meeting, decide_by=at)


def _convene(meeting: Meeting, rest: str, at: datetime) -> Meeting:
    return replace(meeting, cut_off_at=at)


_SHOWN: Shown = {
    (Topic, "screen"): _answer,
    (Topic, "answer"): _answer,
    (Topic, "objection"): _objection,
    (Meeting, "undecided"): _call,
    (Meeting, "convene"): _convene,
}


@evolve.on(LedgerDeadlinesMoved)
def moved(state: Any, fact: LedgerDeadlinesMoved, at: datetime) -> Any:
    """Let topic and meeting show the new times; a further case has none of its own."""
    if isinstance(state, Topic) and state.home:
        return state
    return shown(state, fact, _SHOWN)
