"""What a unit owes after a decision, and the rungs that guard it: reminder, overdue, supervision (workflows §3.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.ledger import Secretary
from services.escalation.domain.table import States, on_due
from services.escalation.domain.topic import Entry, EntryStatus, Topic
from services.escalation.domain.topic_facts import FollowUp, of
from shared.kernel.clock import Budget, Mark, Term
from shared.kernel.decisions import NOTHING, Cancel, Context, Decision, Message, arm

OPERATIONS = "operations"
"""Who supervises the top body and acts for those who let their time pass."""


def owe(
    secretary: Secretary, city: Any, at: datetime, case: str, what: FollowUp, unit: str, decision: str, budget: Budget
) -> None:
    """Start the clock of what a unit has to do now."""
    data = {"of": what.value, "charged": unit, "decision": decision}
    name, term = _name(what, unit, decision), Term(at, budget)
    secretary.arm(
        arm(f"remind:{name}", Mark(term, str(city.shares["reminder"])), city.calendar, data, case),
        arm(f"overdue:{name}", Mark(term), city.calendar, data, case),
        arm(f"supervise:{name}", Mark(term, then=(city.clock("supervision"),)), city.calendar, data, case),
    )


def forgive(secretary: Secretary, case: str, what: FollowUp, unit: str, decision: str) -> None:
    """Stop the clock of what was done."""
    name = _name(what, unit, decision)
    secretary.arm(*(Cancel(f"{rung}:{name}", case) for rung in ("remind", "overdue", "supervise")))


def supervisor_of(city: Any, unit: str) -> str:
    """Return who supervises a body's unit: the one above, at the top operations."""
    above = city.body_above(unit)
    return above.unit if above else OPERATIONS


@on_due("remind", "overdue", "supervise")
def strike(states: States, message: Message, context: Context) -> Decision:
    """Remind, find overdue, or supervise a unit that has not done what it owes."""
    topic: Topic | None = states[message.subject]
    what, unit, decision = (str(message.data.data[name]) for name in ("of", "charged", "decision"))
    entry = _owed(topic, FollowUp(what), unit, decision) if topic else None
    if topic is None or entry is None:
        return NOTHING
    said = {**of(topic, entry, entry.status), "of": FollowUp(what), "decision": decision}
    secretary = Secretary(states, context.city, message.acted_at)
    match message.data.name.split(":", 1)[0]:
        case "remind":
            secretary.state(message.subject, t.TopicReminded(**said, to=unit))
        case "overdue":
            secretary.state(message.subject, t.TopicFollowUpOverdue(**said, charged=unit))
        case _:
            supervisor = supervisor_of(context.city, unit)
            secretary.state(message.subject, t.TopicSupervised(**said, charged=unit, supervisor=supervisor))
    return secretary.decision()


def _owed(topic: Topic, what: FollowUp, unit: str, decision: str) -> Entry | None:
    """Return the entry whose decision still asks this of the unit, or None if it was done."""
    match what:
        case FollowUp.ACKNOWLEDGE:
            owed = [notice.body for notice in topic.unacknowledged(unit) if notice.decision == decision]
        case FollowUp.TELL:
            owed = [telling.body for telling in topic.untold() if telling.decision == decision]
        case FollowUp.WRITE_OFF:
            own = topic.entry_of(unit)
            owed = [unit] if own is not None and own.status is EntryStatus.SETTLED else []
    return topic.at(owed[0]) if owed else None


def _name(what: FollowUp, unit: str, decision: str) -> str:
    return f"{what.value}:{unit}:{decision}"
