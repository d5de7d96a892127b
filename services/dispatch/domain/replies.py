"""What departments reply and units command; `order` is the case id, `assignment` the one being answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accept:
    order: str
    assignment: int
    handler: str


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
class Verify:
    order: str
    assignment: int
    passed: bool
    note: str


@dataclass(frozen=True, slots=True)
class DispatchTo:
    order: str
    lead: str
    support: tuple[str, ...] = ()
