"""What each kind of decision does as the minutes are adopted (workflows §2.2, moves 7 to 12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain import topic_facts as t
from services.escalation.domain.chain import Record
from services.escalation.domain.following import feed_back
from services.escalation.domain.guards import deadline_of
from services.escalation.domain.ledger import Secretary
from services.escalation.domain.meeting import Meeting, next_regular_day
from services.escalation.domain.opening import answer_due, start_answer_clock
from services.escalation.domain.table import States
from services.escalation.domain.topic import MOVES, EntryStatus, Topic
from services.escalation.domain.topic_messages import DecisionKind
from shared.kernel import clock
from shared.kernel.decisions import Arm, Cancel


def _resolve(
    secretary: Secretary,
    states: States,
    city: Any,
    at: datetime,
    case: str,
    topic: Topic,
    meeting: Meeting,
    draft: f.DecisionDraft,
) -> None:
    assert draft.lead is not None
    assert draft.due_on is not None
    details = {"lead": draft.lead, "support": list(draft.support), "due_on": draft.due_on.isoformat()}
    _decide(secretary, case, topic, meeting, draft, EntryStatus.EXECUTING, details)
    secretary.state(
        case,
        t.TopicResolved(
            **_of(topic, EntryStatus.EXECUTING),
            meeting=meeting.id,
            lead=draft.lead,
            support=draft.support,
            due_at=deadline_of(city, draft.due_on),
            done_means=draft.done_means,
        ),
    )
    secretary.arm(Cancel("answer", case))
    feed_back(secretary, city, at, case, topic, EntryStatus.EXECUTING, meeting.id)


def _move_up(
    secretary: Secretary,
    states: States,
    city: Any,
    at: datetime,
    case: str,
    topic: Topic,
    meeting: Meeting,
    draft: f.DecisionDraft,
) -> None:
    """Close the entry here and open it one level higher in the same instant, entry and minutes attached (G8)."""
    above = city.body_above(meeting.unit)
    due = answer_due(city, above.level, topic.urgent, at)
    line = _decide(secretary, case, topic, meeting, draft, EntryStatus.MOVED_UP, {"to": above.unit})
    secretary.state(
        case,
        t.TopicMovedUp(
            **_of(topic, EntryStatus.MOVED_UP),
            meeting=meeting.id,
            to_body=above.unit,
            to_level=above.level,
            answer_due_at=due,
            ledger_seq=line.seq,
            ledger_hash=line.hash,
        ),
    )
    attached = {"ledger": meeting.unit, "seq": line.seq, "hash": line.hash}
    secretary.record(
        above.unit,
        "raised",
        topic.id,
        {"cases": [case], "cause": topic.cause, "below": attached, "minutes": meeting.id},
        case=case,
        entry=EntryStatus.OPEN,
        moved_up=True,
    )
    start_answer_clock(secretary, city, states[f"ledger:{above.unit}"], case, above.unit, topic.urgent, at, due)
    feed_back(secretary, city, at, case, topic, EntryStatus.MOVED_UP, meeting.id)


def _defer(
    secretary: Secretary,
    states: States,
    city: Any,
    at: datetime,
    case: str,
    topic: Topic,
    meeting: Meeting,
    draft: f.DecisionDraft,
) -> None:
    """Leave the entry open for the body's next regular meeting, which is thereby named (G9)."""
    until = next_regular_day(city, meeting.unit, city.calendar.local(at).date())
    midnight = city.calendar.midnight(until.toordinal())
    due = clock.add(midnight, city.clock("answer_after_deferral"), city.calendar)
    _decide(secretary, case, topic, meeting, draft, EntryStatus.OPEN, {"until": until.isoformat()})
    secretary.state(
        case,
        t.TopicDeferred(
            **_of(topic, EntryStatus.OPEN),
            meeting=meeting.id,
            until=until,
            deferrals=topic.active.deferrals + 1,
            answer_due_at=due,
        ),
    )
    secretary.arm(Arm("answer", due, subject=case, touches=(f"ledger:{meeting.unit}",)))
    feed_back(secretary, city, at, case, topic, EntryStatus.OPEN, meeting.id)


def _decline(
    secretary: Secretary,
    states: States,
    city: Any,
    at: datetime,
    case: str,
    topic: Topic,
    meeting: Meeting,
    draft: f.DecisionDraft,
) -> None:
    """Answer with a reply that may be objected to once; a second decline is final (moves 10 and 15)."""
    assert draft.reason is not None
    until = clock.add(at, city.clock("reply"), city.calendar)
    if not topic.has_been_objected:
        until = clock.add(until, city.clock("objection"), city.calendar)
    _decide(secretary, case, topic, meeting, draft, EntryStatus.DECLINED, {"reason": str(draft.reason)})
    secretary.state(
        case,
        t.TopicDeclined(
            **_of(topic, EntryStatus.DECLINED),
            meeting=meeting.id,
            reason=draft.reason,
            reply=draft.reply,
            objection_until=until,
        ),
    )
    secretary.arm(Cancel("answer", case), Arm("objection", until, {}, case, (f"ledger:{meeting.unit}",)))
    feed_back(secretary, city, at, case, topic, EntryStatus.DECLINED, meeting.id)


EFFECTS: dict[DecisionKind, Callable[..., None]] = {
    DecisionKind.RESOLVE: _resolve,
    DecisionKind.MOVE_UP: _move_up,
    DecisionKind.DEFER: _defer,
    DecisionKind.DECLINE: _decline,
}


def _decide(
    secretary: Secretary,
    case: str,
    topic: Topic,
    meeting: Meeting,
    draft: f.DecisionDraft,
    entry: EntryStatus,
    details: dict[str, Any],
) -> Record:
    MOVES.check(topic.active.status, entry)
    body = {"meeting": meeting.id, "decision": draft.kind.value, "words": draft.digest, **details}
    return secretary.record(meeting.unit, "decided", topic.id, body, case=case, entry=entry)


def _of(topic: Topic, entry: EntryStatus) -> dict[str, Any]:
    return {"topic": topic.id, "body": topic.active.body, "level": topic.active.level, "entry": entry}
