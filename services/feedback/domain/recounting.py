"""What a calendar published later does to tasks, exclusions, windows and freezes in working time (decision 65)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.feedback.domain.consent import Consent
from services.feedback.domain.exclusion import Excluding
from services.feedback.domain.rating import RatedCase
from services.feedback.domain.star import Star
from services.feedback.domain.table import States, decide, evolve
from services.feedback.domain.task import Kind, Task
from shared.kernel.decisions import NOTHING, Arm, CalendarChanged, Context, Decision, Fact, Message
from shared.kernel.recounting import DeadlinesMoved, MovedDeadline, Shown, recount, shown
from shared.kernel.replacing import replace


@dataclass(frozen=True, slots=True)
class RatingDeadlinesMoved(DeadlinesMoved):
    pass


@decide.on(CalendarChanged)
def follow(states: States, message: Message, context: Context) -> Decision:
    """Move what is armed to where the calendar puts it now, and the desk's list with it."""
    moved, decision = recount(message, context)
    if not moved:
        return NOTHING
    state, changed = states[message.subject], message.data
    fact = RatingDeadlinesMoved(moved, changed.version, changed.reason)
    rows = tuple(_listed(message.subject, state, moved)) if isinstance(state, RatedCase) else ()
    ends = {one.name: one.ends_at for one in moved}
    armed = tuple(
        _freezing(arm, ends[arm.name]) if isinstance(arm, Arm) and arm.name.startswith("freeze:") else arm
        for arm in decision.deadlines
    )
    return Decision((Fact(fact),), armed, rows=rows)


def _listed(subject: str, case: RatedCase, moved: tuple[MovedDeadline, ...]) -> Iterator[Any]:
    for one in moved:
        name, _, reporter = one.name.partition(":")
        if name == "judge":
            yield Task(Kind.JUDGE, subject, case.round, reporter, one.ends_at)
        elif name == "exclusion" and case.exclusion is not None:
            asked = case.exclusion
            yield Excluding(subject, asked.unit, asked.stage, decide_by=one.ends_at, supported_by=asked.supported_by)


def _freezing(arm: Arm, at: datetime) -> Arm:
    """Let a period that is frozen later be counted as it stands then."""
    return replace(arm, data={**arm.data, "frozen_at": at.isoformat()})


def _window(case: RatedCase, reporter: str, at: datetime) -> RatedCase:
    asked = case.of(reporter)
    return case if asked is None else case.having(replace(asked, until=at))


def _rectify(star: Star, rest: str, at: datetime) -> Star:
    return replace(star, until=at)


def _consent(consent: Consent, rest: str, at: datetime) -> Consent:
    return replace(consent, asked=replace(consent.asked, until=at))


_SHOWN: Shown = {(RatedCase, "window"): _window, (Star, "rectify"): _rectify, (Consent, "consent"): _consent}


@evolve.on(RatingDeadlinesMoved)
def moved(state: Any, fact: RatingDeadlinesMoved, at: datetime) -> Any:
    """Let the state show the new times."""
    return shown(state, fact, _SHOWN)
