"""Which mechanism a city has switched on, and who calls: the two questions before every act of supervision."""

from __future__ import annotations

from typing import Any

from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

register({"mechanism.off": ("本市未启用此机制：{mechanism}", "This city has not switched on {mechanism}")})


def require(city: Any, mechanism: str) -> None:
    """Refuse what the city file does not switch on."""
    if mechanism not in city.mechanisms:
        raise Refused("mechanism.off", "", mechanism=mechanism)


def require_unit(actor: Actor, unit: str, act: str) -> None:
    """Refuse everybody but the unit itself."""
    if actor != Actor("unit", unit):
        refuse(actor, act)


def require_operations(actor: Actor, act: str) -> None:
    """Refuse everybody but the operations team."""
    if actor.kind != "operations":
        refuse(actor, act)


def serves(department: str, street: str, city: Any) -> bool:
    """Tell whether a department has an office on a street's ground; False for what is no street."""
    unit, office = city.units.get(street), city.departments.get(department)
    if unit is None or office is None or unit.level.value != "street":
        return False
    return not office.area or city.is_within(street, office.area)


def refuse(actor: Actor, act: str) -> None:
    """Say that this caller may not do this."""
    raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act=act)
