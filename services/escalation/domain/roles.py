"""Who may do what about topics and meetings (workflows §1).

The token of a unit speaks for every post of it; a post's own token (`post.<unit>:<post>`) for that post alone.
"""

from __future__ import annotations

from typing import Any

from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused


def check_is_body(actor: Actor, body: str) -> None:
    """Refuse everybody but the body's own unit, whose token its convener and its secretary share for now."""
    if actor != Actor("unit", body):
        raise Refused("body.not_yours", "actor", body=body, actor=f"{actor.kind}.{actor.id}")


def check_secretary(actor: Actor, body: str, city: Any) -> None:
    """Refuse everybody but the body's secretary: not its convener, not operations, no other body's secretary."""
    _check_post(actor, body, city.bodies[body].secretary)


def check_convener(actor: Actor, body: str, city: Any) -> None:
    """Refuse everybody but the body's convener."""
    _check_post(actor, body, city.bodies[body].convener)


def officer_of(actor: Actor, city: Any) -> str:
    """Return the unit for which an officer acts; refuse who is no officer of a unit."""
    unit, _, post = actor.id.partition(":")
    is_officer = actor.kind == "unit" if not post else actor.kind == "post"
    if not is_officer or unit not in city.units:
        raise Refused("actor.not_allowed", "actor", actor=f"{actor.kind}.{actor.id}", act="propose")
    return unit


def acts_for(actor: Actor, unit: str) -> bool:
    """Tell whether an actor is an officer of this unit."""
    return actor == Actor("unit", unit) or (actor.kind == "post" and actor.id.partition(":")[0] == unit)


def _check_post(actor: Actor, body: str, post: str) -> None:
    if actor not in (Actor("unit", body), Actor("post", f"{body}:{post}")):
        raise Refused("body.not_yours", "actor", body=body, actor=f"{actor.kind}.{actor.id}")
