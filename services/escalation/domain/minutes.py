"""The minutes (会议纪要): one decision per tabled topic, recorded as a draft, effective when adopted."""

from __future__ import annotations

from services.escalation.domain import facts as f
from services.escalation.domain.agenda import tabled
from services.escalation.domain.convening import known_meeting
from services.escalation.domain.effects import EFFECTS, Adopted
from services.escalation.domain.guards import check_decision
from services.escalation.domain.ledger import Secretary, Wording, word
from services.escalation.domain.meeting import Event, Meeting, absent_from, check_move
from services.escalation.domain.messages import AdoptMinutes, RecordDecisions, SupplementMinutes
from services.escalation.domain.roles import check_caller, check_secretary
from services.escalation.domain.table import States, deciders, lacks
from services.escalation.domain.topic_messages import TopicDecision
from shared.kernel.decisions import Cancel, Context, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused


@deciders.on(RecordDecisions)
def record(states: States, message: Message, context: Context) -> Decision:
    """Keep the decisions as a draft that replaces the one before; nothing takes effect (G6)."""
    meeting, asked = known_meeting(states, message), message.data
    check_secretary(message.actor, meeting.unit, context.city)
    check_move(meeting, Event.RECORD)
    topics = {topic.id: topic for _, topic in tabled(states, meeting)}
    named = {item.topic for item in meeting.agenda}
    drafts: dict[str, f.DecisionDraft] = {}
    secretary = Secretary(states, context.city, message.acted_at)
    for index, decision in enumerate(asked.decisions):
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
    digest = ""
    if asked.review or asked.plans:
        said = word(meeting.unit, meeting.id, "", context.new_id(), {"review": asked.review, "plans": asked.plans})
        secretary.keep(said)
        digest = said.digest
    secretary.state(
        meeting.id,
        f.MeetingRecorded(
            **f.of(meeting),
            decisions=tuple(drafts.values()),
            review=mask(asked.review or ""),
            plans=mask(asked.plans or ""),
            digest=digest,
        ),
    )
    return secretary.decision()


@deciders.on(AdoptMinutes)
def adopt(states: States, message: Message, context: Context) -> Decision:
    """Sign the minutes: with exactly one valid decision per tabled topic all of them take effect now (G6)."""
    meeting, city, at = known_meeting(states, message), context.city, message.acted_at
    check_caller(message.actor, city, meeting)
    check_move(meeting, Event.ADOPT)
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
        EFFECTS[draft.kind](Adopted(secretary, states, city, at, case, topic, meeting, draft))
    seq, head = secretary.head(meeting.unit)
    secretary.state(
        meeting.id,
        f.MeetingAdopted(
            **f.of(meeting),
            decisions={topic.id: drafts[topic.id].kind for _, topic in topics},
            attendance=meeting.attendance,
            absent=absent_from(city, meeting, meeting.attendance),
            ledger_seq=seq,
            ledger_hash=head,
        ),
    )
    secretary.arm(Cancel("minutes", meeting.id))
    return secretary.decision()


@deciders.on(SupplementMinutes)
def supplement(states: States, message: Message, context: Context) -> Decision:
    """Add to adopted minutes (补充纪要) what changes no decision; the minutes stay as they are (G17)."""
    meeting, at = known_meeting(states, message), message.acted_at
    check_caller(message.actor, context.city, meeting)
    check_move(meeting, Event.SUPPLEMENT)
    said = word(meeting.unit, meeting.id, "", context.new_id(), {"text": message.data.text})
    secretary = Secretary(states, context.city, at)
    secretary.keep(said)
    number = meeting.supplements + 1
    secretary.record(meeting.unit, "corrected", "", {"meeting": meeting.id, "supplement": number, "words": said.digest})
    secretary.state(
        meeting.id,
        f.MeetingSupplemented(**f.of(meeting), supplement=number, text=mask(message.data.text), digest=said.digest),
    )
    return secretary.decision()


def _wording(decision: TopicDecision, meeting: Meeting, salt: str) -> Wording:
    words = {
        "done_means": decision.done_means,
        "plan": decision.plan,
        "reply": decision.reply,
        "why": decision.why,
        "discussion": decision.discussion,
    }
    return word(meeting.unit, meeting.id, decision.topic, salt, words)


def _draft(decision: TopicDecision, digest: str) -> f.DecisionDraft:
    return f.DecisionDraft(
        topic=decision.topic,
        kind=decision.kind,
        lead=decision.lead,
        support=decision.support,
        due_on=decision.due_on,
        reason=decision.reason,
        leader=decision.leader,
        members=decision.members,
        consents=decision.consents,
        done_means=mask(decision.done_means or ""),
        plan=mask(decision.plan or ""),
        reply=mask(decision.reply or ""),
        why=mask(decision.why or ""),
        discussion=mask(decision.discussion or ""),
        digest=digest,
    )
