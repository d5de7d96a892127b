"""Facts of intake and dispatch, with the fields that feedback needs of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placement:
    """The smallest unit that is known of where a case lies."""

    unit: str


@dataclass(frozen=True, slots=True)
class CaseRegistered:
    number: str
    source: str
    report: str
    reporter: str
    ratable: bool
    placement: Placement


@dataclass(frozen=True, slots=True)
class CaseSolvedOnSpot:
    number: str
    source: str
    report: str
    reporter: str
    ratable: bool
    placement: Placement
    drawn: bool


@dataclass(frozen=True, slots=True)
class ReporterJoined:
    source: str
    report: str
    reporter: str
    ratable: bool


@dataclass(frozen=True, slots=True)
class OrderVerified:
    """`handled_by` is the lead, who may read in masked form what the reporters say of his work."""

    handled_by: str


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """`lead` is the lead of the last assignment, for whom the answers count, as they do for its dispatcher."""

    reason: str
    lead: str | None
    dispatcher: str | None


@dataclass(frozen=True, slots=True)
class OrderWithdrawn:
    pass


@dataclass(frozen=True, slots=True)
class TopicResolved:
    """`own_order` tells that the topic has no case: the order that the meeting makes is the topic's own."""

    own_order: bool = False
    number: str = ""
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class TopicSquadFormed(TopicResolved):
    pass
