"""Drawing and checking: freeze the population, draw by the next working day's head, record, order anew what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.feedback.domain.draw import (
    MOST_CASES,
    MOVES,
    CheckDone,
    Checked,
    CheckFailed,
    CheckKind,
    Completion,
    Draw,
    DrawCase,
    DrawCompleted,
    DrawFrozen,
    DrawMade,
    Drawn,
    FreezeDraw,
    Head,
    RecordCheck,
    Status,
    make,
    quarter_of,
    sample_size,
    seed_of,
)
from services.feedback.domain.heard import HeadsPublished
from services.feedback.domain.mechanism import refuse, require
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.clock import add, is_on_time
from shared.kernel.decisions import NOTHING, Actor, Arm, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace

OTHER = {CheckKind.SPOT_CHECK: CheckKind.LOOK_BACK, CheckKind.LOOK_BACK: CheckKind.SPOT_CHECK}
GENESIS = "0" * 64
"""What the first record of a ledger is chained to."""
AGAIN = timedelta(hours=1)
"""How long to wait once more for a head that is not published yet."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case of the unit that is open (no `ended_at`), or ended and never drawn before."""

    case: DrawCase
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CityHead:
    """A private row: the last record of the city's ledger at the end of a day."""

    day: date
    seq: int
    hash: str


@decide.on(HeadsPublished)
def note_head(states: States, message: Message, context: Context) -> Decision:
    """Keep the city's head out of the daily list; a ledger without any record has the head before all records."""
    listed: HeadsPublished = message.data
    root = context.city.root.code
    head = next((CityHead(listed.on, head.seq, head.hash) for head in listed.heads if head.ledger == root), None)
    if head is None and listed.page == listed.pages:
        head = CityHead(listed.on, 0, GENESIS)
    return Decision(rows=(head,)) if head else NOTHING


@decide.on(FreezeDraw)
def freeze(states: States, message: Message, context: Context) -> Decision:
    """Fix population and pool; where the kind asked for has nothing to draw from, the other kind is done."""
    asked: FreezeDraw = message.data
    city = context.city
    require(city, "surveys" if asked.kind is CheckKind.SURVEY else "spot-checks")
    if bool(asked.households) is not (asked.kind is CheckKind.SURVEY) or len({*asked.households}) < len(
        asked.households
    ):
        raise Refused("draw.households", "households")
    _check_caller(message.actor, asked.unit, city)
    if states[message.subject] is not None:
        raise Refused("draw.exists", "quarter")
    today = city.calendar.local(message.acted_at).date()
    if asked.quarter != quarter_of(today):
        raise Refused("draw.quarter", "quarter", quarter=asked.quarter)
    seen: set[str] = set()
    for inspector in asked.inspectors:
        if inspector.id in seen:
            raise Refused("draw.inspector_twice", "inspectors", inspector=inspector.id)
        seen.add(inspector.id)
    offered = _offered(asked, context.prepared.found[message.id], message.acted_at, city)
    kind = asked.kind
    if not offered[kind] and offered.get(OTHER.get(kind, kind)):
        kind = OTHER[kind]
    cases = offered[kind]
    if len(cases) > MOST_CASES:
        raise Refused("draw.too_many", "unit", count=len(cases), most=MOST_CASES)
    head_on = city.calendar.working_day_after(today, 1)
    frozen = DrawFrozen(kind, asked.kind, asked.unit, asked.quarter, asked.cycle, cases, asked.inspectors, head_on)
    if not cases:
        empty = DrawCompleted(kind, asked.unit, asked.quarter, asked.cycle, 0, 0)
        return Decision((Fact(frozen), Fact(empty)), rows=(_completion(message.subject, empty),))
    at = city.calendar.midnight(head_on.toordinal() + 1)
    return Decision((Fact(frozen),), (Arm("draw", at, {"on": head_on.isoformat()}),))


@on_due("draw")
def draw(states: States, message: Message, context: Context) -> Decision:
    """Draw by the head of the city's ledger on the day that was named; wait for it where it is not out yet."""
    state: Draw | None = states[message.subject]
    if state is None or state.status is not Status.FROZEN:
        return NOTHING
    head: Head | None = context.prepared.found.get(message.id)
    if head is None:
        return Decision(deadlines=(Arm("draw", message.acted_at + AGAIN, message.data.data),))
    MOVES.check(state.status, Status.MADE)
    seed = seed_of(state.quarter, head.hash)
    size = sample_size(len(state.cases), context.city.limits["checks_least"], context.city.shares["check_sample"])
    pairs = make(seed, size, state.cases, state.inspectors)
    if state.kind is CheckKind.SURVEY:
        return Decision((Fact(DrawMade(head.hash, head.seq, seed, pairs)),))
    rows = tuple(
        Drawn(message.subject, pair.case, state.kind.value, state.unit, state.quarter, state.cycle, pair.inspector)
        for pair in pairs
    )
    return Decision((Fact(DrawMade(head.hash, head.seq, seed, pairs)),), rows=rows)


