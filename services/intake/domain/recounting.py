"""What a calendar published later does to what intake waits for: a person, a decision of the city (decision 65)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.domain.case import Case, Status
from services.intake.domain.facts import Waiting
from shared.kernel.decisions import NOTHING, CalendarChanged, Context, Deciders, Decision, Evolution, Fact, Message
from shared.kernel.recounting import DeadlinesMoved, Shown, recount, shown
from shared.kernel.replacing import replace

decide = Deciders()
evolve = Evolution()


@dataclass(frozen=True, slots=True)
class CaseDeadlinesMoved(DeadlinesMoved):
    pass


@decide.on(CalendarChanged)
def follow(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Move what is armed to where the calendar puts it now, and the list of what waits with it."""
    state, changed = states[message.subject], message.data
    moved, decision = recount(message, context)
    if not moved or (isinstance(state, Case) and state.status is not Status.HELD):
        return NOTHING
    rows = tuple(Waiting(message.subject, state.responsible, one.ends_at) for one in moved if one.name == "triage")
    fact = CaseDeadlinesMoved(moved, changed.version, changed.reason)
    return decision + Decision((Fact(fact),), rows=rows)


def _triage(case: Case, rest: str, at: datetime) -> Case:
    return replace(case, due_at=at) if case.status is Status.HELD else case


_SHOWN: Shown = {(Case, "triage"): _triage}


@evolve.on(CaseDeadlinesMoved)
def moved(state: Any, fact: CaseDeadlinesMoved, at: datetime) -> Any:
    """Let the state show the new times."""
    return shown(state, fact, _SHOWN)
