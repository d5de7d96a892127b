"""One case, several reporters (并单): who joins, who leaves, and when so many are an alarm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.intake.domain import facts
from services.intake.domain.case import Case, Member, Status, evolve, step
from services.intake.domain.likeness import Likeness, is_copy, is_sure
from shared.kernel.decisions import Decision, Fact
from shared.kernel.replacing import replace

HOT_WITHIN = timedelta(hours=24)
"""Reporters of one case within this time are counted for the alarm (assumed)."""
UNSIGNED = frozenset({"registered", "waiting", "dispatched"})
"""Stages in which nobody has begun to work on it."""
States = Mapping[str, Case | None]


def alike(one: Likeness) -> facts.Alike:
    """Return what is stated of a likeness."""
    return facts.Alike(
        case=one.home, score=one.score, matter=one.matter, place=one.place, text=one.text, minutes=one.minutes,
        company=one.company,
    )  # fmt: skip


def home_of(states: States, one: Likeness) -> tuple[str, Case] | None:
    """Return the case that answers for an earlier report now, if it is at hand."""
    for name in (one.case, one.home):
        case = states.get(name)
        if case is not None and case.status is Status.MERGED:
            name, case = case.home or "", states.get(case.home or "")
        if case is not None and case.status is Status.OPEN:
            return name, case
    return None


Found = tuple[str, Case, Likeness]
"""A case by its id, and how alike the report is that led to it."""


def choose(
    likes: Iterable[Likeness], states: States, matter: str, city: Any
) -> tuple[tuple[Found, ...], tuple[Likeness, ...]]:
    """Return the cases that a report is surely one with, and, if there is none, those that a person should compare.

    Of the sure ones the case with most reporters comes first, so that one incident ends as one case. By rule only
    problems merge: two people's wishes, disputes and questions are theirs, however alike the words.
    """
    if city.matters[matter].kind.value != "problem":
        return (), ()
    likely: list[Likeness] = []
    sure: dict[str, Found] = {}
    for one in likes:
        found = home_of(states, one)
        if found is None:
            continue
        name, case = found
        if is_personal(case.matter, city):
            continue
        is_free = not case.is_handled and case.reporters < city.limits["reporters_by_rule"]
        is_one = is_sure(one, city.shares["merge_from"]) or is_copy(one, case.reporters)
        if is_one and is_free and not slips(matter, case, city):
            sure.setdefault(name, (name, case, one))
        if one.score >= city.shares["suspect_from"]:
            likely.append(one)
    ranked = sorted(sure.values(), key=lambda each: (-each[1].reporters, -each[2].score, each[0]))
    return tuple(ranked), () if ranked else tuple(likely)


def bridged(name: str, home: Case, others: Iterable[Found], city: Any) -> tuple[Found, ...]:
    """Return the cases that one report shows to be one with its own: surely the same as it, and nobody signed yet."""
    return tuple(
        (other, case, one)
        for other, case, one in others
        if case.stage in UNSIGNED and case.part_of is None and other != name
        and case.matter is not None and not slips(case.matter, home, city)
    )  # fmt: skip


def merge_into(
    into: str,
    survivor: Case,
    joining: Sequence[tuple[str, Case, Likeness | None]],
    at: datetime,
    city: Any,
    word: str = "person",
) -> Decision:
    """Merge cases into one, which takes the reporters of all of them; without a likeness it is somebody's word."""
    stated: list[Fact] = []
    rows: list[Any] = []
    newcomers: list[Member] = []
    for name, case, one in joining:
        held = case.held
        ratable = held.ratable if held else case.ratable
        own = () if case.gone else (Member(name, "", case.source, case.report, case.dossier, ratable, at),)
        mine = numbered(survivor.given + len(newcomers), (*own, *case.members), at)
        newcomers += mine
        merged = facts.CaseMerged(
            number=case.number,
            source=case.source,
            report=case.report,
            dossier=case.dossier,
            summary=case.summary,
            reporter=case.reporter,
            ratable=ratable,
            into=into,
            reporters=tuple(member.reporter for member in mine),
            how="rule" if one else word,
            alike=alike(one) if one else None,
            placement=case.placement,
            understanding=case.understanding,
            raised_by=held.raised_by if held else case.raised_by,
            claimed_at=held.claimed_at if held else case.claimed_at,
            photos=case.photos,
        )
        stated.append(Fact(merged, name))
        cases = (name, *(member.case for member in case.members))
        dossiers = (case.dossier, *(member.dossier for member in case.members))
        rows.append(facts.Rehomed(cases, into, dossiers))
        if case.suspects:
            rows.append(facts.Suspected(name, None))
        if held:
            rows.append(facts.Decided(name))
    return Decision((*stated, *join(into, survivor, newcomers, at, city)), rows=tuple(rows))


def is_personal(matter: str | None, city: Any) -> bool:
    """Tell whether a matter is a wish or a dispute: each is its own people's, nobody else's case answers for it."""
    return matter in city.matters and city.matters[matter].kind.value in ("wish", "dispute")


def slips(matter: str, into: Case, city: Any) -> bool:
    """Tell whether a matter that communities may not be given would come to one by a merge (forbidden move 12)."""
    other = city.matters.get(into.matter)
    return not city.matters[matter].admitted and (other is None or other.admitted)


