"""Asking (邀评): who is asked when an order is verified, and what the end of a window leads to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.feedback.domain.calling import draw, end_calls
from services.feedback.domain.heard import (
    CaseRegistered,
    CaseSolvedOnSpot,
    CaseUnmerged,
    OrderOpened,
    OrderVerified,
    ReporterJoined,
    ReporterLeft,
    TopicResolved,
    TopicSquadFormed,
)
from services.feedback.domain.period import Period, Span
from services.feedback.domain.rating import (
    MOVES,
    Asked,
    Invitation,
    InvitationSent,
    RatedCase,
    RatingCompleted,
    RatingInvited,
    Reporter,
    Standing,
    Status,
)
from services.feedback.domain.table import States, decide, evolve, on_due
from services.feedback.domain.task import Kind, Task
from shared.kernel.clock import counted
from shared.kernel.decisions import NOTHING, Answer, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace


@decide.on(OrderVerified)
def invite(states: States, message: Message, context: Context) -> Decision:
    """Ask every ratable reporter of a verified order, or complete at once where there is nobody to ask."""
    case: RatedCase | None = states[message.subject]
    if case is None:
        # Causal order brings the registration first; without it the case would wait for a rating for ever, unseen.
        raise Refused("subject.unknown", subject=message.subject)
    if not MOVES.allows(case.status, Status.ASKED):
        return NOTHING
    turn = case.round + 1
    ratable = [reporter for reporter in case.reporters if reporter.ratable]
    if not ratable:
        return Decision((Fact(RatingCompleted(turn, "not_ratable")),))
    return sum((ask(case, reporter, turn, message, context) for reporter in ratable), NOTHING)


@decide.on(ReporterJoined)
def join(states: States, message: Message, context: Context) -> Decision:
    """Ask who joins a case while the others are asked, with a window of his own; else his turn comes with theirs."""
    case: RatedCase | None = states[message.subject]
    joined: ReporterJoined = message.data
    if case is None:
        raise Refused("subject.unknown", subject=message.subject)
    if case.status is not Status.ASKED or not joined.ratable:
        return NOTHING
    return ask(case, reporter_of(joined), case.round, message, context)


@decide.on(ReporterLeft)
def leave(states: States, message: Message, context: Context) -> Decision:
    """Ask no more who belongs to the case no more; if he was the last of whom an answer was awaited, that is all."""
    case: RatedCase | None = states[message.subject]
    reporter = message.data.reporter
    if case is None or case.status is not Status.ASKED or case.of(reporter) is None:
        return NOTHING
    stopped = Decision(deadlines=(Cancel(f"window:{reporter}"),))
    stopped += end_judging(message.subject, case, reporter) + end_calls(message.subject, case, "dropped", reporter)
    rest = evolve(case, message.data, message.acted_at)
    return stopped + complete(message.subject, after(rest, stopped.facts, message.acted_at), message.acted_at)


def reporter_of(told: CaseRegistered | CaseSolvedOnSpot | ReporterJoined) -> Reporter:
    """Return the reporter whom a fact of intake names."""
    return Reporter(told.reporter, told.source, told.report, told.ratable)


def ask(case: RatedCase, reporter: Reporter, turn: int, message: Message, context: Context) -> Decision:
    """Send one reporter the link of this round; its window, and a call-back if drawn, start with it.

    A unit that reported by proposing a topic rates at the desk and gets none.
    """
    policy = context.city.policy_on(Period.containing(message.acted_at, Span.MONTH).first)
    window = counted(message.acted_at, policy.window)
    until = window.at(context.city.calendar)
    invitation = context.new_id()
    token = context.prepared.token(invitation)
    sent = InvitationSent(reporter.report, message.subject, case.number, token, until, f"/v1/answers/{token}")
    asked = Decision(
        facts=(Fact(RatingInvited(invitation, turn, reporter.id, until)),),
        deadlines=(Arm(f"window:{reporter.id}", until, {"round": turn, "reporter": reporter.id}, mark=window),),
        answers=(Answer(sent, f"receipts.{reporter.source}", reporter.report),) if reporter.source else (),
        rows=(Invitation(invitation, message.subject, turn),),
    )
    return asked + draw(reporter.id, turn, until, message, context)


@on_due("window")
def end_window(states: States, message: Message, context: Context) -> Decision:
    """Complete a rating when the last window ends; silence is unrated, never satisfied."""
    case: RatedCase | None = states[message.subject]
    over = message.data.data
    if case is None or case.round != over["round"] or case.status is not Status.ASKED:
        return NOTHING
    lapsed = end_calls(message.subject, case, "lapsed", over["reporter"])
    return lapsed + complete(message.subject, after(case, lapsed.facts, message.acted_at), message.acted_at)


def complete(subject: str, case: RatedCase, at: datetime) -> Decision:
    """Complete the round if nobody may still answer and nothing is left to judge; else do nothing."""
    if case.status is not Status.ASKED or not case.is_settled(at):
        return NOTHING
    outcome = "rated" if any(asked.by for asked in case.asked) else "window_over"
    return Decision((Fact(RatingCompleted(case.round, outcome)),)) + end_round(subject, case)


def end_round(subject: str, case: RatedCase) -> Decision:
    """Stop everything that runs for a round."""
    stopped = Decision(deadlines=(Cancel("window:*"),))
    reporters = tuple(asked.reporter for asked in case.asked)
    return stopped + end_judging(subject, case, *reporters) + end_calls(subject, case, "dropped", *reporters)


def end_judging(subject: str, case: RatedCase, *reporters: str) -> Decision:
    """Take the answers of these reporters that wait for a judgement off the desk."""
    waiting = [asked for asked in case.asked if asked.reporter in reporters and asked.standing is Standing.JUDGING]
    return Decision(
        deadlines=tuple(Cancel(f"judge:{asked.reporter}") for asked in waiting),
        rows=tuple(Task(Kind.JUDGE, subject, case.round, asked.reporter, outcome="done") for asked in waiting),
    )


def after(case: RatedCase, facts: Sequence[Fact], at: datetime) -> RatedCase:
    """Return the case as these facts will leave it."""
    for fact in facts:
        case = evolve(case, fact.data, at)
    return case


@evolve.on(CaseRegistered)
def registered(state: RatedCase | None, fact: CaseRegistered, at: datetime) -> RatedCase:
    return RatedCase(fact.number, fact.placement.unit, (reporter_of(fact),))


@evolve.on(CaseUnmerged)
def unmerged(state: RatedCase | None, fact: CaseUnmerged, at: datetime) -> RatedCase:
    """Begin, or go on with those who reported it before it was merged."""
    return registered(state, fact, at) if state is None else replace(state, place=fact.placement.unit)


@evolve.on(OrderOpened)
def opened(state: RatedCase | None, fact: OrderOpened, at: datetime) -> RatedCase | None:
    """Ask again about a case whose order had ended and begins anew, the merge that ended it being undone."""
    if state is None or state.status is not Status.ENDED:
        return state
    return replace(state, status=Status.UNASKED)


@evolve.on(ReporterLeft)
def left(state: RatedCase, fact: ReporterLeft, at: datetime) -> RatedCase:
    """Forget a reporter, but not what he was asked of a case that is over: it counts as it was told when it closed."""
    reporters = tuple(reporter for reporter in state.reporters if reporter.id != fact.reporter)
    if state.status is Status.ENDED:
        return replace(state, reporters=reporters)
    return replace(
        state, reporters=reporters, asked=tuple(asked for asked in state.asked if asked.reporter != fact.reporter)
    )


@evolve.on(CaseSolvedOnSpot)
def solved_on_spot(state: RatedCase | None, fact: CaseSolvedOnSpot, at: datetime) -> RatedCase:
    first = reporter_of(fact)
    return RatedCase(fact.number, fact.placement.unit, (replace(first, ratable=first.ratable and fact.drawn),))


@evolve.on(TopicResolved, TopicSquadFormed)
def own_order(state: RatedCase | None, fact: TopicResolved, at: datetime) -> RatedCase | None:
    """Begin with a topic's own order: its reporter is the proposing unit, which no source's receipts reach."""
    if state is not None or not fact.own_order:
        return state
    reporters = (Reporter(fact.proposer, "", "", True),) if fact.proposer else ()
    return RatedCase(fact.number, fact.unit or "", reporters)


@evolve.on(ReporterJoined)
def joined(state: RatedCase, fact: ReporterJoined, at: datetime) -> RatedCase:
    return replace(state, reporters=(*state.reporters, reporter_of(fact)))


@evolve.on(OrderVerified)
def verified(state: RatedCase, fact: OrderVerified, at: datetime) -> RatedCase:
    return replace(state, lead=fact.handled_by)


@evolve.on(RatingInvited)
def invited(state: RatedCase, fact: RatingInvited, at: datetime) -> RatedCase:
    others = state.asked if fact.round == state.round else ()
    asked = Asked(fact.reporter, fact.invitation, fact.until)
    return replace(state, status=Status.ASKED, round=fact.round, asked=(*others, asked))


@evolve.on(RatingCompleted)
def completed(state: RatedCase, fact: RatingCompleted, at: datetime) -> RatedCase:
    return replace(state, status=Status.COMPLETED)
