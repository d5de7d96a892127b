"""What intake keeps of a case: enough to answer its source again, to triage it, and to show how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.intake.domain import facts, heard
from shared.kernel.decisions import Evolution
from shared.kernel.replacing import replace
from shared.kernel.transitions import Transitions

STEPS_KEPT = 40


class Status(StrEnum):
    """Where a report stands for intake; how far its order is says the stage."""

    HELD = "held"
    OPEN = "open"
    REJECTED = "rejected"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    SPLIT = "split"


MOVES: Transitions[Status] = Transitions(
    {
        Status.HELD: {Status.OPEN, Status.REJECTED, Status.WITHDRAWN, Status.MERGED},
        Status.OPEN: {Status.CLOSED, Status.WITHDRAWN, Status.MERGED, Status.SPLIT},
        Status.MERGED: {Status.OPEN, Status.WITHDRAWN},
        Status.SPLIT: {Status.CLOSED, Status.WITHDRAWN},
    }
)
DONE = frozenset({"handled", "verified", "rating_invited"})
"""Stages in which the work is done: there is nothing left to take back, to merge away or to split."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way: the stage reached, when, and who answers from then on."""

    stage: str
    at: datetime
    unit: str | None = None
    note: str = ""
    """What was done, masked."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a held report knows that its registration will need."""

    why: str
    guesses: tuple[facts.Understanding, ...]
    ratable: bool
    raised_by: str | None
    claimed_at: datetime | None
    handler: str | None
    evidence: int


@dataclass(frozen=True, slots=True)
class Member:
    """A reporter who joined a case with a case of his own; `reporter` is his id in this one."""

    case: str
    reporter: str
    source: str
    report: str
    dossier: str
    ratable: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One report with its case: `outcome` is what its source was told, `stage` how far it is.

    `home` is the case that this one was merged into; `members` are those who joined this one, `given` the number of
    reporters' ids given so far, `gone` tells that its own reporter took the report back while others stay.
    """

    number: str
    source: str
    report: str
    dossier: str
    summary: str
    reporter: str
    status: Status
    outcome: str
    stage: str
    responsible: str | None = None
    due_at: datetime | None = None
    placement: facts.Placement | None = None
    matter: str | None = None
    held: Held | None = None
    rule: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    steps: tuple[Step, ...] = ()
    follows: str | None = None
    erased: tuple[str, ...] = ()
    """Dossiers of the case that are gone."""
    understanding: facts.Understanding | None = None
    ratable: bool = False
    raised_by: str | None = None
    claimed_at: datetime | None = None
    home: str | None = None
    was: tuple[str, ...] = ()
    """Cases that it was merged into once: words may still be kept there under the ids of those who came with it."""
    members: tuple[Member, ...] = ()
    left: tuple[Member, ...] = ()
    """Members who went: their words may still be kept under the ids that they had."""
    given: int = 1
    gone: bool = False
    hot_at: datetime | None = None
    repeats: int = 0
    """How often its alarm sounded again."""
    suspects: tuple[str, ...] = ()
    part_of: str | None = None
    parts: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    """SHA-256 of the photos of its own report."""
    reminded: Mapping[str, datetime] = field(default_factory=dict)
    """When each reporter last reminded of it."""
    reminders: int = 0
    supplements: int = 0

    @property
    def is_handled(self) -> bool:
        """Tell whether the work on it is done, as far as intake has heard."""
        return self.stage in DONE

    @property
    def reporters(self) -> int:
        """Return how many reporters it has now."""
        return len(self.members) + (not self.gone)


evolve = Evolution()


@evolve.on(facts.CaseRegistered, facts.CaseSolvedOnSpot)
def registered(case: Case | None, fact: facts.CaseRegistered, at: datetime) -> Case:
    """Open the case; who answers for it follows from dispatch."""
    outcome = "solved_on_spot" if isinstance(fact, facts.CaseSolvedOnSpot) else "registered"
    begun = Case(
        number=fact.number,
        source=fact.source,
        report=fact.report,
        dossier=fact.dossier,
        summary=fact.summary,
        reporter=fact.reporter,
        status=Status.OPEN,
        outcome=outcome,
        stage=outcome,
        placement=fact.placement,
        matter=fact.understanding.matter,
        follows=fact.follows,
        photos=fact.photos or (case.photos if case else ()),
        steps=case.steps if case else (),
        understanding=fact.understanding,
        ratable=fact.ratable,
        raised_by=fact.raised_by,
        claimed_at=fact.claimed_at,
        part_of=fact.part_of,
    )
    return step(begun, at)


@evolve.on(facts.CaseHeld)
def held(case: Case | None, fact: facts.CaseHeld, at: datetime) -> Case:
    """Keep what a person will need to decide."""
    waiting = Case(
        number=fact.number,
        source=fact.source,
        report=fact.report,
        dossier=fact.dossier,
        summary=fact.summary,
        reporter=fact.reporter,
        status=Status.HELD,
        outcome="held",
        stage="held",
        responsible=fact.responsible,
        due_at=fact.due_at,
        placement=fact.placement,
        follows=fact.follows,
        photos=fact.photos,
        held=Held(fact.why, fact.guesses, fact.ratable, fact.raised_by, fact.claimed_at, fact.handler, fact.evidence),
    )
    return step(waiting, at)


@evolve.on(facts.CaseRejected)
def rejected(case: Case | None, fact: facts.CaseRejected, at: datetime) -> Case:
    """End it with the rule that its reporter is told."""
    ended = Case(
        number=fact.number,
        source=fact.source,
        report=fact.report,
        dossier=fact.dossier,
        summary=fact.summary,
        reporter="",
        status=Status.REJECTED,
        outcome="rejected",
        stage="rejected",
        rule=fact.rule,
        params=fact.params,
        follows=fact.follows,
        photos=fact.photos,
        steps=case.steps if case else (),
    )
    return step(ended, at)


@evolve.on(facts.CaseWithdrawn)
def withdrawn(case: Case, fact: facts.CaseWithdrawn, at: datetime) -> Case:
    """End it by the reporter's wish."""
    return step(replace(case, status=Status.WITHDRAWN, stage="withdrawn", responsible=None, due_at=None, held=None), at)


