"""What is left on a case's clock, in that clock's own unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.console.projection.case import CaseRow
from shared.city.model import City, Rung
from shared.kernel.clock import Budget, Unit, working_time_between


@dataclass(frozen=True, slots=True)
class Left:
    """Seconds left (negative: over) in `unit`; `runs` whether that clock counts at this moment.

    `day` is how many seconds make one day of that clock.
    """

    seconds: int
    unit: str
    runs: bool
    day: int


def budget_of(city: City, row: CaseRow) -> Budget | None:
    """Return the budget of the clock that a case is under; None where the city file has none for it."""
    if row.clock is None or row.matter is None or row.matter not in city.matters:
        return None
    if row.clock == "handle" and row.rung in tuple(Rung):
        return city.handle_budget(row.matter, Rung(row.rung))
    if row.clock in ("accept", "verify"):
        leaf = city.matters[row.matter]
        return leaf.accept if row.clock == "accept" else leaf.verify
    try:
        return city.clock(row.clock, urgent=row.urgent)
    except KeyError:
        return None


def left(city: City, row: CaseRow, now: datetime, until: datetime) -> Left:
    """Return the time from now until then in the unit of the case's clock, natural days where it has none."""
    budget = budget_of(city, row)
    unit = budget.unit if budget else Unit.NATURAL_DAYS
    if unit in (Unit.WORKING_DAYS, Unit.WORKING_HOURS):
        span = working_time_between(now, until, city.calendar)
        day = city.calendar.day_length // 1_000_000
        seconds = min(_seconds(span), -1) if now > until else _seconds(span)  # over, if by no office hour yet
        return Left(seconds, unit.value, city.calendar.is_open(now), day)
    return Left(_seconds(until - now), unit.value, True, 86_400)


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)
