"""The rules of dispatch, pure: what each message leads to, and what each fact makes of an order."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import Any

from services.dispatch.domain import (
    almanac,
    asking,
    claims,
    closing,
    deadlines,
    dispatching,
    dispute,
    double_duty,
    handling,
    judging,
    mediating,
    meeting,
    projecting,
    registration,
    reminding,
    reporting_in,
    roster,
    supervising,
    supporting,
    suspending,
    verification,
    whistle,
    whistle_folds,
    whistling,
    words,
)
from services.dispatch.domain.evolution import evolve
from services.dispatch.domain.order import Order
from services.dispatch.domain.whistle_desk import desk_of
from shared.kernel.decisions import Arm, Deciders, Message

decide = Deciders()
for part in (
    registration, dispatching, handling, asking, judging, suspending, supporting, verification, meeting, closing,
    deadlines, projecting,
):  # fmt: skip
    decide.include(part.decide)
for noun in (almanac, mediating, supervising, reminding, whistling, reporting_in, roster, double_duty):
    decide.include(noun.decide)
for folds in (projecting, mediating, supervising, whistle_folds, roster, double_duty):
    evolve.include(folds.evolve)
decide.include(claims.decide)
evolve.include(claims.evolve)

STATES: dict[str, type] = {
    "case": Order,
    "calendar": almanac.Almanac,
    "whistle": whistle.Whistle,
    "roster": roster.Roster,
    "activity": double_duty.DoubleDuty,
    **claims.STATES,
}
"""Kind of subject -> its state."""
SPOKEN: tuple[ModuleType, ...] = (almanac, projecting, dispute, whistle, roster, double_duty, *claims.SPOKEN)
"""Modules with facts and messages of further nouns than the order."""


def touches(message: Message) -> tuple[str, ...]:
    """Name the further subjects that a message is about: a whistle's case and callers' roster, a member's community."""
    data = message.data
    if isinstance(data, whistle.SoundWhistle):
        called_from = roster.roster_of(desk_of(message.actor))
        return (called_from, data.case) if data.case else (called_from,)
    if isinstance(data, whistle.EndWhistle):
        case = whistle.case_of(message.subject)
        return (case,) if case else ()
    if isinstance(data, double_duty.ClaimDuty):
        return (roster.roster_of(data.community),)
    return claims.touches(message)


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return what must exist from the first start on: whom claims are counted for."""
    return claims.seeds(city, now)


__all__ = ["SPOKEN", "STATES", "Order", "decide", "evolve", "seeds", "touches", "words"]
