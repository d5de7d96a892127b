"""What an integrator with read rights knows of a case: folded from the facts on the state topics, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.contracts import dispatch, intake


@dataclass(slots=True)
class KnownCase:
    """Where a case stands, as last heard."""

    id: str
    matter: str = ""
    unit: str = ""
    source: str = ""
    report: str = ""
    summary: str = ""
    urgent: bool = False
    status: str = "waiting"
    responsible: str | None = None
    rung: str | None = None
    assignment: int = 0
    sequence: int = 0
    """Of the last order fact heard, so that the copy on a department's own topic is folded once."""
    due_at: datetime | None = None
    dispatcher: str = ""
    lead: str | None = None
    is_meeting_order: bool = False
    handle_due_at: datetime | None = None
    accepted_at: datetime | None = None
    dispatched_at: datetime | None = None
    pending: str = ""
    """What the holder asked for while it waits to be judged."""
    budget: str = ""
    """What the running handle clock was given; empty under a meeting's date."""
    parts: tuple[str, ...] = ()
    """Supporting units that have neither answered nor been released nor let their part lapse."""
    is_extended: bool = False
    is_paused_once: bool = False
    proposed: str | None = None
    barred: tuple[str, ...] = ()
    bounces: int = 0
    failures: int = 0
    reworks: int = 0
    is_late: bool = False
    is_on_spot: bool = False
    topic: str | None = None

    @property
    def work(self) -> tuple[str, int, int, int]:
        """Name the present piece of work: an act planned for another one is dropped."""
        return self.status, self.assignment, self.failures, self.reworks


def registered(case: KnownCase, fact: intake.CaseRegistered) -> None:
    """Note what a case is about."""
    case.matter, case.unit = fact.understanding.matter, fact.placement.unit
    case.source, case.report, case.summary, case.urgent = fact.source, fact.report, fact.summary, fact.urgent
    case.rung, case.is_on_spot = fact.rung, isinstance(fact, intake.CaseSolvedOnSpot)


def stands(case: KnownCase, fact: dispatch.Dispatch, at: datetime) -> None:
    """Note where an order fact puts the case."""
    case.status, case.responsible, case.assignment = fact.status.value, fact.responsible, fact.assignment
    case.rung, case.due_at = fact.rung or case.rung, fact.due_at
    match fact:
        case dispatch.OrderOpened():
            case.dispatcher = fact.dispatcher
        case dispatch.OrderDispatched():
            case.dispatcher, case.lead, case.dispatched_at = fact.dispatcher, fact.responsible, at
            case.matter, case.unit, case.summary, case.urgent = fact.matter, fact.unit, fact.summary, fact.urgent
            case.is_meeting_order, case.handle_due_at = fact.meeting, fact.handle_due_at
            case.pending, case.failures, case.reworks = "", 0, 0
            case.parts, case.is_extended = fact.support, False
        case dispatch.OrderAccepted():
            case.accepted_at, case.budget = at, fact.budget or ""
        case dispatch.HandBackAsked():
            case.pending, case.proposed = "hand_back", fact.proposed
        case dispatch.UnableAsked():
            case.pending = "unable"
        case dispatch.ExtensionAsked():
            case.pending, case.is_extended = "extension", True
        case dispatch.SuspensionAsked():
            case.pending, case.is_paused_once = "suspension", True
        case dispatch.UnableJudged() | dispatch.ExtensionJudged() | dispatch.SuspensionJudged():
            case.pending = ""
        case dispatch.PartAnswered() | dispatch.PartLapsed():
            case.parts = tuple(unit for unit in case.parts if unit != fact.unit)
        case dispatch.PartReleaseJudged(granted=True):
            case.parts = tuple(unit for unit in case.parts if unit != fact.unit)
        case dispatch.HandBackJudged():
            case.pending = ""
            if fact.upheld:
                case.barred, case.bounces = (*case.barred, fact.asked_by), fact.bounces
        case dispatch.OrderHandled():
            case.is_late = case.is_late or not fact.on_time
        case dispatch.VerificationFailed():
            case.failures, case.accepted_at = fact.failures, at
            case.lead = case.lead or fact.responsible  # what was solved on the spot was dispatched to nobody
        case dispatch.OrderReworked():
            case.reworks, case.accepted_at = case.reworks + 1, at
            case.lead = case.lead or fact.responsible
        case dispatch.OrderAtMeeting():
            case.topic = fact.topic
        case _:
            pass
