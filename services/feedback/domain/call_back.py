"""The call-back (回访) to a silent reporter: its facts, its state, which moves it can make (workflows §4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.kernel.transitions import Transitions


class Stage(StrEnum):
    """How far a call-back is: `due` before the first attempt, then tried once in vain, or at one of its ends."""

    DUE = "due"
    TRIED = "tried"
    ANSWERED = "answered"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    LAPSED = "lapsed"
    DROPPED = "dropped"


ENDS = frozenset({Stage.ANSWERED, Stage.DECLINED, Stage.UNREACHABLE, Stage.LAPSED, Stage.DROPPED})

STAGES: Transitions[Stage] = Transitions(
    {Stage.DUE: {Stage.TRIED, *ENDS}, Stage.TRIED: {Stage.TRIED, *ENDS}, **{end: frozenset() for end in ENDS}}
)


@dataclass(frozen=True, slots=True)
class CallBack:
    """One call-back; `tried_on` is the day of the last attempt in vain."""

    stage: Stage = Stage.DUE
    attempts: int = 0
    tried_on: date | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether somebody must still call."""
        return self.stage not in ENDS


# ---- facts


@dataclass(frozen=True, slots=True)
class CallBackDrawn:
    invitation: str
    round: int
    reporter: str
    until: datetime


@dataclass(frozen=True, slots=True)
class CallBackAttempted:
    invitation: str
    round: int
    reporter: str
    attempt: int
    outcome: str
    officer: str


@dataclass(frozen=True, slots=True)
class CallBackClosed:
    invitation: str
    round: int
    reporter: str
    outcome: str


# ---- a message


@dataclass(frozen=True, slots=True)
class RecordCallBack:
    reporter: str
    outcome: str
    contacted: bool | None = None
    solved: bool | None = None
    grade: int | None = None
    comment: str | None = None
