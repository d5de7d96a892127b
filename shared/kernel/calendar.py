"""Which days are worked and when the office is open: the Chinese statutory calendar with make-up days (调休)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_YEAR, LAST_YEAR = 2000, 2100
_FIRST_DAY = date(FIRST_YEAR, 1, 1).toordinal()
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Festival:
    """Days off of one name, first to last, weekends among them included."""

    name: str
    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """Return its days in order."""
        return tuple(date.fromordinal(n) for n in range(self.first.toordinal(), self.last.toordinal() + 1))


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One year's statutory calendar as it was published in the city; `version` counts all that were."""

    year: int
    holidays: tuple[Festival, ...]
    makeups: tuple[date, ...]
    reason: str
    version: int


def time_of_day(at: time | datetime) -> int:
    """Return the microseconds since midnight."""
    return ((at.hour * 60 + at.minute) * 60 + at.second) * _SECOND + at.microsecond


@dataclass(frozen=True)
class Calendar:
    """Answer every question about working days and office hours between 2000 and 2100.

    `known` are the years whose statutory calendar is out; any other year counts Monday to Friday and is provisional.
    `hours` are the opening spans of a working day, in order, e.g. 08:30-12:00 and 13:30-18:00. The zone must have no
    daylight saving time in these years (Asia/Shanghai has none). Raises ValueError for other hours than that.
    """

    holidays: frozenset[date] = frozenset()
    makeups: frozenset[date] = frozenset()
    known: frozenset[int] = frozenset()
    hours: tuple[tuple[time, time], ...] = ((time(8, 30), time(12)), (time(13, 30), time(18)))
    zone: ZoneInfo = SHANGHAI
    names: Mapping[date, str] = field(default_factory=dict, hash=False)
    """What a day off is called, where somebody said so."""

    def __post_init__(self) -> None:
        edges = [time_of_day(edge) for span in self.hours for edge in span]
        if not edges or any(a >= b for a, b in pairwise(edges)):
            raise ValueError("office hours must be non-empty spans in order")

    def with_year(self, published: CalendarYear) -> Calendar:
        """Return the calendar with one year replaced by what was published for it."""
        year = published.year
        named = {day: festival.name for festival in published.holidays for day in festival.days}
        return replace(
            self,
            holidays=frozenset(day for day in self.holidays if day.year != year) | named.keys(),
            makeups=frozenset(day for day in self.makeups if day.year != year) | frozenset(published.makeups),
            known=self.known | {year},
            names={day: name for day, name in self.names.items() if day.year != year} | named,
        )

    # --- days -----------------------------------------------------------------------------------------------------

    @cached_property
    def working_days(self) -> tuple[int, ...]:
        """Return the ordinals of all working days, in order."""
        last = date(LAST_YEAR, 12, 31).toordinal()
        off = {day.toordinal() for day in self.holidays}
        on = {day.toordinal() for day in self.makeups}
        # Ordinal 1 was a Monday, so (ordinal - 1) % 7 is the weekday.
        return tuple(day for day in range(_FIRST_DAY, last + 1) if day in on or ((day - 1) % 7 < 5 and day not in off))

    @cached_property
    def _days_before(self) -> tuple[int, ...]:
        """Return for each day of the calendar, and the one after, how many working days lie before it."""
        days, last = frozenset(self.working_days), date(LAST_YEAR, 12, 31).toordinal()
        return tuple(accumulate((day in days for day in range(_FIRST_DAY, last + 1)), initial=0))

    def days_before(self, ordinal: int) -> int:
        """Return how many working days lie before a day: the place of the first one that does not."""
        place, counts = ordinal - _FIRST_DAY, self._days_before
        return counts[place] if 0 <= place < len(counts) else counts[-1 if place > 0 else 0]

    def is_provisional(self, on: date) -> bool:
        """Tell whether the year's statutory calendar is still unknown and Monday to Friday is assumed."""
        return on.year not in self.known

    def is_working_day(self, on: date) -> bool:
        """Tell whether the office works on that day."""
        ordinal = on.toordinal()
        return self.days_before(ordinal) < self.days_before(ordinal + 1)

    def working_day_after(self, on: date, count: int) -> date:
        """Return the count-th working day after a day, the day itself not counted. Raises ValueError if count < 1."""
        if count < 1:
            raise ValueError("count must be at least 1")
        return date.fromordinal(self.day_at(self.days_before(on.toordinal() + 1) + count - 1))

    def working_day_before(self, on: date, count: int) -> date:
        """Return the count-th working day before a day, the day itself not counted (cut-off of a meeting)."""
        if count < 1:
            raise ValueError("count must be at least 1")
        return date.fromordinal(self.day_at(self.days_before(on.toordinal()) - count))

    def working_days_between(self, first: date, last: date) -> int:
        """Count the working days from first to last, both counted; 0 when last lies before first."""
        return max(0, self.days_before(last.toordinal() + 1) - self.days_before(first.toordinal()))

    def day_at(self, index: int) -> int:
        """Return the ordinal of a working day by its place. Raises ValueError beyond the calendar's years."""
        if not 0 <= index < len(self.working_days):
            raise ValueError(f"beyond the calendar of {FIRST_YEAR}-{LAST_YEAR}")
        return self.working_days[index]

    # --- office time, in microseconds of one long open day ----------------------------------------------------------

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Return the opening spans of a working day in microseconds after midnight."""
        return tuple((time_of_day(opens), time_of_day(closes)) for opens, closes in self.hours)

    @cached_property
    def day_length(self) -> int:
        """Return the working time of one working day, in microseconds."""
        return sum(closes - opens for opens, closes in self.spans)

    @cached_property
    def closes(self) -> int:
        """Return the office's closing in microseconds after midnight."""
        return self.spans[-1][1]

    @cached_property
    def closing(self) -> timedelta:
        """Return the office's closing as time after midnight."""
        return timedelta(microseconds=self.closes)

    def local(self, at: datetime) -> datetime:
        """Return the same instant in the calendar's zone. Raises ValueError for a naive time."""
        if at.tzinfo is self.zone:
            return at
        if at.tzinfo is None:
            raise ValueError("a time without zone has no place in a calendar")
        return at.astimezone(self.zone)

    @cached_property
    def _begins(self) -> datetime:
        return datetime(FIRST_YEAR, 1, 1, tzinfo=self.zone)

    def midnight(self, ordinal: int) -> datetime:
        """Return the first instant of a day."""
        return self._begins + timedelta(ordinal - _FIRST_DAY)

    def moment(self, ordinal: int, passed: int) -> datetime:
        """Return the instant at which so many microseconds of a day have passed."""
        return self._begins + timedelta(ordinal - _FIRST_DAY, 0, passed)

    def office_time(self, at: datetime) -> int:
        """Return the working time since the calendar began, in microseconds; it stands still while closed."""
        if at.tzinfo is not self.zone:
            at = self.local(at)
        place, counts = at.toordinal() - _FIRST_DAY, self._days_before
        if not 0 <= place < len(counts) - 1:
            return self.days_before(at.toordinal()) * self.day_length
        worked = counts[place] * self.day_length
        if counts[place + 1] > counts[place]:
            now = time_of_day(at)
            for opens, closes in self.spans:
                if now <= opens:
                    break
                worked += (closes if now > closes else now) - opens
        return worked

    def earliest_at(self, worked: int) -> datetime:
        """Return the first instant at which so much working time has passed (a closing rather than an opening)."""
        index, rest = divmod(worked, self.day_length)
        if rest == 0:
            index, rest = index - 1, self.day_length
        day = self.day_at(index)
        for opens, closes in self.spans:
            if rest <= closes - opens:
                return self.moment(day, opens + rest)
            rest -= closes - opens
        raise AssertionError("rest is at most a day's length")

    def latest_at(self, worked: int) -> datetime:
        """Return the last instant at which no more working time has passed (an opening rather than a closing)."""
        index, rest = divmod(worked, self.day_length)
        day = self.day_at(index)
        for opens, closes in self.spans:
            if rest < closes - opens:
                return self.moment(day, opens + rest)
            rest -= closes - opens
        raise AssertionError("rest is below a day's length")

    def is_open(self, at: datetime) -> bool:
        """Tell whether the office is open at that instant; the opening counts, the closing does not."""
        at = self.local(at)
        now = time_of_day(at)
        return any(opens <= now < closes for opens, closes in self.spans) and self.is_working_day(at.date())

    def next_opening(self, at: datetime) -> datetime:
        """Return the instant itself while open, else the next opening."""
        return self.local(at) if self.is_open(at) else self.latest_at(self.office_time(at))
