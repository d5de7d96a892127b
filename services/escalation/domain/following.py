"""What follows a decision (件件有回音): receipts, telling the reporters, objection, the end, writing off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.heard import CaseClosed, OrderEscalated, OrderWithdrawn
from services.escalation.domain.ledger import Secretary, word
from services.escalation.domain.opening import OPERATIONS, answer_due, bring, start_answer_clock
from services.escalation.domain.roles import check_is_body
from services.escalation.domain.table import States, again, deciders, lacks, on_due
from services.escalation.domain.topic import FINAL, MOVES, Entry, EntryStatus, Notice, Telling, Topic
from services.escalation.domain.topic_messages import AcknowledgeDecision, ObjectToDecline, TellReporters, WriteOff
from shared.kernel import clock
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Message
from shared.kernel.refusals import Refused


def feed_back(
    secretary: Secretary, city: Any, at: datetime, case: str, topic: Topic, entry: EntryStatus, decision: str
) -> None:
    """Send a decision down to every lower entry's unit; the clocks of receipts and of telling the reporters start."""
    active = topic.active
    ledger = f"ledger:{active.body}"
    due = clock.add(at, city.clock("feedback.acknowledge"), city.calendar)
    lapse = clock.add(due, city.clock("feedback.acknowledge_for"), city.calendar)
    for lower in topic.below(active.body):
        data = {"to": lower.body, "decision": decision}
        secretary.record(active.body, "feedback_sent", topic.id, data, case=case)
        secretary.state(
            case,
            t.TopicFedBack(**_of(topic, active, entry), to=lower.body, decision=decision, acknowledge_due_at=due),
        )
        secretary.arm(
            Arm(f"remind:{lower.body}:{decision}", due, data, case),
            Arm(f"lapse:{lower.body}:{decision}", lapse, data, case, (ledger,)),
        )
    tell = clock.add(at, city.clock("feedback.tell"), city.calendar)
    secretary.arm(Arm(f"tell:{decision}", tell, {"decision": decision}, case, (ledger,)))


@on_due("remind")
def remind(states: States, message: Message, context: Context) -> Decision:
    """Remind a unit that has not acknowledged in time."""
    topic: Topic | None = states[message.subject]
    data = message.data.data
    secretary = Secretary(states, context.city, message.acted_at)
    for notice in topic.unacknowledged(data["to"]) if topic else ():
        if topic and notice.decision == data["decision"]:
            entry = _entry(topic, notice.body)
            reminded = t.TopicReminded(**_of(topic, entry, entry.status), to=notice.to, decision=notice.decision)
            secretary.state(message.subject, reminded)
    return secretary.decision()


@on_due("lapse")
def acknowledge_for(states: States, message: Message, context: Context) -> Decision:
    """Let operations acknowledge for a unit that let its time and the reminder pass."""
    topic: Topic | None = states[message.subject]
    data = message.data.data
    notices = topic.unacknowledged(data["to"]) if topic else ()
    return _acknowledge(
        states, message, context, topic, [n for n in notices if n.decision == data["decision"]], lapsed=True
    )


@deciders.on(AcknowledgeDecision)
def acknowledge(states: States, message: Message, context: Context) -> Decision:
    """Confirm that a lower unit has received every decision sent to it so far."""
    topic = _topic(states, message)
    notices = topic.unacknowledged(message.actor.id) if message.actor.kind == "unit" else ()
    if not notices:
        raise Refused("topic.nothing_to_acknowledge", "actor", body=message.actor.id)
    return _acknowledge(states, message, context, topic, notices, lapsed=False)


def _acknowledge(
    states: States,
    message: Message,
    context: Context,
    topic: Topic | None,
    notices: Iterable[Notice],
    *,
    lapsed: bool,
) -> Decision:
    secretary = Secretary(states, context.city, message.acted_at)
    for notice in notices:
        assert topic is not None
        entry = _entry(topic, notice.body)
        body = {"by": notice.to, "decision": notice.decision, "lapsed": lapsed}
        secretary.record(notice.body, "feedback_acknowledged", topic.id, body, case=message.subject)
        secretary.state(
            message.subject,
            t.TopicAcknowledged(
                **_of(topic, entry, entry.status), by=notice.to, lapsed=lapsed, decision=notice.decision
            ),
        )
        suffix = f"{notice.to}:{notice.decision}"
        secretary.arm(Cancel(f"remind:{suffix}", message.subject), Cancel(f"lapse:{suffix}", message.subject))
    return secretary.decision()


