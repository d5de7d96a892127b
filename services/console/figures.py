"""The figures of the cockpit: which cases each counts, and the identities between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from services.console.projection.case import LADDER
from services.console.selection import Selection

WINDOW_DAYS = 30
"""How many days, today among them, the ladder and the closings look back."""


def tiles(today: date) -> dict[str, Selection]:
    """Return what each tile and its second line count, on a day of the platform's clock."""
    day, before = today.isoformat(), (today - timedelta(days=1)).isoformat()
    since = window_start(today).isoformat()
    return {
        "received": Selection(registered_from=day, registered_to=day),
        "received_before": Selection(registered_from=before, registered_to=before),
        "open": Selection(state="open"),
        "waiting": Selection(status="waiting"),
        "meeting": Selection(state="meeting"),
        "soon": Selection(state="soon"),
        "overdue": Selection(state="overdue"),
        "supervised": Selection(state="supervised"),
        "closed": Selection(closed_from=day, closed_to=day),
        "closed_before": Selection(closed_from=before, closed_to=before),
        "closed_window": Selection(closed_from=since),
        "on_time_window": Selection(closed_from=since, on_time="true"),
    }


def window_start(today: date) -> date:
    """Return the first day of the window that ends today."""
    return today - timedelta(days=WINDOW_DAYS - 1)


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of the ladder: `reached` = solved + in_hand + passed_up = direct + everything passed up to it."""

    rung: str
    reached: int
    solved: int
    in_hand: int
    passed_up: int
    direct: int
    passed_to: Mapping[str, int]
    median: float | None = None
    """Seconds that the cases solved here took here."""


def ladder(paths: Iterable[tuple[tuple[str, ...], bool, int]], medians: Mapping[str, float]) -> tuple[Step, ...]:
    """Count how cases went up; a path is the rungs that a case reached, the last one where it stands or was solved."""
    reached, solved, in_hand, direct = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    passed = Counter[tuple[str, str]]()
    for path, closed, count in paths:
        direct[path[0]] += count
        (solved if closed else in_hand)[path[-1]] += count
        for rung in path:
            reached[rung] += count
        for below, above in pairwise(path):
            passed[below, above] += count
    return tuple(
        Step(
            rung=rung,
            reached=reached[rung],
            solved=solved[rung],
            in_hand=in_hand[rung],
            passed_up=sum(n for (below, _), n in passed.items() if below == rung),
            direct=direct[rung],
            passed_to={above: n for (below, above), n in passed.items() if below == rung},
            median=medians.get(rung),
        )
        for rung in LADDER
    )


def shade(count: int, breaks: Iterable[int]) -> int:
    """Return the class of a count on the map, 0 upwards: how many class limits it has passed."""
    return sum(count >= limit for limit in breaks)
