"""How an entry comes to be open: a case is brought to a body, or a meeting's order is reopened; its answer clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.answer_clock import run_answer, supervise_answer
from services.escalation.domain.carrying import carrier, topic_at
from services.escalation.domain.duty import cannot_wait
from services.escalation.domain.heard import OrderEscalated, OrderReworked, VerificationFailed
from services.escalation.domain.ledger import Ledger, Secretary, word
from services.escalation.domain.meeting import meeting_id
from services.escalation.domain.owing import supervisor_of
from services.escalation.domain.roles import check_convener
from services.escalation.domain.settling import succeed
from services.escalation.domain.table import States, again, deciders, lacks, on_due
from services.escalation.domain.topic import UNDECIDED, EntryStatus, Topic
from services.escalation.domain.topic_facts import of
from services.escalation.domain.topic_messages import ReopenTopic
from shared.kernel import clock
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

NEW_FACTS = "new_facts"
_HOLDS_NOTHING = frozenset({EntryStatus.PROPOSED, EntryStatus.EXECUTING})
"""Where orders are their units' to do: what is proposed takes them along when it is admitted."""


def answer_due(city: Any, level: str, urgent: bool, at: datetime) -> tuple[datetime, clock.Mark]:
    """Return by when an entry opened now must have its first adopted decision, and how it is counted (§2.2)."""
    limits = city.levels[level]
    mark = clock.counted(at, limits.answer_urgent if urgent else limits.answer)
    return mark.at(city.calendar), mark


def start_answer_clock(
    secretary: Secretary,
    city: Any,
    ledger: Ledger | None,
    case: str,
    body: str,
    urgent: bool,
    at: datetime,
    answer: clock.Mark,
    order_due: datetime | None = None,
) -> None:
    """Start the answer clock of an entry; where the next regular meeting would be too late, a temporary one is called.

    Such a meeting is a duty if the entry is urgent, its answer due or its running order's deadline before the next
    regular date (G16). A deadline that not even a temporary meeting could meet any more calls none.
    """
    run_answer(secretary, city, case, body, at, answer)
    due = answer.at(city.calendar)
    soonest = clock.add(at, city.clock("temporary").halved(), city.calendar)
    ends = due if order_due is None or order_due < soonest else min(due, order_due)
    if cannot_wait(city, body, urgent, ends, at):
        secretary.arm(call(ledger, case, body, at))


def call(ledger: Ledger | None, case: str, body: str, at: datetime) -> Arm:
    """Return the call of a temporary meeting about one case, to be met at once with its subjects locked."""
    number = (ledger.number if ledger else 0) + 1
    return Arm(f"call:{case}", at, {"case": case}, f"ledger:{body}", (case, meeting_id(body, number)))


def topic_id(before: Topic | None, number: str) -> str:
    """Return the id of a topic, which bears the number of its first case; a case's second topic says so."""
    rounds = before.round if before else 0
    return f"T-{number}-{rounds + 1}" if rounds else f"T-{number}"


@deciders.on(OrderEscalated)
def bring(states: States, message: Message, context: Context) -> Decision:
    """Raise the case in the ledger of the named body, or reopen the entry whose order failed.

    A case whose topic is still undecided joins it: never two active topics for one case (G1). One that was proposed by
    hand and waits to be screened needs no screening any more. A case that was over before everything could be locked
    that its topic concerns needs no topic any more.
    """
    known: Topic | None = states[message.subject]
    if known is not None and known.file is not None and not known.file.is_open:
        return NOTHING
    found = carrier(states, message)
    if isinstance(found, Decision):
        return found
    home, topic = found
    if topic is None or topic.is_over:
        return _raise(states, message, context, topic)
    status = topic.active.status
    if status is EntryStatus.EXECUTING:
        return _reopen(states, message, context, home, topic, str(message.data.cause), message.data.tried)
    if status is EntryStatus.PROPOSED:
        return admitted(states, message, context, home, topic, lapsed=False)
    return _join(states, message, context, topic)


def _raise(states: States, message: Message, context: Context, before: Topic | None) -> Decision:
    fact: OrderEscalated = message.data
    body = context.city.bodies.get(fact.body)
    if body is None:
        raise Refused("body.unknown", "body", body=fact.body)
    ledger = f"ledger:{body.unit}"
    if lacks(states, (ledger,)):
        return again(message, (ledger,))
    city, at, case = context.city, message.acted_at, message.subject
    due, answer = answer_due(city, body.level, fact.urgent, at)
    raised = t.TopicRaised(
        topic=topic_id(before, fact.number),
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
        tried=fact.tried,
        reporters=before.file.reporters if before and before.file else ("r1",),
    )
    secretary = Secretary(states, city, at)
    if before and states[case] is before:
        succeed(secretary, case, before, raised.topic)
    secretary.state(case, raised)
    secretary.record(
        body.unit,
        "raised",
        raised.topic,
        {"cases": [case], "cause": str(fact.cause)},
        case=case,
        entry=EntryStatus.OPEN,
    )
    start_answer_clock(secretary, city, states[ledger], case, body.unit, fact.urgent, at, answer)
    return secretary.decision()


