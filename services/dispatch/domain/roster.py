"""Who checked in where (双报到): a working Party member at his unit's paired community, and where he lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.dispatch.domain.mechanism import require
from shared.kernel.decisions import Actor, Context, Deciders, Decision, Evolution, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "roster.level": (
            "党员只在社区或网格报到，不在 {unit}",
            "Members check in at communities and grids, not {unit}",
        ),
        "roster.employer": (
            "{employer} 没有与 {unit} 所在社区结对",
            "{employer} is not paired with the community of {unit}",
        ),
        "roster.twice": ("{member} 已在此报到", "{member} has checked in here already"),
        "roster.nobody": ("{member} 没有在此报到", "{member} has not checked in here"),
    }
)

PLACES = frozenset({"community", "grid"})
decide = Deciders()
evolve = Evolution()


class CheckInKind(StrEnum):
    """Where his unit is paired, or where he lives."""

    WORK = "work"
    HOME = "home"


@dataclass(frozen=True, slots=True)
class Member:
    """One who checked in, by the code of his own unit `employer`."""

    code: str
    kind: CheckInKind
    employer: str


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who is checked in at a unit."""

    members: tuple[Member, ...] = ()

    def member(self, code: str) -> Member | None:
        """Return a member who is checked in, by his code."""
        return next((member for member in self.members if member.code == code), None)


@dataclass(frozen=True, slots=True)
class MemberCheckedIn:
    unit: str
    member: str
    kind: CheckInKind
    employer: str


@dataclass(frozen=True, slots=True)
class MemberCheckedOut:
    unit: str
    member: str


@dataclass(frozen=True, slots=True)
class CheckIn:
    unit: str
    member: str
    kind: CheckInKind
    employer: str


@dataclass(frozen=True, slots=True)
class CheckOut:
    unit: str
    member: str


def roster_of(unit: str) -> str:
    """Return the subject of a unit's roster."""
    return f"roster:{unit}"


def check_speaks(actor: Actor, unit: str, member: str) -> None:
    """Refuse everybody but the unit itself and the member himself."""
    of_unit = actor.kind in ("unit", "post") and actor.id.partition(":")[0] == unit
    if not of_unit and actor != Actor("member", member):
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="check_in")


@decide.on(CheckIn)
def check_in(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Enter a member: at a community or grid, at work only where his own unit is paired."""
    asked: CheckIn = message.data
    city = context.city
    require(city, "check-in")
    check_speaks(message.actor, asked.unit, asked.member)
    unit = city.units.get(asked.unit)
    if unit is None or unit.level.value not in PLACES:
        raise Refused("roster.level", "unit", unit=asked.unit)
    community = next(above for above in city.lineage(asked.unit) if above.level.value == "community")
    paired = city.paired_with(community.code)
    # A city without pairings of its own knows each working member's unit all the same.
    if asked.kind is CheckInKind.WORK and paired and asked.employer not in paired:
        raise Refused("roster.employer", "employer", employer=asked.employer, unit=asked.unit)
    roster: Roster | None = states[message.subject]
    if roster is not None and roster.member(asked.member) is not None:
        raise Refused("roster.twice", "member", member=asked.member)
    return Decision((Fact(MemberCheckedIn(asked.unit, asked.member, asked.kind, asked.employer)),))


@decide.on(CheckOut)
def check_out(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Strike a member who moved away or left his unit."""
    asked: CheckOut = message.data
    check_speaks(message.actor, asked.unit, asked.member)
    roster: Roster | None = states[message.subject]
    if roster is None or roster.member(asked.member) is None:
        raise Refused("roster.nobody", "member", member=asked.member)
    return Decision((Fact(MemberCheckedOut(asked.unit, asked.member)),))


@evolve.on(MemberCheckedIn)
def checked_in(state: Roster | None, fact: MemberCheckedIn, at: datetime) -> Roster:
    roster = state or Roster()
    return replace(roster, members=(*roster.members, Member(fact.member, fact.kind, fact.employer)))


@evolve.on(MemberCheckedOut)
def checked_out(state: Roster, fact: MemberCheckedOut, at: datetime) -> Roster:
    return replace(state, members=tuple(member for member in state.members if member.code != fact.member))
