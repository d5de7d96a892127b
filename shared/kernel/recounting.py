"""What a calendar published later does to every deadline that knows how it was counted (domain.md §4, decision 65)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.kernel.decisions import NOTHING, CalendarChanged, Context, Decision, Fact, Message


@dataclass(frozen=True, slots=True)
class MovedDeadline:
    """A deadline's name within its subject, where it lay and where it lies now."""

    name: str
    before: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class DeadlinesMoved:
    """What every service states of a subject whose deadlines moved: by which of the city's calendars, and why."""

    moved: tuple[MovedDeadline, ...]
    calendar: int
    reason: str


Shown = Mapping[tuple[type, str], Callable[[Any, str, datetime], Any]]
"""State and name of a deadline, up to its colon -> what writes its new time into the state, given what follows it."""


def recount(message: Message, context: Context) -> tuple[tuple[MovedDeadline, ...], Decision]:
    """Return what moved, and what arms it anew; what is past by now comes due at once, in order."""
    changed: CalendarChanged = message.data
    calendar, now = context.city.calendar, message.acted_at
    placed = [(arm.mark.at(calendar), arm) for arm in changed.armed if arm.mark is not None]
    moved = sorted(((at, arm) for at, arm in placed if at != arm.due_at), key=lambda one: (one[0], one[1].name))
    armed = tuple(
        replace(arm, due_at=max(at, now + place * timedelta.resolution)) for place, (at, arm) in enumerate(moved)
    )
    return tuple(MovedDeadline(arm.name, arm.due_at, at) for at, arm in moved), Decision(deadlines=armed)


def recounting(fact: type[DeadlinesMoved]) -> Callable[[Mapping[str, Any], Message, Context], Decision]:
    """Return the decider that moves a subject's deadlines and states it by this fact."""

    def decide(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
        moved, armed = recount(message, context)
        if not moved:
            return NOTHING
        return armed + Decision((Fact(fact(moved, message.data.version, message.data.reason)),))

    return decide


def shown(state: Any, fact: DeadlinesMoved, table: Shown) -> Any:
    """Return the state with the new times of those deadlines that it shows."""
    for one in fact.moved:
        name, _, rest = one.name.partition(":")
        write = table.get((type(state), name))
        if write is not None:
            state = write(state, rest, one.ends_at)
    return state
