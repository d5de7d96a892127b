"""Every decision gets back (件件有回音): to each lower entry's unit, which acknowledges, and to every reporter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.carrying import carrier, topic_at
from services.escalation.domain.heard import ReporterJoined
from services.escalation.domain.ledger import Secretary
from services.escalation.domain.owing import OPERATIONS, forgive, owe
from services.escalation.domain.roles import acts_for
from services.escalation.domain.settling import settle_below
from services.escalation.domain.table import States, deciders, on_due
from services.escalation.domain.topic import EntryStatus, Notice, Telling, Topic
from services.escalation.domain.topic_facts import FollowUp, of
from services.escalation.domain.topic_messages import AcknowledgeDecision, TellReporters
from shared.kernel import clock
from shared.kernel.decisions import NOTHING, Cancel, Context, Decision, Message, arm
from shared.kernel.refusals import Refused


def feed_back(
    secretary: Secretary, city: Any, at: datetime, case: str, topic: Topic, entry: EntryStatus, decision: str
) -> None:
    """Send a decision down to every lower entry's unit; the clocks of receipts and of telling the reporters start."""
    active = topic.active
    budget = city.clock("feedback.acknowledge")
    due = clock.add(at, budget, city.calendar)
    lapse = clock.counted(at, budget, city.clock("feedback.acknowledge_for"))
    for lower in topic.below(active.body):
        data = {"to": lower.body, "decision": decision}
        secretary.record(active.body, "feedback_sent", topic.id, data, case=case)
        secretary.state(
            case,
            t.TopicFedBack(**of(topic, active, entry), to=lower.body, decision=decision, acknowledge_due_at=due),
        )
        owe(secretary, city, at, case, FollowUp.ACKNOWLEDGE, lower.body, decision, budget)
        secretary.arm(arm(f"take_over:{lower.body}:{decision}", lapse, city.calendar, data, case, topic.ledgers))
    if topic.reporters:
        owe(secretary, city, at, case, FollowUp.TELL, topic.entries[0].body, decision, city.clock("feedback.tell"))
        instead = clock.counted(at, city.clock("feedback.tell"), city.clock("feedback.acknowledge_for"))
        secretary.arm(arm(f"tell:{decision}", instead, city.calendar, {"decision": decision}, case, topic.ledgers))


@on_due("take_over")
def acknowledge_for(states: States, message: Message, context: Context) -> Decision:
    """Let operations acknowledge for a unit that let its time and the supervision pass."""
    topic: Topic | None = states[message.subject]
    data = message.data.data
    notices = topic.unacknowledged(data["to"]) if topic else ()
    return _acknowledge(
        states, message, context, topic, [n for n in notices if n.decision == data["decision"]], lapsed=True
    )


@deciders.on(AcknowledgeDecision)
def acknowledge(states: States, message: Message, context: Context) -> Decision:
    """Confirm that a lower unit has received every decision sent to it so far."""
    topic, actor = topic_at(states, message), message.actor
    notices = tuple(notice for notice in topic.unacknowledged() if acts_for(actor, notice.to))
    if not notices:
        raise Refused("topic.nothing_to_acknowledge", "actor", body=actor.id)
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
        entry = topic.at(notice.body)
        body = {"by": notice.to, "decision": notice.decision, "lapsed": lapsed}
        secretary.record(notice.body, "feedback_acknowledged", topic.id, body, case=message.subject)
        secretary.state(
            message.subject,
            t.TopicAcknowledged(
                **of(topic, entry, entry.status), by=notice.to, lapsed=lapsed, decision=notice.decision
            ),
        )
        forgive(secretary, message.subject, FollowUp.ACKNOWLEDGE, notice.to, notice.decision)
        secretary.arm(Cancel(f"take_over:{notice.to}:{notice.decision}", message.subject))
    if topic is not None:
        settle_below(secretary, context.city, message, topic, tuple(notices))
    return secretary.decision()