@on_due("tell")
def tell_for(states: States, message: Message, context: Context) -> Decision:
    """Let operations tell the reporters where no unit has done so in time."""
    topic: Topic | None = states[message.subject]
    decision = message.data.data["decision"]
    secretary = Secretary(states, context.city, message.acted_at)
    for telling in topic.untold() if topic else ():
        if topic and telling.decision == decision:
            _tell(secretary, message.subject, topic, telling, OPERATIONS)
    return secretary.decision()


@deciders.on(TellReporters)
def tell(states: States, message: Message, context: Context) -> Decision:
    """Record that a unit of the topic, or operations, told the reporters of every decision so far."""
    topic, actor = _topic(states, message), message.actor
    if actor.kind != "operations" and not (actor.kind == "unit" and topic.entry_of(actor.id)):
        raise Refused("topic.not_here", "actor", body=actor.id)
    if not topic.untold():
        raise Refused("topic.nothing_to_tell", "")
    secretary = Secretary(states, context.city, message.acted_at)
    for telling in topic.untold():
        _tell(secretary, message.subject, topic, telling, OPERATIONS if actor.kind == "operations" else actor.id)
        secretary.arm(Cancel(f"tell:{telling.decision}", message.subject))
    return secretary.decision()


def _tell(secretary: Secretary, case: str, topic: Topic, telling: Telling, by: str) -> None:
    entry = _entry(topic, telling.body)
    body = {"by": by, "decision": telling.decision}
    secretary.record(telling.body, "reporter_told", topic.id, body, case=case)
    secretary.state(case, t.ReportersTold(**_of(topic, entry, entry.status), decision=telling.decision, by=by))


@deciders.on(ObjectToDecline)
def object_to(states: States, message: Message, context: Context) -> Decision:
    """Ask once for review of a decline: the reporter through operations, or the raising unit (move 15)."""
    topic, actor, city, at = _topic(states, message), message.actor, context.city, message.acted_at
    entry = topic.active
    if actor.kind != "operations":
        check_is_body(actor, topic.entries[0].body)
    if topic.has_been_objected:
        raise Refused("topic.objected_already", "")
    if entry.status is not EntryStatus.DECLINED:
        raise Refused("move.forbidden", "entry", now=entry.status, to="objected")
    assert entry.objection_until is not None
    if at > entry.objection_until:
        raise Refused("topic.window_over", "", until=city.calendar.local(entry.objection_until).isoformat())
    due = answer_due(city, entry.level, topic.urgent, at)
    salt = context.new_id()
    wording = word(entry.body, entry.meeting, topic.id, salt, {"why": message.data.why})
    secretary = Secretary(states, city, at)
    secretary.keep(wording)
    secretary.record(
        entry.body,
        "objected",
        topic.id,
        {"words": wording.digest},
        case=message.subject,
        entry=EntryStatus.OPEN,
        moved_up=len(topic.entries) > 1,
        reopened=entry.reopened,
    )
    objected = t.TopicObjected(**_of(topic, entry, EntryStatus.OPEN), answer_due_at=due)
    secretary.state(message.subject, objected)
    secretary.arm(Cancel("objection", message.subject))
    ledger = states[f"ledger:{entry.body}"]
    start_answer_clock(secretary, city, ledger, message.subject, entry.body, topic.urgent, at, due)
    return secretary.decision()


@on_due("objection")
def answer(states: States, message: Message, context: Context) -> Decision:
    """Settle a declined topic as answered once nobody can object any more and the reply is delivered (move 16)."""
    topic: Topic | None = states[message.subject]
    if topic is None:
        return NOTHING
    entry = topic.active
    if entry.status is not EntryStatus.DECLINED or (entry.objection_until or message.acted_at) > message.acted_at:
        return NOTHING
    needs = topic.ledgers
    if lacks(states, needs):
        return again(message, needs)
    secretary = Secretary(states, context.city, message.acted_at)
    for telling in topic.untold():
        _tell(secretary, message.subject, topic, telling, OPERATIONS)
        secretary.arm(Cancel(f"tell:{telling.decision}", message.subject))
    _settle(secretary, message.subject, topic, entry, "answered")
    secretary.state(message.subject, t.TopicAnswered(**_of(topic, entry, EntryStatus.SETTLED)))
    return secretary.decision()


