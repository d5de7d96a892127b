"""What escalation hears from intake, dispatch and feedback, as far as it needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a case lies."""

    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What a case is about."""

    matter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionJudged:
    """More time for an order, or not; of a meeting's order its convener judges."""

    granted: bool
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRegistered:
    """A report became a case."""

    number: str
    placement: Placement
    summary: str
    urgent: bool
    reporter: str
    understanding: Understanding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUnmerged(CaseRegistered):
    """A case stands for itself again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOpened:
    """The order waits to be dispatched: for the first time, or anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterLeft:
    """A reporter belongs to the case no more."""

    reporter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterJoined:
    """A report was merged into the case: one more reporter."""

    reporter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEscalated:
    """An order goes to the joint meeting of `body`."""

    cause: str
    body: str
    lead: str | None
    number: str
    summary: str
    unit: str
    urgent: bool
    tried: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed:
    """The case has come to its end."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWithdrawn:
    """The reporter withdrew the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHandled:
    """The lead says what was done (处置反馈单)."""

    done_by: str
    note: str
    on_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderVerified:
    """The work was verified, or its matter needs no verifying."""

    verifier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationFailed:
    """The work was not found done: the order is back at its lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReworked:
    """The reporter was not satisfied: the order is back at its lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterAnswer:
    """What stands of one reporter; without grade he is unrated."""

    grade: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRated:
    """What the reporters of a closed case answered."""

    answers: tuple[ReporterAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSummedUp:
    """Operations summed a cycle up; its subject names the quarters or the case of a squad or hard problem."""

    cycle: str
