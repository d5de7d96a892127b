"""The clock within which a body decides a topic, and its rungs: reminder, overdue, supervision (workflows §3.3).

The overdue rung is `opening.answer_overdue`, since a temporary meeting is then the body's duty.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.ledger import Secretary
from services.escalation.domain.owing import supervisor_of
from services.escalation.domain.table import States, on_due
from services.escalation.domain.topic import UNDECIDED, Entry, Topic
from services.escalation.domain.topic_facts import FollowUp, of
from shared.kernel.clock import Mark, counted
from shared.kernel.decisions import NOTHING, Cancel, Context, Decision, Message, arm
from shared.kernel.replacing import replace

_RUNGS = ("answer", "remind_answer", "supervise_answer")


def run_answer(secretary: Secretary, city: Any, case: str, body: str, at: datetime, due: Mark) -> None:
    """Start the answer clock of a topic, or start it anew; its reminder comes when three quarters of it have run."""
    remind = replace(due, since=at, share=str(city.shares["reminder"]))
    secretary.arm(
        *stop_answer(case),
        arm("remind_answer", remind, city.calendar, {"body": body}, case),
        arm("answer", due, city.calendar, subject=case, touches=(f"ledger:{body}",)),
    )


def supervise_answer(secretary: Secretary, city: Any, case: str, body: str, due: datetime) -> None:
    """Have a body that has not answered supervised a working day later, should it still not have."""
    secretary.arm(arm("supervise_answer", counted(due, city.clock("supervision")), city.calendar, {"body": body}, case))


def stop_answer(case: str) -> tuple[Cancel, ...]:
    """Return what stops the answer clock of a topic."""
    return tuple(Cancel(rung, case) for rung in _RUNGS)


@on_due("remind_answer", "supervise_answer")
def strike(states: States, message: Message, context: Context) -> Decision:
    """Remind a body of the topic before it, or have it supervised; a clock that runs anew has rungs of its own."""
    topic: Topic | None = states[message.subject]
    entry = _undecided(topic, message.data.data["body"])
    if topic is None or entry is None:
        return NOTHING
    said = {**of(topic, entry, entry.status), "of": FollowUp.ANSWER, "decision": ""}
    secretary = Secretary(states, context.city, message.acted_at)
    if message.data.name == "remind_answer":
        secretary.state(message.subject, t.TopicReminded(**said, to=entry.body))
    else:
        supervisor = supervisor_of(context.city, entry.body)
        secretary.state(message.subject, t.TopicSupervised(**said, charged=entry.body, supervisor=supervisor))
    return secretary.decision()


def _undecided(topic: Topic | None, body: str) -> Entry | None:
    """Return the entry that still waits for this body's answer, or None."""
    if topic is None or topic.is_over or topic.active.status not in UNDECIDED:
        return None
    return topic.active if topic.active.body == body else None
