"""How a topic ends: its orders close, it is left without a case, it is written off from the top down."""

from __future__ import annotations

from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.answer_clock import stop_answer
from services.escalation.domain.carrying import carrier, topic_at
from services.escalation.domain.heard import (
    CaseClosed,
    CycleSummedUp,
    OrderEscalated,
    OrderReworked,
    OrderWithdrawn,
    ReporterJoined,
    VerificationFailed,
)
from services.escalation.domain.ledger import Secretary
from services.escalation.domain.opening import bring, failed
from services.escalation.domain.owing import forgive
from services.escalation.domain.roles import check_secretary
from services.escalation.domain.settling import owe_write_off, settle
from services.escalation.domain.table import States, again, deciders, lacks, on_due
from services.escalation.domain.telling import join
from services.escalation.domain.topic import FINAL, MOVES, EntryStatus, Topic
from services.escalation.domain.topic_facts import FollowUp, of
from services.escalation.domain.topic_messages import WriteOff
from services.escalation.domain.withdrawing import withdraw
from shared.kernel.decisions import NOTHING, Cancel, Context, Decision, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace


@deciders.on(CaseClosed, OrderWithdrawn)
def end(states: States, message: Message, context: Context) -> Decision:
    """Settle the entry whose last order closed; withdraw a topic left without an open case (moves 14 and 19)."""
    found = carrier(states, message)
    if isinstance(found, Decision):
        return found
    home, topic = found
    if topic is None or topic.is_over or topic.active.status is EntryStatus.SETTLED:
        return NOTHING
    case, is_closed = message.subject, isinstance(message.data, CaseClosed)
    if case not in topic.open_cases(home):
        return NOTHING
    entry = topic.active
    secretary = Secretary(states, context.city, message.acted_at)
    if topic.others:
        closed = t.TopicCaseClosed(**of(topic, entry, entry.status), case=case, withdrawn=not is_closed)
        secretary.state(home, closed)
    if topic.open_cases(home) != (case,):
        return secretary.decision()
    is_done = is_closed or bool(topic.closed)
    if is_done and entry.status in (EntryStatus.EXECUTING, EntryStatus.DECLINED):
        settle(secretary, context.city, message.acted_at, home, topic, entry, "order_closed")
    else:
        withdraw(secretary, context.city, message.acted_at, home, topic)
    secretary.arm(*stop_answer(home), Cancel("objection", home), Cancel("screen", home))
    return secretary.decision()


@deciders.on(CycleSummedUp)
def sum_up(states: States, message: Message, context: Context) -> Decision:
    """Let the topic of a squad or hard problem be written off, which was looked back on and summed up (domain §5.3)."""
    chain = message.subject.removeprefix("summary:")
    pointer: Topic | None = states.get(chain)
    home = pointer.home if pointer and pointer.home else chain
    if lacks(states, (home,)):
        return again(message, (chain, home))
    topic: Topic | None = states[home]
    if topic is None or topic.is_over or not topic.to_sum_up:
        return NOTHING
    entry, secretary = topic.active, Secretary(states, context.city, message.acted_at)
    secretary.state(home, t.TopicSummedUp(**of(topic, entry, entry.status), cycle=message.data.cycle))
    if entry.status is EntryStatus.SETTLED:
        owe_write_off(secretary, context.city, message.acted_at, home, entry)
    return secretary.decision()


@on_due("again")
def hear_again(states: States, message: Message, context: Context) -> Decision:
    """Meet a fact of another service once more, now that everything it concerns is locked."""
    name = message.data.name.split(":", 1)[1]
    kinds = {kind.__name__: (kind, decider) for kind, decider in _HEARD}
    kind, decider = kinds[name]
    decision: Decision = decider(states, replace(message, data=kind(**message.data.data)), context)
    return decision


_HEARD: tuple[tuple[type, Any], ...] = (
    (OrderEscalated, bring),
    (CaseClosed, end),
    (CycleSummedUp, sum_up),
    (OrderWithdrawn, end),
    (ReporterJoined, join),
    (VerificationFailed, failed),
    (OrderReworked, failed),
)


@deciders.on(WriteOff)
def write_off(states: States, message: Message, context: Context) -> Decision:
    """Write a settled entry off, from the top down, once everybody was told; this settles the one below (G13)."""
    topic, actor, city, at = topic_at(states, message), message.actor, context.city, message.acted_at
    entry = topic.entry_of(actor.id.partition(":")[0]) if actor.kind in ("unit", "post") else None
    if entry is None:
        raise Refused("topic.not_here", "actor", body=actor.id)
    check_secretary(actor, entry.body, city)
    above = topic.above(entry.body)
    if above is not None and above.status not in FINAL:
        raise Refused("topic.above_open", "entry", body=above.body)
    MOVES.check(entry.status, EntryStatus.WRITTEN_OFF)
    late = topic.unacknowledged()
    if late:
        raise Refused("topic.unacknowledged", "entry", units=", ".join(sorted({notice.to for notice in late})))
    if topic.untold():
        raise Refused("topic.untold", "entry")
    if topic.to_sum_up:
        raise Refused("topic.not_summed_up", "entry", case=message.subject, least=city.limits["checks_cycle"])
    secretary = Secretary(states, city, at)
    secretary.record(entry.body, "written_off", topic.id, {}, case=message.subject, entry=EntryStatus.WRITTEN_OFF)
    is_last = all(other.status in FINAL for other in topic.entries if other != entry)
    written = t.TopicWrittenOff(**of(topic, entry, EntryStatus.WRITTEN_OFF), final=is_last)
    secretary.spread(topic, message.subject, written)
    forgive(secretary, message.subject, FollowUp.WRITE_OFF, entry.body, entry.meeting)
    nearest = next(iter(topic.below(entry.body)), None)
    for lower in topic.below(entry.body):
        is_next = nearest is not None and lower.level == nearest.level
        if is_next and lower.status is EntryStatus.MOVED_UP:
            settle(secretary, city, at, message.subject, topic, lower, "above_written_off")
    return secretary.decision()
