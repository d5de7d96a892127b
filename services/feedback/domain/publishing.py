"""Publishing: a closed case counts for its units, and their score is stated anew when its figures changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.feedback.domain.heard import CaseClosed
from services.feedback.domain.rating import Counted, RatedCase
from services.feedback.domain.score import (
    ASKED_REASONS,
    Publication,
    Score,
    ScorePublished,
    Tally,
    first_day,
    next_hour,
    period_of,
    score,
    subject_of,
)
from services.feedback.domain.table import States, evolve, on_due
from shared.kernel.decisions import NOTHING, Arm, Context, Decision, Fact, Message


def count(case: RatedCase | None, message: Message, context: Context) -> Decision:
    """Count an asked case for the lead of its last assignment in the month of closing; its score is due at the hour."""
    closed: CaseClosed = message.data
    if case is None or case.round == 0 or closed.lead is None or closed.reason not in ASKED_REASONS:
        return NOTHING
    period = period_of(message.acted_at)
    counted = Counted(
        case=message.subject,
        round=case.round,
        unit=closed.lead,
        period=period,
        contacted=case.contacted,
        solved=case.solved,
        grade=case.grade,
        outcome=closed.reason != "answered",
    )
    at = next_hour(message.acted_at)
    # The hour in the name keeps a stream of closings from pushing one due publication ahead of itself.
    arm = Arm(f"publish:{at.isoformat()}", at, {"unit": closed.lead, "period": period}, subject_of(closed.lead, period))
    return Decision(deadlines=(arm,), rows=(counted,))


@on_due("publish")
def publish(states: States, message: Message, context: Context) -> Decision:
    """Publish the next revision of a score if its figures changed."""
    unit, period = message.data.data["unit"], message.data.data["period"]
    last: Score | None = states[message.subject]
    tally = context.prepared.tallies.get((unit, period), Tally())
    policy = context.city.policy_on(first_day(period))
    figures = score(unit, period, tally, policy, revision=last.published.revision + 1 if last else 1)
    if last is not None and replace(figures, revision=last.published.revision) == last.published:
        return NOTHING
    return Decision((Fact(figures),), rows=(Publication(figures, message.acted_at),))


@evolve.on(ScorePublished)
def published(state: Score | None, fact: ScorePublished, at: datetime) -> Score:
    return Score(fact)
