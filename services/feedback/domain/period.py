"""The periods of a score (计分期): month, quarter, year; their span, freeze and neighbours (workflows §4.4, §4.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from shared.kernel.calendar import SHANGHAI, Calendar
from shared.kernel.clock import Budget, Mark, counted
from shared.kernel.refusals import Refused

_SHAPE = re.compile(r"(?P<year>20\d\d)(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")


class Span(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """One month, quarter or year of the calendar in China."""

    span: Span
    first: date

    @classmethod
    def parse(cls, code: str) -> Period:
        """Read `2026-11`, `2026-Q4` or `2026`. Raises Refused("message.invalid")."""
        found = _SHAPE.fullmatch(code)
        if found is None:
            zh, en = "应写作 2026-11、2026-Q4 或 2026", "write 2026-11, 2026-Q4 or 2026"
            raise Refused("message.invalid", "period", field_name="period", reason=en, reason_zh=zh)
        year, quarter, month = (found[name] for name in ("year", "quarter", "month"))
        if quarter:
            return cls(Span.QUARTER, date(int(year), int(quarter) * 3 - 2, 1))
        return cls(Span.MONTH if month else Span.YEAR, date(int(year), int(month or 1), 1))

    @classmethod
    def containing(cls, at: datetime, span: Span) -> Period:
        """Return the period of a length in which an instant falls in China."""
        day = at.astimezone(SHANGHAI).date()
        months = _MONTHS[span]
        return cls(span, date(day.year, (day.month - 1) // months * months + 1, 1))

    @property
    def code(self) -> str:
        """Return `2026-11`, `2026-Q4` or `2026`."""
        if self.span is Span.YEAR:
            return f"{self.first:%Y}"
        if self.span is Span.QUARTER:
            return f"{self.first:%Y}-Q{(self.first.month + 2) // 3}"
        return f"{self.first:%Y-%m}"

    @property
    def following(self) -> Period:
        """Return the next period of the same length."""
        months = self.first.month - 1 + _MONTHS[self.span]
        return Period(self.span, date(self.first.year + months // 12, months % 12 + 1, 1))

    @property
    def months(self) -> tuple[Period, ...]:
        """Return its months, in order."""
        found = [Period(Span.MONTH, self.first)]
        while found[-1].following.first < self.following.first:
            found.append(found[-1].following)
        return tuple(found)

    @property
    def quarters(self) -> tuple[str, ...]:
        """Return the quarters that it holds whole, as `2026Q4`; a month holds none."""
        if self.span is Span.MONTH:
            return ()
        found = dict.fromkeys((month.first.month + 2) // 3 for month in self.months)
        return tuple(f"{self.first:%Y}Q{quarter}" for quarter in found)

    @property
    def starts_at(self) -> datetime:
        """Return its first instant."""
        return datetime.combine(self.first, time(), SHANGHAI)

    @property
    def ends_at(self) -> datetime:
        """Return 24:00 of its last day, which is the first instant after it."""
        return self.following.starts_at

    def freeze_at(self, budget: Budget, calendar: Calendar) -> datetime:
        """Return when its figures are frozen: a budget, such as 7 wd, after its last day."""
        return self.freezing(budget).at(calendar)

    def freezing(self, budget: Budget) -> Mark:
        """Return how the freeze is counted."""
        return counted(self.ends_at - timedelta(microseconds=1), budget)


def containing(at: datetime) -> tuple[Period, ...]:
    """Return the month, quarter and year in which an instant falls."""
    return tuple(Period.containing(at, span) for span in Span)
