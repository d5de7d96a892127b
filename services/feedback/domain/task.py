"""What waits at the feedback desk: reporters to call back, dissatisfied answers to judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an officer has to do."""

    CALL_BACK = "call_back"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True)
class Task:
    """A private row of the desk's list; `outcome` is None while it waits.

    `due_at` is None where an earlier row has it.
    """

    kind: Kind
    case: str
    round: int
    reporter: str
    due_at: datetime | None = None
    attempts: int = 0
    tried_on: date | None = None
    outcome: str | None = None
