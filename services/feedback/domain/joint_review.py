"""Secretaries' joint review (述联评联考): the level above scores five parts, lists problems (domain §6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.feedback.domain.assessment import FULL, Criterion
from services.feedback.domain.mechanism import refuse, require
from services.feedback.domain.problem import check_day
from services.feedback.domain.problem import subject_of as problem_of
from services.feedback.domain.table import States, decide, evolve, on_due
from services.feedback.domain.window import MOVES, Status
from shared.kernel.decisions import NOTHING, Actor, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "review.exists": ("{year}年的联评联考已经开始", "The review of {year} is open already"),
        "review.window": (
            "评议期须在 {year} 年内或次年一月，且结束晚于开始和现在",
            "It lies in {year} or January after, and ends after it begins and after now",
        ),
        "review.nobody": ("{unit} 下面没有可评的书记", "Nobody below {unit} is to be reviewed"),
        "review.parts": ("须是五个部分：{parts}", "There are five parts: {parts}"),
        "review.weights": ("各部分满分合计 {total}，应为 100", "The parts' maxima add up to {total}, not 100"),
        "review.not_open": ("现在不在评议期内（{opens} 至 {until}）", "Scores are taken from {opens} to {until} only"),
        "review.not_rated": ("{unit} 不在被评之列", "{unit} is not reviewed here"),
        "review.twice": ("{unit} 已评过，不能再改", "{unit} is scored already"),
        "review.incomplete": ("缺少或多出部分：{parts}", "Parts are missing or strange: {parts}"),
        "review.out_of_range": (
            "{part} 的分值 {points} 不在 0 至 {most} 之间",
            "{part}: {points} points are not within 0 to {most}",
        ),
    }
)

LEVELS = ("county", "street", "community")
"""Levels whose Party secretaries are reviewed by the level above."""


class ReviewPart(StrEnum):
    """The five parts."""

    SYSTEM = "system"
    MEETINGS = "meetings"
    BEFORE = "before"
    INSPECTION = "inspection"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class ReviewProblem:
    text: str
    due_on: date


@dataclass(frozen=True, slots=True)
class ReviewResult:
    unit: str
    score: int | None


@dataclass(frozen=True, slots=True)
class ReviewOpened:
    unit: str
    year: int
    rated: tuple[str, ...]
    parts: tuple[Criterion, ...]
    opens_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ReviewScored:
    rated: str
    points: dict[str, int]
    score: int
    problems: int


@dataclass(frozen=True, slots=True)
class ReviewCounted:
    unit: str
    year: int
    results: tuple[ReviewResult, ...]


@dataclass(frozen=True, slots=True)
class OpenReview:
    unit: str
    year: int
    parts: tuple[Criterion, ...]
    opens_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ScoreSecretary:
    rated: str
    points: dict[str, int]
    problems: tuple[ReviewProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class JointReview:
    """The year's review by one unit; `scores` by the unit whose secretary was scored."""

    opened: ReviewOpened
    status: Status = Status.OPEN
    scores: dict[str, int] | None = None


def subject_of(unit: str, year: int) -> str:
    """Return the subject of a unit's review of a year."""
    return f"review:{unit}:{year}"


@decide.on(OpenReview)
def open_review(states: States, message: Message, context: Context) -> Decision:
    """Open the one review of a unit and year, of everybody right below it."""
    asked: OpenReview = message.data
    city = context.city
    require(city, "joint-review")
    _check_reviewer(message.actor, asked.unit, city)
    if states[message.subject] is not None:
        raise Refused("review.exists", "year", year=asked.year)
    _check_parts(asked.parts)
    first = city.calendar.midnight(date(asked.year, 1, 1).toordinal())
    last = city.calendar.midnight(date(asked.year + 1, 2, 1).toordinal())
    if not first <= asked.opens_at < asked.until <= last or asked.until <= message.acted_at:
        raise Refused("review.window", "until", year=asked.year)
    rated = tuple(one.code for one in city.children(asked.unit) if one.level.value in LEVELS)
    if not rated:
        raise Refused("review.nobody", "unit", unit=asked.unit)
    opened = ReviewOpened(asked.unit, asked.year, rated, asked.parts, asked.opens_at, asked.until)
    return Decision((Fact(opened),), (Arm("review", asked.until),))


