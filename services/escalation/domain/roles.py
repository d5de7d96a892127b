"""Who may do what about topics and meetings (workflows §1).

The token of a unit speaks for every post of it; a post's own token (`post.<unit>:<post>`) for that post alone.
"""

from __future__ import annotations

from typing import Any

from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rights import office_of


def check_is_body(actor: Actor, body: str) -> None:
    """Refuse everybody but the body's own unit."""
    if office_of(actor)[0] != body:
        raise Refused("body.not_yours", "actor", body=body, actor=f"{actor.kind}.{actor.id}")


def check_post(actor: Actor, city: Any, unit: str, *posts: str) -> None:
    """Refuse everybody but the holders of these posts at the body's own unit."""
    check_is_body(actor, unit)
    post = office_of(actor)[1]
    if post and post not in posts:
        known = city.posts
        names = "、".join(known[code].name if code in known else code for code in dict.fromkeys(posts))
        raise Refused("body.other_post", "actor", post=known[post].name if post in known else post, posts=names)


def check_secretary(actor: Actor, unit: str, city: Any) -> None:
    """Refuse everybody but the body's secretary (联络办公室、联络员)."""
    check_post(actor, city, unit, city.bodies[unit].secretary)


def check_convener(actor: Actor, unit: str, city: Any) -> None:
    """Refuse everybody but the body's convener."""
    check_post(actor, city, unit, city.bodies[unit].convener)


def check_caller(actor: Actor, city: Any, meeting: Any) -> None:
    """Refuse everybody but who calls this meeting: the convener, of a temporary one the leader in charge."""
    check_post(actor, city, meeting.unit, meeting.caller or city.bodies[meeting.unit].convener)


def check_may_propose(actor: Actor, city: Any, unit: str) -> None:
    """Refuse everybody but a member of the body, its secretary, and operations."""
    if actor.kind == "operations":
        return
    body = city.bodies[unit]
    members = {member.code for member in body.members}
    at, post = office_of(actor)
    is_own = at == unit and (not post or post in {body.secretary, body.convener, *body.leaders.values(), *members})
    if is_own or at in members or (actor.kind == "department" and actor.id in members):
        return
    raise Refused("body.not_a_member", "actor", body=unit, actor=f"{actor.kind}.{actor.id}")


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
