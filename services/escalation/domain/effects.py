"""What each kind of decision does as the minutes are adopted (workflows §2.2, moves 7 to 12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain import topic_facts as t
from services.escalation.domain.answer_clock import run_answer, stop_answer
from services.escalation.domain.chain import Record
from services.escalation.domain.guards import deadline_of
from services.escalation.domain.ledger import Secretary
from services.escalation.domain.meeting import Meeting, next_regular_day
from services.escalation.domain.opening import answer_due, start_answer_clock
from services.escalation.domain.receiving import await_receipt
from services.escalation.domain.table import States
from services.escalation.domain.telling import feed_back
from services.escalation.domain.topic import MOVES, EntryStatus, Topic
from services.escalation.domain.topic_facts import of
from services.escalation.domain.topic_messages import DecisionKind
from shared.kernel import clock
from shared.kernel.decisions import Arm

SUMS_UP = "five-stage-loop"
"""The mechanism by which a squad or a hard problem ends with its look-backs and its summary (domain §5.3, §6.3)."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """One decision of minutes that are being adopted; `case` carries the topic."""

    secretary: Secretary
    states: States
    city: Any
    at: datetime
    case: str
    topic: Topic
    meeting: Meeting
    draft: f.DecisionDraft


def resolve(decision: Adopted) -> None:
    """Have an order made for each case; a topic without case gets one of its own (move 7)."""
    _order(decision, t.TopicResolved, {}, {})


def form_squad(decision: Adopted) -> None:
    """Have a task squad do it; its order is the lead unit's (move 11)."""
    leader, members = decision.draft.leader, decision.draft.members
    assert leader is not None
    said = {"leader": leader, "members": members, "to_sum_up": SUMS_UP in decision.city.mechanisms}
    _order(decision, t.TopicSquadFormed, {"leader": leader, "members": list(members)}, said)


def _order(decision: Adopted, kind: type[t.TopicResolved], recorded: dict[str, Any], said: dict[str, Any]) -> None:
    draft, topic = decision.draft, decision.topic
    assert draft.lead is not None
    assert draft.due_on is not None
    details = {"lead": draft.lead, "support": list(draft.support), "due_on": draft.due_on.isoformat(), **recorded}
    _decide(decision, EntryStatus.EXECUTING, details)
    own: dict[str, Any] = {}
    if not topic.has_cases:
        own = {
            "own_order": True,
            "number": topic.number,
            "proposer": topic.proposer,
            "summary": topic.summary,
            "unit": topic.unit,
            "urgent": topic.urgent,
        }
    fact = kind(
        **of(topic, topic.active, EntryStatus.EXECUTING),
        meeting=decision.meeting.id,
        lead=draft.lead,
        support=draft.support,
        due_at=deadline_of(decision.city, draft.due_on),
        done_means=draft.done_means,
        **own,
        **said,
    )
    decision.secretary.spread(topic, decision.case, fact)
    decision.secretary.arm(*stop_answer(decision.case))
    _feed_back(decision, EntryStatus.EXECUTING)


def move_up(decision: Adopted) -> None:
    """Close the entry here and open it one level higher in the same instant, entry and minutes attached (G8)."""
    secretary, city, at = decision.secretary, decision.city, decision.at
    topic, meeting, case = decision.topic, decision.meeting, decision.case
    above = city.body_above(meeting.unit)
    due, answer = answer_due(city, above.level, topic.urgent, at)
    line = _decide(decision, EntryStatus.MOVED_UP, {"to": above.unit})
    secretary.spread(
        topic,
        case,
        t.TopicMovedUp(
            **of(topic, topic.active, EntryStatus.MOVED_UP),
            meeting=meeting.id,
            to_body=above.unit,
            to_level=above.level,
            answer_due_at=due,
            ledger_seq=line.seq,
            ledger_hash=line.hash,
        ),
    )
    attached = {"ledger": meeting.unit, "seq": line.seq, "hash": line.hash}
    cases = list(topic.cases) or [case]
    secretary.record(
        above.unit,
        "raised",
        topic.id,
        {"cases": cases if topic.has_cases else [], "cause": topic.cause, "below": attached, "minutes": meeting.id},
        case=case,
        entry=EntryStatus.OPEN,
        moved_up=True,
    )
    await_receipt(secretary, city, at, case, above.unit)
    ledger = decision.states[f"ledger:{above.unit}"]
    start_answer_clock(secretary, city, ledger, case, above.unit, topic.urgent, at, answer)
    _feed_back(decision, EntryStatus.MOVED_UP)


