"""Forgetting a person (抹去): the reporter's own words go, every count of them stays."""

from __future__ import annotations

from dataclasses import dataclass

from services.feedback.domain.heard import ResidentErased
from services.feedback.domain.rating import RatedCase
from services.feedback.domain.table import States, decide
from shared.kernel.decisions import NOTHING, Context, Decision, Message


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A private row: what this reporter of the case wrote, tapped so far, and what was written about him, is to go."""

    case: str
    reporter: str
    invitation: str


@decide.on(ResidentErased)
def forget(states: States, message: Message, context: Context) -> Decision:
    """Delete the words of an erased reporter; who had no id in the case left none."""
    reporter = message.data.reporter
    if not reporter:
        return NOTHING
    case = states.get(message.subject)
    asked = case.of(reporter) if isinstance(case, RatedCase) else None
    return Decision(rows=(Forgotten(message.subject, reporter, asked.invitation if asked else ""),))
