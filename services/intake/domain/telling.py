"""What follows from every fact about a case, own or heard, whoever stated it: its dossiers are dated when it is over.

The service's own `decide`: the table of deciders, and beside each decision the private rows that go with its facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.intake.domain import facts, heard
from services.intake.domain.erasing import Ended
from services.intake.domain.registration import decide as by_table
from shared.kernel.decisions import Context, Decision, Message

OVER = (facts.CaseRejected, facts.CaseWithdrawn, heard.CaseClosed)


def decide(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Decide by the table, and note whose case is over."""
    decision = by_table(states, message, context)
    over = tuple(Ended(subject) for subject, fact in _said(message, decision) if isinstance(fact, OVER))
    return decision + Decision(rows=over) if over else decision


def _said(message: Message, decision: Decision) -> Iterator[tuple[str, Any]]:
    yield message.subject, message.data
    for fact in decision.facts:
        yield fact.subject or message.subject, fact.data
