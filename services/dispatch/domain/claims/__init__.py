"""What is claimed (认领): wishes and services, lists, projects of two sides, alliances (domain §2.2, §2.4, §3.1)."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import Any

from services.dispatch.domain import roster
from services.dispatch.domain.claims import (
    alliance,
    allying,
    booking,
    item,
    listing,
    party,
    project,
    projecting,
    reviewing,
    wish,
    wish_folds,
    wishing,
)
from services.dispatch.domain.claims.table import decide, evolve
from shared.kernel.decisions import Arm, Message

STATES: dict[str, type] = {
    "wish": wish.Wish,
    "item": item.Item,
    "list": reviewing.Reviewed,
    "project": project.Project,
    "alliance": alliance.Alliance,
    "party": party.Party,
}
"""Kind of subject -> its state."""
SPOKEN: tuple[ModuleType, ...] = (alliance, booking, item, party, project, reviewing, wish)
"""Modules with facts and messages."""
DECIDING: tuple[ModuleType, ...] = (allying, booking, listing, projecting, reviewing, wish_folds, wishing)
"""Modules whose deciders and folds are entered when they are imported."""
MECHANISMS = frozenset({*wishing.MECHANISMS, *allying.MECHANISMS})


def touches(message: Message) -> tuple[str, ...]:
    """Name the further subjects that a message about something claimed needs."""
    if isinstance(message.data, alliance.JoinAlliance):
        return (party.subject_of_party(message.data.party),)
    if isinstance(message.data, roster.CheckIn):
        return (party.subject_of_party(message.data.member),)
    return wishing.touches(message) or listing.touches(message) or projecting.touches(message)


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return a subject for each paired unit, so that its claims have something to be counted at."""
    if not city.mechanisms & MECHANISMS:
        return []
    return [(party.subject_of_party(code), Arm("party.ready", now)) for code in party.parties(city)]


__all__ = ["DECIDING", "MECHANISMS", "SPOKEN", "STATES", "decide", "evolve", "seeds", "touches"]
