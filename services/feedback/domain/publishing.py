"""Publishing: a closed case counts for its units, and their score is stated anew when its figures changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.feedback.domain.rating import CaseRated, Counted
from services.feedback.domain.score import (
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


def count(rated: CaseRated, message: Message) -> Decision:
    """Count a closed case for the lead of its last assignment in the month of closing; its score is due at the hour."""
    period = period_of(message.acted_at)
    counted = tuple(
        Counted(
            case=message.subject,
            reporter=each.reporter,
            round=rated.round,
            unit=rated.lead,
            period=period,
            contacted=each.contacted,
            solved=each.solved,
            grade=each.grade,
            outcome=rated.outcome,
        )
        for each in rated.answers
    )
    return Decision(deadlines=(publish_at(message.acted_at, rated.lead, period),), rows=counted)


def publish_at(at: datetime, unit: str, period: str) -> Arm:
    """Return the deadline at which a score is stated anew after a change.

    The hour in the name keeps a stream of changes from pushing one due publication ahead of itself.
    """
    hour = next_hour(at)
    return Arm(f"publish:{hour.isoformat()}", hour, {"unit": unit, "period": period}, subject_of(unit, period))


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
