"""What each fact, heard or stated, makes of the order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.dispatch.domain import facts, heard
from services.dispatch.domain.meeting import begin_own
from services.dispatch.domain.order import Order, Part, PartState, Request, Status
from services.dispatch.domain.registration import begin, begin_again, begin_solved
from services.dispatch.domain.supervision import SupervisionOrder
from shared.kernel.clock import Budget, Suspension, Term
from shared.kernel.decisions import Evolution
from shared.kernel.replacing import replace

evolve = Evolution()


def _stand(order: Order, fact: facts.Standing, at: datetime, **more: Any) -> Order:
    """Let the order stand as the fact says; where another clock runs from now on, none of its rungs has fired.

    What was paused and is not any more has paused the case clock so long.
    """
    if order.paused_at is not None and fact.status is not Status.SUSPENDED:
        pauses = (*order.case_pauses, Suspension(order.paused_at, at))
        order = replace(order, case_pauses=pauses, paused=None, paused_at=None, paused_by=None)
    if (fact.assignment, fact.clock, fact.due_at) != (order.assignment, order.clock, order.due_at):
        more |= {"term": Term(at, Budget.parse(fact.budget)) if fact.budget else None, "fired": ()}
    return replace(
        order,
        status=fact.status,
        responsible=fact.responsible,
        rung=fact.rung,
        assignment=fact.assignment,
        clock=fact.clock,
        due_at=fact.due_at,
        **more,
    )


@evolve.on(heard.CaseRegistered)
def registered(order: Order | None, fact: heard.CaseRegistered, at: datetime) -> Order:
    return order or begin(fact, at)


@evolve.on(heard.CaseUnmerged)
def unmerged(order: Order | None, fact: heard.CaseUnmerged, at: datetime) -> Order:
    return begin_again(order, fact, at)


@evolve.on(heard.CaseSolvedOnSpot)
def solved(order: Order | None, fact: heard.CaseSolvedOnSpot, at: datetime) -> Order:
    return order or begin_solved(fact, at)


@evolve.on(heard.TopicResolved, heard.TopicSquadFormed)
def own_order(order: Order | None, fact: heard.TopicResolved, at: datetime) -> Order | None:
    return begin_own(fact, at) if order is None and fact.own_order else order


@evolve.on(heard.TopicWithdrawn)
def topic_withdrawn(order: Order | None, fact: heard.TopicWithdrawn, at: datetime) -> Order | None:
    """Forget a topic that was taken back while its order went on: should the work fail, another one holds it."""
    if order is None or order.status is Status.ESCALATED or order.topic != fact.topic:
        return order
    return replace(order, topic=None)


@evolve.on(facts.OrderOpened)
def opened(order: Order, fact: facts.OrderOpened, at: datetime) -> Order:
    return _stand(
        order, fact, at, dispatcher=fact.dispatcher, case_due_at=fact.case_due_at, topic=None, meeting_due_at=None
    )


@evolve.on(facts.OrderDispatched)
def dispatched(order: Order, fact: facts.OrderDispatched, at: datetime) -> Order:
    return _stand(
        order,
        fact,
        at,
        dispatcher=fact.dispatcher,
        lead=fact.responsible,
        version=0,
        dispatched_at=at,
        handle_due_at=fact.handle_due_at,
        meeting_due_at=fact.handle_due_at,
        is_handled=False,
        on_time=None,
        failures=0,
        asked=(),
        reminded=(),
        request=None,
        handler="",
        is_late=False,
        parts=tuple(Part(unit) for unit in dict.fromkeys(fact.support) if unit != fact.responsible),
    )


@evolve.on(facts.OrderAccepted)
def accepted(order: Order, fact: facts.OrderAccepted, at: datetime) -> Order:
    return _stand(order, fact, at, handle_due_at=fact.due_at, handler=fact.handler)


@evolve.on(facts.OrderProgressed)
def progressed(order: Order, fact: facts.OrderProgressed, at: datetime) -> Order:
    return replace(order, tried=fact.note)


@evolve.on(facts.HandBackAsked)
def hand_back_asked(order: Order, fact: facts.HandBackAsked, at: datetime) -> Order:
    request = Request("hand_back", order.lead or "", fact.judge, fact.proposed)
    return replace(order, request=request, asked=(*order.asked, "hand_back"), tried=fact.note)


@evolve.on(facts.HandBackJudged)
def hand_back_judged(order: Order, fact: facts.HandBackJudged, at: datetime) -> Order:
    barred = (*order.barred, fact.asked_by) if fact.upheld else order.barred
    return _stand(order, fact, at, request=None, bounces=fact.bounces, barred=barred)


@evolve.on(facts.ExtensionAsked)
def extension_asked(order: Order, fact: facts.ExtensionAsked, at: datetime) -> Order:
    request = Request("extension", order.lead or "", fact.judge, more=fact.more)
    return replace(order, request=request, asked=(*order.asked, "extension"))


@evolve.on(facts.ExtensionJudged)
def extension_judged(order: Order, fact: facts.ExtensionJudged, at: datetime) -> Order:
    """Let the clock run on from its old start by the longer budget, as a new version with rungs of its own."""
    judged = _stand(order, fact, at, request=None, version=fact.version)
    if not fact.granted:
        return judged
    term = replace(order.term, budget=Budget.parse(fact.budget)) if order.term and fact.budget else None
    return replace(judged, term=term, handle_due_at=fact.due_at)


@evolve.on(facts.SuspensionAsked)
def suspension_asked(order: Order, fact: facts.SuspensionAsked, at: datetime) -> Order:
    request = Request("suspension", order.lead or "", fact.judge, days=fact.days, cause=fact.cause)
    return replace(order, request=request, asked_of_case=(*order.asked_of_case, "suspension"))


@evolve.on(facts.SuspensionJudged)
def suspension_judged(order: Order, fact: facts.SuspensionJudged, at: datetime) -> Order:
    judged = _stand(order, fact, at, request=None)
    return replace(judged, paused=order.term, paused_at=at, paused_by=fact.judge) if fact.granted else judged


@evolve.on(facts.OrderResumed)
def resumed(order: Order, fact: facts.OrderResumed, at: datetime) -> Order:
    """Let the handling clock run on as it was, but for the time it stood still."""
    assert order.paused is not None
    term = order.paused.pausing(Suspension(fact.paused_at, at))
    case_due_at = fact.case_due_at or order.case_due_at
    gone_on = _stand(order, fact, at, version=fact.version, handle_due_at=fact.due_at, case_due_at=case_due_at)
    return replace(gone_on, term=term)


@evolve.on(facts.OrderRecalled, facts.DepartmentsDisputed)
def moved(order: Order, fact: facts.Standing, at: datetime) -> Order:
    return _stand(order, fact, at, request=None)


@evolve.on(facts.PartAnswered)
def part_answered(order: Order, fact: facts.PartAnswered, at: datetime) -> Order:
    is_own = order.request is not None and (order.request.kind, order.request.asker) == ("release", fact.unit)
    answered = _part(order, fact.unit, state=PartState.ANSWERED)
    return replace(answered, request=None) if is_own else answered


@evolve.on(facts.PartReleaseAsked)
def part_release_asked(order: Order, fact: facts.PartReleaseAsked, at: datetime) -> Order:
    return replace(_part(order, fact.unit, asked=True), request=Request("release", fact.unit, fact.judge))


@evolve.on(facts.PartReleaseJudged)
def part_release_judged(order: Order, fact: facts.PartReleaseJudged, at: datetime) -> Order:
    judged = replace(order, request=None)
    return _part(judged, fact.unit, state=PartState.RELEASED) if fact.granted else judged


@evolve.on(facts.PartsAgreed)
def parts_agreed(order: Order, fact: facts.PartsAgreed, at: datetime) -> Order:
    """Add the parts; a unit that owes one already owes it anew."""
    kept = tuple(part for part in order.parts if part.unit not in fact.units)
    return replace(order, parts=(*kept, *(Part(unit) for unit in fact.units)))


@evolve.on(facts.PartLapsed)
def part_lapsed(order: Order, fact: facts.PartLapsed, at: datetime) -> Order:
    return _part(order, fact.unit, state=PartState.LAPSED)


def _part(order: Order, unit: str, **changed: Any) -> Order:
    return replace(order, parts=tuple(replace(p, **changed) if p.unit == unit else p for p in order.parts))


@evolve.on(facts.UnableAsked)
def unable_asked(order: Order, fact: facts.UnableAsked, at: datetime) -> Order:
    request = Request("unable", order.lead or "", fact.judge)
    return replace(order, request=request, asked=(*order.asked, "unable"), tried=fact.tried)


@evolve.on(facts.UnableJudged)
def unable_judged(order: Order, fact: facts.UnableJudged, at: datetime) -> Order:
    return _stand(order, fact, at, request=None)


@evolve.on(facts.OrderPassedUp)
def passed_up(order: Order, fact: facts.OrderPassedUp, at: datetime) -> Order:
    passed = (*order.passed, fact.from_unit)
    dispatcher = fact.responsible or order.dispatcher
    return _stand(order, fact, at, dispatcher=dispatcher, passed=passed, request=None, tried=fact.note)


@evolve.on(facts.OrderHandled)
def handled(order: Order, fact: facts.OrderHandled, at: datetime) -> Order:
    dispatcher = fact.dispatcher or order.dispatcher
    return _stand(
        order, fact, at, dispatcher=dispatcher, is_handled=True, on_time=fact.on_time, request=None, tried=fact.note
    )


@evolve.on(facts.OrderVerified)
def verified(order: Order, fact: facts.OrderVerified, at: datetime) -> Order:
    return _stand(order, fact, at, dispatcher=fact.dispatcher)


@evolve.on(facts.VerificationFailed)
def verification_failed(order: Order, fact: facts.VerificationFailed, at: datetime) -> Order:
    failed = _stand(order, fact, at, failures=fact.failures)
    return _reworked(failed) if fact.status is Status.ACCEPTED else failed


@evolve.on(heard.CaseWithdrawn, heard.CaseMerged, heard.CaseSplit)
def taken_back(order: Order | None, fact: Any, at: datetime) -> Order | None:
    if order is None or order.status is not Status.HANDLED:
        return order
    return replace(order, is_taken_back=True)


@evolve.on(facts.OrderReworked)
def reworked(order: Order, fact: facts.OrderReworked, at: datetime) -> Order:
    return _reworked(_stand(order, fact, at))


def _reworked(order: Order) -> Order:
    return replace(order, version=order.version + 1, handle_due_at=order.due_at)


@evolve.on(facts.OrderReminded)
def reminded(order: Order, fact: facts.OrderReminded, at: datetime) -> Order:
    """A rung of the clock fired, or a desk reminded by hand."""
    if fact.by:
        return replace(order, reminded=tuple({**dict(order.reminded), fact.by: at}.items()))
    return replace(order, fired=(*order.fired, "reminder"))


@evolve.on(facts.OrderOverdue)
def overdue(order: Order, fact: facts.OrderOverdue, at: datetime) -> Order:
    fired = (*order.fired, "overdue") if fact.of == order.clock else order.fired
    is_late = order.is_late or fact.of == "handle"
    return replace(order, overdue=(*order.overdue, fact.of), fired=fired, is_late=is_late)


@evolve.on(facts.OrderSupervised)
def supervised(order: Order, fact: facts.OrderSupervised, at: datetime) -> Order:
    """Keep what must be answered; the rung of the clock has fired only where the clock itself said so."""
    issued = SupervisionOrder(fact.of, fact.charged, fact.supervisor, fact.receipt_due_at)
    fired = order.fired if fact.by_hand else (*order.fired, "supervision")
    return replace(order, fired=fired, supervisions=(*order.supervisions, issued))


@evolve.on(facts.OrderProjected)
def projected(order: Order, fact: facts.OrderProjected, at: datetime) -> Order:
    """Move the end of a clock: what fired already stays fired."""
    if fact.of == "case":
        return replace(order, case_due_at=fact.ends_at)
    handle_due_at = fact.due_at if fact.of == "handle" else order.handle_due_at
    return replace(order, due_at=fact.due_at, handle_due_at=handle_due_at)


@evolve.on(facts.OrderAtMeeting)
def at_meeting(order: Order, fact: facts.OrderAtMeeting, at: datetime) -> Order:
    return _stand(order, fact, at, topic=fact.topic, request=None)


@evolve.on(facts.CaseClosed)
def closed(order: Order, fact: facts.CaseClosed, at: datetime) -> Order:
    return _stand(order, fact, at, dispatcher=fact.dispatcher, request=None)


@evolve.on(facts.OrderEscalated, facts.OrderWithdrawn)
def stands(order: Order, fact: facts.Standing, at: datetime) -> Order:
    return _stand(order, fact, at, request=None)