@on_due("tell")
def tell_for(states: States, message: Message, context: Context) -> Decision:
    """Let operations tell the reporters where no unit has done so although it was supervised."""
    topic: Topic | None = states[message.subject]
    decision = message.data.data["decision"]
    secretary = Secretary(states, context.city, message.acted_at)
    for telling in topic.untold() if topic else ():
        if topic and telling.decision == decision:
            tell_all(secretary, message.subject, topic, telling, OPERATIONS)
    return secretary.decision()


@deciders.on(TellReporters)
def tell(states: States, message: Message, context: Context) -> Decision:
    """Record that a unit of the topic, or operations, told one or all reporters of every decision so far.

    Whom two attempts on two days did not reach counts as told.
    """
    topic, actor, asked = topic_at(states, message), message.actor, message.data
    by = next((entry.body for entry in topic.entries if acts_for(actor, entry.body)), None)
    if actor.kind == "operations":
        by = OPERATIONS
    if by is None:
        raise Refused("topic.not_here", "actor", body=actor.id)
    if asked.reporter and asked.reporter not in topic.reporters:
        raise Refused("topic.reporter_unknown", "reporter", reporter=asked.reporter)
    waiting = [x for x in topic.untold() if not asked.reporter or asked.reporter in x.waiting]
    if not waiting:
        raise Refused("topic.nothing_to_tell", "")
    secretary = Secretary(states, context.city, message.acted_at)
    today = context.city.calendar.local(message.acted_at).date()
    for telling in waiting:
        reporters = (asked.reporter,) if asked.reporter else telling.waiting
        if asked.reached:
            _told(secretary, message.subject, topic, telling, by, reporters, reached=True)
            continue
        for reporter in reporters:
            days = {attempt.on for attempt in telling.attempts if attempt.reporter == reporter}
            if today in days:
                raise Refused("topic.tried_today", "reporter", reporter=reporter)
            entry = topic.at(telling.body)
            secretary.state(
                message.subject,
                t.TellingTried(
                    **of(topic, entry, entry.status), decision=telling.decision, by=by, reporter=reporter, on=today
                ),
            )
            if len(days) + 1 >= context.city.limits["tellings"]:
                _told(secretary, message.subject, topic, telling, by, (reporter,), reached=False)
    return secretary.decision()


def tell_all(secretary: Secretary, case: str, topic: Topic, telling: Telling, by: str) -> None:
    """Record that everybody who still had to be told of a decision was."""
    _told(secretary, case, topic, telling, by, telling.waiting, reached=True)


def _told(
    secretary: Secretary,
    case: str,
    topic: Topic,
    telling: Telling,
    by: str,
    reporters: tuple[str, ...],
    *,
    reached: bool,
) -> None:
    entry = topic.at(telling.body)
    body = {"by": by, "decision": telling.decision, "reporters": list(reporters), "reached": reached}
    secretary.record(telling.body, "reporter_told", topic.id, body, case=case)
    secretary.state(
        case,
        t.ReportersTold(
            **of(topic, entry, entry.status),
            decision=telling.decision,
            by=by,
            reporters=reporters,
            reached=reached,
        ),
    )
    if set(reporters) >= set(telling.waiting):
        forgive(secretary, case, FollowUp.TELL, topic.entries[0].body, telling.decision)
        secretary.arm(Cancel(f"tell:{telling.decision}", case))


@deciders.on(ReporterJoined)
def join(states: States, message: Message, context: Context) -> Decision:
    """Tell one more reporter, whose report was merged into a case, of every decision from now on."""
    found = carrier(states, message)
    if isinstance(found, Decision):
        return found
    case, topic = found
    if topic is None or topic.is_over:
        return NOTHING
    reporter = reporter_id(message.data.reporter, message.subject, case)
    if reporter in topic.reporters:
        return NOTHING
    secretary = Secretary(states, context.city, message.acted_at)
    joined = t.TopicReporterJoined(**of(topic, topic.active, topic.active.status), reporter=reporter)
    secretary.state(case, joined)
    return secretary.decision()


def reporter_id(reporter: str, case: str, home: str) -> str:
    """Return how a topic names a reporter of one of its cases: by the id inside the case, and which of its cases."""
    return reporter if case == home else f"{case}/{reporter}"
