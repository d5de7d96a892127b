"""Problems and their rectification (问题清单、整改清单): one ends once it was checked (domain §2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.feedback.domain.mechanism import refuse, require, require_unit
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.decisions import Actor, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register
from shared.kernel.transitions import Transitions

register(
    {
        "problem.exists": ("{code} 已列入问题清单", "{code} is on the list already"),
        "problem.day": ("整改期限 {day} 不在今天之后", "The day {day} does not lie ahead"),
        "problem.day_needed": ("检查不合格须写明新的整改期限", "A failed check names another day"),
        "problem.not_listed": ("现在不能整改或检查（{status}）", "Not now: it is {status}"),
    }
)


class Status(StrEnum):
    """Where a problem stands."""

    OPEN = "open"
    RECTIFIED = "rectified"
    ENDED = "ended"


MOVES: Transitions[Status] = Transitions(
    {Status.OPEN: {Status.RECTIFIED}, Status.RECTIFIED: {Status.OPEN, Status.ENDED}, Status.ENDED: set()}
)


@dataclass(frozen=True, slots=True)
class ProblemListed:
    unit: str
    by: str
    text: str
    due_on: date
    review: str | None = None


@dataclass(frozen=True, slots=True)
class ProblemRectified:
    unit: str
    text: str
    late: bool


@dataclass(frozen=True, slots=True)
class ProblemChecked:
    unit: str
    passed: bool
    finding: str
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class ListProblem:
    unit: str
    text: str
    due_on: date


@dataclass(frozen=True, slots=True)
class RectifyProblem:
    text: str


@dataclass(frozen=True, slots=True)
class CheckProblem:
    passed: bool
    finding: str
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a unit; `by` listed it and checks it, `done` is what the unit did, `finding` the last check's."""

    unit: str
    by: str
    text: str
    due_on: date
    review: str | None = None
    status: Status = Status.OPEN
    done: str = ""
    is_late: bool = False
    finding: str = ""
    checks: int = 0


def subject_of(unit: str, code: str) -> str:
    """Return the subject of a unit's problem."""
    return f"problem:{unit}:{code}"


@decide.on(ListProblem)
def list_problem(states: States, message: Message, context: Context) -> Decision:
    """Put a problem on the list of a unit below, or as operations on anybody's."""
    said, city = message.data, context.city
    require(city, "rectification-lists")
    by = lister(message.actor, said.unit, city)
    if states[message.subject] is not None:
        raise Refused("problem.exists", "code", code=message.subject.rpartition(":")[2])
    check_day(said.due_on, message.acted_at, city)
    return Decision((Fact(ProblemListed(said.unit, by, mask(said.text), said.due_on)),))


@on_due("problem")
def list_found(states: States, message: Message, context: Context) -> Decision:
    """Put what a joint review found on the list, as a subject of its own."""
    said = message.data.data
    found = ProblemListed(
        said["unit"], said["by"], said["text"], date.fromisoformat(said["due_on"]), review=message.subject
    )
    return Decision((Fact(found, said["new"]),))


@decide.on(RectifyProblem)
def rectify(states: States, message: Message, context: Context) -> Decision:
    """Say as the unit what was done; after its day it is late."""
    state = _known(states, message)
    require_unit(message.actor, state.unit, "rectify a problem")
    if state.status is not Status.OPEN:
        raise Refused("problem.not_listed", "status", status=state.status.value)
    late = context.city.calendar.local(message.acted_at).date() > state.due_on
    return Decision((Fact(ProblemRectified(state.unit, mask(message.data.text), late)),))


@decide.on(CheckProblem)
def check(states: States, message: Message, context: Context) -> Decision:
    """Look as whoever listed it: it ends, or is to be done again until another day; never by the unit itself."""
    state, said = _known(states, message), message.data
    if lister(message.actor, state.unit, context.city) != state.by:
        refuse(message.actor, "check what another has listed")
    if state.status is not Status.RECTIFIED:
        raise Refused("problem.not_listed", "status", status=state.status.value)
    if not said.passed:
        if said.due_on is None:
            raise Refused("problem.day_needed", "due_on")
        check_day(said.due_on, message.acted_at, context.city)
    due_on = None if said.passed else said.due_on
    return Decision((Fact(ProblemChecked(state.unit, said.passed, mask(said.finding), due_on)),))


def lister(actor: Actor, unit: str, city: Any) -> str:
    """Return as whom an actor lists a problem of a unit: the level above, the city for operations."""
    if actor.kind == "operations":
        code: str = city.root.code
        return code
    above = {one.code for one in city.ancestors(unit)} if unit in city.units else set()
    if actor.kind != "unit" or actor.id not in above:
        refuse(actor, f"list a problem of {unit}")
    return actor.id


def check_day(due_on: date, at: datetime, city: Any) -> None:
    """Refuse a day that does not lie ahead."""
    if due_on <= city.calendar.local(at).date():
        raise Refused("problem.day", "due_on", day=due_on)


def _known(states: States, message: Message) -> Problem:
    state: Problem | None = states.get(message.subject)
    if state is None:
        raise Refused("subject.unknown", "", subject=message.subject)
    return state


@evolve.on(ProblemListed)
def listed(state: Problem | None, fact: ProblemListed, at: datetime) -> Problem:
    return Problem(fact.unit, fact.by, fact.text, fact.due_on, fact.review)


@evolve.on(ProblemRectified)
def rectified(state: Problem, fact: ProblemRectified, at: datetime) -> Problem:
    MOVES.check(state.status, Status.RECTIFIED)
    return replace(state, status=Status.RECTIFIED, done=fact.text, is_late=state.is_late or fact.late)


@evolve.on(ProblemChecked)
def checked(state: Problem, fact: ProblemChecked, at: datetime) -> Problem:
    status = Status.ENDED if fact.passed else Status.OPEN
    MOVES.check(state.status, status)
    due_on = fact.due_on or state.due_on
    return replace(state, status=status, finding=fact.finding, due_on=due_on, checks=state.checks + 1)
