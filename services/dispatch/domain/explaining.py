"""How the due times of an order came about: what each running clock is made of, and where its rungs stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.dispatch.domain import clocks
from services.dispatch.domain.order import Order
from shared.kernel.account import Line, account
from shared.kernel.clock import Suspension, Term

_RUNGS = {
    "accept": ("reminder", "overdue"),
    "case": ("overdue",),
    "handle": ("reminder", "overdue", "supervision", "ledger"),
}
_EVERY = ("reminder", "overdue", "supervision")


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of a clock: fired, armed for `at`, or neither because the one before it has not fired yet."""

    name: str
    fired: bool
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A clock and how its end came about; without budget where a meeting set the date, or another service holds it."""

    clock: str
    charged: str
    assignment: int
    version: int
    due_at: datetime
    start: datetime | None
    budget: str | None
    suspensions: tuple[Suspension, ...]
    lines: tuple[Line, ...]
    provisional: tuple[int, ...]
    """Years it runs through whose statutory calendar is not out yet."""
    rungs: tuple[Rung, ...]


def explain(order: Order, armed: Mapping[str, datetime], city: Any) -> tuple[Explained, ...]:
    """Return the clocks of an order that run now: the holder's, then the case's; `armed` are its open deadlines."""
    found: list[Explained] = []
    if order.clock is not None and order.due_at is not None:
        rungs = _rungs(order.clock, order.fired, armed) if order.clock in clocks.HELD else ()
        found.append(_explained(order, order.clock, order.responsible or "", order.due_at, order.term, rungs, city))
    if clocks.is_case_running(order) and order.case_due_at is not None:
        rungs = _rungs("case", (), armed)
        term = clocks.case_term(order, city)
        found.append(_explained(order, "case", order.dispatcher, order.case_due_at, term, rungs, city))
    return tuple(found)


def _rungs(clock: str, fired: tuple[str, ...], armed: Mapping[str, datetime]) -> tuple[Rung, ...]:
    return tuple(Rung(name, name in fired, armed.get(f"{clock}.{name}")) for name in _RUNGS.get(clock, _EVERY))


def _explained(
    order: Order, clock: str, charged: str, due_at: datetime, term: Term | None, rungs: tuple[Rung, ...], city: Any
) -> Explained:
    calendar = city.calendar
    years = range(calendar.local(term.start).year, calendar.local(due_at).year + 1) if term else ()
    return Explained(
        clock,
        charged,
        order.assignment,
        order.version,
        due_at,
        term.start if term else None,
        str(term.budget) if term else None,
        term.suspensions if term else (),
        account(term, calendar) if term else (),
        tuple(year for year in years if calendar.is_provisional(date(year, 1, 1))),
        rungs,
    )
