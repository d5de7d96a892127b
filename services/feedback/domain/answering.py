"""Answers (评单): one per round by the link that only the reporter has, scored if it comes in time."""

from __future__ import annotations

from datetime import datetime

from services.feedback.domain.asking import complete, end_judging
from services.feedback.domain.rating import (
    STANDINGS,
    Asked,
    FollowUpOffered,
    RatedCase,
    RateOwnOrder,
    Rating,
    RatingAnswered,
    Remark,
    Reporter,
    Standing,
    Status,
    is_satisfied,
)
from services.feedback.domain.table import States, decide, evolve
from services.feedback.domain.task import Kind, Task
from shared.kernel.clock import counted
from shared.kernel.decisions import NOTHING, Answer, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
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
    """Take one answer per link; what comes too late is stated, never scored, and changes nothing."""
    rating: Rating = message.data
    actor = message.actor
    if actor.kind not in ("source", "resident"):
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="rate")
    case: RatedCase | None = states.get(message.subject)
    if case is None or (actor.kind == "source" and all(actor.id != r.source for r in case.reporters)):
        raise Refused("rating.unknown_token", "token")
    asked = next((a for a in case.asked if context.prepared.token(a.invitation) == rating.token), None)
    reporter = next((r for r in case.reporters if asked and r.id == asked.reporter), None)
    if asked is None or reporter is None:
        raise Refused("rating.round_over", "token", round=case.round)
    if actor.kind == "source" and actor.id != reporter.source:
        raise Refused("rating.unknown_token", "token")
    if asked.form:
        raise Refused("rating.already_answered", "token")
    return _take(case, asked, reporter, rating, message, context)


@decide.on(RateOwnOrder)
def answer_by_unit(states: States, message: Message, context: Context) -> Decision:
    """Take the answer of the unit whose topic without a case got an order of its own."""
    found = states.get(message.subject)
    case = found if isinstance(found, RatedCase) else None
    unit = message.actor.id.partition(":")[0] if message.actor.kind in ("unit", "post") else ""
    reporter = next((r for r in case.reporters if r.id == unit and not r.source), None) if case else None
    if case is None or reporter is None:
        raise Refused(
            "actor.not_allowed", "authorization", actor=f"{message.actor.kind}.{message.actor.id}", act="rate"
        )
    asked = next((a for a in case.asked if a.reporter == unit), None)
    if asked is None:
        raise Refused("rating.round_over", "case", round=case.round)
    if asked.form:
        raise Refused("rating.already_answered", "case")
    return _take(case, asked, reporter, message.data, message, context)


def _take(
    case: RatedCase, asked: Asked, reporter: Reporter, rating: Rating | RateOwnOrder, message: Message, context: Context
) -> Decision:
    unscored = why_unscored(case, asked, message.acted_at)
    given = RatingAnswered(
        invitation=asked.invitation,
        round=case.round,
        reporter=asked.reporter,
        contacted=rating.contacted,
        solved=rating.solved,
        grade=rating.grade,
        valid=unscored is None,
        unscored=unscored,
    )
    kept = Decision((Fact(given),), rows=comment(message, case, asked.reporter, "comment", rating.comment, context))
    if unscored is None:
        return kept + follow(case, given, message, context)
    if unscored == "late" and not rating.solved and reporter.source:
        offer = FollowUpOffered(reporter.report, message.subject, case.number)
        return kept + Decision(answers=(Answer(offer, f"receipts.{reporter.source}", reporter.report),))
    return kept


def why_unscored(case: RatedCase, asked: Asked, at: datetime) -> str | None:
    """Say why the reporter's own answer cannot be scored, or None if it can (workflows §4.1).

    The round's end and an answer in time may cross: until the case is closed the answer still counts.
    """
    if at > asked.until or case.status is Status.ENDED:
        return "late"
    if case.status not in (Status.ASKED, Status.COMPLETED):
        return "round_over"
    return "outweighed" if asked.by == "call_back" else None


def follow(case: RatedCase, given: RatingAnswered, message: Message, context: Context) -> Decision:
    """Return what a valid answer leads to: a judgement, or the end of the round if it was the last one."""
    if case.status is not Status.ASKED:
        return NOTHING
    at, reporter = message.acted_at, given.reporter
    stopped = Decision(deadlines=(Cancel(f"window:{reporter}"),)) + end_judging(message.subject, case, reporter)
    if is_satisfied(given.solved, given.grade):
        return stopped + complete(message.subject, evolve(case, given, at), at)
    judged = counted(at, context.city.clock("rate.judge"))
    judge_by = judged.at(context.city.calendar)
    task = Task(Kind.JUDGE, message.subject, case.round, reporter, judge_by)
    arm = Arm(f"judge:{reporter}", judge_by, {"round": case.round, "reporter": reporter}, mark=judged)
    return stopped + Decision(deadlines=(arm,), rows=(task,))


def comment(
    message: Message, case: RatedCase, reporter: str, kind: str, words: str | None, context: Context
) -> tuple[Remark, ...]:
    """Return the row of what a person wrote, if anything."""
    said = words.strip() if words else ""
    return (Remark(context.new_id(), message.subject, case.round, reporter, kind, said),) if said else ()


@evolve.on(RatingAnswered)
def answered(state: RatedCase, fact: RatingAnswered, at: datetime) -> RatedCase:
    asked = state.of(fact.reporter)
    assert asked is not None, "only who was asked answers"
    asked = replace(asked, form=asked.form or fact.by == "reporter")
    if fact.valid:
        wanted = Standing.ANSWERED if is_satisfied(fact.solved, fact.grade) else Standing.JUDGING
        if state.status is not Status.ASKED:
            wanted = Standing.ANSWERED  # the round is complete: it counts, but nothing is left to judge
        STANDINGS.check(asked.standing, wanted)
        asked = replace(
            asked, standing=wanted, by=fact.by, contacted=fact.contacted, solved=fact.solved, grade=fact.grade
        )
    return state.having(asked)
