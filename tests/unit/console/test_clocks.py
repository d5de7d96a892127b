"""What is left on a clock: in its own unit, standing still while the office is closed, over from the due instant on."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.console.clocks import left
from services.console.moments import remaining
from services.console.projection.case import CaseRow
from services.console.words import TONGUES
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI

CITY = load("donggang")
FRIDAY = datetime(2026, 11, 27, 18, tzinfo=SHANGHAI)
"""The end of office hours before a weekend."""
T = TONGUES["zh"]


def _row(clock: str) -> CaseRow:
    return CaseRow("c", FRIDAY, clock=clock, matter=next(iter(CITY.matters)))


def test_a_clock_of_working_time_stands_still_over_a_weekend_and_a_holiday() -> None:
    row, due = _row("dispatch"), datetime(2026, 11, 30, 10, tzinfo=SHANGHAI)
    seen = [left(CITY, row, FRIDAY + timedelta(hours=n), due) for n in range(0, 62, 7)]
    assert {(one.seconds, one.runs) for one in seen} == {(seen[0].seconds, False)}
    open_at = datetime(2026, 11, 30, 9, tzinfo=SHANGHAI)
    first, later = (left(CITY, row, open_at + timedelta(seconds=n), due) for n in (0, 90))
    assert (first.runs, first.seconds - later.seconds) == (True, 90)
    before, within = datetime(2026, 9, 30, 18, tzinfo=SHANGHAI), datetime(2026, 10, 3, 12, tzinfo=SHANGHAI)
    after = datetime(2026, 10, 8, 17, tzinfo=SHANGHAI)
    assert left(CITY, row, before, after) == left(CITY, row, within, after)


def test_what_fell_due_as_the_office_closed_is_over_at_once() -> None:
    row = _row("dispatch")
    assert remaining(T, left(CITY, row, FRIDAY, FRIDAY)).startswith("剩")
    for hours in (1, 40):
        assert remaining(T, left(CITY, row, FRIDAY + timedelta(hours=hours), FRIDAY)) == "超 0 分"
