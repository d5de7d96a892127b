"""Who may do what about a meeting (workflows §1)."""

from __future__ import annotations

from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused


def check_is_body(actor: Actor, body: str) -> None:
    """Refuse everybody but the body's own unit, whose token its convener and its secretary share for now."""
    if actor != Actor("unit", body):
        raise Refused("body.not_yours", "actor", body=body, actor=f"{actor.kind}.{actor.id}")
