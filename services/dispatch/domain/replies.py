"""What departments reply and units command; `order` is the case id, `assignment` the one being answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Accept:
    order: str
    assignment: int
    handler: str
    office_phone: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    order: str
    assignment: int
    note: str


@dataclass(frozen=True, slots=True)
class HandBack:
    order: str
    assignment: int
    clause: str
    proposed: str
    note: str


@dataclass(frozen=True, slots=True)
class Unable:
    order: str
    assignment: int
    missing: str
    tried: str


@dataclass(frozen=True, slots=True)
class Finish:
    order: str
    assignment: int
    what: str
    contacted: bool
    evidence: int
    handler: str = ""
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PassUp:
    order: str
    assignment: int
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class JudgeHandBack:
    order: str
    assignment: int
    upheld: bool


@dataclass(frozen=True, slots=True)
class JudgeUnable:
    order: str
    assignment: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class AskExtension:
    order: str
    assignment: int
    more: int
    why: str


@dataclass(frozen=True, slots=True)
class AskSuspension:
    order: str
    assignment: int
    cause: str
    days: int
    why: str


@dataclass(frozen=True, slots=True)
class AnswerPart:
    order: str
    assignment: int
    note: str


@dataclass(frozen=True, slots=True)
class AskRelease:
    order: str
    assignment: int
    why: str


@dataclass(frozen=True, slots=True)
class JudgeExtension:
    order: str
    assignment: int
    granted: bool


@dataclass(frozen=True, slots=True)
class JudgeSuspension:
    order: str
    assignment: int
    granted: bool


@dataclass(frozen=True, slots=True)
class JudgeRelease:
    order: str
    assignment: int
    granted: bool


@dataclass(frozen=True, slots=True)
class Resume:
    order: str
    assignment: int


@dataclass(frozen=True, slots=True)
class Recall:
    order: str
    assignment: int
    reason: str


@dataclass(frozen=True, slots=True)
class StateDispute:
    order: str
    assignment: int
    others: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Verify:
    order: str
    assignment: int
    passed: bool
    note: str
    means: str | None = None


@dataclass(frozen=True, slots=True)
class DispatchTo:
    order: str
    lead: str
    support: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remind:
    order: str
    note: str


@dataclass(frozen=True, slots=True)
class Supervise:
    order: str
    note: str


@dataclass(frozen=True, slots=True)
class AnswerSupervision:
    order: str
    number: int
    note: str
