"""What becomes of a report that others may have sent before (并单): it joins them, or a person is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.domain import facts
from services.intake.domain.case import Case, Status, evolve, registered
from services.intake.domain.flapping import Alarm, again
from services.intake.domain.joining import alike, bridged, choose, is_personal, merge_into, slips
from services.intake.domain.likeness import Likeness, Recent, Trace, is_sure, is_worth_a_look, sketch
from services.intake.domain.likeness import alike as alike_to
from services.intake.domain.report import Report
from shared.kernel.decisions import Context, Decision, Fact, Message
from shared.kernel.replacing import replace


@dataclass(frozen=True, slots=True)
class Sought:
    """A report, its trace, the earlier ones that it is like, what a model read in it: as found before the locks."""

    report: Report
    trace: Trace | None = None
    likes: tuple[Likeness, ...] = ()
    read: tuple[facts.Understanding, ...] | None = None
    alarm: Alarm | None = None
    """The alarm that the report is, for a sensor's."""
    repeats: Alarm | None = None
    """The alarm that it repeats, if any."""


def gather(
    fact: Any, sought: Sought, states: Mapping[str, Case | None], message: Message, context: Context
) -> Decision:
    """Let what is surely the same join the earlier case, name what may be, and keep the trace for those to come."""
    alone, city, subject = Decision((Fact(fact),)), context.city, message.subject
    if sought.alarm is not None and not isinstance(fact, facts.CaseSolvedOnSpot | facts.CaseRejected):
        repeated = again(fact, sought.alarm, sought.repeats, states, subject) if sought.repeats else None
        if repeated is not None:
            return repeated
        first = gather(fact, replace(sought, alarm=None), states, message, context)
        return replace(first, rows=(*first.rows, sought.alarm))
    if sought.trace is None or isinstance(fact, facts.CaseSolvedOnSpot | facts.CaseRejected):
        return alone
    kept = replace(sought.trace, case=subject, home=subject)
    known = states.get(sought.report.same_as or "")
    if known is not None and may_join(known, fact, city):
        name = sought.report.same_as or ""
        me = evolve(None, fact, message.acted_at)
        joined = merge_into(name, known, [(subject, me, None)], message.acted_at, city, "reporter")
        return replace(joined, rows=(replace(kept, home=name), *joined.rows))
    if isinstance(fact, facts.CaseHeld) or fact.follows is not None:
        return replace(alone, rows=(kept,))
    found, likely = choose(sought.likes, states, fact.understanding.matter, city)
    if not found:
        rows: tuple[Any, ...] = (kept,)
        if not likely:
            return replace(alone, rows=rows)
        desk = unit_of(fact.placement.unit, "community", city) or city.root.code
        suspected = facts.DuplicateSuspected(alike=tuple(alike(one) for one in likely), responsible=desk)
        rows += (facts.Suspected(subject, desk, likely[0].score, message.acted_at),)
        return replace(alone, facts=(*alone.facts, Fact(suspected)), rows=rows)
    (name, case, one), *others = found
    me = registered(None, fact, message.acted_at)
    joining = [(subject, me, one), *bridged(name, case, others, city)]
    merged = merge_into(name, case, joining, message.acted_at, city)
    return replace(merged, rows=(replace(kept, home=name), *merged.rows))


def may_join(known: Case, fact: Any, city: Any) -> bool:
    """Tell whether a reporter may join a case at his own word: open, not done, and no matter slips in by it."""
    is_open = known.status is Status.OPEN and not known.is_handled and not is_personal(known.matter, city)
    if not isinstance(fact, facts.CaseHeld) and is_personal(fact.understanding.matter, city):
        return False
    return is_open and (isinstance(fact, facts.CaseHeld) or not slips(fact.understanding.matter, known, city))


def trace_of(report: Report, case: str, at: datetime, found: facts.Placement, matter: str | None, city: Any) -> Trace:
    """Return what the search for duplicates keeps of a report that is placed."""
    said = f"{report.subject or ''} {report.text}"
    names = city.geography.mentions(said)
    grids = {grid for _, unit in names if (grid := unit_of(unit, "grid", city))}
    for name, _ in names:
        said = said.replace(name, "")
    return Trace(
        case=case,
        home=case,
        matter=matter,
        unit=found.unit,
        grid=unit_of(found.unit, "grid", city),
        community=unit_of(found.unit, "community", city),
        at=at,
        sketch=sketch(said),
        lon=found.lon,
        lat=found.lat,
        named=grids.pop() if len(grids) == 1 else "",
    )


def compare(
    sought: Sequence[Trace], found: Sequence[Iterable[Trace]], shares: Mapping[str, Any]
) -> list[tuple[tuple[Likeness, ...], tuple[str, ...]]]:
    """Return, for each report of a batch, what it is like, and the cases that its decision will look at.

    `found` are earlier reports of the same blocks; those of the batch itself are compared as they come. What
    no decision would look at is left out: each case named is a row to lock and read.
    """
    recent, compared = Recent(), []
    for trace, earlier in zip(sought, found, strict=True):
        near = {**{t.case: t for t in earlier}, **recent.near(trace)}
        likes = tuple(one for one in alike_to(trace, near.values()) if is_worth_a_look(one, shares))
        home = likes[0].home if likes and is_sure(likes[0], shares["merge_from"]) else trace.home
        recent.keep(replace(trace, home=home))
        names = dict.fromkeys(name for one in likes for name in (one.case, one.home))
        compared.append((likes, tuple(names)))
    return compared


def unit_of(unit: str, level: str, city: Any) -> str:
    """Return the unit of a level that holds a unit, empty where there is none."""
    return next((one.code for one in city.lineage(unit) if one.level.value == level), "")
