"""How a deadline came about, day by day: what was counted, what was closed and why, what stood still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.kernel.calendar import Calendar
from shared.kernel.clock import Suspension, Term, Unit


class Why(StrEnum):
    """Why a day counts for a budget or does not."""

    COUNTED = "counted"
    MAKEUP = "makeup"
    """Counted: a Saturday or Sunday that is worked (调休)."""
    FIRST = "first"
    """The day on which the clock started: days are counted from the next one on."""
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Line:
    """A run of days of one kind, first to last; `days` of them counted up to now, or the working minutes of hours."""

    first: date
    last: date
    why: Why
    name: str = ""
    """The festival, where the calendar knows it."""
    days: int | None = None
    minutes: int | None = None


def account(term: Term, calendar: Calendar) -> tuple[Line, ...]:
    """Return the days from the start of a term to its end, runs of one kind as one line; none for urgent hours."""
    unit = term.budget.unit
    if unit is Unit.URGENT_HOURS:
        return ()
    start, ends = calendar.local(term.start), calendar.local(term.due_at(calendar))
    last = (ends - timedelta.resolution).date()
    found: list[Line] = []
    counted = 0
    for ordinal in range(start.toordinal(), last.toordinal() + 1):
        on = date.fromordinal(ordinal)
        why, name = _why(on, term, start.date(), calendar)
        is_counted = why in (Why.COUNTED, Why.MAKEUP)
        minutes = None
        if unit is Unit.WORKING_HOURS:
            minutes = _minutes(on, term, ends, calendar) if is_counted else None
        elif is_counted:
            counted += 1
        line = Line(on, on, why, name, counted if is_counted and minutes is None else None, minutes)
        before = found[-1] if found else None
        if before is not None and before.minutes is None and minutes is None and _alike(before, line):
            found[-1] = Line(before.first, on, why, name, line.days)
        else:
            found.append(line)
    return tuple(found)


def _alike(one: Line, other: Line) -> bool:
    return (one.why, one.name) == (other.why, other.name)


def _why(on: date, term: Term, started_on: date, calendar: Calendar) -> tuple[Why, str]:
    unit = term.budget.unit
    if unit is not Unit.NATURAL_DAYS and not calendar.is_working_day(on):
        if on in calendar.holidays:
            return Why.HOLIDAY, calendar.names.get(on, "")
        return Why.WEEKEND, ""
    if unit is not Unit.WORKING_HOURS:
        if on == started_on:
            return Why.FIRST, ""
        if any(pause.start <= _end(on, unit, calendar) < pause.end for pause in _running(term)):
            return Why.SUSPENDED, ""
    if unit is not Unit.NATURAL_DAYS and on in calendar.makeups:
        return Why.MAKEUP, ""
    return Why.COUNTED, ""


def _running(term: Term) -> list[Suspension]:
    return [pause for pause in term.suspensions if pause.end > term.start]


def _end(on: date, unit: Unit, calendar: Calendar) -> datetime:
    """Return the instant at which a day counts: its closing, or its 24:00."""
    midnight = calendar.midnight(on.toordinal())
    return midnight + (calendar.closing if unit is Unit.WORKING_DAYS else timedelta(days=1))


def _minutes(on: date, term: Term, ends: datetime, calendar: Calendar) -> int:
    """Return the working minutes of a day that the clock ran, rounded down."""
    midnight = calendar.midnight(on.toordinal())
    begins, stops = max(midnight, term.start), min(midnight + timedelta(days=1), ends)
    ran = calendar.office_time(stops) - calendar.office_time(begins)
    at = begins
    for pause in sorted(_running(term), key=lambda pause: pause.start):
        first, last = max(at, pause.start), min(stops, pause.end)
        if last > first:
            ran -= calendar.office_time(last) - calendar.office_time(first)
            at = last
    return int(ran // 60_000_000)
