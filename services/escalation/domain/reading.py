"""Who may look into ledgers and meetings: whose business they are (workflows §1), nobody else.

Operations supervise everywhere; a unit reads its own body and those below, which it supervises; members and invited
ones read the meetings they take part in; who has an entry of a topic, brought it or was asked to lead it reads it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rights import office_of


def readable_bodies(actor: Actor, city: Any) -> frozenset[str] | None:
    """Return the bodies whose meetings an actor reads whoever was invited; None for all of them."""
    if actor.kind == "operations":
        return None
    return frozenset(unit for unit in city.bodies if _is_over(actor, city, unit) or _is_member(actor, city, unit))


def check_reads_all(actor: Actor) -> None:
    """Refuse everybody but operations what concerns every body at once."""
    if actor.kind != "operations":
        raise _refused(actor, "read every ledger")


def check_reads_ledger(actor: Actor, city: Any, unit: str) -> None:
    """Refuse a ledger to everybody but its own unit, those above it, and operations."""
    if actor.kind != "operations" and not _is_over(actor, city, unit):
        raise _refused(actor, f"read the ledger of {unit}")


def check_reads_meeting(actor: Actor, city: Any, unit: str, called: Collection[str]) -> None:
    """Refuse a meeting to who is neither over its body, nor a member, nor among those `called` to it."""
    bodies = readable_bodies(actor, city)
    if bodies is not None and unit not in bodies and party_of(actor) not in called:
        raise _refused(actor, f"read meetings of {unit}")


def reads_words(actor: Actor, city: Any, unit: str, called: Collection[str], *, moved_up: bool) -> bool:
    """Tell whether an actor reads minutes in full words: the body's own office, who was called, and members.

    The body above too where a topic was moved up, since these minutes are attached to it (G8). Everybody else who may
    read them reads the words that facts carry.
    """
    above = city.body_above(unit) if moved_up else None
    offices = {unit, above.unit} if above else {unit}
    return office_of(actor)[0] in offices or party_of(actor) in called or _is_member(actor, city, unit)


def check_reads_topic(actor: Actor, city: Any, bodies: Collection[str], parties: Collection[str]) -> None:
    """Refuse a topic to who has no entry of it, is over no such body, and is not among its `parties`."""
    if actor.kind == "operations" or any(_is_over(actor, city, unit) for unit in bodies):
        return
    if party_of(actor) not in parties:
        raise _refused(actor, "read this topic")


def party_of(actor: Actor) -> str:
    """Return the unit or department for which an actor comes to a meeting; empty for residents and sources."""
    return actor.id if actor.kind == "department" else office_of(actor)[0]


def _is_over(actor: Actor, city: Any, unit: str) -> bool:
    at = office_of(actor)[0]
    return bool(at) and at in city.units and bool(city.is_within(unit, at))


def _is_member(actor: Actor, city: Any, unit: str) -> bool:
    party = party_of(actor)
    return bool(party) and any(member.code == party for member in city.bodies[unit].members)


def _refused(actor: Actor, act: str) -> Refused:
    return Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act=act)
