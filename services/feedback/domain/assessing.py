"""Assessing (百分考核): a community opens its session, names raters, takes ballots, counts; too few make it void."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from services.feedback.domain.assessment import (
    FULL,
    MOVES,
    Assessed,
    Assessment,
    AssessmentCounted,
    AssessmentLapsed,
    AssessmentOpened,
    CastBallot,
    CloseAssessment,
    Criterion,
    NameRaters,
    OpenAssessment,
    RatersNamed,
    Status,
    result,
)
from services.feedback.domain.ballot import Ballot, Box, Count, NamedVoter, Sealed, Spent, Voter
from services.feedback.domain.mechanism import refuse, require, require_unit
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace


@decide.on(OpenAssessment)
def open_session(states: States, message: Message, context: Context) -> Decision:
    """Open the one session of a community and year, at the year's end."""
    asked: OpenAssessment = message.data
    city = context.city
    require(city, "hundred-point")
    require_unit(message.actor, asked.community, "open an assessment")
    if states[message.subject] is not None:
        raise Refused("assessment.exists", "year", community=asked.community, year=asked.year)
    _check_sheet(asked.criteria)
    first, last = date(asked.year, 12, 1), date(asked.year + 1, 1, 31)
    lapses_at = _midnight(last + timedelta(days=1), city)
    if not _midnight(first, city) <= asked.opens_at < asked.until <= lapses_at or asked.until <= message.acted_at:
        raise Refused("assessment.window", "until", first=first, last=last)
    rated = tuple(city.paired_with(asked.community))
    if not rated:
        raise Refused("assessment.nobody_rated", "community", community=asked.community)
    opened = AssessmentOpened(
        community=asked.community,
        year=asked.year,
        rated=rated,
        criteria=asked.criteria,
        opens_at=asked.opens_at,
        until=asked.until,
        lapses_at=lapses_at,
        least=city.limits["raters"],
    )
    return Decision((Fact(opened),), (Arm("assessment", asked.until), Arm("assessment:lapse", lapses_at)))


@decide.on(NameRaters)
def name_raters(states: States, message: Message, context: Context) -> Decision:
    """Give each named rater a token; nobody of a rated unit is one."""
    session = _open(states, message)
    require_unit(message.actor, session.community, "name raters")
    seen: set[str] = set(context.prepared.found.get(message.id, ()))
    for rater in message.data.raters:
        if rater.unit in session.rated:
            raise Refused("assessment.rated_unit", "raters", unit=rater.unit)
        if rater.rater in seen:
            raise Refused("assessment.rater_twice", "raters", rater=rater.rater)
        seen.add(rater.rater)
    count = len(message.data.raters)
    rows = tuple(NamedVoter(message.subject, rater.rater) for rater in message.data.raters)
    return Decision((Fact(RatersNamed(count, session.named + count)),), rows=rows)


@decide.on(CastBallot)
def cast(states: States, message: Message, context: Context) -> Decision:
    """Take a rater's points for one unit; no fact tells of it, so that nothing can lead back to the rater."""
    ballot: CastBallot = message.data
    if message.actor.kind == "department":
        raise Refused("assessment.rated_unit", "authorization", unit=message.actor.id)
    if message.actor.kind not in ("resident", "source", "unit"):
        refuse(message.actor, "cast a ballot")
    session = _open(states, message)
    if not session.opens_at <= message.acted_at <= session.lapses_at:
        opens, until = (context.city.calendar.local(at) for at in (session.opens_at, session.lapses_at))
        raise Refused("assessment.not_open", "", opens=f"{opens:%Y-%m-%d %H:%M}", until=f"{until:%Y-%m-%d %H:%M}")
    if ballot.unit not in session.rated:
        raise Refused("assessment.not_rated", "unit", unit=ballot.unit)
    _check_points(session.criteria, ballot.points)
    voter: Voter | None = context.prepared.found.get(message.id)
    if voter is None:
        raise Refused("ballot.unknown_token", "token")
    if ballot.unit in voter.spent:
        raise Refused("ballot.spent", "token")
    content = " ".join(f"{item.code}={ballot.points[item.code]}" for item in session.criteria)
    spent = Spent(message.subject, voter.hash, ballot.unit)
    return Decision(rows=(spent, Ballot(message.subject, ballot.unit, content, sum(ballot.points.values()))))


