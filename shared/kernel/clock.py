"""When a budget of time is used up: urgent hours, working hours, working days, natural days (workflows §0)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from shared.kernel.calendar import Calendar, time_of_day

_HOUR = 3_600_000_000


class Unit(StrEnum):
    """In what a budget is counted."""

    URGENT_HOURS = "uh"
    WORKING_HOURS = "wh"
    WORKING_DAYS = "wd"
    NATURAL_DAYS = "nd"


_OFFICE = frozenset({Unit.WORKING_HOURS, Unit.WORKING_DAYS})


@dataclass(frozen=True, slots=True, order=False)
class Budget:
    """An amount of time in one unit; at least 1. Written `4 wh` in a city file. Raises ValueError otherwise."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError("a budget is at least 1")

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read `4 wh`. Raises ValueError for anything else."""
        amount, _, unit = text.strip().partition(" ")
        if not amount.isdecimal():
            raise ValueError(f"not a budget: {text!r}")
        return cls(int(amount), Unit(unit.strip()))

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.value}"

    def halved(self) -> Budget:
        """Return half of it, rounded up."""
        return Budget(-(-self.amount // 2), self.unit)

    def plus(self, other: Budget) -> Budget:
        """Return both together. Raises ValueError for different units."""
        if other.unit is not self.unit:
            raise ValueError(f"cannot add {other} to {self}")
        return Budget(self.amount + other.amount, self.unit)


@dataclass(frozen=True, slots=True)
class Suspension:
    """A pause of a clock, from its start until just before `end`."""

    start: datetime
    end: datetime


def add(at: datetime, budget: Budget, calendar: Calendar) -> datetime:
    """Return when a budget counted from `at` is used up; exactly then is still on time.

    `n wd` ends at office closing of the n-th working day after the day of `at`, `n nd` at 24:00 of the n-th day after
    it, working hours count only while the office is open, urgent hours round the clock.
    """
    at = calendar.local(at)
    if budget.unit is Unit.WORKING_HOURS:
        return calendar.earliest_at(calendar.office_time(at) + budget.amount * _HOUR)
    if budget.unit is Unit.URGENT_HOURS:
        return at + timedelta(hours=budget.amount)
    if budget.unit is Unit.NATURAL_DAYS:
        return calendar.midnight(at.toordinal() + budget.amount + 1)
    index = calendar.days_before(at.toordinal() + 1) + budget.amount - 1
    return calendar.moment(calendar.day_at(index), calendar.closes)


def project(start: datetime, budget: Budget, suspensions: Sequence[Suspension], calendar: Calendar) -> datetime:
    """Return when a budget is used up if the clock stood still during the suspensions: the due time of a deadline.

    Hours lose what lies inside a suspension; a day does not count if the clock is paused at its end (closing for wd,
    24:00 for nd).
    """
    if not suspensions:
        return add(start, budget, calendar)
    start = calendar.local(start)
    pauses = _merged(suspensions, start)
    if budget.unit is Unit.WORKING_HOURS:
        worked = calendar.office_time(start) + budget.amount * _HOUR
        for begins, stops in pauses:
            before = calendar.office_time(begins)
            if before >= worked:
                break
            worked += calendar.office_time(stops) - before
        return calendar.earliest_at(worked)
    if budget.unit is Unit.URGENT_HOURS:
        ends = start + timedelta(hours=budget.amount)
        for begins, stops in pauses:
            if begins >= ends:
                break
            ends += stops - begins
        return calendar.local(ends)
    if budget.unit is Unit.NATURAL_DAYS:
        return calendar.midnight(_day_of_midnight(start, budget.amount, pauses, calendar))
    return calendar.moment(_closing_day(start, budget.amount, pauses, calendar), calendar.closes)


@dataclass(frozen=True, slots=True)
class Term:
    """What a deadline is made of: when its clock started, its budget, when it stood still; never a stored guess."""

    start: datetime
    budget: Budget
    suspensions: tuple[Suspension, ...] = ()

    def due_at(self, calendar: Calendar) -> datetime:
        """Return when it is used up."""
        return project(self.start, self.budget, self.suspensions, calendar)

    def pausing(self, pause: Suspension) -> Term:
        """Return the same with one more pause."""
        return Term(self.start, self.budget, (*self.suspensions, pause))

    def share_at(self, share: Fraction, calendar: Calendar) -> datetime:
        """Return when a share of it has run."""
        return fraction_point(self.start, self.budget, share, calendar, self.suspensions)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where on a term a deadline lies, kept beside it so that another calendar can place it anew.

    At a share of the term such as `3/4`, else at its end, then so many budgets later, one counted from the other. With
    `since` the share is of all time from there to the end.
    """

    term: Term
    share: str = ""
    then: tuple[Budget, ...] = ()
    since: datetime | None = None

    def at(self, calendar: Calendar) -> datetime:
        """Return the instant."""
        if self.share and self.since is None:
            return self.term.share_at(Fraction(self.share), calendar)
        at = self.term.due_at(calendar)
        for budget in self.then:
            at = add(at, budget, calendar)
        if self.since is not None:
            at = self.since + (at - self.since) * float(Fraction(self.share))
        return at

    @property
    def is_by_calendar(self) -> bool:
        """Tell whether another calendar can move it: natural days and urgent hours know none."""
        return any(budget.unit in _OFFICE for budget in (self.term.budget, *self.then))


