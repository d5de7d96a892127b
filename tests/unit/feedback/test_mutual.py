"""Two-way assessment and streets on field offices: sealed until both are in or the window ends (workflows §4.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import pytest

from services.feedback.domain.mutual import (
    Mutual,
    MutualCounted,
    MutualKind,
    MutualOpened,
    MutualResult,
    OpenMutual,
    ScoreSealed,
    SealOpened,
    SealScore,
    means,
    subject_of,
)
from services.feedback.domain.window import MOVES, Status
from shared.city.load import load
from shared.city.model import City
from shared.contracts import supervision
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.feedback.boxes import Office

NOW = datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)
UNTIL = datetime(2026, 12, 20, 18, tzinfo=SHANGHAI)
OPERATIONS = Actor("operations", "centre")


@cache
def longchang() -> City:
    return load("longchang")


@cache
def pair() -> tuple[str, str]:
    department = next(d for d in longchang().departments if longchang().communities_of(d))
    return department, longchang().communities_of(department)[0]


def department() -> Actor:
    return Actor("department", pair()[0])


def community() -> Actor:
    return Actor("unit", pair()[1])


def subject(kind: MutualKind = MutualKind.TWO_WAY) -> str:
    return subject_of(kind, 2026)


def new(city: City | None = None) -> Office:
    return Office(city or longchang(), NOW)


def asked(kind: MutualKind = MutualKind.TWO_WAY, **more: Any) -> OpenMutual:
    return replace(OpenMutual(kind, 2026, NOW, UNTIL), **more)


def opened(kind: MutualKind = MutualKind.TWO_WAY, city: City | None = None) -> Office:
    office = new(city)
    office.send(subject(kind), asked(kind), OPERATIONS, creates=True)
    return office


def seal(office: Office, rater: Actor, rated: str, points: int, kind: MutualKind = MutualKind.TWO_WAY) -> list[Any]:
    return office.send(subject(kind), SealScore(rated, points), rater)


def state(office: Office) -> Mutual:
    found: Mutual = office.states[subject()]
    return found


@pytest.mark.parametrize(("points", "score"), [([92, 88, 80], "86.67"), ([90, 85], "87.50")])
def test_the_worked_means(points: list[int], score: str) -> None:
    assert means((("u", p) for p in points), frozenset()) == (MutualResult("u", len(points), score),)


def test_a_score_cannot_be_read_before_the_other_side_is_in() -> None:
    office = opened()
    (sealed,) = seal(office, community(), pair()[0], 92)
    assert isinstance(sealed, ScoreSealed)
    office.advance(NOW + timedelta(days=5))
    assert [type(fact) for _, fact in office.facts] == [MutualOpened, ScoreSealed]
    assert [side.points for side in state(office).sides] == [None]
    assert office.deadlines.keys() == {(subject(), "mutual")}


def test_both_in_opens_both_and_the_seals_hold() -> None:
    office = opened()
    (first,) = seal(office, community(), pair()[0], 92)
    (second,) = seal(office, department(), pair()[1], 90)
    shown = office.advance(office.now)
    assert {(one.rater, one.points) for one in shown} == {(pair()[1], 92), (pair()[0], 90)}
    for sealed in (first, second):
        one = next(o for o in shown if o.rater == sealed.rater)
        assert sealed.seal == sha256(f"{one.salt}|{one.rater}|{one.rated}|{one.points}".encode()).hexdigest()
    assert sorted(s.points or 0 for s in state(office).sides) == [90, 92]


def test_the_window_s_end_opens_what_is_sealed_and_a_missing_side_voids_nothing() -> None:
    office = opened()
    seal(office, community(), pair()[0], 92)
    shown, counted = office.advance(UNTIL)
    assert isinstance(shown, SealOpened)
    assert counted == MutualCounted(MutualKind.TWO_WAY, 2026, (MutualResult(pair()[0], 1, "92.00"),))
    assert state(office).status is Status.COUNTED


def test_sides_are_never_netted() -> None:
    office = opened()
    seal(office, community(), pair()[0], 100)
    seal(office, department(), pair()[1], 0)
    *_, counted = office.advance(UNTIL)
    assert {r.unit: r.score for r in counted.results} == {pair()[0]: "100.00", pair()[1]: "0.00"}


def test_in_a_city_with_one_assessment_a_year_the_communities_scores_are_its_input() -> None:
    city = replace(longchang(), mechanisms=longchang().mechanisms | {"yearly-assessment"})
    office = opened(city=city)
    seal(office, community(), pair()[0], 92)
    seal(office, department(), pair()[1], 90)
    *_, counted = office.advance(UNTIL)
    assert {r.unit: r.yearly_input for r in counted.results} == {pair()[0]: False, pair()[1]: True}


def test_a_street_scores_the_field_offices_on_its_ground() -> None:
    nanchang = load("nanchang")
    office_of = next(d for d in nanchang.departments.values() if d.area)
    office = opened(MutualKind.STREET_RIGHTS, nanchang)
    street = Actor("unit", office_of.area)
    seal(office, street, office_of.code, 88, MutualKind.STREET_RIGHTS)
    elsewhere = next(d for d in nanchang.departments.values() if d.area and d.area != office_of.area)
    for rater, rated in ((street, elsewhere.code), (Actor("department", office_of.code), office_of.area)):
        with pytest.raises(Refused) as refused:
            seal(office, rater, rated, 88, MutualKind.STREET_RIGHTS)
        assert refused.value.rule == "mutual.no_pair"
    _, counted = office.advance(UNTIL)
    assert counted.results == (MutualResult(office_of.code, 1, "88.00"),)


@pytest.mark.parametrize("points", [-1, 101])
def test_points_out_of_range_are_refused(points: int) -> None:
    with pytest.raises(Refused) as refused:
        seal(opened(), community(), pair()[0], points)
    assert refused.value.rule == "mutual.out_of_range"


def test_a_side_is_sealed_once_by_one_of_the_pair_and_in_the_window() -> None:
    office = opened()
    seal(office, community(), pair()[0], 92)
    stranger = next(u for u in longchang().units.values() if u.level == "community" and u.code != pair()[1]
                    and pair()[0] not in longchang().paired_with(u.code))  # fmt: skip
    for rater, rated, rule in (
        (community(), pair()[0], "mutual.sealed"),
        (Actor("unit", stranger.code), pair()[0], "mutual.no_pair"),
        (department(), pair()[0], "mutual.no_pair"),
    ):
        with pytest.raises(Refused) as refused:
            seal(office, rater, rated, 50)
        assert refused.value.rule == rule
    office.advance(UNTIL)
    with pytest.raises(Refused) as refused:
        seal(office, department(), pair()[1], 90)
    assert refused.value.rule == "mutual.not_open"


@pytest.mark.parametrize(
    "change", [{"until": NOW}, {"until": datetime(2027, 2, 1, 0, 1, tzinfo=SHANGHAI)}, {"year": 2025}]
)
def test_a_window_outside_the_year_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        new().send(subject(), asked(**change), OPERATIONS, creates=True)
    assert refused.value.rule == "mutual.window"


@pytest.mark.parametrize("city", ["donggang", "guiping", "yulin", "nanchang"])
def test_a_city_without_the_mechanism_opens_no_window(city: str) -> None:
    with pytest.raises(Refused) as refused:
        new(load(city)).send(subject(), asked(), OPERATIONS, creates=True)
    assert refused.value.rule == "mechanism.off"


CALLERS = [lambda: OPERATIONS, community, department, lambda: Actor("resident", "r"), lambda: Actor("source", "mini")]


@pytest.mark.parametrize("state_", ["none", "open", "counted"])
@pytest.mark.parametrize("act", ["open", "seal"])
@pytest.mark.parametrize("caller", range(len(CALLERS)))
def test_every_state_act_and_caller(state_: str, act: str, caller: int) -> None:
    office = new() if state_ == "none" else opened()
    if state_ == "counted":
        office.advance(UNTIL)
        office.now = NOW + timedelta(hours=1)
    actor = CALLERS[caller]()
    message: Any = asked() if act == "open" else SealScore(pair()[1] if actor == department() else pair()[0], 90)
    allowed = {"open": (caller == 0, "none"), "seal": (caller in (1, 2), "open")}[act]
    if allowed[0] and state_ == allowed[1]:
        assert office.send(subject(), message, actor, creates=act == "open")
        return
    with pytest.raises(Refused):
        office.send(subject(), message, actor, creates=act == "open")


def test_a_window_ends_once_and_a_sealed_score_leaves_no_digest() -> None:
    assert MOVES.table == {Status.OPEN: frozenset({Status.COUNTED}), Status.COUNTED: frozenset()}
    assert supervision.SealScore.SECRET
