"""A topic is taken back before a meeting has it, or is left without an open case (move 19, G14)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.answer_clock import stop_answer
from services.escalation.domain.carrying import topic_at
from services.escalation.domain.ledger import Secretary, word
from services.escalation.domain.roles import acts_for, check_secretary
from services.escalation.domain.settling import settle
from services.escalation.domain.table import States, deciders
from services.escalation.domain.topic import MOVES, EntryStatus, Topic
from services.escalation.domain.topic_facts import of
from services.escalation.domain.topic_messages import WithdrawTopic
from shared.kernel.decisions import Cancel, Context, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused


def withdraw(
    secretary: Secretary,
    city: Any,
    at: datetime,
    case: str,
    topic: Topic,
    by: str | None = None,
    why: str = "",
    words: str = "",
) -> None:
    """End the active entry and settle those below, each as soon as its unit knows all that was decided above it."""
    entry = topic.active
    MOVES.check(entry.status, EntryStatus.WITHDRAWN)
    body = {"by": by, "words": words} if by else {}
    secretary.record(entry.body, "withdrawn", topic.id, body, case=case, entry=EntryStatus.WITHDRAWN)
    secretary.spread(topic, case, t.TopicWithdrawn(**of(topic, entry, EntryStatus.WITHDRAWN), by=by, why=why))
    for lower in topic.below(entry.body):
        if lower.status is EntryStatus.MOVED_UP and not topic.unacknowledged(lower.body):
            settle(secretary, city, at, case, topic, lower, "above_withdrawn")


@deciders.on(WithdrawTopic)
def take_back(states: States, message: Message, context: Context) -> Decision:
    """Let the proposing unit take its topic back where it started, before it is tabled and with every reporter told.

    The secretary may once every case is closed. Open orders wait at their dispatcher again.
    """
    topic, actor, city = topic_at(states, message), message.actor, context.city
    entry, home = topic.active, message.subject
    if not (topic.proposer and acts_for(actor, topic.proposer)):
        check_secretary(actor, entry.body, city)
        if not topic.cases_are_over(home):
            raise Refused("topic.cases_open", "case", cases=len(topic.open_cases(home)))
    elif len(topic.entries) > 1:
        raise Refused("topic.moved_up", "entry", body=entry.body)
    if entry.status not in (EntryStatus.PROPOSED, EntryStatus.OPEN):
        raise Refused("topic.withdraw_late", "entry", entry=entry.status)
    if topic.untold():
        raise Refused("topic.untold", "entry")
    wording = word(entry.body, "", topic.id, context.new_id(), {"why": message.data.why})
    secretary = Secretary(states, city, message.acted_at)
    secretary.keep(wording)
    by = actor.id.partition(":")[0]
    withdraw(secretary, city, message.acted_at, home, topic, by, mask(message.data.why), wording.digest)
    secretary.arm(Cancel("screen", home), *stop_answer(home))
    return secretary.decision()
