"""Recurring duties (经常性职责): so many acts in a period, counted from events; missed ones are said, nothing more.

Kept here: a spot check or look-back of each community in each quarter (workflows §4.8), a visit of each leader to each
of his contact points (domain §2.2); a reminder at a share of the period, a word to the level above at its end. The
review of lists (domain §2.4) has its clock at dispatch, return visits theirs with their cases (returning.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.feedback.domain.draw import quarter_of
from services.feedback.domain.heard import ListReviewReminded, ListStale
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.decisions import NOTHING, Arm, Context, Decision, Fact, Message

CHECKS = "duty:checks"
"""The subject of the duty to check every community."""
VISITS = "duty:leader_visits"
"""The subject of the leaders' duty to visit their contact points."""
RETURNS = "duty:return_visits"
"""The subject of the duty to come back to whom a leader received."""
LIST_REVIEW = "list_review"
LISTS = f"duty:{LIST_REVIEW}"
"""The subject of the duty to look through what one publishes."""
QUARTERLY = {CHECKS: ("spot-checks", "checks_quarter"), VISITS: ("leader-contacts", "leader_visits")}
"""Subject of a duty of each quarter -> the mechanism that switches it on, the limit that says how often."""


@dataclass(frozen=True, slots=True)
class DutyReminded:
    duty: str
    period: str
    units: tuple[str, ...]
    leader: str | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class DutyMissed:
    duty: str
    period: str
    unit: str
    above: str
    done: int
    least: int
    leader: str | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class MissedDuty:
    """A private row: what stands on the card of `unit`, and at the level above it."""

    duty: str
    period: str
    unit: str
    leader: str
    case_id: str
    above: str
    done: int
    least: int
    at: datetime

    @classmethod
    def of(cls, fact: DutyMissed, at: datetime) -> MissedDuty:
        """Return the row of a missed duty."""
        return cls(
            fact.duty, fact.period, fact.unit, fact.leader or "", fact.case or "", fact.above, fact.done, fact.least, at
        )


@dataclass(frozen=True, slots=True)
class Duty:
    """The last period whose end was met."""

    period: str


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return each duty with the reminder of the present quarter, where the city has the mechanism."""
    first, end = _quarter(city.calendar.local(now).date())
    return [
        (subject, Arm("duty", max(now, _reminder(first, end, city)), _said(first, "remind"), subject))
        for subject, (mechanism, _) in QUARTERLY.items()
        if mechanism in city.mechanisms
    ]


@on_due("duty")
def strike(states: States, message: Message, context: Context) -> Decision:
    """Remind who has not done it yet, then say who missed it; and arm what comes next."""
    mechanism, limit = QUARTERLY[message.subject]
    if mechanism not in context.city.mechanisms:
        return NOTHING
    city = context.city
    first = date.fromisoformat(message.data.data["first"])
    _, end = _quarter(first)
    least = city.limits[limit]
    found: Mapping[Any, int] = context.prepared.found.get(message.id, {})
    lacking = [owed for owed in _owed(message.subject, found, city) if owed[2] < least]
    duty, period = message.subject.partition(":")[2], quarter_of(first)
    if message.data.data["step"] == "remind":
        reminded = tuple(Fact(DutyReminded(duty, period, units, leader)) for leader, units in _by_leader(lacking))
        return Decision(reminded, (Arm("duty", _midnight(end, city), _said(first, "end")),))
    missed = [DutyMissed(duty, period, unit, above(unit, city), done, least, who) for unit, who, done in lacking]
    _, following = _quarter(end)
    return Decision(
        tuple(Fact(fact) for fact in missed),
        (Arm("duty", _reminder(end, following, city), _said(end, "remind")),),
        rows=tuple(MissedDuty.of(fact, message.acted_at) for fact in missed),
    )


@decide.on(ListReviewReminded)
def list_reminded(states: States, message: Message, context: Context) -> Decision:
    """Remind an owner who has not looked through its list yet."""
    fact: ListReviewReminded = message.data
    return Decision((Fact(DutyReminded(LIST_REVIEW, fact.period, (fact.owner,)), LISTS),))


@decide.on(ListStale)
def list_missed(states: States, message: Message, context: Context) -> Decision:
    """Say to the level above whose list is stale."""
    fact: ListStale = message.data
    missed = DutyMissed(LIST_REVIEW, fact.period, fact.owner, fact.above, 0, 1)
    return Decision((Fact(missed, LISTS),), rows=(MissedDuty.of(missed, message.acted_at),))


def touches(message: Message) -> tuple[str, ...]:
    """Name the duty that a list is about."""
    return (LISTS,) if isinstance(message.data, ListReviewReminded | ListStale) else ()


def above(unit: str, city: Any) -> str:
    """Return the unit above, which is told of a missed duty; the city for its own and for what the tree has not."""
    ancestors = city.ancestors(unit) if unit in city.units else ()
    code: str = ancestors[0].code if ancestors else city.root.code
    return code


Owed = tuple[str, str | None, int]
"""A unit, the leader who owes it a visit (None where it owes by itself), how often it was done."""


def _owed(subject: str, found: Mapping[Any, int], city: Any) -> Iterator[Owed]:
    if subject == CHECKS:
        for unit in city.units.values():
            if unit.level.value == "community":
                yield unit.code, None, found.get(unit.code, 0)
    else:
        for (leader, unit), done in sorted(found.items()):
            yield unit, leader, done


def _by_leader(lacking: list[Owed]) -> list[tuple[str | None, tuple[str, ...]]]:
    leaders = dict.fromkeys(leader for _, leader, _ in lacking)
    return [(leader, tuple(unit for unit, who, _ in lacking if who == leader)) for leader in leaders]


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
