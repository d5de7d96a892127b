"""Double post, double duty (双岗双责): a member's post in the community, what he did there, the year's grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.dispatch.domain.mechanism import require
from services.dispatch.domain.roster import Roster, check_speaks, roster_of
from shared.kernel.decisions import Context, Deciders, Decision, Evolution, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "activity.item": ("没有设置：{item}", "Not offered: {item}"),
        "activity.claimed": ("{member} 已认领：{item}", "{member} has taken on {item} already"),
        "activity.future": ("活动日期 {on} 还没有到", "The day {on} has not come"),
        "activity.day_full": ("{on} 已登记 {hours} 小时", "{hours} hours are registered on {on} already"),
        "activity.year": ("{year} 年不能考评", "The year {year} cannot be assessed now"),
        "activity.none": ("{year} 年没有登记活动", "Nothing was registered in {year}"),
        "activity.graded": ("{year} 年已考评", "{year} has been assessed"),
    }
)

MOST_HOURS = 24
decide = Deciders()
evolve = Evolution()


class DutyKind(StrEnum):
    """A volunteer post, a team, a responsibility zone."""

    POST = "post"
    TEAM = "team"
    ZONE = "zone"


class ActivityGrade(StrEnum):
    """The year's grade (考评等次)."""

    EXCELLENT = "excellent"
    GOOD = "good"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Activity:
    """A line of the register."""

    on: date
    hours: int
    what: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """The community's opinion on a year."""

    year: int
    grade: ActivityGrade
    opinion: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DoubleDuty:
    """What a member does in one community beside his work."""

    community: str
    member: str
    employer: str
    kind: DutyKind
    item: str
    activities: tuple[Activity, ...] = ()
    assessed: tuple[Assessed, ...] = ()


@dataclass(frozen=True, slots=True)
class DutyClaimed:
    community: str
    member: str
    employer: str
    kind: DutyKind
    item: str


@dataclass(frozen=True, slots=True)
class ActivityRegistered:
    community: str
    member: str
    on: date
    hours: int
    what: str


@dataclass(frozen=True, slots=True)
class ActivityAssessed:
    community: str
    member: str
    employer: str
    year: int
    grade: ActivityGrade
    opinion: str
    activities: int
    hours: int


@dataclass(frozen=True, slots=True)
class ClaimDuty:
    community: str
    member: str
    kind: DutyKind
    item: str


@dataclass(frozen=True, slots=True)
class RegisterActivity:
    on: date
    hours: int
    what: str


@dataclass(frozen=True, slots=True)
class AssessActivities:
    year: int
    grade: ActivityGrade
    opinion: str


def activity_of(community: str, member: str) -> str:
    """Return the subject of a member's double duty in a community."""
    return f"activity:{community}:{member}"


def _known(states: Mapping[str, Any], message: Message) -> DoubleDuty:
    found: DoubleDuty | None = states[message.subject]
    if found is None:
        raise Refused("subject.unknown", "member", subject=message.subject)
    return found


@decide.on(ClaimDuty)
def claim(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Take on one post, team or zone at a time; another one afterwards takes its place, never the same again."""
    asked: ClaimDuty = message.data
    city = context.city
    require(city, "double-post")
    check_speaks(message.actor, asked.community, asked.member)
    if asked.item not in city.volunteering.get(asked.kind.value, ()):
        raise Refused("activity.item", "item", item=asked.item)
    roster: Roster | None = states[roster_of(asked.community)]
    member = roster.member(asked.member) if roster else None
    if member is None:
        raise Refused("roster.nobody", "member", member=asked.member)
    held: DoubleDuty | None = states[message.subject]
    if held is not None and (held.kind, held.item) == (asked.kind, asked.item):
        raise Refused("activity.claimed", "item", member=asked.member, item=asked.item)
    return Decision((Fact(DutyClaimed(asked.community, asked.member, member.employer, asked.kind, asked.item)),))


@decide.on(RegisterActivity)
def enter(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Enter what was done on a day that has come, at most a day's hours."""
    held = _known(states, message)
    asked: RegisterActivity = message.data
    check_speaks(message.actor, held.community, held.member)
    if asked.on > context.city.calendar.local(message.acted_at).date():
        raise Refused("activity.future", "on", on=asked.on)
    hours = sum(one.hours for one in held.activities if one.on == asked.on)
    if hours + asked.hours > MOST_HOURS:
        raise Refused("activity.day_full", "hours", on=asked.on, hours=hours)
    fact = ActivityRegistered(held.community, held.member, asked.on, asked.hours, mask(asked.what))
    return Decision((Fact(fact),))


@decide.on(AssessActivities)
def assess(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Grade this year or the last one, once, where there is something to grade; by the community alone."""
    held = _known(states, message)
    asked: AssessActivities = message.data
    actor = message.actor
    if actor.kind not in ("unit", "post") or actor.id.partition(":")[0] != held.community:
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="assess")
    year = context.city.calendar.local(message.acted_at).year
    if asked.year not in (year - 1, year):
        raise Refused("activity.year", "year", year=asked.year)
    if any(one.year == asked.year for one in held.assessed):
        raise Refused("activity.graded", "year", year=asked.year)
    done = [one for one in held.activities if one.on.year == asked.year]
    if not done:
        raise Refused("activity.none", "year", year=asked.year)
    fact = ActivityAssessed(
        held.community, held.member, held.employer, asked.year, asked.grade, mask(asked.opinion), len(done),
        sum(one.hours for one in done),
    )  # fmt: skip
    return Decision((Fact(fact),))


@evolve.on(DutyClaimed)
def claimed(state: DoubleDuty | None, fact: DutyClaimed, at: datetime) -> DoubleDuty:
    if state is None:
        return DoubleDuty(fact.community, fact.member, fact.employer, fact.kind, fact.item)
    return replace(state, employer=fact.employer, kind=fact.kind, item=fact.item)


@evolve.on(ActivityRegistered)
def registered(state: DoubleDuty, fact: ActivityRegistered, at: datetime) -> DoubleDuty:
    return replace(state, activities=(*state.activities, Activity(fact.on, fact.hours, fact.what)))


@evolve.on(ActivityAssessed)
def assessed(state: DoubleDuty, fact: ActivityAssessed, at: datetime) -> DoubleDuty:
    return replace(state, assessed=(*state.assessed, Assessed(fact.year, fact.grade, fact.opinion, at)))
