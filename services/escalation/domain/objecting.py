"""Review of a decline (申请复核): once per topic, inside the window; then the decline stands (moves 15 and 16)."""

from __future__ import annotations

from services.escalation.domain import topic_facts as t
from services.escalation.domain.carrying import topic_at
from services.escalation.domain.ledger import Secretary, word
from services.escalation.domain.opening import answer_due, start_answer_clock
from services.escalation.domain.owing import OPERATIONS
from services.escalation.domain.roles import acts_for
from services.escalation.domain.settling import settle
from services.escalation.domain.table import States, again, deciders, lacks, on_due
from services.escalation.domain.telling import tell_all
from services.escalation.domain.topic import EntryStatus, Topic
from services.escalation.domain.topic_facts import of
from services.escalation.domain.topic_messages import ObjectToDecline
from shared.kernel.decisions import NOTHING, Cancel, Context, Decision, Message
from shared.kernel.refusals import Refused


@deciders.on(ObjectToDecline)
def object_to(states: States, message: Message, context: Context) -> Decision:
    """Ask once for review of a decline: a reporter by his link or by operations, or the proposing unit (move 15)."""
    topic, actor, city, at = topic_at(states, message), message.actor, context.city, message.acted_at
    entry, home = topic.active, message.subject
    proposer = topic.proposer or topic.entries[0].body
    is_reporter = actor.kind == "resident" and actor.id.rpartition(":")[0] in {message.subject, *topic.cases}
    if actor.kind != "operations" and not is_reporter and not acts_for(actor, proposer):
        raise Refused("body.not_yours", "actor", body=proposer, actor=f"{actor.kind}.{actor.id}")
    if topic.has_been_objected:
        raise Refused("topic.objected_already", "")
    if entry.status is not EntryStatus.DECLINED:
        raise Refused("move.forbidden", "entry", now=entry.status, to="objected")
    assert entry.objection_until is not None
    if at > entry.objection_until:
        raise Refused("topic.window_over", "", until=city.calendar.local(entry.objection_until).isoformat())
    due, answer = answer_due(city, entry.level, topic.urgent, at)
    wording = word(entry.body, entry.meeting, topic.id, context.new_id(), {"why": message.data.why})
    secretary = Secretary(states, city, at)
    secretary.keep(wording)
    secretary.record(
        entry.body,
        "objected",
        topic.id,
        {"words": wording.digest},
        case=home,
        entry=EntryStatus.OPEN,
        moved_up=len(topic.entries) > 1,
        reopened=entry.reopened,
    )
    secretary.spread(topic, home, t.TopicObjected(**of(topic, entry, EntryStatus.OPEN), answer_due_at=due))
    secretary.arm(Cancel("objection", home))
    ledger = states[f"ledger:{entry.body}"]
    start_answer_clock(secretary, city, ledger, home, entry.body, topic.urgent, at, answer)
    return secretary.decision()


@on_due("objection")
def objection_over(states: States, message: Message, context: Context) -> Decision:
    """Settle a declined entry that nobody objected to; what its reporters were not told yet operations tell now."""
    topic: Topic | None = states[message.subject]
    if topic is None or topic.is_over:
        return NOTHING
    entry = topic.active
    if entry.status is not EntryStatus.DECLINED or (entry.objection_until or message.acted_at) > message.acted_at:
        return NOTHING
    if lacks(states, topic.subjects):
        return again(message, topic.subjects)
    secretary = Secretary(states, context.city, message.acted_at)
    for telling in topic.untold():
        tell_all(secretary, message.subject, topic, telling, OPERATIONS)
    settle(secretary, context.city, message.acted_at, message.subject, topic, entry, "answered")
    secretary.spread(topic, message.subject, t.TopicAnswered(**of(topic, entry, EntryStatus.SETTLED)))
    return secretary.decision()
