"""The feedback desk: what it does when an order is verified, an answer comes, a window ends, a case closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.feedback.domain.heard import CaseClosed, CaseRegistered, CaseSolvedOnSpot, OrderVerified, OrderWithdrawn
from services.feedback.domain.rating import (
    MOVES,
    Counted,
    DissatisfactionJudged,
    Invitation,
    InvitationSent,
    JudgeDissatisfaction,
    RatedCase,
    Rating,
    RatingAnswered,
    RatingCompleted,
    RatingFailed,
    RatingInvited,
    Remark,
    ReworkOrdered,
    Status,
    is_satisfied,
)
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
from shared.kernel.clock import Budget, Unit, due
from shared.kernel.decisions import (
    NOTHING,
    Answer,
    Arm,
    Cancel,
    Context,
    Deciders,
    Decision,
    Due,
    Evolution,
    Fact,
    Message,
)
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

States = Mapping[str, Any]

decide = Deciders()
evolve = Evolution()

JUDGE_WITHIN = Budget(1, Unit.WORKING_DAYS)
"""How long the feedback officer may take; undecided, the dissatisfaction was controllable (workflows §1, assumed)."""

register(
    {
        "rating.unknown_token": ("没有这个评价链接", "There is no such invitation to rate"),
        "rating.already_answered": ("这一轮已经评价过，不能再改", "This round has been answered already"),
        "rating.round_over": (
            "这个评价链接属于以前的一轮（现为第 {round} 轮）",
            "The link is of an earlier round (now {round})",
        ),
        "rating.nothing_to_judge": (
            "该事项没有待认定的不满意评价",
            "No dissatisfied answer of this case waits for a judgement",
        ),
    }
)


@decide.on(OrderVerified)
def invite(states: States, message: Message, context: Context) -> Decision:
    """Ask the reporter of a verified order, or complete at once where there is nobody to ask."""
    case: RatedCase | None = states[message.subject]
    if case is None:
        # Causal order brings the registration first; without it the case would wait for a rating for ever, unseen.
        raise Refused("subject.unknown", subject=message.subject)
    if not MOVES.allows(case.status, Status.ASKED):
        return NOTHING
    turn = case.round + 1
    if not case.ratable:
        return Decision((Fact(RatingCompleted(turn, "not_ratable")),))
    policy = context.city.policy_on(first_day(period_of(message.acted_at)))
    until = due(message.acted_at, policy.window, context.city.calendar)
    invitation = context.new_id()
    sent = InvitationSent(case.report, message.subject, case.number, context.prepared.token(invitation), until)
    return Decision(
        facts=(Fact(RatingInvited(invitation, turn, case.reporter, until)),),
        deadlines=(Arm("window", until, {"round": turn}),),
        answers=(Answer(sent, f"receipts.{case.source}", case.report),),
        rows=(Invitation(invitation, message.subject, turn),),
    )


@decide.on(Rating)
def answer(states: States, message: Message, context: Context) -> Decision:
    """Take one answer per round; a late one is stated, never scored, and changes nothing."""
    rating: Rating = message.data
    actor = message.actor
    if actor.kind not in ("source", "resident"):
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="rate")
    case: RatedCase | None = states.get(message.subject)
    if case is None or (actor.kind == "source" and actor.id != case.source):
        raise Refused("rating.unknown_token", "token")
    if rating.token != context.prepared.token(case.invitation):
        raise Refused("rating.round_over", "token", round=case.round)
    if case.answered:
        raise Refused("rating.already_answered", "token")
    valid = case.status is Status.ASKED and case.until is not None and message.acted_at <= case.until
    given = RatingAnswered(
        invitation=case.invitation,
        round=case.round,
        reporter=case.reporter,
        contacted=rating.contacted,
        solved=rating.solved,
        grade=rating.grade,
        valid=valid,
    )
    comment = rating.comment.strip() if rating.comment else ""
    rows = (Remark(message.subject, case.round, "comment", comment),) if comment else ()
    if not valid:
        return Decision((Fact(given),), rows=rows)
    if is_satisfied(rating.solved, rating.grade):
        completed = Fact(RatingCompleted(case.round, "rated"))
        return Decision((Fact(given), completed), (Cancel("window"),), rows=rows)
    judge_by = due(message.acted_at, JUDGE_WITHIN, context.city.calendar)
    return Decision((Fact(given),), (Cancel("window"), Arm("judge", judge_by, {"round": case.round})), rows=rows)


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


@decide.on(Due)
def come_due(states: States, message: Message, context: Context) -> Decision:
    """End a window, lapse a judgement, publish a score."""
    name, _, _ = message.data.name.partition(":")
    if name == "publish":
        return publish(states, message, context)
    case: RatedCase | None = states[message.subject]
    if case is None or case.round != message.data.data["round"]:
        return NOTHING
    if name == "window" and case.status is Status.ASKED:
        return Decision((Fact(RatingCompleted(case.round, "window_over")),))
    if name == "judge" and case.status is Status.JUDGING:
        return _conclude(case, DissatisfactionJudged(controllable=True, lapsed=True, judge=context.city.root.code))
    return NOTHING


def _conclude(case: RatedCase, judged: DissatisfactionJudged) -> Decision:
    follows: RatingCompleted | RatingFailed | ReworkOrdered
    if not judged.controllable:
        follows = RatingCompleted(case.round, "rated")
    elif case.reworked:
        follows = RatingFailed(case.round)
    else:
        follows = ReworkOrdered(case.round)
    return Decision((Fact(judged), Fact(follows)))


@decide.on(CaseClosed)
def count(states: States, message: Message, context: Context) -> Decision:
    """Count an asked case for the lead of its last assignment in the month of closing; its score is due at the hour."""
    closed: CaseClosed = message.data
    case: RatedCase | None = states[message.subject]
    ended = Decision(deadlines=(Cancel("window"), Cancel("judge")))
    if case is None or case.round == 0 or closed.lead is None or closed.reason not in ASKED_REASONS:
        return ended
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
    return ended + Decision(deadlines=(arm,), rows=(counted,))


@decide.on(OrderWithdrawn)
def withdraw(states: States, message: Message, context: Context) -> Decision:
    """Ask nobody about a withdrawn case."""
    return Decision(deadlines=(Cancel("window"), Cancel("judge")))


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


# ---- evolution


@evolve.on(CaseRegistered)
def registered(state: RatedCase | None, fact: CaseRegistered, at: datetime) -> RatedCase:
    return RatedCase(fact.number, fact.source, fact.report, fact.reporter, fact.ratable)


@evolve.on(CaseSolvedOnSpot)
def solved_on_spot(state: RatedCase | None, fact: CaseSolvedOnSpot, at: datetime) -> RatedCase:
    return RatedCase(fact.number, fact.source, fact.report, fact.reporter, fact.ratable and fact.drawn)


@evolve.on(RatingInvited)
def invited(state: RatedCase, fact: RatingInvited, at: datetime) -> RatedCase:
    return replace(
        state,
        status=Status.ASKED,
        round=fact.round,
        invitation=fact.invitation,
        until=fact.until,
        answered=False,
        contacted=False,
        solved=False,
        grade=None,
    )


@evolve.on(RatingAnswered)
def answered(state: RatedCase, fact: RatingAnswered, at: datetime) -> RatedCase:
    if not fact.valid:
        return replace(state, answered=True)
    status = state.status if is_satisfied(fact.solved, fact.grade) else Status.JUDGING
    return replace(state, status=status, answered=True, contacted=fact.contacted, solved=fact.solved, grade=fact.grade)


@evolve.on(ReworkOrdered)
def reworked(state: RatedCase, fact: ReworkOrdered, at: datetime) -> RatedCase:
    return replace(state, status=Status.REWORKED, reworked=True)


@evolve.on(RatingFailed)
def failed(state: RatedCase, fact: RatingFailed, at: datetime) -> RatedCase:
    return replace(state, status=Status.FAILED)


@evolve.on(RatingCompleted)
def completed(state: RatedCase, fact: RatingCompleted, at: datetime) -> RatedCase:
    return replace(state, status=Status.COMPLETED)


@evolve.on(CaseClosed, OrderWithdrawn)
def ended(state: RatedCase | None, fact: CaseClosed | OrderWithdrawn, at: datetime) -> RatedCase | None:
    return replace(state, status=Status.ENDED) if state else None


@evolve.on(ScorePublished)
def published(state: Score | None, fact: ScorePublished, at: datetime) -> Score:
    return Score(fact)
