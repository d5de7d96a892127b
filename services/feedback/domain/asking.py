"""Asking (邀评): who is asked when an order is verified, and what the end of a window leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.feedback.domain.heard import CaseRegistered, CaseSolvedOnSpot, OrderVerified
from services.feedback.domain.rating import (
    MOVES,
    Invitation,
    InvitationSent,
    RatedCase,
    RatingCompleted,
    RatingInvited,
    Status,
)
from services.feedback.domain.score import first_day, period_of
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.clock import due
from shared.kernel.decisions import NOTHING, Answer, Arm, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused


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


@on_due("window")
def end_window(states: States, message: Message, context: Context) -> Decision:
    """Complete a rating whose window ended without an answer; silence is unrated, never satisfied."""
    case: RatedCase | None = states[message.subject]
    if case is None or case.round != message.data.data["round"] or case.status is not Status.ASKED:
        return NOTHING
    return Decision((Fact(RatingCompleted(case.round, "window_over")),))


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


@evolve.on(RatingCompleted)
def completed(state: RatedCase, fact: RatingCompleted, at: datetime) -> RatedCase:
    return replace(state, status=Status.COMPLETED)
