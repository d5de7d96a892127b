"""Returning (定期回访): a leader comes back to whom he received, a quarter after the case closed (domain §2.2).

What is said then is kept as a late answer. Who was received is what the reception's note says: its reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.feedback.domain.answering import comment
from services.feedback.domain.duty import RETURNS, DutyMissed, DutyReminded, MissedDuty, above
from services.feedback.domain.mechanism import refuse
from services.feedback.domain.period import Period, Span
from services.feedback.domain.rating import RatedCase, RatingAnswered, Status, case_of
from services.feedback.domain.table import States, decide, on_due
from shared.kernel.clock import add
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

register(
    {
        "return_visit.none": ("该反映人没有待办的定期回访", "No return visit is due to this reporter"),
    }
)

CHANNEL = "leader"
"""The channel of reports that came of a leader's reception or visit."""


@dataclass(frozen=True, slots=True)
class RecordReturnVisit:
    reporter: str
    contacted: bool
    solved: bool
    grade: int
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A private row: a report came of a leader's meeting somebody at a unit."""

    report: str
    leader: str
    unit: str


def owe(case: RatedCase, message: Message, context: Context) -> Decision:
    """Arm the return visits of a closed case: to each asked reporter of the leaders' channel."""
    city = context.city
    if "leader-reception" not in city.mechanisms:
        return NOTHING
    told = {reporter.id: reporter for reporter in case.reporters}
    asked = [told[one.reporter] for one in case.asked if one.reporter in told]
    arms = (
        _arm(reporter.id, reporter.report, "remind", message.acted_at, city)
        for reporter in asked
        if (source := city.sources.get(reporter.source)) is not None and source.channel == CHANNEL
    )
    return Decision(deadlines=tuple(arms))


@on_due("return_visit")
def strike(states: States, message: Message, context: Context) -> Decision:
    """Remind at three quarters of the time, then say that it was missed; nothing where nobody was received."""
    said = message.data.data
    received: Received | None = context.prepared.found.get(message.id)
    if received is None:
        return NOTHING
    due = datetime.fromisoformat(said["due"])
    period = Period.containing(due, Span.QUARTER).code.replace("-", "")
    case = message.subject
    if said["step"] == "remind":
        reminded = DutyReminded("return_visits", period, (received.unit,), received.leader, case)
        again = Arm(message.data.name, due, {**said, "step": "end"}, touches=(RETURNS,))
        return Decision((Fact(reminded, RETURNS),), (again,))
    missed = DutyMissed(
        "return_visits", period, received.unit, above(received.unit, context.city), 0, 1, received.leader, case
    )
    return Decision((Fact(missed, RETURNS),), rows=(MissedDuty.of(missed, message.acted_at),))


@decide.on(RecordReturnVisit)
def record(states: States, message: Message, context: Context) -> Decision:
    """Keep what was said as a late answer; it meets the duty and scores nothing."""
    case = case_of(states, message.subject)
    said: RecordReturnVisit = message.data
    actor, city = message.actor, context.city
    is_near = actor.kind == "unit" and actor.id in city.units and city.is_within(case.place, actor.id)
    if actor.kind != "operations" and not is_near:
        refuse(actor, "record a return visit")
    asked = case.of(said.reporter)
    reporter = next((one for one in case.reporters if one.id == said.reporter), None)
    source = city.sources.get(reporter.source) if reporter else None
    if asked is None or case.status is not Status.ENDED or source is None or source.channel != CHANNEL:
        raise Refused("return_visit.none", "reporter")
    given = RatingAnswered(
        invitation=asked.invitation,
        round=case.round,
        reporter=said.reporter,
        contacted=said.contacted,
        solved=said.solved,
        grade=said.grade,
        valid=False,
        by="return_visit",
        unscored="late",
    )
    rows = comment(message, case, said.reporter, "return_visit", said.comment, context)
    return Decision((Fact(given),), (Cancel(f"return_visit:{said.reporter}"),), rows=rows)


def _arm(reporter: str, report: str, step: str, closed_at: datetime, city: Any) -> Arm:
    due = add(closed_at, city.clock("return_visit"), city.calendar)
    share = city.shares["reminder"]
    at = closed_at + (due - closed_at) * share.numerator / share.denominator
    said = {"reporter": reporter, "report": report, "step": step, "due": due.isoformat()}
    return Arm(f"return_visit:{reporter}", at, said, touches=(RETURNS,))
