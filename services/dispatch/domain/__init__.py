"""The rules of dispatch, pure: what each message leads to, and what each fact makes of an order."""

from __future__ import annotations

from services.dispatch.domain import (
    closing,
    deadlines,
    dispatching,
    handling,
    judging,
    meeting,
    registration,
    verification,
    words,
)
from services.dispatch.domain.evolution import evolve
from services.dispatch.domain.order import Order
from shared.kernel.decisions import Deciders

decide = Deciders()
for part in (registration, dispatching, handling, judging, verification, meeting, closing, deadlines):
    for kind, decider in part.decide.table.items():
        decide.on(kind)(decider)

__all__ = ["Order", "decide", "evolve", "words"]
