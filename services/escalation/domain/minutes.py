"""The minutes (会议纪要): one decision per tabled topic, recorded as a draft, effective when adopted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain.chain import Record, canonical
from services.escalation.domain.convening import check_is_body, tabled
from services.escalation.domain.following import feed_back
from services.escalation.domain.guards import check_decision, deadline_of
from services.escalation.domain.ledger import Secretary, Wording
from services.escalation.domain.meeting import MOVES, Meeting, MeetingStatus, next_regular_day
from services.escalation.domain.messages import AdoptMinutes, DecisionKind, RecordDecisions, TopicDecision
from services.escalation.domain.opening import answer_due, start_answer_clock
from services.escalation.domain.table import States, deciders, lacks
from services.escalation.domain.topic import MOVES as ENTRY_MOVES
from services.escalation.domain.topic import EntryStatus, Topic
from shared.kernel import clock
from shared.kernel.decisions import Arm, Cancel, Context, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused


@deciders.on(RecordDecisions)
def record(states: States, message: Message, context: Context) -> Decision:
    """Keep the decisions as a draft that replaces the one before; nothing takes effect (G6)."""
    meeting = _meeting(states, message)
    MOVES.check(meeting.status, MeetingStatus.ADOPTED)
    topics = {topic.id: topic for _, topic in tabled(states, meeting)}
    named = {item.topic for item in meeting.agenda}
    drafts: dict[str, f.DecisionDraft] = {}
    secretary = Secretary(states, context.city, message.acted_at)
    for index, decision in enumerate(message.data.decisions):
        field = f"decisions[{index}]"
        if decision.topic not in named:
            raise Refused("minutes.not_tabled", field, topic=decision.topic)
        if decision.topic in drafts:
            raise Refused("minutes.twice", field, topic=decision.topic)
        topic = topics.get(decision.topic)
        if topic is None:  # withdrawn since the agenda was fixed: nothing to decide any more
            continue
        check_decision(decision, topic, meeting, context.city, message.acted_at, field)
        wording = _wording(decision, meeting, context.new_id())
        secretary.keep(wording)
        drafts[topic.id] = _draft(decision, wording.digest)
    secretary.state(
        meeting.id,
        f.MeetingRecorded(
            body=meeting.unit,
            level=meeting.level,
            number=meeting.number,
            temporary=meeting.temporary,
            makeup=meeting.makeup,
            decisions=tuple(drafts.values()),
        ),
    )
    return secretary.decision()


@deciders.on(AdoptMinutes)
def adopt(states: States, message: Message, context: Context) -> Decision:
    """Sign the minutes: with exactly one valid decision per tabled topic all of them take effect now (G6)."""
    meeting, city, at = _meeting(states, message), context.city, message.acted_at
    MOVES.check(meeting.status, MeetingStatus.ADOPTED)
    drafts = {draft.topic: draft for draft in meeting.decisions}
    topics = list(tabled(states, meeting))
    undecided = [topic.id for _, topic in topics if topic.id not in drafts]
    if undecided:
        raise Refused("minutes.undecided", "decisions", topics=", ".join(undecided))
    above = city.body_above(meeting.unit)
    if above is not None and lacks(states, (f"ledger:{above.unit}",)):
        raise Refused("message.stale", "meeting", sequence=message.sequence)
    secretary = Secretary(states, city, at)
    for case, topic in topics:
        draft = drafts[topic.id]
        check_decision(draft, topic, meeting, city, at, f"decisions.{topic.id}")
        _EFFECTS[draft.kind](secretary, states, city, at, case, topic, meeting, draft)
    seq, head = secretary.head(meeting.unit)
    secretary.state(
        meeting.id,
        f.MeetingAdopted(
            body=meeting.unit,
            level=meeting.level,
            number=meeting.number,
            temporary=meeting.temporary,
            makeup=meeting.makeup,
            decisions={topic.id: drafts[topic.id].kind for _, topic in topics},
            ledger_seq=seq,
            ledger_hash=head,
        ),
    )
    return secretary.decision()


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
        f.TopicResolved(
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
        f.TopicMovedUp(
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
        f.TopicDeferred(
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
        f.TopicDeclined(
            **_of(topic, EntryStatus.DECLINED),
            meeting=meeting.id,
            reason=draft.reason,
            reply=draft.reply,
            objection_until=until,
        ),
    )
    secretary.arm(Cancel("answer", case), Arm("objection", until, {}, case, (f"ledger:{meeting.unit}",)))
    feed_back(secretary, city, at, case, topic, EntryStatus.DECLINED, meeting.id)


_EFFECTS: dict[DecisionKind, Callable[..., None]] = {
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
    ENTRY_MOVES.check(topic.active.status, entry)
    body = {"meeting": meeting.id, "decision": draft.kind.value, "words": draft.digest, **details}
    return secretary.record(meeting.unit, "decided", topic.id, body, case=case, entry=entry)


def _meeting(states: States, message: Message) -> Meeting:
    """Return the meeting if its own body asks and every case of its agenda is locked."""
    meeting: Meeting | None = states[message.subject]
    if meeting is None:
        raise Refused("subject.unknown", "meeting", subject=message.subject)
    check_is_body(message.actor, meeting.unit)
    if lacks(states, meeting.subjects):
        raise Refused("message.stale", "meeting", sequence=message.sequence)
    return meeting


def _of(topic: Topic, entry: EntryStatus) -> dict[str, Any]:
    return {"topic": topic.id, "body": topic.active.body, "level": topic.active.level, "entry": entry}


def _wording(decision: TopicDecision, meeting: Meeting, salt: str) -> Wording:
    words = {"done_means": decision.done_means, "reply": decision.reply, "why": decision.why}
    text = canonical({name: said for name, said in words.items() if said})
    return Wording(meeting.unit, meeting.id, decision.topic, salt, text, sha256(f"{salt}{text}".encode()).hexdigest())


def _draft(decision: TopicDecision, digest: str) -> f.DecisionDraft:
    return f.DecisionDraft(
        topic=decision.topic,
        kind=decision.kind,
        lead=decision.lead,
        support=decision.support,
        due_on=decision.due_on,
        reason=decision.reason,
        done_means=mask(decision.done_means or ""),
        reply=mask(decision.reply or ""),
        why=mask(decision.why or ""),
        digest=digest,
    )
