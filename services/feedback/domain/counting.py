"""Counting (计数): what a message changes in the lines of its case; a change after the freeze calls a revision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from services.feedback.domain.case_line import AssignmentRow, CaseLine, LineRow, assignment_row, follow, line_row
from services.feedback.domain.exclusion import DecideExclusion
from services.feedback.domain.heard import HandBackJudged, OrderReworked, VerificationFailed
from services.feedback.domain.period import Period, Span, containing
from services.feedback.domain.rating import RatedCase
from services.feedback.domain.table import States
from services.feedback.domain.tally import shares
from shared.kernel.calendar import SHANGHAI
from shared.kernel.clock import Mark
from shared.kernel.decisions import NOTHING, Arm, Context, Deciders, Decision, Evolution, Message
from shared.kernel.replacing import replace

CAUSES = {
    VerificationFailed: "sent_back",
    OrderReworked: "sent_back",
    HandBackJudged: "hand_back",
    DecideExclusion: "exclusion",
}
"""Why a frozen period changes; anything else that comes after the freeze is a late fact."""
LATE = "late_fact"


@dataclass(frozen=True, slots=True)
class LateChange:
    """A case changed what it counts for a unit in a period whose figures are frozen."""

    period: str
    unit: str
    case_id: str
    cause: str
    changed_at: datetime


class Counting(Deciders):
    """The deciders, each followed by what it changes in the lines of its case."""

    def __call__(self, states: States, message: Message, context: Context) -> Decision:
        decision = super().__call__(states, message, context)
        return decision + count(states, message, decision, context)


class Following(Evolution):
    """The folds, each followed by that of the case's line."""

    def __call__(self, state: Any, fact: Any, acted_at: datetime) -> Any:
        folded = super().__call__(state, fact, acted_at)
        if not isinstance(folded, RatedCase) or type(fact) not in follow.table:
            return folded
        return replace(folded, line=follow(state.line if isinstance(state, RatedCase) else None, fact, acted_at))


def count(states: States, message: Message, decision: Decision, context: Context) -> Decision:
    """Return the rows of the changed lines, and the deadlines at which scores take them up."""
    state = states.get(message.subject)
    if not isinstance(state, RatedCase):
        return NOTHING
    before = after = state.line
    for data in (message.data, *(fact.data for fact in decision.facts if fact.subject in ("", message.subject))):
        after = follow(after, data, message.acted_at)
    if after is before or after is None or after == before or not after.lead:
        return NOTHING
    now, was = _rows(message.subject, after, context.city), _rows(message.subject, before, context.city)
    late = tuple(_late(was, now, message, context))
    at = next_hour(context.now)
    armed = [due("revise", at, Period.parse(code), context.city) for code in sorted({c.period for c in late})]
    if after.closed_at is not None:
        armed.append(due("count", at, Period.containing(after.closed_at, Span.MONTH), context.city))
    changed = tuple(row for row in now if row is not None and row not in was)
    return Decision(deadlines=tuple(armed), rows=(*changed, *late))


Rows = tuple[LineRow | None, AssignmentRow | None]


def _rows(case: str, line: CaseLine | None, city: Any) -> Rows:
    return (line_row(case, line, city), assignment_row(case, line)) if line is not None and line.lead else (None, None)


def _late(was: Rows, now: Rows, message: Message, context: Context) -> Iterable[LateChange]:
    """Yield a change for each unit and frozen period in which the case counts otherwise than before."""
    city = context.city
    cause = CAUSES.get(type(message.data), LATE)
    for period in sorted(_over(was, context.now) | _over(now, context.now), key=lambda period: period.code):
        frozen_at = freeze_of(period, city)
        if frozen_at > context.now or shares(*was, period, frozen_at) == shares(*now, period, frozen_at):
            continue
        units = {unit for line, _ in (was, now) if line is not None for unit in line.units if unit} | {city.root.code}
        for unit in sorted(units):
            yield LateChange(period.code, unit, message.subject, cause, context.now)


def _over(rows: Rows, now: datetime) -> set[Period]:
    """Return the periods that are over of every instant by which a case counts."""
    line, made = rows
    moments = (*(line.moments if line else ()), made.made_at if made else None)
    running = _month_at(now.astimezone(SHANGHAI).date().replace(day=1))
    # What is due at 24:00 belongs to the day that ends then. What lies in the running month is over in no period.
    days = [day for at in moments if at is not None and at <= running for day in (at, at - timedelta(microseconds=1))]
    return {period for at in days for period in containing(at) if period.ends_at <= now}


@lru_cache(16)
def _month_at(first: date) -> datetime:
    return Period(Span.MONTH, first).starts_at


def due(name: str, at: datetime, period: Period, city: Any, mark: Mark | None = None) -> Arm:
    """Arm a work on the scores of a period; the store counts by what is armed with it."""
    frozen_at = freeze_of(period, city)
    data = {"frozen_at": frozen_at.isoformat(), "root": city.root.code}
    # The hour in the name keeps a stream of changes from pushing one due work ahead of itself.
    return Arm(f"{name}:{at.isoformat()}", at, data, subject_of(period.code), mark=mark)


def freeze_of(period: Period, city: Any) -> datetime:
    """Return when a period is frozen by the city file; one before the first policy takes that one's budget."""
    return freezing(period, city).at(city.calendar)


def freezing(period: Period, city: Any) -> Mark:
    """Return how its freeze is counted."""
    valid = [policy for policy in city.policies if policy.effective_from <= period.first] or city.policies[:1]
    return period.freezing(max(valid, key=lambda policy: policy.effective_from).freeze)


def subject_of(period: str) -> str:
    """Return the subject under which the scores of a period are stated."""
    return f"score:{period}"


def next_hour(at: datetime) -> datetime:
    """Return the full hour after an instant, even if it is a full hour itself."""
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
