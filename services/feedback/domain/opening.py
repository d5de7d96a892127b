"""Who may look into a card (查阅): published figures are open to every desk, their cases to those concerned."""

from __future__ import annotations

from typing import Any

from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rights import office_of

DESKS = frozenset({"operations", "unit", "department", "post"})


def check_desk(actor: Actor) -> None:
    """Refuse whoever works at no desk of the city: a source, a resident. Raises Refused("actor.not_allowed")."""
    if actor.kind not in DESKS:
        raise _refused(actor, "read scores")


def check_open(actor: Actor, unit: str, city: Any) -> None:
    """Refuse who is neither of the card's unit, nor above it, nor operations; raises Refused("actor.not_allowed")."""
    is_own = actor.id == unit and actor.kind in ("unit", "department")
    office = office_of(actor)[0]
    is_above = unit in city.units and office in city.units and city.is_within(unit, office)
    if not (actor.kind == "operations" or is_own or is_above):
        raise _refused(actor, f"open the card of {unit}")


def check_operations(actor: Actor, act: str) -> None:
    """Refuse everybody but operations. Raises Refused("actor.not_allowed")."""
    if actor.kind != "operations":
        raise _refused(actor, act)


def _refused(actor: Actor, act: str) -> Refused:
    return Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act=act)
