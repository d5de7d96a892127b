"""The hundred-point assessment: at least fifty raters, secret ballots, exact means (workflows §4.5)."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from services.feedback.domain.assessment import (
    MOVES,
    Assessed,
    AssessmentCounted,
    AssessmentLapsed,
    AssessmentOpened,
    CastBallot,
    CloseAssessment,
    Criterion,
    NameRaters,
    OpenAssessment,
    Rater,
    Status,
    subject_of,
    year_score,
)
from services.feedback.domain.ballot import Ballot, Sealed, Spent
from shared.city.load import load
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.feedback.boxes import Office

NOW = datetime(2026, 12, 10, 9, tzinfo=SHANGHAI)
UNTIL = datetime(2026, 12, 25, 18, tzinfo=SHANGHAI)
LAPSE = datetime(2027, 2, 1, tzinfo=SHANGHAI)
SHEET = (Criterion("work", "共建", 40), Criterion("wish", "微心愿", 30), Criterion("meeting", "参会", 30))
RESIDENT = Actor("resident", "app")
MINI = Actor("source", "mini")


@cache
def donggang() -> City:
    return load("donggang")


@cache
def community() -> str:
    return donggang().of_level(next(u.level for u in donggang().units.values() if u.level == "community"))[0].code


def rated() -> tuple[str, ...]:
    return donggang().paired_with(community())


def subject() -> str:
    return subject_of(community(), 2026)


def owner() -> Actor:
    return Actor("unit", community())


def asked(**more: Any) -> OpenAssessment:
    return replace(OpenAssessment(community(), 2026, NOW, UNTIL, SHEET), **more)


def new(city: City | None = None) -> Office:
    return Office(city or donggang(), NOW)


def opened(raters: int = 60) -> Office:
    office = new()
    office.send(subject(), asked(), owner(), creates=True)
    office.send(subject(), NameRaters(tuple(Rater(str(n), "resident") for n in range(raters))), owner())
    return office


def points(total: int) -> dict[str, int]:
    work = min(total, 40)
    wish = min(total - work, 30)
    return {"work": work, "wish": wish, "meeting": total - work - wish}


def cast(office: Office, rater: int, total: int, unit: str = "", actor: Actor = RESIDENT) -> list[Any]:
    return office.send(subject(), CastBallot(f"token-of-{rater}", unit or rated()[0], points(total)), actor)


def cast_many(office: Office, totals: list[int], unit: str = "") -> None:
    for rater, total in enumerate(totals):
        cast(office, rater, total, unit)


EXAMPLE = [95] * 20 + [88] * 18 + [80] * 10 + [60] * 4


def test_fifty_two_ballots_give_the_published_mean() -> None:
    office = opened()
    cast_many(office, EXAMPLE)
    (counted,) = office.send(subject(), CloseAssessment(), owner())
    assert isinstance(counted, AssessmentCounted)
    assert (counted.raters, counted.results[0].points, counted.results[0].score) == (52, 4524, "87.00")
    assert all(result.score is None for result in counted.results[1:])
    assert [row for row in office.rows if isinstance(row, Sealed)] == [Sealed(subject())]


def test_with_forty_nine_the_session_stays_open_and_lapses_on_the_31st_of_january_under_supervision() -> None:
    office = opened()
    cast_many(office, EXAMPLE[:49])
    with pytest.raises(Refused) as refused:
        office.send(subject(), CloseAssessment(), owner())
    assert (refused.value.rule, refused.value.params) == ("assessment.too_few", {"raters": "49", "least": "50"})
    assert office.advance(UNTIL) == []
    assert office.states[subject()].status is Status.OPEN
    assert office.advance(LAPSE - timedelta(seconds=1)) == []
    (lapsed,) = office.advance(LAPSE)
    street = donggang().ancestors(community())[0].code
    assert lapsed == AssessmentLapsed(community(), 2026, 49, street)
    assert {row.is_valid for row in office.assessed()} == {False}


def test_the_fiftieth_may_come_after_the_window_and_is_counted_at_last() -> None:
    office = opened()
    cast_many(office, [90] * 49)
    office.advance(UNTIL + timedelta(days=1))
    cast(office, 49, 90)
    (counted,) = office.advance(LAPSE)
    assert (type(counted), counted.results[0].score) == (AssessmentCounted, "90.00")


def test_the_window_counts_by_itself_once_there_are_fifty() -> None:
    office = opened()
    cast_many(office, [90] * 50)
    (counted,) = office.advance(UNTIL)
    assert isinstance(counted, AssessmentCounted)
    assert office.deadlines == {}


def test_fifty_raters_are_not_fifty_ballots_for_each_unit() -> None:
    office = opened()
    cast_many(office, [90] * 50)
    cast_many(office, [80] * 49, rated()[1])
    (counted,) = office.send(subject(), CloseAssessment(), owner())
    assert [result.score for result in counted.results[:2]] == ["90.00", None]
    assert [row.is_valid for row in office.assessed()[:2]] == [True, False]


def of(community: str, points: int, ballots: int, is_valid: bool = True) -> Assessed:
    return Assessed(2026, "hb", community, ballots, points, is_valid)


def test_a_unit_of_two_communities_gets_the_mean_of_both_halves_rounded_up() -> None:
    both = year_score("hb", [of("c1", 4524, 52), of("c2", 9125, 100), Assessed(2026, "other", "c1", 50, 0, True)])
    assert (both.score, both.valid, both.invalid) == ("89.13", ("c1", "c2"), ())


def test_where_one_community_is_invalid_the_other_alone_counts_and_it_is_noted() -> None:
    one = year_score("hb", [of("c1", 4524, 52), of("c2", 4000, 49, is_valid=False)])
    assert (one.score, one.valid, one.invalid) == ("87.00", ("c1",), ("c2",))


def test_without_any_valid_community_there_is_no_score() -> None:
    assert year_score("hb", [of("c1", 10, 1, is_valid=False)]).score is None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"criteria": (*SHEET[:2], Criterion("meeting", "参会", 29))}, "assessment.weights"),
        ({"criteria": (*SHEET, Criterion("more", "其他", 1))}, "assessment.weights"),
        ({"criteria": (*SHEET[:2], Criterion("work", "参会", 30))}, "assessment.item_twice"),
        ({"criteria": (*SHEET, Criterion("none", "其他", 0))}, "assessment.item_most"),
        ({"until": NOW}, "assessment.window"),
        ({"until": LAPSE + timedelta(seconds=1)}, "assessment.window"),
        ({"opens_at": datetime(2026, 11, 30, 23, 59, tzinfo=SHANGHAI)}, "assessment.window"),
        ({"year": 2025, "opens_at": NOW - timedelta(days=365), "until": UNTIL - timedelta(days=365)},
         "assessment.window"),
    ],
)  # fmt: skip
def test_a_sheet_or_window_against_the_rules_opens_nothing(change: dict[str, Any], rule: str) -> None:
    office = new()
    with pytest.raises(Refused) as refused:
        office.send(subject(), asked(**change), owner(), creates=True)
    assert refused.value.rule == rule
    assert office.facts == []


def test_the_window_may_end_with_the_31st_of_january() -> None:
    office = new()
    (made,) = office.send(subject(), asked(until=LAPSE), owner(), creates=True)
    assert isinstance(made, AssessmentOpened)
    assert (made.lapses_at, made.rated, made.least) == (LAPSE, rated(), 50)


def test_a_community_has_one_session_a_year() -> None:
    office = opened()
    with pytest.raises(Refused) as refused:
        office.send(subject(), asked(), owner(), creates=True)
    assert refused.value.rule == "assessment.exists"


@pytest.mark.parametrize("city", ["guiping", "yulin", "nanchang", "longchang"])
def test_a_city_without_the_mechanism_has_no_session(city: str) -> None:
    with pytest.raises(Refused) as refused:
        new(load(city)).send(subject(), asked(), owner(), creates=True)
    assert refused.value.rule == "mechanism.off"


def test_nobody_of_a_rated_unit_becomes_a_rater_or_votes() -> None:
    office = opened()
    with pytest.raises(Refused) as refused:
        office.send(subject(), NameRaters((Rater("p-1", "party", rated()[1]),)), owner())
    assert (refused.value.rule, refused.value.params) == ("assessment.rated_unit", {"unit": rated()[1]})
    with pytest.raises(Refused) as refused:
        cast(office, 1, 100, actor=Actor("department", rated()[1]))
    assert refused.value.rule == "assessment.rated_unit"


def test_a_rater_is_named_once() -> None:
    office = opened()
    for raters in ((Rater("1", "party"),), (Rater("new", "party"), Rater("new", "party"))):
        with pytest.raises(Refused) as refused:
            office.send(subject(), NameRaters(raters), owner())
        assert refused.value.rule == "assessment.rater_twice"


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"work": 41, "wish": 30, "meeting": 29}, "ballot.out_of_range"),
        ({"work": -1, "wish": 30, "meeting": 30}, "ballot.out_of_range"),
        ({"work": 40, "wish": 30}, "ballot.incomplete"),
        ({"work": 40, "wish": 30, "meeting": 30, "bonus": 1}, "ballot.incomplete"),
    ],
)
def test_a_ballot_against_the_sheet_is_refused(given: dict[str, int], rule: str) -> None:
    office = opened()
    with pytest.raises(Refused) as refused:
        office.send(subject(), CastBallot("token-of-1", rated()[0], given), RESIDENT)
    assert refused.value.rule == rule
    assert not [row for row in office.rows if isinstance(row, Ballot | Spent)]


@pytest.mark.parametrize("total", [0, 100])
def test_the_edges_of_the_sheet_are_valid(total: int) -> None:
    office = opened()
    cast(office, 1, total)
    assert office.box(subject()).counts[rated()[0]].points == total


def test_a_rater_votes_once_on_each_unit() -> None:
    office = opened()
    cast(office, 1, 90)
    cast(office, 1, 80, rated()[1])
    with pytest.raises(Refused) as refused:
        cast(office, 1, 10)
    assert refused.value.rule == "ballot.spent"
    assert office.box(subject()).voters == 1


@pytest.mark.parametrize(
    ("rater", "unit", "rule"), [("stranger", "", "ballot.unknown_token"), ("1", "nobody", "assessment.not_rated")]
)
def test_strangers_and_strange_units_are_refused(rater: str, unit: str, rule: str) -> None:
    office = opened()
    with pytest.raises(Refused) as refused:
        office.send(subject(), CastBallot(f"token-of-{rater}", unit or rated()[0], points(90)), MINI)
    assert refused.value.rule == rule


def test_a_ballot_before_the_window_and_after_the_count_is_refused() -> None:
    office = new()
    office.send(subject(), asked(opens_at=NOW + timedelta(days=1)), owner(), creates=True)
    office.send(subject(), NameRaters(tuple(Rater(str(n), "party") for n in range(51))), owner())
    with pytest.raises(Refused) as refused:
        cast(office, 50, 90)
    assert refused.value.rule == "assessment.not_open"
    office.advance(NOW + timedelta(days=1))
    cast_many(office, [90] * 50)
    office.send(subject(), CloseAssessment(), owner())
    with pytest.raises(Refused) as refused:
        cast(office, 50, 90)
    assert refused.value.rule == "assessment.over"


def test_nothing_that_is_kept_of_a_ballot_holds_both_the_token_and_what_it_chose() -> None:
    office = opened()
    stated = len(office.facts)
    cast(office, 1, 87)
    assert len(office.facts) == stated
    assert {f.name for f in fields(Spent)} & {f.name for f in fields(Ballot)} == {"box", "about"}
    spent, ballot = office.rows[-2:]
    assert spent == Spent(subject(), "token-of-1", rated()[0])
    assert ballot == Ballot(subject(), rated()[0], "work=40 wish=30 meeting=17", 87)


def test_a_ballot_leaves_no_digest_by_which_it_could_be_guessed() -> None:
    from services.feedback.translate import WIRE
    from shared.contracts import supervision
    from shared.shell.opening import outside
    from shared.shell.work import Clock

    ballot = supervision.CastBallot(token="t" * 43, unit="hb", points={"work": 40})
    work = outside(ballot, RESIDENT, "k-1", WIRE, subject=subject(), clock=Clock(NOW, NOW))
    assert work.digest == ""


ACTORS = [owner, lambda: Actor("unit", "C99"), lambda: Actor("operations", "o"), lambda: Actor("department", "hb"),
          lambda: RESIDENT, lambda: MINI]  # fmt: skip
ACTS: dict[str, tuple[Any, set[int]]] = {
    "open": (asked, {0}),
    "name": (lambda: NameRaters((Rater("z", "party"),)), {0}),
    "cast": (lambda: CastBallot("token-of-59", rated()[0], points(90)), {0, 1, 4, 5}),
    "close": (CloseAssessment, {0}),
}


def in_state(state: str) -> Office:
    if state == "none":
        return new()
    office = opened()
    if state == "lapsed":
        office.advance(LAPSE)
        office.now = NOW + timedelta(days=1)
    else:
        cast_many(office, [90] * 50)
        if state == "counted":
            office.send(subject(), CloseAssessment(), owner())
    return office


@pytest.mark.parametrize("state", ["none", "open", "counted", "lapsed"])
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("actor", range(len(ACTORS)))
def test_every_state_act_and_caller(state: str, act: str, actor: int) -> None:
    message, may = ACTS[act]
    allowed = actor in may and ((state == "none") if act == "open" else (state == "open"))
    office = in_state(state)
    stated, kept = len(office.facts), len(office.rows)
    if allowed:
        office.send(subject(), message(), ACTORS[actor](), creates=act == "open")
        assert (len(office.facts), len(office.rows)) != (stated, kept)
        return
    with pytest.raises(Refused):
        office.send(subject(), message(), ACTORS[actor](), creates=act == "open")
    assert (len(office.facts), len(office.rows)) == (stated, kept)


def test_a_session_ends_once() -> None:
    assert MOVES.table == {
        Status.OPEN: frozenset({Status.COUNTED, Status.LAPSED}), Status.COUNTED: frozenset(), Status.LAPSED: frozenset()
    }  # fmt: skip
