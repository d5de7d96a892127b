"""Stars: applied for, reviewed level by level, awarded together, rectified before they are lowered (workflows §4.7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from services.feedback.domain.star import (
    MOVES,
    ApplyForStar,
    AwardStars,
    PunishStar,
    ReviewOutcome,
    ReviewStar,
    ScoreStar,
    Star,
    StarAwarded,
    StarKept,
    StarKind,
    StarLowered,
    StarRectifying,
    StarRescoreDue,
    StarWithdrawn,
    Status,
    band,
    subject_of,
)
from shared.city.load import load
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.feedback.boxes import Office

NOW = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
OPERATIONS = Actor("operations", "centre")


@cache
def yulin() -> City:
    return load("yulin")


@cache
def unit() -> str:
    return next(u.code for u in yulin().units.values() if u.level == "community" and len(yulin().ancestors(u.code)) > 2)


def path() -> list[Actor]:
    return [Actor("unit", one.code) for one in yulin().ancestors(unit())]


def subject(code: str = "") -> str:
    return subject_of(StarKind.ORGANISATION, code or unit())


def applied(star: int = 5, code: str = "") -> Office:
    office = Office(yulin(), NOW)
    apply(office, star, code)
    return office


def apply(office: Office, star: int = 5, code: str = "") -> list[Any]:
    message = ApplyForStar(StarKind.ORGANISATION, code or unit(), unit(), star)
    return office.send(subject(code), message, Actor("unit", unit()), creates=True)


def review(office: Office, level: int, points: int | None, code: str = "", **more: Any) -> list[Any]:
    return office.send(subject(code), ReviewStar(points, **more), path()[level])


def through(office: Office, *points: int, code: str = "") -> Office:
    for level, given in enumerate(points):
        review(office, level, given, code)
    return office


def awarded(star: int = 4) -> Office:
    office = through(applied(star), 100, 100, 100)
    office.send(subject(), AwardStars((subject(),)), OPERATIONS)
    return office


def state(office: Office, code: str = "") -> Star:
    found: Star = office.states[subject(code)]
    return found


def score(office: Office, points: int) -> list[Any]:
    return office.send(subject(), ScoreStar(points), OPERATIONS)


def test_the_worked_example_five_asked_county_lowers_city_leaves_it() -> None:
    office = applied(5)
    outcomes = [review(office, level, points)[0] for level, points in enumerate((93, 88, 91))]
    assert [(one.outcome, one.star) for one in outcomes] == [
        (ReviewOutcome.CONFIRMED, 5), (ReviewOutcome.LOWERED, 4), (ReviewOutcome.CONFIRMED, 4)
    ]  # fmt: skip
    (fact,) = office.send(subject(), AwardStars((subject(),)), OPERATIONS)
    assert fact == StarAwarded(4, 1)
    assert (state(office).status, state(office).star) == (Status.AWARDED, 4)


@pytest.mark.parametrize(("points", "star"), [(100, 5), (90, 5), (89, 4), (80, 4), (79, 3), (70, 3), (69, 0), (0, 0)])
def test_the_bands(points: int, star: int) -> None:
    assert band(points, yulin().limits) == star


def test_a_level_never_raises() -> None:
    office = applied(3)
    assert review(office, 0, 100)[0].star == 3


def test_below_three_stars_it_ends_with_advice_and_may_be_applied_for_again() -> None:
    office = applied(5)
    (ended,) = review(office, 0, 69, advice="先补台账")
    assert (ended.outcome, ended.star, ended.advice) == (ReviewOutcome.NONE, 0, "先补台账")
    assert state(office).status is Status.NONE
    assert apply(office, 3)
    assert (state(office).status, state(office).reviewed) == (Status.APPLIED, 0)


def test_a_level_returns_it() -> None:
    office = applied(5)
    (back,) = review(office, 0, None, returned=True, advice="材料不全")
    assert (back.outcome, back.points, state(office).status) == (ReviewOutcome.RETURNED, None, Status.NONE)


@pytest.mark.parametrize("review_", [ReviewStar(), ReviewStar(90, returned=True)])
def test_a_review_is_points_or_a_return(review_: ReviewStar) -> None:
    with pytest.raises(Refused) as refused:
        applied().send(subject(), review_, path()[0])
    assert refused.value.rule == "star.points_or_return"


def test_only_the_level_whose_turn_it_is_reviews() -> None:
    office = applied()
    for actor in (path()[1], Actor("unit", unit()), OPERATIONS):
        with pytest.raises(Refused) as refused:
            office.send(subject(), ReviewStar(90), actor)
        assert refused.value.rule == "actor.not_allowed"


def test_stars_are_awarded_all_together_or_none() -> None:
    office = through(applied(5), 95, 95, 95)
    apply(office, 5, "other")
    both = AwardStars((subject(), subject("other")))
    with pytest.raises(Refused) as refused:
        office.send(subject(), both, OPERATIONS)
    assert (refused.value.rule, state(office).status) == ("star.not_reviewed", Status.UNDER_REVIEW)
    through(office, 95, 85, 95, code="other")
    assert office.send(subject(), both, OPERATIONS) == [StarAwarded(5, 2), StarAwarded(4, 2)]


def test_a_yearly_review_keeps_but_never_raises() -> None:
    office = awarded(4)
    assert score(office, 100) == [StarKept(4, 100)]
    assert state(office).star == 4


def test_below_its_band_it_is_rectified_for_sixty_days_and_scored_again() -> None:
    office = awarded(5)
    (fact,) = score(office, 85)
    assert fact == StarRectifying(85, datetime(2026, 5, 2, tzinfo=SHANGHAI))
    assert (state(office).status, state(office).star) == (Status.RECTIFYING, 5)
    assert score(office, 92) == [StarKept(5, 92)]
    assert office.deadlines == {}


@pytest.mark.parametrize(
    ("points", "fact", "status", "star"),
    [(85, StarLowered(4, 85), Status.LOWERED, 4), (71, StarLowered(3, 71), Status.LOWERED, 3),
     (69, StarWithdrawn(69), Status.WITHDRAWN, 0)],
)  # fmt: skip
def test_still_below_it_is_lowered_to_the_band_or_withdrawn(points: int, fact: Any, status: Status, star: int) -> None:
    office = awarded(5)
    score(office, 60)
    assert score(office, points) == [fact]
    assert (state(office).status, state(office).star) == (status, star)


def test_silence_after_sixty_days_is_said_and_lowers_nothing() -> None:
    office = awarded(5)
    score(office, 60)
    assert office.advance(NOW + timedelta(days=61)) == [StarRescoreDue(yulin().root.code)]
    assert (state(office).status, state(office).star) == (Status.RECTIFYING, 5)


def test_a_grave_problem_lowers_or_withdraws_at_once_and_never_raises() -> None:
    office = awarded(5)
    assert office.send(subject(), PunishStar("重大失职", 3), OPERATIONS) == [StarLowered(3, None, "重大失职")]
    for to in (3, 4):
        with pytest.raises(Refused) as refused:
            office.send(subject(), PunishStar("重大失职", to), OPERATIONS)
        assert refused.value.rule == "star.never_raised"
    assert office.send(subject(), PunishStar("重大失职"), OPERATIONS) == [StarWithdrawn(None, "重大失职")]
    assert apply(office, 3)


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (lambda o: apply(o, 2, "new"), "star.range"),
        (lambda o: apply(o, 6, "new"), "star.range"),
        (lambda o: review(o, 0, 101), "star.out_of_range"),
        (lambda o: review(o, 0, -1), "star.out_of_range"),
    ],
)
def test_numbers_out_of_range_are_refused(act: Any, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        act(applied())
    assert refused.value.rule == rule


@pytest.mark.parametrize("city", ["donggang", "guiping", "nanchang", "longchang"])
def test_a_city_without_stars_takes_no_application(city: str) -> None:
    office = Office(load(city), NOW)
    with pytest.raises(Refused) as refused:
        office.send(subject(), ApplyForStar(StarKind.WORKER, "w-1", "S01", 5), Actor("unit", "S01"), creates=True)
    assert refused.value.rule == "mechanism.off"


def at_top() -> Office:
    return through(applied(), 95, 95, 95)


def rectifying() -> Office:
    office = awarded(5)
    score(office, 60)
    return office


def lowered() -> Office:
    office = rectifying()
    score(office, 85)
    return office


def withdrawn() -> Office:
    office = awarded()
    office.send(subject(), PunishStar("重大失职"), OPERATIONS)
    return office


def returned() -> Office:
    office = applied()
    review(office, 0, None, returned=True)
    return office


STATES = {"unknown": lambda: Office(yulin(), NOW), "none": returned, "applied": applied,
          "under_review": lambda: through(applied(), 95), "reviewed": at_top, "awarded": awarded,
          "rectifying": rectifying, "lowered": lowered, "withdrawn": withdrawn}  # fmt: skip
ALLOWED: dict[str, set[tuple[str, str]]] = {
    "apply": {(s, "unit") for s in ("unknown", "none", "withdrawn")},
    "review": {("applied", "street"), ("under_review", "county")},
    "award": {("reviewed", "operations"), ("reviewed", "city")},
    "score": {(s, a) for s in ("awarded", "rectifying", "lowered") for a in ("operations", "city")},
    "punish": {(s, a) for s in ("awarded", "rectifying", "lowered") for a in ("operations", "city")},
}
MESSAGES: dict[str, Any] = {
    "apply": lambda: ApplyForStar(StarKind.ORGANISATION, unit(), unit(), 5), "review": lambda: ReviewStar(95),
    "award": lambda: AwardStars((subject(),)), "score": lambda: ScoreStar(100),
    "punish": lambda: PunishStar("重大失职"),
}  # fmt: skip


@pytest.mark.parametrize("state_", STATES)
@pytest.mark.parametrize("act", MESSAGES)
@pytest.mark.parametrize("caller", ["unit", "street", "county", "city", "operations", "resident", "department"])
def test_every_state_act_and_caller(state_: str, act: str, caller: str) -> None:
    actors = {
        "unit": Actor("unit", unit()),
        "operations": OPERATIONS,
        "resident": Actor("resident", "r"),
        "department": Actor("department", "hb"),
        **dict(zip(("street", "county", "city"), path(), strict=True)),
    }
    office = STATES[state_]()
    stated = len(office.facts)
    if (state_, caller) in ALLOWED[act]:
        assert office.send(subject(), MESSAGES[act](), actors[caller], creates=act == "apply")
        return
    with pytest.raises(Refused):
        office.send(subject(), MESSAGES[act](), actors[caller], creates=act == "apply")
    assert len(office.facts) == stated


def test_a_withdrawn_star_only_starts_anew() -> None:
    assert MOVES.table[Status.WITHDRAWN] == {Status.APPLIED}
    assert not MOVES.allows(Status.APPLIED, Status.AWARDED)