@deciders.on(CaseClosed, OrderWithdrawn)
def end(states: States, message: Message, context: Context) -> Decision:
    """Settle the entry whose order closed; withdraw a topic that is left without an open case (moves 14 and 19)."""
    topic: Topic | None = states[message.subject]
    if topic is None or topic.active.status in FINAL or topic.active.status is EntryStatus.SETTLED:
        return NOTHING
    if lacks(states, topic.ledgers):
        return again(message, topic.ledgers)
    entry, case = topic.active, message.subject
    secretary = Secretary(states, context.city, message.acted_at)
    if isinstance(message.data, CaseClosed) and entry.status in (EntryStatus.EXECUTING, EntryStatus.DECLINED):
        _settle(secretary, case, topic, entry, "order_closed")
    else:
        MOVES.check(entry.status, EntryStatus.WITHDRAWN)
        secretary.record(entry.body, "withdrawn", topic.id, {}, case=case, entry=EntryStatus.WITHDRAWN)
        secretary.state(case, t.TopicWithdrawn(**_of(topic, entry, EntryStatus.WITHDRAWN)))
        for lower in topic.below(entry.body):
            _settle(secretary, case, topic, lower, "above_withdrawn")
    secretary.arm(Cancel("answer", case), Cancel("objection", case))
    return secretary.decision()


@on_due("again")
def hear_again(states: States, message: Message, context: Context) -> Decision:
    """Meet a fact of another service once more, now that the ledgers it concerns are locked."""
    name = message.data.name.split(":", 1)[1]
    kinds = {kind.__name__: (kind, decider) for kind, decider in _HEARD}
    kind, decider = kinds[name]
    decision: Decision = decider(states, replace(message, data=kind(**message.data.data)), context)
    return decision


_HEARD: tuple[tuple[type, Any], ...] = ((OrderEscalated, bring), (CaseClosed, end), (OrderWithdrawn, end))


@deciders.on(WriteOff)
def write_off(states: States, message: Message, context: Context) -> Decision:
    """Write a settled entry off, from the top down, once everybody was told; this settles the one below (G13)."""
    topic, actor = _topic(states, message), message.actor
    entry = topic.entry_of(actor.id) if actor.kind == "unit" else None
    if entry is None:
        raise Refused("topic.not_here", "actor", body=actor.id)
    above = topic.above(entry.body)
    if above is not None and above.status not in FINAL:
        raise Refused("topic.above_open", "entry", body=above.body)
    MOVES.check(entry.status, EntryStatus.WRITTEN_OFF)
    late = topic.unacknowledged()
    if late:
        raise Refused("topic.unacknowledged", "entry", units=", ".join(sorted({notice.to for notice in late})))
    if topic.untold():
        raise Refused("topic.untold", "entry")
    secretary = Secretary(states, context.city, message.acted_at)
    secretary.record(entry.body, "written_off", topic.id, {}, case=message.subject, entry=EntryStatus.WRITTEN_OFF)
    is_last = all(other.status in FINAL for other in topic.entries if other != entry)
    secretary.state(message.subject, t.TopicWrittenOff(**_of(topic, entry, EntryStatus.WRITTEN_OFF), final=is_last))
    lower = next(iter(topic.below(entry.body)), None)
    if lower is not None and lower.status is EntryStatus.MOVED_UP:
        _settle(secretary, message.subject, topic, lower, "above_written_off")
    return secretary.decision()


def _settle(secretary: Secretary, case: str, topic: Topic, entry: Entry, why: str) -> None:
    MOVES.check(entry.status, EntryStatus.SETTLED)
    secretary.record(entry.body, "settled", topic.id, {"why": why}, case=case, entry=EntryStatus.SETTLED)
    secretary.state(case, t.TopicSettled(**_of(topic, entry, EntryStatus.SETTLED), why=why))


def _topic(states: States, message: Message) -> Topic:
    """Return the topic of a case if every ledger that holds an entry of it is locked."""
    topic: Topic | None = states[message.subject]
    if topic is None:
        raise Refused("subject.unknown", "case", subject=message.subject)
    if lacks(states, topic.ledgers):
        raise Refused("message.stale", "case", sequence=message.sequence)
    return topic


def _entry(topic: Topic, body: str) -> Entry:
    entry = topic.entry_of(body)
    assert entry is not None, f"{topic.id} has no entry at {body}"
    return entry


def _of(topic: Topic, entry: Entry, status: EntryStatus) -> dict[str, Any]:
    return {"topic": topic.id, "body": entry.body, "level": entry.level, "entry": status}
