"""Supervision orders (督办单) of a case: who must answer which by when, and who has (回执)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SupervisionOrder:
    """One supervision order about a clock that ran out; `answered` once the late unit has said what it does."""

    of: str
    charged: str
    supervisor: str
    receipt_due_at: datetime
    answered: bool = False


@dataclass(frozen=True, slots=True)
class SupervisionLine:
    """A private row: a supervision order as it is listed, with its answer once there is one."""

    case_id: str
    number: int
    of: str
    charged: str
    supervisor: str
    by_hand: bool
    issued_at: datetime
    receipt_due_at: datetime
    answered_at: datetime | None = None
    answer: str | None = None
    missed_at: datetime | None = None
