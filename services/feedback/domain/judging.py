"""Judging (不满意认定): was a dissatisfaction in the unit's control; the first reworks, the second goes to the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.feedback.domain.rating import (
    DissatisfactionJudged,
    JudgeDissatisfaction,
    RatedCase,
    RatingCompleted,
    RatingFailed,
    Remark,
    ReworkOrdered,
    Status,
)
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.clock import Budget, Unit
from shared.kernel.decisions import NOTHING, Cancel, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

JUDGE_WITHIN = Budget(1, Unit.WORKING_DAYS)
"""How long the feedback officer may take; undecided, the dissatisfaction was controllable (workflows §1, assumed)."""

register(
    {
        "rating.nothing_to_judge": (
            "该事项没有待认定的不满意评价",
            "No dissatisfied answer of this case waits for a judgement",
        ),
    }
)


@decide.on(JudgeDissatisfaction)
def judge(states: States, message: Message, context: Context) -> Decision:
    """Let the feedback officer of operations say whether it was in the unit's control."""
    actor = message.actor
    if actor.kind != "operations":
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="judge")
    case: RatedCase | None = states[message.subject]
    if case is None:
        raise Refused("subject.unknown", "case", subject=message.subject)
    if case.status is not Status.JUDGING:
        raise Refused("rating.nothing_to_judge", "case")
    judged = DissatisfactionJudged(message.data.controllable, lapsed=False, judge=actor.id)
    remark = Remark(message.subject, case.round, "judgement", message.data.why)
    return _conclude(case, judged) + Decision(deadlines=(Cancel("judge"),), rows=(remark,))


@on_due("judge")
def lapse(states: States, message: Message, context: Context) -> Decision:
    """Take a dissatisfaction that nobody judged in time for controllable."""
    case: RatedCase | None = states[message.subject]
    if case is None or case.round != message.data.data["round"] or case.status is not Status.JUDGING:
        return NOTHING
    return _conclude(case, DissatisfactionJudged(controllable=True, lapsed=True, judge=context.city.root.code))


def _conclude(case: RatedCase, judged: DissatisfactionJudged) -> Decision:
    follows: RatingCompleted | RatingFailed | ReworkOrdered
    if not judged.controllable:
        follows = RatingCompleted(case.round, "rated")
    elif case.reworked:
        follows = RatingFailed(case.round)
    else:
        follows = ReworkOrdered(case.round)
    return Decision((Fact(judged), Fact(follows)))


@evolve.on(ReworkOrdered)
def reworked(state: RatedCase, fact: ReworkOrdered, at: datetime) -> RatedCase:
    return replace(state, status=Status.REWORKED, reworked=True)


@evolve.on(RatingFailed)
def failed(state: RatedCase, fact: RatingFailed, at: datetime) -> RatedCase:
    return replace(state, status=Status.FAILED)
