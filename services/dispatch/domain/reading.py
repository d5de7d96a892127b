"""Who may read a record of further nouns: whom it concerns, the units above them, operations."""

from __future__ import annotations

from typing import Any

from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused


def check_reads(actor: Actor, city: Any, *parties: str | None) -> None:
    """Refuse everybody but operations, a party, and a unit above a party that is a unit."""
    if actor.kind == "operations":
        return
    desk = actor.id.partition(":")[0] if actor.kind == "post" else actor.id
    named = [party for party in parties if party]
    is_party = actor.kind in ("unit", "post", "department", "member") and desk in named
    is_above = actor.kind in ("unit", "post") and any(p in city.units and city.is_within(p, desk) for p in named)
    if not (is_party or is_above):
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="read")