def defer(decision: Adopted) -> None:
    """Leave the entry open for the body's next regular meeting, which is thereby named (G9)."""
    topic, meeting = decision.topic, decision.meeting
    until, due, answer = _until_next(decision)
    _decide(decision, EntryStatus.OPEN, {"until": until.isoformat()})
    decision.secretary.spread(
        topic,
        decision.case,
        t.TopicDeferred(
            **of(topic, topic.active, EntryStatus.OPEN),
            meeting=meeting.id,
            until=until,
            deferrals=topic.active.deferrals + 1,
            answer_due_at=due,
        ),
    )
    run_answer(decision.secretary, decision.city, decision.case, meeting.unit, decision.at, answer)
    _feed_back(decision, EntryStatus.OPEN)


def list_as_hard(decision: Adopted) -> None:
    """Put it on the list of hard problems under a named leader until the next regular meeting (move 12, G11)."""
    topic, meeting, draft = decision.topic, decision.meeting, decision.draft
    assert draft.leader is not None
    until, due, answer = _until_next(decision)
    reviews = topic.active.reviews + 1
    _decide(decision, EntryStatus.LISTED, {"leader": draft.leader, "reviews": reviews, "until": until.isoformat()})
    decision.secretary.spread(
        topic,
        decision.case,
        t.TopicListed(
            **of(topic, topic.active, EntryStatus.LISTED),
            meeting=meeting.id,
            leader=draft.leader,
            plan=draft.plan,
            reviews=reviews,
            until=until,
            answer_due_at=due,
            to_sum_up=SUMS_UP in decision.city.mechanisms,
        ),
    )
    run_answer(decision.secretary, decision.city, decision.case, meeting.unit, decision.at, answer)
    _feed_back(decision, EntryStatus.LISTED)


def decline(decision: Adopted) -> None:
    """Answer with a reply that may be objected to once; a second decline is final (moves 10 and 15)."""
    city, topic, draft, case = decision.city, decision.topic, decision.draft, decision.case
    assert draft.reason is not None
    objection = () if topic.has_been_objected else (city.clock("objection"),)
    answered = clock.counted(decision.at, city.clock("reply"), *objection)
    until = answered.at(city.calendar)
    _decide(decision, EntryStatus.DECLINED, {"reason": str(draft.reason)})
    decision.secretary.spread(
        topic,
        case,
        t.TopicDeclined(
            **of(topic, topic.active, EntryStatus.DECLINED),
            meeting=decision.meeting.id,
            reason=draft.reason,
            reply=draft.reply,
            objection_until=until,
        ),
    )
    decision.secretary.arm(*stop_answer(case), Arm("objection", until, {}, case, topic.subjects, answered))
    _feed_back(decision, EntryStatus.DECLINED)


EFFECTS: dict[DecisionKind, Callable[[Adopted], None]] = {
    DecisionKind.RESOLVE: resolve,
    DecisionKind.MOVE_UP: move_up,
    DecisionKind.DEFER: defer,
    DecisionKind.DECLINE: decline,
    DecisionKind.SQUAD: form_squad,
    DecisionKind.LIST: list_as_hard,
}


def _until_next(decision: Adopted) -> tuple[date, datetime, clock.Mark]:
    """Return the body's next regular day, by when that meeting must have answered, and how this is counted."""
    city = decision.city
    until = next_regular_day(city, decision.meeting.unit, city.calendar.local(decision.at).date())
    midnight = city.calendar.midnight(until.toordinal())
    answer = clock.counted(midnight, city.clock("answer_after_deferral"))
    return until, answer.at(city.calendar), answer


def _decide(decision: Adopted, entry: EntryStatus, details: dict[str, Any]) -> Record:
    topic, draft = decision.topic, decision.draft
    MOVES.check(topic.active.status, entry)
    body = {"meeting": decision.meeting.id, "decision": draft.kind.value, "words": draft.digest, **details}
    return decision.secretary.record(decision.meeting.unit, "decided", topic.id, body, case=decision.case, entry=entry)


def _feed_back(decision: Adopted, entry: EntryStatus) -> None:
    feed_back(decision.secretary, decision.city, decision.at, decision.case, decision.topic, entry, decision.meeting.id)
