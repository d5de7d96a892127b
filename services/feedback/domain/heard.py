"""Facts of intake and dispatch, with the fields that feedback needs of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseRegistered:
    number: str
    source: str
    report: str
    reporter: str
    ratable: bool


@dataclass(frozen=True, slots=True)
class CaseSolvedOnSpot:
    number: str
    source: str
    report: str
    reporter: str
    ratable: bool
    drawn: bool


@dataclass(frozen=True, slots=True)
class OrderVerified:
    pass


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """`lead` is the lead of the last assignment, for whom the answer counts."""

    reason: str
    lead: str | None


@dataclass(frozen=True, slots=True)
class OrderWithdrawn:
    pass
