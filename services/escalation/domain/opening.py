"""How an entry comes to be open: a case is brought to a body or a meeting's order failed; and its answer clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.heard import OrderEscalated
from services.escalation.domain.ledger import Ledger, Secretary
from services.escalation.domain.meeting import meeting_id, next_regular_day, opening_on
from services.escalation.domain.table import States, again, deciders, lacks, on_due
from services.escalation.domain.topic import EntryStatus, Topic
from shared.kernel import clock
from shared.kernel.decisions import NOTHING, Arm, Context, Decision, Message
from shared.kernel.refusals import Refused

OPERATIONS = "operations"
"""Who supervises the top body and acts for those who let their time pass."""


def answer_due(city: Any, level: str, urgent: bool, at: datetime) -> datetime:
    """Return by when an entry opened now must have its first adopted decision (workflows §2.2)."""
    limits = city.levels[level]
    due: datetime = clock.add(at, limits.answer_urgent if urgent else limits.answer, city.calendar)
    return due


def start_answer_clock(
    secretary: Secretary,
    city: Any,
    ledger: Ledger | None,
    case: str,
    body: str,
    urgent: bool,
    at: datetime,
    due: datetime,
) -> None:
    """Start the answer clock of an entry; where the next regular meeting would be too late, a temporary one is called.

    Such a meeting is a duty if the entry is urgent or its answer due before the next regular date (G16).
    """
    secretary.arm(Arm("answer", due, subject=case, touches=(f"ledger:{body}",)))
    regular = opening_on(city, next_regular_day(city, body, city.calendar.local(at).date()))
    if urgent or due < regular:
        secretary.arm(call(ledger, case, body, at))


def call(ledger: Ledger | None, case: str, body: str, at: datetime) -> Arm:
    """Return the call of a temporary meeting about one case, to be met at once with its subjects locked."""
    number = (ledger.number if ledger else 0) + 1
    return Arm(f"call:{case}", at, {"case": case}, f"ledger:{body}", (case, meeting_id(body, number)))


@deciders.on(OrderEscalated)
def bring(states: States, message: Message, context: Context) -> Decision:
    """Raise the case in the ledger of the named body, or reopen the entry whose order failed.

    A case whose topic is still undecided joins it: never two active topics for one case (G1).
    """
    topic: Topic | None = states[message.subject]
    if topic is None:
        return _raise(states, message, context)
    status = topic.active.status
    if status in (EntryStatus.OPEN, EntryStatus.TABLED):
        return NOTHING
    if status is not EntryStatus.EXECUTING:
        raise Refused("topic.over", "entry", topic=topic.id, entry=status)
    needs = topic.ledgers
    return again(message, needs) if lacks(states, needs) else _reopen(states, message, context, topic)


def _raise(states: States, message: Message, context: Context) -> Decision:
    fact: OrderEscalated = message.data
    body = context.city.bodies.get(fact.body)
    if body is None:
        raise Refused("body.unknown", "body", body=fact.body)
    ledger = f"ledger:{body.unit}"
    if lacks(states, (ledger,)):
        return again(message, (ledger,))
    city, at, case = context.city, message.acted_at, message.subject
    due = answer_due(city, body.level, fact.urgent, at)
    raised = t.TopicRaised(
        topic=f"T-{fact.number}",
        body=body.unit,
        level=body.level,
        entry=EntryStatus.OPEN,
        number=fact.number,
        cause=fact.cause,
        answer_due_at=due,
        lead=fact.lead,
        summary=fact.summary,
        unit=fact.unit,
        urgent=fact.urgent,
    )
    secretary = Secretary(states, city, at)
    secretary.state(case, raised)
    secretary.record(
        body.unit,
        "raised",
        raised.topic,
        {"cases": [case], "cause": str(fact.cause)},
        case=case,
        entry=EntryStatus.OPEN,
    )
    start_answer_clock(secretary, city, states[ledger], case, body.unit, fact.urgent, at, due)
    return secretary.decision()


def _reopen(states: States, message: Message, context: Context, topic: Topic) -> Decision:
    """Open the entry again at the level that decided (move 13); beyond the limit it can only be moved up (G12)."""
    entry, city, at = topic.active, context.city, message.acted_at
    due = answer_due(city, entry.level, topic.urgent, at)
    count = entry.reopened + 1
    cause = str(message.data.cause)
    secretary = Secretary(states, city, at)
    secretary.state(
        message.subject,
        t.TopicReopened(
            topic=topic.id,
            body=entry.body,
            level=entry.level,
            entry=EntryStatus.OPEN,
            cause=cause,
            reopened=count,
            answer_due_at=due,
        ),
    )
    secretary.record(
        entry.body,
        "reopened",
        topic.id,
        {"cause": cause, "reopened": count},
        case=message.subject,
        entry=EntryStatus.OPEN,
        moved_up=len(topic.entries) > 1,
        reopened=count,
    )
    start_answer_clock(
        secretary, city, states[f"ledger:{entry.body}"], message.subject, entry.body, topic.urgent, at, due
    )
    return secretary.decision()


@on_due("answer")
def answer_overdue(states: States, message: Message, context: Context) -> Decision:
    """Report a body that has not answered in time to the level above; a temporary meeting is now its duty."""
    topic: Topic | None = states[message.subject]
    if topic is None:
        return NOTHING
    entry, city = topic.active, context.city
    if entry.status not in (EntryStatus.OPEN, EntryStatus.TABLED) or entry.answer_due_at > message.acted_at:
        return NOTHING
    ledger = f"ledger:{entry.body}"
    if lacks(states, (ledger,)):
        return again(message, (ledger,))
    above = city.body_above(entry.body)
    secretary = Secretary(states, city, message.acted_at)
    secretary.state(
        message.subject,
        t.TopicAnswerOverdue(
            topic=topic.id,
            body=entry.body,
            level=entry.level,
            entry=entry.status,
            supervisor=above.unit if above else OPERATIONS,
        ),
    )
    if entry.status is EntryStatus.OPEN:
        secretary.arm(call(states[ledger], message.subject, entry.body, message.acted_at))
    return secretary.decision()
