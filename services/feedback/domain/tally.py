"""What is counted for one card in one period: whole numbers alone, from which every rate follows under any policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.feedback.domain.case_line import AssignmentRow, LineRow
from services.feedback.domain.period import Period
from services.feedback.domain.rating import Counted
from shared.kernel.replacing import replace


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a card (workflows §4.2, §4.3); cases count in the period of their closing, orders of their due.

    `answers`, `contacted` are of all valid answers (A), `excluded`, `excluded_contacted` of those whose case is
    excluded (X); `outcomes`, `solved`, `grades` of the rest (A'), without cases that a meeting declined. `due` is D,
    `suspended` S; `closed`, `on_time`, `extended` are of D without S, `extended` of all D.
    `asked_back` counts for the lead, `upheld` for the dispatcher.
    """

    asked: int = 0
    answers: int = 0
    contacted: int = 0
    excluded: int = 0
    excluded_contacted: int = 0
    outcomes: int = 0
    solved: int = 0
    grades: Mapping[int, int] = field(default_factory=dict)
    cases: int = 0
    asked_cases: int = 0
    rating_reworked: int = 0
    due: int = 0
    suspended: int = 0
    closed: int = 0
    on_time: int = 0
    extended: int = 0
    verified: int = 0
    reworked: int = 0
    received: int = 0
    asked_back: int = 0
    made: int = 0
    upheld: int = 0
    dispatched: int = 0
    accurate: int = 0
    mediated: int = 0
    mediation_failed: int = 0

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing at all was counted."""
        return self == EMPTY


EMPTY = Tally()
STAYS = frozenset({"overdue", "rework", "dissatisfied"})
"""Causes for which an escalated order stays in D, as not closed (workflows §4.3)."""


def tallies(
    lines: Iterable[LineRow],
    assignments: Iterable[AssignmentRow],
    answers: Iterable[Counted],
    period: Period,
    frozen_at: datetime,
    root: str,
) -> dict[str, Tally]:
    """Count every card of a period, the whole city under `root`: the plain form of what the store counts in SQL."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    of_case = defaultdict(list)
    for answer in answers:
        of_case[answer.case].append(answer)
    for line in lines:
        units = [root, *(unit for unit in line.units if unit)]
        for name in _of_line(line, period, frozen_at, of_case.get(line.case_id, ())):
            for unit in units:
                counts[unit][name] += 1
    starts, ends = period.starts_at, period.ends_at
    for made in assignments:
        if not starts <= made.made_at < ends:
            continue
        _count(counts, (root, made.lead), ("received", *(("asked_back",) if made.asked_back else ())))
        names = ["made", *(("upheld",) if made.upheld else ())]
        if made.assignment == 1:
            names += ["dispatched", *(() if made.upheld or made.recalled else ("accurate",))]
        _count(counts, {root, made.dispatcher}, names)
    return {unit: _tally(found) for unit, found in counts.items()}


def shares(line: LineRow | None, made: AssignmentRow | None, period: Period, frozen_at: datetime) -> tuple[object, ...]:
    """Return what a case adds to a period, and for whom; two equal answers leave every figure as it is."""
    found: tuple[object, ...] = ()
    if line is not None and (names := _of_line(line, period, frozen_at, ())):
        found = (line.units, tuple(names), line.excluded)
    if made is not None and period.starts_at <= made.made_at < period.ends_at:
        found = (*found, made)
    return found


def _count(counts: Mapping[str, dict[str, int]], units: Iterable[str], names: Iterable[str]) -> None:
    for unit in units:
        for name in names:
            counts[unit][name] += 1


def _of_line(line: LineRow, period: Period, frozen_at: datetime, answers: Iterable[Counted]) -> list[str]:
    """Name every count that a line adds one to; an answer's may be named several times."""
    starts, ends = period.starts_at, period.ends_at
    found: list[str] = []
    is_paused = line.suspended_at is not None and line.suspended_at <= ends and not _by(line.resumed_at, ends)
    due_at = line.due_before if is_paused else line.due_at
    if due_at is not None and starts < due_at <= ends and (line.left is None or line.overdue or line.left in STAYS):
        found += ["due", *(("extended",) if line.extended else ())]
        if is_paused:
            found.append("suspended")
        elif _by(line.verified_at, frozen_at):
            found += ["closed", *(("on_time",) if _by(line.handled_at, due_at) else ())]
    if _within(line.first_verified_at, starts, ends):
        found += ["verified", *(("reworked",) if line.failed else ())]
    if _within(line.mediated_at, starts, ends):
        found.append("mediated" if line.mediated else "mediation_failed")
    if _within(line.closed_at, starts, ends):
        found.append("cases")
        said = [name for answer in answers for name in _of_answer(line, answer)]
        if said:
            found += ["asked_cases", *(("rating_reworked",) if line.reworked else ()), *said]
    return found


def _of_answer(line: LineRow, answer: Counted) -> list[str]:
    found = ["asked"]
    if answer.grade is None:
        return found
    found += ["answers", *(("contacted",) if answer.contacted else ())]
    if line.excluded:
        found += ["excluded", *(("excluded_contacted",) if answer.contacted else ())]
    elif answer.outcome:
        found += ["outcomes", *(("solved",) if answer.solved else ()), f"grade_{answer.grade}"]
    return found


def _by(at: datetime | None, limit: datetime) -> bool:
    return at is not None and at <= limit


def _within(at: datetime | None, starts: datetime, ends: datetime) -> bool:
    return at is not None and starts <= at < ends


def _tally(counts: Mapping[str, int]) -> Tally:
    plain = {name: n for name, n in counts.items() if not name.startswith("grade_")}
    return replace(EMPTY, **plain, grades={g: n for g in range(1, 6) if (n := counts.get(f"grade_{g}", 0))})
