"""What intake states about a case, and answers to the source of its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Placement:
    """The smallest unit known, how it was found, how sure; WGS-84, coarse.

    `how` is unit_code, merged_code, point, address or default; `doubt` (border, contradiction, outside, shared_name,
    misspelt, alike, building) says why it is less sure, `other` which unit it could be too.
    """

    unit: str
    how: str
    confidence: float
    lon: float | None = None
    lat: float | None = None
    doubt: str | None = None
    other: str | None = None


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
    part_of: str | None = None
    photos: tuple[str, ...] = ()


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
    photos: tuple[str, ...] = ()


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
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWithdrawn:
    """The reporter took it back (撤回)."""

    reporter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """An earlier case that a report is like, and in what (see `likeness.Likeness`)."""

    case: str
    score: float
    matter: float
    place: float
    text: float
    minutes: int
    company: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMerged:
    """The report is one with the case `into` (并单); `reporters` are its reporters' ids there, in their order."""

    number: str
    source: str
    report: str
    dossier: str
    summary: str
    reporter: str
    ratable: bool
    into: str
    reporters: tuple[str, ...]
    how: str
    alike: Alike | None = None
    placement: Placement | None = None
    understanding: Understanding | None = None
    raised_by: str | None = None
    claimed_at: datetime | None = None
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRepeated:
    """The alarm that this case is sounded once more, as a report of its own that joined it; nobody's report."""

    source: str
    report: str
    case: str
    sounded_at: datetime
    repeats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterJoined:
    """The reporter of the case `case` is told and asked about this one as well."""

    source: str
    report: str
    dossier: str
    reporter: str
    ratable: bool
    case: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterLeft:
    """A reporter belongs to this case no more: `why` is unmerged or withdrawn."""

    reporter: str
    why: str
    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUnmerged(CaseRegistered):
    """The merge was undone (取消并单): a case of its own, at the rung where its matter starts."""

    from_case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateSuspected:
    """A person is to say whether the case is one of these (疑似重复)."""

    alike: tuple[Alike, ...]
    responsible: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKeptApart:
    """A person says that the case is none of those that were suspected."""

    of_cases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSplit:
    """Several cases took the place of this one (拆分)."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartEnded:
    """A part of a split case ended; with none `left` the case is over."""

    part: str
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HotIssueRaised:
    """So many people report one matter in so short a time that operations are alarmed, once a case (热点)."""

    reporters: int
    since: datetime
    matter: str
    unit: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReminded:
    """A reporter says that it is still not solved (催办); no clock begins anew."""

    reporter: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSupplemented:
    """A reporter added to what he said (补充说明): the words are in his dossier."""

    reporter: str
    dossier: str
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Added:
    """A private row: what a reporter said later; it stays with his dossier and goes with it."""

    id: str
    dossier: str
    text: str
    photos: tuple[str, ...]
    at: datetime


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


@dataclass(frozen=True, slots=True)
class Rehomed:
    """A private row: `home` answers for these cases, and keeps their dossiers, from now on."""

    cases: tuple[str, ...]
    home: str
    dossiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suspected:
    """A private row: the case joins the list of suspected duplicates at a unit, or leaves it (`responsible` None)."""

    case: str
    responsible: str | None
    score: float = 0.0
    at: datetime | None = None
