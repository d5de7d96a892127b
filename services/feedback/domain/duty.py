"""Recurring duties (经常性职责): so many acts in a period, counted from events; missed ones are said, nothing more.

A spot check or look-back of each community in each quarter (workflows §4.8), reminder at a share of the period; the
review of lists (domain §2.4), whose clock runs at dispatch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.feedback.domain.draw import quarter_of
from services.feedback.domain.heard import ListReviewReminded, ListStale
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.decisions import NOTHING, Arm, Context, Decision, Fact, Message

CHECKS = "duty:checks"
"""The subject of the duty to check every community."""
LIST_REVIEW = "list_review"
LISTS = f"duty:{LIST_REVIEW}"
"""The subject of the duty to look through what one publishes."""


@dataclass(frozen=True, slots=True)
class DutyReminded:
    duty: str
    period: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DutyMissed:
    duty: str
    period: str
    unit: str
    above: str
    done: int
    least: int


@dataclass(frozen=True, slots=True)
class Duty:
    """The last period whose end was met."""

    period: str


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return the duty with the reminder of the present quarter, where the city has the mechanism."""
    if "spot-checks" not in city.mechanisms:
        return []
    first, end = _quarter(city.calendar.local(now).date())
    return [(CHECKS, Arm("duty", max(now, _reminder(first, end, city)), _said(first, "remind"), CHECKS))]


@on_due("duty")
def strike(states: States, message: Message, context: Context) -> Decision:
    """Remind who has not done it yet, then say who missed it; and arm what comes next."""
    if "spot-checks" not in context.city.mechanisms:
        return NOTHING
    city = context.city
    first = date.fromisoformat(message.data.data["first"])
    _, end = _quarter(first)
    done: Mapping[str, int] = context.prepared.found[message.id]
    least = city.limits["checks_quarter"]
    communities = [unit.code for unit in city.units.values() if unit.level.value == "community"]
    lacking = [code for code in communities if done.get(code, 0) < least]
    period = quarter_of(first)
    if message.data.data["step"] == "remind":
        facts: tuple[Fact, ...] = (Fact(DutyReminded("checks", period, tuple(lacking))),) if lacking else ()
        return Decision(facts, (Arm("duty", _midnight(end, city), _said(first, "end")),))
    facts = tuple(
        Fact(DutyMissed("checks", period, code, city.ancestors(code)[0].code, done.get(code, 0), least))
        for code in lacking
    )
    _, following = _quarter(end)
    return Decision(facts, (Arm("duty", _reminder(end, following, city), _said(end, "remind")),))


@decide.on(ListReviewReminded)
def list_reminded(states: States, message: Message, context: Context) -> Decision:
    """Remind an owner who has not looked through its list yet."""
    fact: ListReviewReminded = message.data
    return Decision((Fact(DutyReminded(LIST_REVIEW, fact.period, (fact.owner,)), LISTS),))


@decide.on(ListStale)
def list_missed(states: States, message: Message, context: Context) -> Decision:
    """Say to the level above whose list is stale."""
    fact: ListStale = message.data
    return Decision((Fact(DutyMissed(LIST_REVIEW, fact.period, fact.owner, fact.above, 0, 1), LISTS),))


def touches(message: Message) -> tuple[str, ...]:
    """Name the duty that a list is about."""
    return (LISTS,) if isinstance(message.data, ListReviewReminded | ListStale) else ()


def _said(first: date, step: str) -> dict[str, str]:
    return {"first": first.isoformat(), "step": step, "quarter": quarter_of(first)}


def _quarter(day: date) -> tuple[date, date]:
    """Return the first day of a day's quarter and that of the next."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return first, (first + timedelta(days=95)).replace(day=1)


def _reminder(first: date, end: date, city: Any) -> datetime:
    begins, ends = _midnight(first, city), _midnight(end, city)
    share = city.shares["reminder"]
    at: datetime = begins + (ends - begins) * share.numerator / share.denominator
    return at


def _midnight(day: date, city: Any) -> datetime:
    at: datetime = city.calendar.midnight(day.toordinal())
    return at


@evolve.on(DutyReminded, DutyMissed)
def met(state: Duty | None, fact: DutyReminded | DutyMissed, at: datetime) -> Duty:
    return Duty(fact.period)