@decide.on(CloseAssessment)
def close(states: States, message: Message, context: Context) -> Decision:
    """Count at the community's word, once there are raters enough."""
    session = _open(states, message)
    require_unit(message.actor, session.community, "close an assessment")
    box: Box = context.prepared.found[message.id]
    if box.voters < session.least:
        raise Refused("assessment.too_few", "", raters=box.voters, least=session.least)
    return _count(session, message.subject, box)


@on_due("assessment")
def end(states: States, message: Message, context: Context) -> Decision:
    """Count at the window's end; with too few raters stay open, and lapse at last (workflows §4.5)."""
    session: Assessment | None = states[message.subject]
    if session is None or session.status is not Status.OPEN:
        return NOTHING
    box: Box = context.prepared.found[message.id]
    if box.voters >= session.least:
        return _count(session, message.subject, box)
    if message.data.name != "assessment:lapse":
        return NOTHING
    supervisor = context.city.ancestors(session.community)[0].code
    lapsed = AssessmentLapsed(session.community, session.year, box.voters, supervisor)
    void = (Assessed(session.year, unit, session.community, *_counted(box, unit), False) for unit in session.rated)
    return Decision((Fact(lapsed),), rows=(Sealed(message.subject), *void))


def _count(session: Assessment, subject: str, box: Box) -> Decision:
    MOVES.check(session.status, Status.COUNTED)
    results = tuple(result(unit, *_counted(box, unit), session.least) for unit in session.rated)
    counted = AssessmentCounted(session.community, session.year, box.voters, results)
    rows = (
        Assessed(session.year, r.unit, session.community, r.ballots, r.points, r.score is not None) for r in results
    )
    return Decision((Fact(counted),), (Cancel("assessment*"),), rows=(Sealed(subject), *rows))


def _counted(box: Box, unit: str) -> tuple[int, int]:
    count = box.counts.get(unit, Count())
    return count.ballots, count.points


def _open(states: States, message: Message) -> Assessment:
    session: Assessment | None = states.get(message.subject)
    if session is None:
        raise Refused("subject.unknown", "", subject=message.subject)
    if session.status is not Status.OPEN:
        raise Refused("assessment.over", "status")
    return session


def _check_sheet(criteria: tuple[Criterion, ...]) -> None:
    seen: set[str] = set()
    for item in criteria:
        if item.code in seen:
            raise Refused("assessment.item_twice", "criteria", item=item.code)
        if item.most < 1:
            raise Refused("assessment.item_most", "criteria", item=item.code)
        seen.add(item.code)
    total = sum(item.most for item in criteria)
    if total != FULL:
        raise Refused("assessment.weights", "criteria", total=total)


def _check_points(criteria: tuple[Criterion, ...], points: dict[str, int]) -> None:
    strange = {item.code for item in criteria} ^ points.keys()
    if strange:
        raise Refused("ballot.incomplete", "points", items=" ".join(sorted(strange)))
    for item in criteria:
        if not 0 <= points[item.code] <= item.most:
            raise Refused("ballot.out_of_range", "points", item=item.code, points=points[item.code], most=item.most)


def _midnight(on: date, city: Any) -> datetime:
    at: datetime = city.calendar.midnight(on.toordinal())
    return at


# ---- evolution


@evolve.on(AssessmentOpened)
def opened(state: Assessment | None, fact: AssessmentOpened, at: datetime) -> Assessment:
    return Assessment(
        fact.community, fact.year, fact.rated, fact.criteria, fact.opens_at, fact.until, fact.lapses_at, fact.least
    )


@evolve.on(RatersNamed)
def named(state: Assessment, fact: RatersNamed, at: datetime) -> Assessment:
    return replace(state, named=fact.total)


@evolve.on(AssessmentCounted)
def counted(state: Assessment, fact: AssessmentCounted, at: datetime) -> Assessment:
    return replace(state, status=Status.COUNTED, raters=fact.raters, results=fact.results)


@evolve.on(AssessmentLapsed)
def lapsed(state: Assessment, fact: AssessmentLapsed, at: datetime) -> Assessment:
    return replace(state, status=Status.LAPSED, raters=fact.raters)
