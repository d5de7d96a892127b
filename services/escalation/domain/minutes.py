"""The minutes (会议纪要): one decision per tabled topic, recorded as a draft, effective when adopted."""

from __future__ import annotations

from services.escalation.domain import facts as f
from services.escalation.domain.agenda import tabled
from services.escalation.domain.convening import known_meeting
from services.escalation.domain.drafting import Recorded, decision_words, draft_of
from services.escalation.domain.effects import EFFECTS, Adopted
from services.escalation.domain.guards import check_decision
from services.escalation.domain.ledger import Secretary, word
from services.escalation.domain.meeting import Event, absent_from, check_move
from services.escalation.domain.messages import AdoptMinutes, RecordDecisions, SupplementMinutes
from services.escalation.domain.roles import check_caller, check_secretary
from services.escalation.domain.table import States, deciders, lacks
from shared.kernel.decisions import Cancel, Context, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused


@deciders.on(RecordDecisions)
def record(states: States, message: Message, context: Context) -> Decision:
    """Keep the decisions as a draft that replaces the one before; nothing takes effect (G6).

    With `keep` it replaces only what it names. Words that come back as facts carry them stand for the full ones.
    """
    meeting, asked = known_meeting(states, message), message.data
    check_secretary(message.actor, meeting.unit, context.city)
    check_move(meeting, Event.RECORD)
    topics = {topic.id: topic for _, topic in tabled(states, meeting)}
    named = {item.topic for item in meeting.agenda}
    before = Recorded(meeting, context.prepared.words)
    drafts = {draft.topic: draft for draft in meeting.decisions if asked.keep and draft.topic in topics}
    secretary = Secretary(states, context.city, message.acted_at)
    seen = set[str]()
    for index, decision in enumerate(asked.decisions):
        field = f"decisions[{index}]"
        if decision.topic not in named:
            raise Refused("minutes.not_tabled", field, topic=decision.topic)
        if decision.topic in seen:
            raise Refused("minutes.twice", field, topic=decision.topic)
        seen.add(decision.topic)
        topic = topics.get(decision.topic)
        if topic is None:  # withdrawn since the agenda was fixed: nothing to decide any more
            continue
        full = before.in_full(decision)
        check_decision(full, topic, meeting, context.city, message.acted_at, field)
        wording = decision_words(full, meeting, context.new_id())
        secretary.keep(wording)
        drafts[topic.id] = draft_of(full, wording.digest)
    words = before.words_of_part_one(asked)
    digest = ""
    if words:
        said = word(meeting.unit, meeting.id, "", context.new_id(), words)
        secretary.keep(said)
        digest = said.digest
    secretary.state(
        meeting.id,
        f.MeetingRecorded(
            **f.of(meeting),
            decisions=tuple(drafts.values()),
            review=mask(words.get("review", "")),
            plans=mask(words.get("plans", "")),
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
