"""The exclusion (申诉剔除) of a closed case from its unit's scores: its facts, its state, which moves it can make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.transitions import Transitions


class Stage(StrEnum):
    """How far an exclusion is; asked once per case, at last granted or refused for good."""

    ASKED = "asked"
    SUPPORTED = "supported"
    GRANTED = "granted"
    REFUSED = "refused"


STAGES: Transitions[Stage] = Transitions(
    {
        Stage.ASKED: {Stage.SUPPORTED, Stage.REFUSED},
        Stage.SUPPORTED: {Stage.GRANTED, Stage.REFUSED},
        Stage.GRANTED: set(),
        Stage.REFUSED: set(),
    }
)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What the unit asks, on which ground (`code`), and which officer asks it with the unit."""

    unit: str
    code: str
    stage: Stage = Stage.ASKED
    supported_by: str | None = None


# ---- facts


@dataclass(frozen=True, slots=True)
class ExclusionAsked:
    unit: str
    code: str
    decide_by: datetime


@dataclass(frozen=True, slots=True)
class ExclusionSupported:
    unit: str
    code: str
    officer: str


@dataclass(frozen=True, slots=True)
class ExclusionDecided:
    unit: str
    code: str
    granted: bool
    lapsed: bool
    supported_by: str | None
    decided_by: str


# ---- messages


@dataclass(frozen=True, slots=True)
class AskExclusion:
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class SupportExclusion:
    why: str


@dataclass(frozen=True, slots=True)
class DecideExclusion:
    granted: bool
    why: str


# ---- a private row


@dataclass(frozen=True, slots=True)
class Excluding:
    """The exclusion of a case as it is listed beside the score; what an earlier row has is None in a later one."""

    case: str
    unit: str
    stage: Stage
    period: str | None = None
    code: str | None = None
    asked_at: datetime | None = None
    decide_by: datetime | None = None
    supported_by: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    lapsed: bool = False
