"""Judging (不满意认定): could the unit have helped it; the first such answer reworks, the second goes to the ledger."""

from __future__ import annotations

from datetime import datetime

from services.feedback.domain.asking import after, complete, end_judging, end_round
from services.feedback.domain.rating import (
    STANDINGS,
    DissatisfactionJudged,
    JudgeDissatisfaction,
    RatedCase,
    RatingFailed,
    Remark,
    ReworkOrdered,
    Standing,
    Status,
    case_of,
)
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.decisions import NOTHING, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rights import RIGHTS, check_kind
from shared.kernel.rules import register

register(
    {
        "rating.nothing_to_judge": (
            "该事项没有待认定的不满意评价",
            "No dissatisfied answer of this case waits for a judgement",
        ),
        "rating.which_reporter": (
            "有 {count} 份不满意评价待认定，请指明反映人",
            "{count} dissatisfied answers wait for a judgement: say whose",
        ),
    }
)


@decide.on(JudgeDissatisfaction)
def judge(states: States, message: Message, context: Context) -> Decision:
    """Let the feedback officer of operations say whether it was in the unit's control."""
    actor = message.actor
    check_kind(RIGHTS["judge_dissatisfaction"], actor)
    case = case_of(states, message.subject)
    said: JudgeDissatisfaction = message.data
    reporter = _whose(case, said.reporter)
    judged = DissatisfactionJudged(
        controllable=said.controllable, lapsed=False, judge=actor.id, round=case.round, reporter=reporter
    )
    remark = Remark(context.new_id(), message.subject, case.round, reporter, "judgement", said.why)
    return _conclude(case, judged, message, context) + Decision(rows=(remark,))


@on_due("judge")
def lapse(states: States, message: Message, context: Context) -> Decision:
    """Take a dissatisfaction that nobody judged in time for controllable (workflows §1)."""
    case: RatedCase | None = states[message.subject]
    over = message.data.data
    if case is None or case.round != over["round"] or over["reporter"] not in _waiting(case):
        return NOTHING
    judged = DissatisfactionJudged(
        controllable=True, lapsed=True, judge=context.city.root.code, round=case.round, reporter=over["reporter"]
    )
    return _conclude(case, judged, message, context)


def _waiting(case: RatedCase) -> tuple[str, ...]:
    if case.status is not Status.ASKED:
        return ()
    return tuple(asked.reporter for asked in case.asked if asked.standing is Standing.JUDGING)


def _whose(case: RatedCase, reporter: str | None) -> str:
    waiting = _waiting(case)
    if not waiting or (reporter is not None and reporter not in waiting):
        raise Refused("rating.nothing_to_judge", "case")
    if reporter is None and len(waiting) > 1:
        raise Refused("rating.which_reporter", "reporter", count=len(waiting))
    return reporter or waiting[0]


def _conclude(case: RatedCase, judged: DissatisfactionJudged, message: Message, context: Context) -> Decision:
    told = Decision((Fact(judged),))
    if not judged.controllable:
        taken = end_judging(message.subject, case, judged.reporter)
        return told + taken + complete(message.subject, after(case, told.facts, message.acted_at), message.acted_at)
    # Once per case, whoever of several reporters said it; the others are asked again with the next round.
    again = case.reworks < context.city.limits["dissatisfied"]
    follows = ReworkOrdered(case.round) if again else RatingFailed(case.round)
    return told + Decision((Fact(follows),)) + end_round(message.subject, case)


@evolve.on(DissatisfactionJudged)
def judged(state: RatedCase, fact: DissatisfactionJudged, at: datetime) -> RatedCase:
    asked = state.of(fact.reporter)
    assert asked is not None, "only who was asked is judged"
    STANDINGS.check(asked.standing, Standing.ANSWERED)
    return state.having(replace(asked, standing=Standing.ANSWERED))


@evolve.on(ReworkOrdered)
def reworked(state: RatedCase, fact: ReworkOrdered, at: datetime) -> RatedCase:
    return replace(state, status=Status.REWORKED, reworks=state.reworks + 1)


@evolve.on(RatingFailed)
def failed(state: RatedCase, fact: RatingFailed, at: datetime) -> RatedCase:
    return replace(state, status=Status.FAILED)
