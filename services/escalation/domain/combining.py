"""Two open topics of one ledger and one cause go on as one (并议): move 20, G15."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.answer_clock import run_answer, stop_answer
from services.escalation.domain.carrying import carried, topic_at
from services.escalation.domain.ledger import Secretary
from services.escalation.domain.roles import check_secretary
from services.escalation.domain.table import States, deciders, lacks, on_due
from services.escalation.domain.telling import reporter_id
from services.escalation.domain.topic import UNDECIDED, EntryStatus, Topic
from services.escalation.domain.topic_facts import of
from services.escalation.domain.topic_messages import CombineTopic
from shared.kernel.clock import fixed
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Message
from shared.kernel.refusals import Refused


@deciders.on(CombineTopic)
def combine(states: States, message: Message, context: Context) -> Decision:
    """End a topic in favour of another, which takes its cases, reporters, lower entries and the higher counters."""
    taken, city, case, into = topic_at(states, message), context.city, message.subject, message.data.into
    entry = taken.active
    check_secretary(message.actor, entry.body, city)
    if lacks(states, (into,)):
        raise Refused("message.stale", "into", sequence=message.sequence)
    survivor: Topic | None = states[into]
    if survivor is None or not survivor.entries or survivor.home or into == case:
        raise Refused("topic.no_survivor", "into", into=into)
    _check_alike(taken, survivor)
    if taken.unacknowledged():
        units = ", ".join(sorted({notice.to for notice in taken.unacknowledged()}))
        raise Refused("topic.unacknowledged", "entry", units=units)
    if taken.untold():
        raise Refused("topic.untold", "entry")
    secretary = Secretary(states, city, message.acted_at)
    for holder in (entry, *taken.below(entry.body)):
        body = {"into": survivor.id}
        status = EntryStatus.COMBINED if holder is entry else None
        secretary.record(holder.body, "combined", taken.id, body, case=case, entry=status)
    enlarged = _enlarged(taken, survivor, case, into, city)
    combined = t.TopicCombined(
        **of(taken, entry, EntryStatus.COMBINED),
        into=survivor.id,
        into_case=into,
        answer_due_at=enlarged.answer_due_at,
    )
    secretary.spread(taken, case, combined)
    secretary.state(into, enlarged)
    secretary.record(
        entry.body,
        "combined",
        survivor.id,
        {"cases": list(enlarged.cases), "from": taken.id},
        case=into,
        entry=EntryStatus.OPEN,
        moved_up=len(enlarged.chain) > 1,
        reopened=enlarged.reopened,
    )
    secretary.arm(
        *stop_answer(case),
        Cancel("receipt:*", case),
    )
    run_answer(secretary, city, into, entry.body, message.acted_at, fixed(enlarged.answer_due_at))
    if enlarged.answer_due_at < survivor.active.answer_due_at:
        _bring_forward(secretary, survivor, into, enlarged.answer_due_at)
        if survivor.others:
            secretary.arm(Arm("answer_sooner", message.acted_at, {}, into, survivor.others))
    return secretary.decision()


@on_due("answer_sooner")
def tell_further_cases(states: States, message: Message, context: Context) -> Decision:
    """Let the survivor's further cases, which were not locked when it took another in, know by when it is answered."""
    topic: Topic | None = states[message.subject]
    if topic is None or topic.is_over or topic.active.status not in UNDECIDED:
        return NOTHING
    secretary = Secretary(states, context.city, message.acted_at)
    for case in carried(states, message.subject, topic):
        _bring_forward(secretary, topic, case, topic.active.answer_due_at, message.subject)
    return secretary.decision()


def _bring_forward(secretary: Secretary, topic: Topic, case: str, due_at: datetime, home: str = "") -> None:
    said = of(topic, topic.active, topic.active.status)
    secretary.state(case, t.TopicJoined(**said, home=home, answer_due_at=due_at))


def _check_alike(taken: Topic, survivor: Topic) -> None:
    one, other = taken.active, survivor.active
    for entry in (one, other):
        if entry.status is not EntryStatus.OPEN:
            raise Refused("move.forbidden", "entry", now=entry.status, to=EntryStatus.COMBINED)
    if one.body != other.body:
        raise Refused("topic.other_ledger", "into", body=other.body)
    if (taken.cause, taken.kind) != (survivor.cause, survivor.kind):
        raise Refused("topic.other_cause", "into", cause=taken.cause, other=survivor.cause)


def _enlarged(taken: Topic, survivor: Topic, case: str, into: str, city: Any) -> t.TopicEnlarged:
    one, other = taken.active, survivor.active
    order = list(city.levels)
    chain = {entry.body: entry.level for entry in (*survivor.entries, *taken.entries)}
    bodies = sorted(chain, key=lambda body: order.index(chain[body]))
    return t.TopicEnlarged(
        **of(survivor, other, EntryStatus.OPEN),
        taken=taken.id,
        cases=_cases(taken, survivor, case, into),
        reporters=tuple(dict.fromkeys((*survivor.reporters, *_reporters(taken, case, into)))),
        closed=(*survivor.closed, *taken.closed),
        gone=(*survivor.gone, *taken.gone),
        chain=tuple(bodies),
        levels=tuple(chain[body] for body in bodies),
        deferrals=max(one.deferrals, other.deferrals),
        reopened=max(one.reopened, other.reopened),
        reviews=max(one.reviews, other.reviews),
        answer_due_at=min(one.answer_due_at, other.answer_due_at),
        urgent=taken.urgent or survivor.urgent,
        led_by=(*survivor.led_by, *taken.led_by),
        objected=taken.has_been_objected or survivor.has_been_objected,
        to_sum_up=taken.to_sum_up or survivor.to_sum_up,
    )


def _cases(taken: Topic, survivor: Topic, case: str, into: str) -> tuple[str, ...]:
    """Return all cases of both; the survivor's stays the one that carries the topic."""
    if not survivor.has_cases:
        return ()
    kept = survivor.cases or (into,)
    return (*kept, *(taken.cases or (case,)))


def _reporters(taken: Topic, case: str, into: str) -> tuple[str, ...]:
    return tuple(r if "/" in r or not taken.has_cases else reporter_id(r, case, into) for r in taken.reporters)
