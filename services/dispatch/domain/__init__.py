"""The rules of dispatch, pure: what each message leads to, and what each fact makes of an order."""

from __future__ import annotations

from services.dispatch.domain import (
    closing,
    deadlines,
    dispatching,
    handling,
    judging,
    meeting,
    projecting,
    registration,
    verification,
    words,
)
from services.dispatch.domain.evolution import evolve
from services.dispatch.domain.order import Order
from shared.kernel.decisions import Deciders, Message

decide = Deciders()
for part in (registration, dispatching, handling, judging, verification, meeting, closing, deadlines, projecting):
    decide.include(part.decide)

STATES: dict[str, type] = {"case": Order}
"""Kind of subject -> its state."""


def touches(message: Message) -> tuple[str, ...]:
    """Name the further subjects that a message is about."""
    return ()


__all__ = ["STATES", "Order", "decide", "evolve", "touches", "words"]
