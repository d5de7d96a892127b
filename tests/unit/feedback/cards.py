"""A small city, its policy, and lines of orders to count."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from services.feedback.domain.case_line import AssignmentRow, LineRow
from services.feedback.domain.period import Period
from services.feedback.domain.policy import Policy
from services.feedback.domain.rating import Counted
from services.feedback.domain.score import ScoreCounted, card
from services.feedback.domain.tally import Tally, tallies
from shared.kernel.calendar import SHANGHAI, Calendar
from shared.kernel.clock import Budget

JUNE = Period.parse("2026-06")
FROZEN = datetime(2026, 7, 9, 18, 0, tzinfo=SHANGHAI)
"""Closing of the seventh working day of July 2026."""
ROOT = "town"
POLICY = Policy(
    version=1,
    counts_from=date(2019, 1, 1),
    response=Fraction(1, 10),
    resolution=Fraction(1, 2),
    satisfaction=Fraction(2, 5),
    credits={5: Fraction(1), 4: Fraction(1), 3: Fraction(9, 10), 2: Fraction(), 1: Fraction()},
    exclusion_scope="outcome",
    rank_from=10,
    freeze=Budget.parse("7 wd"),
)
ALL = replace(POLICY, version=2, exclusion_scope="all")


def at(month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=SHANGHAI)


LINE = LineRow(
    case_id="c-1", line=1, number="T-1", lead="water", dispatcher="s1", community="c11", grid="g1", subgrid=None,
    due_at=at(6, 15, 18), due_before=None, suspended_at=None, resumed_at=None, handled_at=at(6, 14),
    verified_at=at(6, 15), first_verified_at=at(6, 15), failed=False, extended=False, overdue=False, left=None,
    closed_at=at(6, 22), declined=False, reworked=False, excluded=None, mediated=False, mediated_at=None,
)  # fmt: skip
MADE = AssignmentRow("c-1", 1, "water", "s1", at(6, 8), False, False, False)


def line(case: str = "c-1", **changes: Any) -> LineRow:
    return replace(LINE, case_id=case, **changes)


def lines(count: int, head: str, **changes: Any) -> list[LineRow]:
    return [line(f"{head}-{n}", **changes) for n in range(count)]


def answer(
    case: str,
    grade: int | None,
    *,
    reporter: str = "r1",
    contacted: bool = True,
    solved: bool = True,
    outcome: bool = True,
) -> Any:
    return Counted(case, reporter, 1, "water", "2026-06", contacted, solved, grade, outcome)


def counted(
    lines: list[LineRow], answers: list[Counted] = [], made: list[AssignmentRow] = [],  # noqa: B006
    period: Period = JUNE, frozen_at: datetime = FROZEN,
) -> dict[str, Tally]:  # fmt: skip
    return tallies(lines, made, answers, period, frozen_at, ROOT)


def card_of(tally: Tally, policy: Policy = POLICY, unit: str = "water", kind: str = "department") -> ScoreCounted:
    return ScoreCounted(**card(unit, kind, "2026-06", tally, policy))


@dataclass(frozen=True)
class Town:
    """Units `town > s1 > c11 > g1`, departments water and parks; one policy of the city file."""

    calendar: Calendar = field(default_factory=Calendar)
    policies: tuple[Any, ...] = ()
    code: str = ROOT

    @property
    def root(self) -> Any:
        return self.units[ROOT]

    @property
    def units(self) -> dict[str, Any]:
        levels = {ROOT: "city", "s1": "street", "c11": "community", "c12": "community", "g1": "grid"}
        return {code: SimpleNamespace(code=code, level=SimpleNamespace(value=level)) for code, level in levels.items()}

    @property
    def departments(self) -> dict[str, Any]:
        return {"water": SimpleNamespace(code="water"), "parks": SimpleNamespace(code="parks")}

    def lineage(self, code: str) -> tuple[Any, ...]:
        above = {"g1": "c11", "c11": "s1", "c12": "s1", "s1": ROOT}
        found = [code]
        while found[-1] in above:
            found.append(above[found[-1]])
        return tuple(self.units[one] for one in found)

    def is_within(self, code: str, area: str) -> bool:
        return any(unit.code == area for unit in self.lineage(code))

    def policy_on(self, first: date) -> Any:
        return POLICY
