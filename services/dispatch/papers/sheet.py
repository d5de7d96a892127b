"""Two of the three papers that travel with an order as data: what was assigned, and what was reported done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.contracts.dispatch import (
    OrderAccepted,
    OrderDispatched,
    OrderHandled,
    OrderVerified,
    PartAnswered,
    PartLapsed,
    PartReleaseJudged,
    PartsAgreed,
    VerificationFailed,
)
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.persistence.journal import Stated

MADE_OF = (
    OrderDispatched, OrderAccepted, OrderHandled, OrderVerified, VerificationFailed,
    PartAnswered, PartLapsed, PartReleaseJudged, PartsAgreed,
)  # fmt: skip
"""Facts of which the papers are made; the index of the journal names the same."""


@dataclass(frozen=True, slots=True)
class PartSheet:
    """What a supporting unit (协办) did of its part; `state` is open, answered, late, released or lapsed."""

    unit: str
    state: str = "open"
    answer: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssignmentSheet:
    """问题交办单 of one assignment; units, departments and the matter by their codes, instants as they count."""

    case: str
    number: str
    assignment: int
    matter: str
    unit: str
    """Where: the smallest unit that is known."""
    summary: str
    urgent: bool
    dispatcher: str
    rule: str
    lead: str
    rung: str
    support: tuple[str, ...]
    meeting: bool
    dispatched_at: datetime
    accept_due_at: datetime | None
    handle_due_at: datetime | None
    """Known once it was accepted; of a meeting's order from the beginning."""
    accepted_at: datetime | None = None
    deemed: bool = False
    handler: str = ""
    """Post of the named handler (专人)."""
    parts: tuple[PartSheet, ...] = ()


@dataclass(frozen=True, slots=True)
class DisposalSheet:
    """处置反馈单 of one finish, with the assignment it answers; `report` counts the finishes of the order from one."""

    report: int
    assignment: AssignmentSheet
    done_by: str
    what: str
    contacted: bool
    evidence: int
    handled_at: datetime
    handle_due_at: datetime
    on_time: bool
    passed: bool | None = None
    """None while nobody has verified it."""
    verifier: str | None = None
    """None where the matter needs no verification."""
    verified_at: datetime | None = None
    failed_for: str = ""


def assignments(case: str, stated: Iterable[Stated]) -> list[AssignmentSheet]:
    """Return the order's assignments, the first one first."""
    found: list[AssignmentSheet] = []
    for one in stated:
        match one.data:
            case OrderDispatched() as fact:
                found.append(_assigned(case, fact, one.at))
            case OrderAccepted() as fact if found:
                last = found[-1]
                due_at = last.handle_due_at or fact.due_at
                handler = "" if fact.deemed else fact.handler
                found[-1] = replace(last, accepted_at=one.at, deemed=fact.deemed, handler=handler, handle_due_at=due_at)
            case PartsAgreed() as fact if found:
                kept = tuple(part for part in found[-1].parts if part.unit not in fact.units)
                found[-1] = replace(found[-1], parts=(*kept, *map(PartSheet, fact.units)))
            case PartAnswered() as fact if found:
                done = PartSheet(fact.unit, "late" if fact.late else "answered", fact.note, one.at)
                found[-1] = _with_part(found[-1], done)
            case PartLapsed() as fact if found:
                found[-1] = _with_part(found[-1], PartSheet(fact.unit, "lapsed", at=one.at))
            case PartReleaseJudged() as fact if found and fact.granted:
                found[-1] = _with_part(found[-1], PartSheet(fact.unit, "released", at=one.at))
    return found


def disposals(case: str, stated: Sequence[Stated]) -> list[DisposalSheet]:
    """Return what was reported done, the first report first; what a later rework brought is a report of its own."""
    found: list[DisposalSheet] = []
    for index, one in enumerate(stated):
        match one.data:
            case OrderHandled() as fact:
                if answered := assignments(case, stated[:index]):
                    found.append(_reported(len(found) + 1, answered[-1], fact, one.at))
            case OrderVerified() as fact if found:
                found[-1] = replace(found[-1], passed=True, verifier=fact.verifier, verified_at=one.at)
            case VerificationFailed() as fact if found:
                found[-1] = replace(
                    found[-1], passed=False, verifier=fact.verifier, verified_at=one.at, failed_for=fact.reason
                )
    return found


def check_reads(actor: Actor, sheet: AssignmentSheet, city: object) -> None:
    """Refuse whoever neither gave nor has the assignment, nor is above its place or its units, nor operations."""
    if actor.kind == "operations":
        return
    parties = (sheet.lead, sheet.dispatcher, *sheet.support)
    if actor.kind in ("department", "unit") and actor.id in parties:
        return
    units = city.units  # type: ignore[attr-defined]
    if actor.kind == "unit" and actor.id in units:
        below = [code for code in (*parties, sheet.unit) if code in units]
        if any(city.is_within(code, actor.id) for code in below):  # type: ignore[attr-defined]
            return
    raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="read papers of an order")


def _with_part(sheet: AssignmentSheet, part: PartSheet) -> AssignmentSheet:
    return replace(sheet, parts=tuple(part if known.unit == part.unit else known for known in sheet.parts))


def _assigned(case: str, fact: OrderDispatched, at: datetime) -> AssignmentSheet:
    assert fact.responsible is not None
    return AssignmentSheet(
        case=case,
        number=fact.number,
        assignment=fact.assignment,
        matter=fact.matter,
        unit=fact.unit,
        summary=fact.summary,
        urgent=fact.urgent,
        dispatcher=fact.dispatcher,
        rule=fact.rule,
        lead=fact.responsible,
        rung=fact.rung or "",
        support=fact.support,
        parts=tuple(map(PartSheet, fact.support)),
        meeting=fact.meeting,
        dispatched_at=at,
        accept_due_at=fact.due_at,
        handle_due_at=fact.handle_due_at,
    )


def _reported(report: int, assignment: AssignmentSheet, fact: OrderHandled, at: datetime) -> DisposalSheet:
    return DisposalSheet(
        report=report,
        assignment=assignment,
        done_by=fact.done_by,
        what=fact.note,
        contacted=fact.contacted,
        evidence=fact.evidence,
        handled_at=at,
        handle_due_at=fact.handle_due_at,
        on_time=fact.on_time,
    )