@decide.on(ScoreSecretary)
def score(states: States, message: Message, context: Context) -> Decision:
    """Score one secretary once; the last one ends the review."""
    review: JointReview | None = states.get(message.subject)
    if review is None:
        raise Refused("subject.unknown", "", subject=message.subject)
    said, opened, city = message.data, review.opened, context.city
    _check_reviewer(message.actor, opened.unit, city)
    if review.status is not Status.OPEN or not opened.opens_at <= message.acted_at <= opened.until:
        opens, until = (city.calendar.local(at) for at in (opened.opens_at, opened.until))
        raise Refused("review.not_open", "", opens=f"{opens:%Y-%m-%d %H:%M}", until=f"{until:%Y-%m-%d %H:%M}")
    if said.rated not in opened.rated:
        raise Refused("review.not_rated", "rated", unit=said.rated)
    scores = review.scores or {}
    if said.rated in scores:
        raise Refused("review.twice", "rated", unit=said.rated)
    _check_points(opened.parts, said.points)
    for found in said.problems:
        check_day(found.due_on, message.acted_at, city)
    arms = tuple(_to_list(found, said.rated, opened.unit, message, context) for found in said.problems)
    total = sum(said.points.values())
    facts = [Fact(ReviewScored(said.rated, said.points, total, len(said.problems)))]
    scores = {**scores, said.rated: total}
    if len(scores) == len(opened.rated):
        facts.append(Fact(_counted(opened, scores)))
        return Decision(tuple(facts), (*arms, Cancel("review")))
    return Decision(tuple(facts), arms)


@on_due("review")
def end(states: States, message: Message, context: Context) -> Decision:
    """Count when the window is over; who was not scored has no score."""
    review: JointReview | None = states[message.subject]
    if review is None or review.status is not Status.OPEN:
        return NOTHING
    MOVES.check(review.status, Status.COUNTED)
    return Decision((Fact(_counted(review.opened, review.scores or {})),))


def _counted(opened: ReviewOpened, scores: dict[str, int]) -> ReviewCounted:
    return ReviewCounted(opened.unit, opened.year, tuple(ReviewResult(u, scores.get(u)) for u in opened.rated))


def _to_list(found: ReviewProblem, rated: str, by: str, message: Message, context: Context) -> Arm:
    """Have a problem listed at once, on the subject that it gets."""
    code = context.new_id()
    new = problem_of(rated, code)
    said = {"unit": rated, "by": by, "text": mask(found.text), "due_on": found.due_on.isoformat(), "new": new}
    return Arm(f"problem:{code}", message.acted_at, said, touches=(new,))


def _check_reviewer(actor: Actor, unit: str, city: Any) -> None:
    """Let a unit review those below it; for the city itself its operations."""
    is_city = actor.kind == "operations" and unit == city.root.code
    if not is_city and actor != Actor("unit", unit):
        refuse(actor, "review secretaries")


def _check_parts(parts: tuple[Criterion, ...]) -> None:
    wanted = [part.value for part in ReviewPart]
    if sorted(part.code for part in parts) != sorted(wanted) or any(part.most < 1 for part in parts):
        raise Refused("review.parts", "parts", parts=" ".join(wanted))
    total = sum(part.most for part in parts)
    if total != FULL:
        raise Refused("review.weights", "parts", total=total)


def _check_points(parts: tuple[Criterion, ...], points: dict[str, int]) -> None:
    strange = {part.code for part in parts} ^ points.keys()
    if strange:
        raise Refused("review.incomplete", "points", parts=" ".join(sorted(strange)))
    for part in parts:
        if not 0 <= points[part.code] <= part.most:
            raise Refused("review.out_of_range", "points", part=part.name, points=points[part.code], most=part.most)


@evolve.on(ReviewOpened)
def opened(state: JointReview | None, fact: ReviewOpened, at: datetime) -> JointReview:
    return JointReview(fact)


@evolve.on(ReviewScored)
def scored(state: JointReview, fact: ReviewScored, at: datetime) -> JointReview:
    return replace(state, scores={**(state.scores or {}), fact.rated: fact.score})


@evolve.on(ReviewCounted)
def counted(state: JointReview, fact: ReviewCounted, at: datetime) -> JointReview:
    return replace(state, status=Status.COUNTED)
