"""What is open for answers until it is counted: votes, scores of each other, joint reviews."""

from __future__ import annotations

from enum import StrEnum

from shared.kernel.transitions import Transitions


class Status(StrEnum):
    """Where it stands."""

    OPEN = "open"
    COUNTED = "counted"


MOVES: Transitions[Status] = Transitions({Status.OPEN: {Status.COUNTED}, Status.COUNTED: set()})
