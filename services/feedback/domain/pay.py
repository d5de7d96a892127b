"""What a grid person's pay rests on (补贴依据): figures only; amounts stay with finance (workflows §4.9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.feedback.domain import heard
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Message

PERSONS = ("grid", "subgrid")
"""Levels of units that stand for one grid person each."""


@dataclass(frozen=True, slots=True)
class VerificationDue:
    """A private row: a unit is to verify a case that was handled at that instant."""

    case_id: str
    handled_at: datetime
    unit: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class VerificationDone:
    """A private row: what was due of a case has been verified, whatever the outcome."""

    case_id: str
    done_at: datetime


@dataclass(frozen=True, slots=True)
class HouseholdVisit:
    """A private row: a grid person logged a household visit on that day."""

    unit: str
    day: date


@dataclass(frozen=True, slots=True)
class PayLine:
    """One grid person's month; `due` verifications that fell due in it, `in_time` those done by their due.

    `days_visited` are days with a logged household visit, `visits` how many there were.
    """

    unit: str
    name: str
    working_days: int
    reports: int
    solved_on_spot: int
    in_time: int
    due: int
    year_score: str | None
    days_visited: int = 0
    visits: int = 0


def verification(message: Message) -> tuple[VerificationDue | VerificationDone | HouseholdVisit, ...]:
    """Return what a heard fact says of a verification that is due or done, or of a visit to a household."""
    case, at, fact = message.subject, message.acted_at, message.data
    match fact:
        case heard.OrderHandled(responsible=str(unit), due_at=datetime() as due_at):
            return (VerificationDue(case, at, unit, due_at),)
        case heard.OrderVerified() | heard.VerificationFailed():
            return (VerificationDone(case, at),)
        case heard.VisitLogged(unit=str(unit), kind="household"):
            return (HouseholdVisit(unit, at.astimezone(SHANGHAI).date()),)
    return ()


def month_of(first: date) -> tuple[date, date]:
    """Return the first and the last day of the month of its first day."""
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def persons(city: Any, area: str) -> dict[str, str]:
    """Return code and name of every unit of an area that stands for a grid person: the lowest of its branch."""
    within = [u for u in city.units.values() if u.level.value in PERSONS and city.is_within(u.code, area)]
    return {unit.code: unit.name for unit in within if not city.children(unit.code)}
