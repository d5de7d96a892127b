"""What follows from every fact about a case, own or heard: its reporters are told, its dossiers dated when it is over.

The service's own `decide`: the table of deciders, and beside each decision the private rows that go with its facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.intake.domain import facts, heard
from services.intake.domain.case import Status
from services.intake.domain.erasing import Ended, TakenBack
from services.intake.domain.notification import notification
from services.intake.domain.registration import decide as by_table
from shared.kernel.decisions import Context, Decision, Message

OVER = (facts.CaseRejected, facts.CaseWithdrawn, facts.PartEnded, heard.CaseClosed)


def decide(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Decide by the table, and note who is to be told, and whose case is over."""
    decision = by_table(states, message, context)
    rows: list[Any] = []
    for subject, fact in _said(message, decision):
        case: Any = states.get(subject)
        if isinstance(fact, facts.PartEnded) and (fact.left or case.status is not Status.SPLIT):
            continue
        if isinstance(fact, OVER):
            rows.append(Ended(subject))
        if isinstance(fact, facts.ReporterLeft) and fact.reporter == case.reporter:
            rows.append(TakenBack(case.dossier))
        told = notification(subject, fact, message.acted_at, getattr(case or fact, "part_of", None))
        if told is not None:
            rows.append(told)
    return decision + Decision(rows=tuple(rows)) if rows else decision


def _said(message: Message, decision: Decision) -> Iterator[tuple[str, Any]]:
    yield message.subject, message.data
    for fact in decision.facts:
        yield fact.subject or message.subject, fact.data
