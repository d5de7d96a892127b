"""The end of a case: nobody is asked any more, and what was said counts."""

from __future__ import annotations

from datetime import datetime

from services.feedback.domain.asking import end_round
from services.feedback.domain.heard import CaseClosed, OrderWithdrawn
from services.feedback.domain.period import Period, Span
from services.feedback.domain.rating import CaseRated, Counted, RatedCase, ReporterAnswer, Status
from services.feedback.domain.returning import owe
from services.feedback.domain.table import States, decide, evolve
from shared.kernel.decisions import NOTHING, Context, Decision, Fact, Message
from shared.kernel.replacing import replace

ASKED_REASONS = frozenset({"rated", "window_over", "answered"})
"""Why a case closes whose reporters may have been asked; the other reasons never had a round."""


@decide.on(CaseClosed)
def close(states: States, message: Message, context: Context) -> Decision:
    """End the asking, say what stands of it, and count it for its units."""
    case: RatedCase | None = states[message.subject]
    if case is None:
        return NOTHING
    closed: CaseClosed = message.data
    ended = end_round(message.subject, case)
    if not case.asked or closed.lead is None or closed.reason not in ASKED_REASONS:
        return ended
    rated = CaseRated(
        round=case.round,
        lead=closed.lead,
        dispatcher=closed.dispatcher,
        place=case.place,
        outcome=closed.reason != "answered",
        answers=tuple(ReporterAnswer(a.reporter, a.by, a.contacted, a.solved, a.grade) for a in case.asked),
    )
    return ended + Decision((Fact(rated),), rows=_counted(rated, message)) + owe(case, message, context)


def _counted(rated: CaseRated, message: Message) -> tuple[Counted, ...]:
    """Return the answers of a closed case as they count in the month of closing."""
    return tuple(
        Counted(
            case=message.subject,
            reporter=each.reporter,
            round=rated.round,
            unit=rated.lead,
            period=Period.containing(message.acted_at, Span.MONTH).code,
            contacted=each.contacted,
            solved=each.solved,
            grade=each.grade,
            outcome=rated.outcome,
        )
        for each in rated.answers
    )


@decide.on(OrderWithdrawn)
def withdraw(states: States, message: Message, context: Context) -> Decision:
    """Ask nobody about a withdrawn case."""
    case: RatedCase | None = states[message.subject]
    return end_round(message.subject, case) if case is not None else NOTHING


@evolve.on(CaseClosed)
def closed(state: RatedCase | None, fact: CaseClosed, at: datetime) -> RatedCase | None:
    if state is None:
        return None
    return replace(state, status=Status.ENDED, lead=fact.lead, dispatcher=fact.dispatcher, closed_at=at)


@evolve.on(OrderWithdrawn)
def withdrawn(state: RatedCase | None, fact: OrderWithdrawn, at: datetime) -> RatedCase | None:
    return replace(state, status=Status.ENDED) if state else None