def counted(start: datetime, budget: Budget, *then: Budget) -> Mark:
    """Return where a budget counted from an instant is used up, and those after it, one counted from the other."""
    return Mark(Term(start, budget), then=then)


def fixed(at: datetime) -> Mark:
    """Return the mark of an instant that no calendar moves."""
    return counted(at - timedelta(hours=1), Budget(1, Unit.URGENT_HOURS))


def fraction_point(
    start: datetime,
    budget: Budget,
    share: Fraction,
    calendar: Calendar,
    suspensions: Sequence[Suspension] = (),
) -> datetime:
    """Return when a share of the time between start and due has run, e.g. 3/4 for the reminder (催办).

    Budgets in wh and wd measure working time, those in uh and nd all time; suspended time does not run.
    """
    ends = project(start, budget, suspensions, calendar)
    pauses = [Suspension(begins, stops) for begins, stops in _merged(suspensions, start) if begins < ends]
    working = budget.unit in (Unit.WORKING_HOURS, Unit.WORKING_DAYS)
    total = _ran(start, ends, calendar, working) - sum(
        _ran(pause.start, min(pause.end, ends), calendar, working) for pause in pauses
    )
    need = int(total * share)
    if need <= 0:
        return calendar.local(start) if total > 0 else ends
    at = start
    for pause in pauses:
        ran = _ran(at, pause.start, calendar, working)
        if ran >= need:
            break
        need -= ran
        at = pause.end
    if working:
        return calendar.earliest_at(calendar.office_time(at) + need)
    return calendar.local(at) + timedelta(microseconds=need)


def latest_start(at: datetime, budget: Budget, calendar: Calendar) -> datetime:
    """Return the last instant from which the budget still ends by `at`: the inverse of `add`."""
    at = calendar.local(at)
    if budget.unit is Unit.WORKING_HOURS:
        return calendar.latest_at(calendar.office_time(at) - budget.amount * _HOUR)
    if budget.unit is Unit.URGENT_HOURS:
        return at - timedelta(hours=budget.amount)
    if budget.unit is Unit.NATURAL_DAYS:
        next_day = at.toordinal() - budget.amount
    else:
        last = calendar.days_before(at.toordinal() + 1) - 1
        if calendar.midnight(calendar.day_at(last)) + calendar.closing > at:
            last -= 1
        next_day = calendar.day_at(last - budget.amount + 1)
    return calendar.midnight(next_day) - timedelta(microseconds=1)


def working_time_between(first: datetime, second: datetime, calendar: Calendar) -> timedelta:
    """Return the working time from first to second; negative when second lies before first."""
    return timedelta(microseconds=calendar.office_time(second) - calendar.office_time(first))


def is_on_time(at: datetime, due_at: datetime) -> bool:
    """Tell whether an act came in time; exactly at the due instant it did."""
    return at <= due_at


def _merged(suspensions: Sequence[Suspension], start: datetime) -> list[tuple[datetime, datetime]]:
    """Return begin and end of the pauses after start, in order, overlapping ones joined."""
    found: list[tuple[datetime, datetime]] = []
    for begins, stops in sorted([(pause.start, pause.end) for pause in suspensions]):
        if begins < start:
            begins = start
        if stops <= begins:
            continue
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stops))
        else:
            found.append((begins, stops))
    return found


def _day_of_midnight(
    start: datetime, amount: int, pauses: Sequence[tuple[datetime, datetime]], calendar: Calendar
) -> int:
    """Return the day at whose first instant so many days have ended after that of start, paused midnights left out."""
    day = start.toordinal()
    ends = day + amount + 1
    for begins, stops in pauses:
        begins, stops = calendar.local(begins), calendar.local(stops)
        if begins.toordinal() >= ends:
            break
        first = max(begins.toordinal() + (time_of_day(begins) > 0), day + 2)
        ends += max(0, stops.toordinal() + (time_of_day(stops) > 0) - first)
    return ends


def _closing_day(start: datetime, amount: int, pauses: Sequence[tuple[datetime, datetime]], calendar: Calendar) -> int:
    """Return the working day at whose closing so many have ended after that of start, paused closings left out."""
    closing = calendar.closes
    first = calendar.days_before(start.toordinal() + 1)
    index = first + amount - 1
    for begins, stops in pauses:
        begins, stops = calendar.local(begins), calendar.local(stops)
        day, at = begins.toordinal(), time_of_day(begins)
        before = calendar.days_before(day + (at > closing))
        if before > index or (before == index and at == closing and calendar.days_before(day + 1) > before):
            break
        until = calendar.days_before(stops.toordinal() + (time_of_day(stops) > closing))
        index += max(0, until - max(before, first))
    return calendar.day_at(index)


def _ran(first: datetime, second: datetime, calendar: Calendar, working: bool) -> int:
    """Return the microseconds of working or all time between two instants, never below 0."""
    if second <= first:
        return 0
    if working:
        return calendar.office_time(second) - calendar.office_time(first)
    return (second - first) // timedelta(microseconds=1)