@evolve.on(
    heard.OrderOpened, heard.OrderDispatched, heard.OrderAccepted, heard.HandBackJudged, heard.OrderPassedUp,
    heard.OrderRecalled, heard.ExtensionJudged, heard.SuspensionJudged, heard.OrderResumed,
    heard.OrderVerified, heard.VerificationFailed, heard.OrderReworked, heard.OrderEscalated,
    heard.OrderAtMeeting, heard.OrderWithdrawn,
)  # fmt: skip
def moved(case: Case | None, fact: heard.OrderFact, at: datetime) -> Case | None:
    """Follow the order; a case that its reporter withdrew stays so."""
    if case is None or case.status is not Status.OPEN:
        return case
    return step(replace(case, stage=fact.status, responsible=fact.responsible, due_at=fact.due_at), at)


@evolve.on(heard.OrderHandled)
def handled(case: Case | None, fact: heard.OrderHandled, at: datetime) -> Case | None:
    """Show what was done, each time that it is called done."""
    if case is None or case.status is not Status.OPEN:
        return case
    done = replace(case, stage=fact.status, responsible=fact.responsible, due_at=fact.due_at)
    return _append(done, Step(fact.status, at, fact.done_by or fact.responsible, fact.note))


@evolve.on(heard.CaseClosed)
def closed(case: Case | None, fact: heard.CaseClosed, at: datetime) -> Case | None:
    """End it; dispatch has the last word, so a withdrawal that came too late gives way."""
    if case is None:
        return None
    ended = replace(
        case, status=Status.CLOSED, stage="closed", responsible=None, due_at=None, reason=fact.reason, held=None
    )
    return step(ended, at)


@evolve.on(heard.TopicResolved, heard.TopicDeferred, heard.TopicDeclined)
def decided(
    case: Case | None, fact: heard.TopicResolved | heard.TopicDeferred | heard.TopicDeclined, at: datetime
) -> Case | None:
    """Show what a meeting decided; who answers is said by dispatch."""
    stages = {
        heard.TopicResolved: "meeting_resolved",
        heard.TopicDeferred: "meeting_deferred",
        heard.TopicDeclined: "meeting_declined",
    }
    return case and _append(case, Step(stages[type(fact)], at, fact.body))


@evolve.on(heard.TopicMovedUp)
def moved_up(case: Case | None, fact: heard.TopicMovedUp, at: datetime) -> Case | None:
    """Show the next level."""
    return case and _append(case, Step("meeting_moved_up", at, fact.to_body))


@evolve.on(heard.RatingInvited)
def invited(case: Case | None, fact: heard.RatingInvited, at: datetime) -> Case | None:
    """Show that the reporter has been asked."""
    return case and _append(case, Step("rating_invited", at))


def step(case: Case, at: datetime) -> Case:
    """Note the stage, unless nothing that a reporter sees has changed."""
    last = case.steps[-1] if case.steps else None
    if last and (last.stage, last.unit) == (case.stage, case.responsible):
        return case
    return _append(case, Step(case.stage, at, case.responsible))


def _append(case: Case, step: Step) -> Case:
    return replace(case, steps=(*case.steps, step)[-STEPS_KEPT:])