@decide.on(RecordCheck)
def record(states: States, message: Message, context: Context) -> Decision:
    """Keep what an inspector found; a failed check of a case leads to a linked new order."""
    found: RecordCheck = message.data
    state: Draw | None = states.get(message.subject)
    if state is None:
        raise Refused("subject.unknown", "", subject=message.subject)
    if state.kind is CheckKind.SURVEY:
        raise Refused("draw.no_check", "kind")
    if state.status is Status.FROZEN:
        raise Refused("draw.not_made", "status")
    pair = next((p for p in state.pairs if p.case == found.case), None)
    if pair is None:
        raise Refused("draw.not_drawn", "case", case=found.case)
    _check_inspector(message.actor, pair.inspector, state)
    if any(case == found.case for case, _ in state.checked):
        raise Refused("draw.checked", "case", case=found.case)
    finding = mask(found.finding)
    follow_up = context.new_id() if not found.passed and state.kind is not CheckKind.INSPECTION else None
    done = CheckDone(found.case, pair.inspector, found.passed, finding, follow_up)
    facts: tuple[Fact, ...] = (Fact(done),)
    rows: tuple[Any, ...] = (Checked(message.subject, found.case, found.passed, follow_up),)
    deadlines: tuple[Arm, ...] = ()
    if follow_up is not None:
        ordered = {"case": found.case, "finding": finding, "new": follow_up}
        deadlines = (Arm(f"follow-up:{found.case}", message.acted_at, ordered, touches=(follow_up,)),)
    checked = (*state.checked, (found.case, found.passed))
    if len(checked) == len(state.pairs):
        MOVES.check(state.status, Status.COMPLETED)
        passed = sum(ok for _, ok in checked)
        completed = DrawCompleted(state.kind, state.unit, state.quarter, state.cycle, len(checked), passed)
        facts, rows = (*facts, Fact(completed)), (*rows, _completion(message.subject, completed))
    return Decision(facts, deadlines, rows=rows)


@on_due("follow-up")
def follow_up(states: States, message: Message, context: Context) -> Decision:
    """State, on a new case's own subject, that it is to be registered."""
    state: Draw = states[message.subject]
    said = message.data.data
    case = next(case for case in state.cases if case.id == said["case"])
    failed = CheckFailed(message.subject, case.id, case.matter, case.place, said["finding"])
    return Decision((Fact(failed, said["new"]),))


def _offered(
    asked: FreezeDraw, candidates: Sequence[Candidate], at: datetime, city: Any
) -> dict[CheckKind, tuple[DrawCase, ...]]:
    """Return what there is to draw from, by kind: open cases, cases ended not too long ago, communities."""
    if asked.kind is CheckKind.INSPECTION:
        communities = (u.code for u in city.units.values() if u.level.value == "community")
        return {asked.kind: tuple(DrawCase(code) for code in communities if city.is_within(code, asked.unit))}
    if asked.kind is CheckKind.SURVEY:
        return {asked.kind: tuple(DrawCase(household) for household in asked.households)}
    limit = city.clock("look_back")
    ended = ((one, one.ended_at) for one in candidates if one.ended_at is not None)
    recent = tuple(one.case for one, ended_at in ended if is_on_time(at, add(ended_at, limit, city.calendar)))
    return {
        CheckKind.SPOT_CHECK: tuple(one.case for one in candidates if one.ended_at is None),
        CheckKind.LOOK_BACK: recent,
    }


def _check_caller(actor: Actor, unit: str, city: Any) -> None:
    """Let operations freeze, and a unit above the one that is checked; never that one itself."""
    if actor.kind == "operations":
        return
    if actor.id == unit:
        raise Refused("draw.own", "authorization", unit=unit)
    above = {u.code for u in city.ancestors(unit)} if unit in city.units else set()
    if actor.kind != "unit" or actor.id not in above:
        refuse(actor, "freeze a draw")


def _check_inspector(actor: Actor, inspector: str | None, state: Draw) -> None:
    """Let the inspector's own unit record; operations where everybody in the pool was barred."""
    if inspector is None:
        if actor.kind != "operations":
            refuse(actor, "record a check without inspector")
        return
    unit = next(one.unit for one in state.inspectors if one.id == inspector)
    if actor.kind not in ("unit", "department") or actor.id != unit:
        refuse(actor, "record a check")


def _completion(subject: str, completed: DrawCompleted) -> Completion:
    return Completion(subject, completed.unit, completed.quarter, completed.cycle, completed.kind.value)


# ---- evolution


@evolve.on(DrawFrozen)
def frozen(state: Draw | None, fact: DrawFrozen, at: datetime) -> Draw:
    return Draw(fact.kind, fact.unit, fact.quarter, fact.cycle, fact.cases, fact.inspectors, fact.head_on)


@evolve.on(DrawMade)
def made(state: Draw, fact: DrawMade, at: datetime) -> Draw:
    return replace(state, status=Status.MADE, head=fact.head, seed=fact.seed, pairs=fact.pairs)


@evolve.on(CheckDone)
def done(state: Draw, fact: CheckDone, at: datetime) -> Draw:
    return replace(state, checked=(*state.checked, (fact.case, fact.passed)))


@evolve.on(DrawCompleted)
def completed(state: Draw, fact: DrawCompleted, at: datetime) -> Draw:
    return replace(state, status=Status.COMPLETED)
