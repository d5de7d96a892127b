"""The register of households (户册): which there are in a grid, so that one never visited shows too (domain §2.2).

The record of a grid's register is `households:<grid>`, codes alone; door, contact and telephone are private rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.kernel.decisions import Actor, Context, Deciders, Decision, Evolution, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

MECHANISM = "household-visits"
KEPT_BY = ("grid", "subgrid")
"""Levels of grid that have a register."""
READ_BY = ("grid", "subgrid", "community")
"""Levels that keep and read it: the grid, those above it up to its community; nobody else handles a household."""
MOST = 3_000
"""Households of one grid; the norm is 1,000 to 1,500 (domain §2, assumed)."""
LONGEST_WHY = 200

register(
    {
        "household.not_a_grid": ("{unit} 不是网格，没有户册", "{unit} is no grid and has no register of households"),
        "household.unknown": ("户册中没有 {household}", "No household {household} in the register"),
        "household.twice": ("{household} 写了两次", "{household} is given twice"),
        "household.too_many": ("一个网格至多 {most} 户", "A grid has at most {most} households"),
        "household.personal": (
            "户编码里不能有电话或证件号码",
            "A household's code holds no telephone or identity number",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class HouseholdEntry:
    """One household as its grid knows it."""

    household: str
    door: str
    contact: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterHouseholds:
    households: tuple[HouseholdEntry, ...]


@dataclass(frozen=True, slots=True)
class RemoveHousehold:
    household: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdRegistered:
    unit: str
    household: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdRemoved:
    unit: str
    household: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Households:
    """The codes of a grid's households, in the order in which they came."""

    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HouseholdKept:
    """A private row: where a household lives and whom to ask for; without a door it is gone."""

    unit: str
    household: str
    door: str | None
    contact: str | None = None
    phone: str | None = None


decide = Deciders()
evolve = Evolution()
States = Mapping[str, Households | None]


@decide.on(RegisterHouseholds)
def enter(states: States, message: Message, context: Context) -> Decision:
    """Enter households, or write anew what is known of one: who is entered already is stated once alone."""
    unit = _grid(message, context, "household.register.v1")
    known = (states[message.subject] or Households()).codes
    said: tuple[HouseholdEntry, ...] = message.data.households
    codes = [entry.household for entry in said]
    for n, code in enumerate(codes):
        if code in codes[:n]:
            raise Refused("household.twice", f"households[{n}]", household=code)
        if sum(letter.isdigit() for letter in code) > 10:
            raise Refused("household.personal", f"households[{n}]")
    new = [code for code in codes if code not in known]
    if len(known) + len(new) > MOST:
        raise Refused("household.too_many", "households", most=MOST)
    return Decision(
        tuple(Fact(HouseholdRegistered(unit=unit, household=code, by=_who(message.actor))) for code in new),
        rows=tuple(HouseholdKept(unit, e.household, e.door, e.contact, e.phone) for e in said),
    )


@decide.on(RemoveHousehold)
def remove(states: States, message: Message, context: Context) -> Decision:
    """Take a household off the register; what is known of it goes at once, its visits stay."""
    unit = _grid(message, context, "household.remove.v1")
    said: RemoveHousehold = message.data
    if said.household not in (states[message.subject] or Households()).codes:
        raise Refused("household.unknown", "household", household=said.household)
    fact = HouseholdRemoved(
        unit=unit, household=said.household, by=_who(message.actor), why=mask(said.why, LONGEST_WHY)
    )
    return Decision((Fact(fact),), rows=(HouseholdKept(unit, said.household, None),))


def handles(actor: Actor, unit: str, city: Any) -> bool:
    """Tell whether these households are this actor's own: of its grid, or of a grid on its ground."""
    return (
        actor.kind == "unit"
        and actor.id in city.units
        and city.units[actor.id].level.value in READ_BY
        and city.is_within(unit, actor.id)
    )


def _grid(message: Message, context: Context, act: str) -> str:
    code, city = message.subject.partition(":")[2], context.city
    if MECHANISM not in city.mechanisms:
        raise Refused("mechanism.off", "", mechanism=MECHANISM)
    if code not in city.units or city.units[code].level.value not in KEPT_BY:
        raise Refused("household.not_a_grid", "unit", unit=code)
    if not handles(message.actor, code, city):
        raise Refused("actor.not_allowed", "authorization", actor=_who(message.actor), act=act)
    return code


def _who(actor: Actor) -> str:
    return f"{actor.kind}.{actor.id}"


@evolve.on(HouseholdRegistered)
def entered(state: Households | None, fact: HouseholdRegistered, at: datetime) -> Households:
    """Stand in the register."""
    return Households((*(state or Households()).codes, fact.household))


@evolve.on(HouseholdRemoved)
def removed(state: Any, fact: HouseholdRemoved, at: datetime) -> Households:
    """Leave it."""
    return Households(tuple(code for code in state.codes if code != fact.household))