def join(name: str, case: Case, newcomers: Sequence[Member], at: datetime, city: Any) -> tuple[Fact, ...]:
    """Return the facts by which newcomers join a case, and the alarm if they make it one."""
    stated = tuple(
        Fact(
            facts.ReporterJoined(
                source=m.source, report=m.report, dossier=m.dossier, reporter=m.reporter, ratable=m.ratable, case=m.case
            ),
            name,
        )
        for m in newcomers
    )
    since = at - HOT_WITHIN
    times = [m.at for m in (*case.members, *newcomers) if m.at >= since]
    first = case.steps[0].at if case.steps else at
    if case.hot_at is None and len(times) + (first >= since) >= city.limits["hot_from"] and case.placement:
        alarm = facts.HotIssueRaised(
            reporters=case.reporters + len(newcomers),
            since=min((first, *times)) if first >= since else min(times),
            matter=case.matter or "",
            unit=case.placement.unit,
        )
        stated += (Fact(alarm, name),)
    return stated


def numbered(given: int, own: Sequence[Member], at: datetime) -> tuple[Member, ...]:
    """Return members with the next ids of the case that they join, of which so many have been given."""
    return tuple(
        Member(m.case, f"r{given + n}", m.source, m.report, m.dossier, m.ratable, at)
        for n, m in enumerate(own, start=1)
    )


@evolve.on(facts.CaseMerged)
def merged(case: Case | None, fact: facts.CaseMerged, at: datetime) -> Case:
    """Let another case answer for it; what it knows is kept, should the merge be undone."""
    known = case or Case(
        number=fact.number,
        source=fact.source,
        report=fact.report,
        dossier=fact.dossier,
        summary=fact.summary,
        reporter=fact.reporter,
        status=Status.MERGED,
        outcome="merged",
        stage="merged",
        placement=fact.placement,
        matter=fact.understanding.matter if fact.understanding else None,
        understanding=fact.understanding,
        ratable=fact.ratable,
        raised_by=fact.raised_by,
        claimed_at=fact.claimed_at,
        photos=fact.photos,
    )
    if known.held:
        known = replace(known, ratable=fact.ratable, raised_by=fact.raised_by, claimed_at=fact.claimed_at, held=None)
    gone = replace(
        known, status=Status.MERGED, stage="merged", home=fact.into, responsible=None, due_at=None, suspects=()
    )
    return step(gone, at)


@evolve.on(facts.CaseUnmerged)
def unmerged(case: Case, fact: facts.CaseUnmerged, at: datetime) -> Case:
    """Let it stand for itself again."""
    alone = replace(
        case,
        status=Status.OPEN,
        stage="registered",
        home=None,
        was=tuple(dict.fromkeys((*case.was, case.home or fact.from_case, fact.from_case))),
        placement=fact.placement,
        matter=fact.understanding.matter,
        understanding=fact.understanding,
    )
    return step(alone, at)


@evolve.on(facts.ReporterJoined)
def joined(case: Case, fact: facts.ReporterJoined, at: datetime) -> Case:
    """Count one reporter more."""
    if fact.case is None:
        return case
    member = Member(fact.case, fact.reporter, fact.source, fact.report, fact.dossier, fact.ratable, at)
    return replace(case, members=(*case.members, member), given=case.given + 1)


@evolve.on(facts.ReporterLeft)
def left(case: Case, fact: facts.ReporterLeft, at: datetime) -> Case:
    """Count one reporter less."""
    if fact.reporter == case.reporter:
        return replace(case, gone=True)
    went = tuple(m for m in case.members if m.reporter == fact.reporter)
    stay = tuple(m for m in case.members if m.reporter != fact.reporter)
    return replace(case, members=stay, left=(*case.left, *went))


@evolve.on(facts.HotIssueRaised)
def hot(case: Case, fact: facts.HotIssueRaised, at: datetime) -> Case:
    """Remember the alarm: there is one."""
    return replace(case, hot_at=at)


@evolve.on(facts.DuplicateSuspected)
def suspected(case: Case, fact: facts.DuplicateSuspected, at: datetime) -> Case:
    """Keep what a person is to compare it with."""
    return replace(case, suspects=tuple(one.case for one in fact.alike))


@evolve.on(facts.CaseKeptApart)
def kept_apart(case: Case, fact: facts.CaseKeptApart, at: datetime) -> Case:
    """Ask no more."""
    return replace(case, suspects=())


@evolve.on(facts.CaseSplit)
def split(case: Case, fact: facts.CaseSplit, at: datetime) -> Case:
    """Wait for the parts."""
    waiting = replace(
        case, status=Status.SPLIT, stage="split", parts=fact.parts, responsible=None, due_at=None, suspects=()
    )
    return step(waiting, at)


@evolve.on(facts.PartEnded)
def part_ended(case: Case, fact: facts.PartEnded, at: datetime) -> Case:
    """Close it with its last part."""
    counted = replace(case, ended=(*case.ended, fact.part))
    if fact.left or case.status is not Status.SPLIT:
        return counted
    return step(replace(counted, status=Status.CLOSED, stage="closed", reason="parts_ended"), at)