def _join(states: States, message: Message, context: Context, topic: Topic) -> Decision:
    """Let an order that came to the meeting by itself learn which topic holds its case already.

    Of a topic that was declined it gets the answer: once nobody can object any more, or at once if that time is over.
    """
    entry = topic.active
    joined = t.TopicJoined(
        **of(topic, entry, entry.status),
        home="" if message.subject not in topic.others else topic.cases[0],
        answer_due_at=entry.answer_due_at,
    )
    secretary = Secretary(states, context.city, message.acted_at)
    secretary.state(message.subject, joined)
    if entry.status is EntryStatus.SETTLED:
        secretary.state(message.subject, t.TopicAnswered(**of(topic, entry, entry.status), home=joined.home))
    return secretary.decision()


@deciders.on(VerificationFailed, OrderReworked)
def failed(states: States, message: Message, context: Context) -> Decision:
    """Take along an order that was handled when its topic came by hand or was reopened, and has failed since.

    Until then it was left alone: what is done may turn out well before anybody meets.
    """
    found = carrier(states, message)
    if isinstance(found, Decision):
        return found
    topic = found[1]
    if topic is None or topic.is_over or topic.active.status in _HOLDS_NOTHING:
        return NOTHING
    if message.subject in (*topic.closed, *topic.gone):
        return NOTHING
    return _join(states, message, context, topic)


def admitted(states: States, message: Message, context: Context, home: str, topic: Topic, *, lapsed: bool) -> Decision:
    """Open the entry of a proposed topic."""
    entry, city, at = topic.active, context.city, message.acted_at
    due, answer = answer_due(city, entry.level, topic.urgent, at)
    secretary = Secretary(states, city, at)
    secretary.spread(
        topic, home, t.TopicAdmitted(**of(topic, entry, EntryStatus.OPEN), answer_due_at=due, lapsed=lapsed)
    )
    secretary.record(entry.body, "admitted", topic.id, {"lapsed": lapsed}, case=home, entry=EntryStatus.OPEN)
    secretary.arm(Cancel("screen", home))
    start_answer_clock(secretary, city, states[f"ledger:{entry.body}"], home, entry.body, topic.urgent, at, answer)
    return secretary.decision()


@deciders.on(ReopenTopic)
def reopen(states: States, message: Message, context: Context) -> Decision:
    """Let the convener accept new facts before the deadline of the running order (move 13, G12)."""
    topic, city = topic_at(states, message), context.city
    entry = topic.active
    check_convener(message.actor, entry.body, city)
    if entry.status is not EntryStatus.EXECUTING:
        raise Refused("move.forbidden", "entry", now=entry.status, to="reopened")
    if entry.order_due_at is not None and message.acted_at > entry.order_due_at:
        raise Refused("topic.deadline_over", "why", due_at=city.calendar.local(entry.order_due_at).isoformat())
    if entry.reopened >= city.limits["reopenings"]:
        raise Refused("topic.reopened_enough", "entry", reopened=entry.reopened)
    why = message.data.why
    wording = word(entry.body, entry.meeting, topic.id, context.new_id(), {"why": why})
    decision = _reopen(states, message, context, message.subject, topic, NEW_FACTS, mask(why), wording.digest)
    return decision + Decision(rows=(wording,))


def _reopen(
    states: States,
    message: Message,
    context: Context,
    home: str,
    topic: Topic,
    cause: str,
    tried: str,
    words: str = "",
) -> Decision:
    """Open the entry again at the level that decided (move 13); beyond the limit it can only be moved up (G12)."""
    entry, city, at = topic.active, context.city, message.acted_at
    due, answer = answer_due(city, entry.level, topic.urgent, at)
    count = entry.reopened + 1
    body: dict[str, Any] = {"cause": cause, "reopened": count}
    secretary = Secretary(states, city, at)
    secretary.spread(
        topic,
        home,
        t.TopicReopened(
            **of(topic, entry, EntryStatus.OPEN), cause=cause, reopened=count, answer_due_at=due, tried=tried
        ),
    )
    secretary.record(
        entry.body,
        "reopened",
        topic.id,
        {**body, "words": words} if words else body,
        case=home,
        entry=EntryStatus.OPEN,
        moved_up=len(topic.entries) > 1,
        reopened=count,
    )
    start_answer_clock(
        secretary,
        city,
        states[f"ledger:{entry.body}"],
        home,
        entry.body,
        topic.urgent,
        at,
        answer,
        entry.order_due_at,
    )
    return secretary.decision()


@on_due("answer")
def answer_overdue(states: States, message: Message, context: Context) -> Decision:
    """Report a body that has not answered in time to the level above; a temporary meeting is now its duty."""
    topic: Topic | None = states[message.subject]
    if topic is None or topic.is_over:
        return NOTHING
    entry, city = topic.active, context.city
    if entry.status not in UNDECIDED or entry.answer_due_at > message.acted_at:
        return NOTHING
    ledger = f"ledger:{entry.body}"
    if lacks(states, (ledger,)):
        return again(message, (ledger,))
    secretary = Secretary(states, city, message.acted_at)
    secretary.state(
        message.subject,
        t.TopicAnswerOverdue(
            topic=topic.id,
            body=entry.body,
            level=entry.level,
            entry=entry.status,
            supervisor=supervisor_of(city, entry.body),
        ),
    )
    supervise_answer(secretary, city, message.subject, entry.body, entry.answer_due_at)
    if entry.status in (EntryStatus.OPEN, EntryStatus.LISTED):
        secretary.arm(call(states[ledger], message.subject, entry.body, message.acted_at))
    return secretary.decision()
