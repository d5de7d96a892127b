"""What intake states about a case, and answers to the source of its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Placement:
    """The smallest unit known, how it was found (unit_code, point, address, default), how sure; WGS-84, coarse."""

    unit: str
    how: str
    confidence: float
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class Understanding:
    """A matter, who said so (given, rules, model, person), how sure, by which words; which model, if one did."""

    matter: str
    how: str
    confidence: float
    words: tuple[str, ...] = ()
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRegistered:
    """A report became a case (立案)."""

    number: str
    source: str
    report: str
    dossier: str
    placement: Placement
    understanding: Understanding
    kind: str
    urgent: bool
    rung: str
    summary: str
    reporter: str
    ratable: bool
    raised_by: str | None = None
    claimed_at: datetime | None = None
    follows: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSolvedOnSpot(CaseRegistered):
    """Registered and solved in one (当场解决)."""

    handler: str
    evidence: int
    drawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHeld:
    """Waits for a person to name matter or place (待分拣)."""

    number: str
    source: str
    report: str
    dossier: str
    summary: str
    why: str
    placement: Placement | None
    guesses: tuple[Understanding, ...]
    responsible: str
    due_at: datetime
    reporter: str
    ratable: bool
    raised_by: str | None = None
    claimed_at: datetime | None = None
    handler: str | None = None
    evidence: int = 0
    follows: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRejected:
    """Refused by a rule (不予受理); the reporter is told which."""

    number: str
    source: str
    report: str
    dossier: str
    summary: str
    rule: str
    params: Mapping[str, str] = field(default_factory=dict)
    follows: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWithdrawn:
    """The reporter took it back (撤回)."""

    reporter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportReceived:
    """Answer to the source: case, number, outcome, where to follow it."""

    report: str
    case: str
    number: str
    follow: str
    outcome: str
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRejected:
    """Answer to the source: the message could not be taken."""

    report: str | None
    rule: str
    field: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Dossier:
    """A private row: everything exact and personal about one report. It never leaves intake's own table."""

    id: str
    case: str
    source: str
    report: str
    identity: Mapping[str, str]
    text: str
    subject: str | None
    place: Mapping[str, str | float]
    photos: tuple[str, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A private row: the case joins the list of what waits for a person."""

    case: str
    responsible: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Example:
    """A private row: what a person chose in triage, who and when, beside what had been guessed. It has no text."""

    case: str
    matter: str
    guessed: str | None
    confidence: float | None
    model: str | None
    chosen_by: str
    chosen_at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """A private row: the case leaves that list."""

    case: str
