"""What a source or a person says to intake, as the domain sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReportPlace:
    """Where a report says it is: a unit code, a point in the named system, an address, or several of them."""

    unit: str | None = None
    lon: float | None = None
    lat: float | None = None
    system: str = "wgs84"
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports; goes into the dossier and nowhere else."""

    id: str | None = None
    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class SolvedOnSpot:
    """What a grid member did on the spot (当场解决)."""

    what: str
    evidence: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report of a source; the same (source, id) is one report for ever."""

    id: str
    text: str
    subject: str | None = None
    at: datetime | None = None
    place: ReportPlace | None = None
    matter: str | None = None
    reporter: Reporter | None = None
    photos: tuple[str, ...] = ()
    raised_by: str | None = None
    solved: SolvedOnSpot | None = None
    follows: str | None = None
    same_as: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class TriageCase:
    """A person names what the rules could not."""

    matter: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class RejectCase:
    """A person refuses a held report, naming the rule."""

    rule: str


@dataclass(frozen=True, slots=True)
class MergeCase:
    """A person says that a case is one with another."""

    into: str


@dataclass(frozen=True, slots=True)
class UnmergeCase:
    """A person undoes a merge."""

    matter: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class KeepApart:
    """A person says that a case is none of those that were suspected."""


@dataclass(frozen=True, slots=True)
class Part:
    """One case of several that a report turns out to be."""

    matter: str
    text: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class SplitCase:
    """A person makes several cases of one."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class WithdrawReport:
    """The source takes the report back for its reporter."""


@dataclass(frozen=True, slots=True)
class RemindCase:
    """A reporter says that it is still not solved."""


@dataclass(frozen=True, slots=True)
class SupplementReport:
    """A reporter adds to what he said."""

    text: str
    photos: tuple[str, ...] = ()
