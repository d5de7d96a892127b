"""Answers (评单): one per round by the link that only the reporter has, scored if it comes in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.feedback.domain.judging import JUDGE_WITHIN
from services.feedback.domain.rating import (
    RatedCase,
    Rating,
    RatingAnswered,
    RatingCompleted,
    Remark,
    Status,
    is_satisfied,
)
from services.feedback.domain.table import States, decide, evolve
from shared.kernel.clock import due
from shared.kernel.decisions import Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

register(
    {
        "rating.unknown_token": ("没有这个评价链接", "There is no such invitation to rate"),
        "rating.already_answered": ("这一轮已经评价过，不能再改", "This round has been answered already"),
        "rating.round_over": (
            "这个评价链接属于以前的一轮（现为第 {round} 轮）",
            "The link is of an earlier round (now {round})",
        ),
    }
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


@evolve.on(RatingAnswered)
def answered(state: RatedCase, fact: RatingAnswered, at: datetime) -> RatedCase:
    if not fact.valid:
        return replace(state, answered=True)
    status = state.status if is_satisfied(fact.solved, fact.grade) else Status.JUDGING
    return replace(state, status=status, answered=True, contacted=fact.contacted, solved=fact.solved, grade=fact.grade)
