"""Draws of acts: determined by seed, actor, purpose and case alone; times in the office's hours."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from deploy.demo import staging, texts
from deploy.demo.behaviour import Behaviour, Way
from deploy.demo.cases import KnownCase
from deploy.demo.draws import Chance
from deploy.demo.model import Demand
from deploy.demo.parameters import Parameters
from shared.city.model import City, Rung
from shared.kernel.calendar import SHANGHAI

MORNING = datetime(2026, 11, 2, 9, tzinfo=SHANGHAI)


@pytest.fixture
def behaviour(city: City, parameters: Parameters) -> Behaviour:
    return Behaviour(city, parameters, Chance(1))


def order(n: int, **fields: object) -> KnownCase:
    known = KnownCase(f"case-{n}", matter="road-damage", unit="C01-G01-B1", source="mini", report=f"mini-{n}")
    known.status, known.rung, known.assignment = "accepted", "department", 1
    known.dispatcher, known.lead, known.responsible = "S01", "municipal", "municipal"
    known.due_at, known.accepted_at, known.dispatched_at = MORNING + timedelta(days=9), MORNING, MORNING
    for name, value in fields.items():
        setattr(known, name, value)
    return known


def test_the_same_case_is_treated_the_same_again(behaviour: Behaviour) -> None:
    ways = [behaviour.way("municipal", order(n)) for n in range(200)]
    assert ways == [behaviour.way("municipal", order(n)) for n in range(200)]


def test_changing_one_key_leaves_all_other_draws_alone(
    city: City, parameters: Parameters, behaviour: Behaviour
) -> None:
    other = Behaviour(city, parameters.changed("unable.share", 0.5), Chance(1))
    cases = [order(n) for n in range(300)]
    assert [behaviour.way("municipal", c) for c in cases] != [other.way("municipal", c) for c in cases]
    for draw in (Behaviour.passes, Behaviour.hands_back, Behaviour.has_stopped):
        assert [draw(behaviour, "municipal", c) for c in cases] == [draw(other, "municipal", c) for c in cases]
    assert [behaviour.is_wrong_desk(c) for c in cases] == [other.is_wrong_desk(c) for c in cases]


def test_departments_say_unable_as_often_as_the_city_file_says(behaviour: Behaviour) -> None:
    unable = sum(behaviour.way("municipal", order(n)) is Way.UNABLE for n in range(4000))
    assert unable / 4000 == pytest.approx(0.045, abs=0.012)


def test_a_wrong_desk_hands_back_and_a_right_one_hardly_ever(behaviour: Behaviour) -> None:
    cases = [order(n) for n in range(4000)]
    wrong = [c for c in cases if behaviour.is_wrong_desk(c)]
    right = [c for c in cases if not behaviour.is_wrong_desk(c)]
    assert len(wrong) / 4000 == pytest.approx(0.10, abs=0.02)
    assert sum(behaviour.hands_back("municipal", c) for c in wrong) / len(wrong) == pytest.approx(0.80, abs=0.07)
    assert sum(behaviour.hands_back("municipal", c) for c in right) / len(right) == pytest.approx(0.03, abs=0.01)


def test_a_meeting_order_is_never_handed_back(behaviour: Behaviour) -> None:
    assert not any(behaviour.hands_back("municipal", order(n, is_meeting_order=True)) for n in range(500))


def test_a_hand_back_is_refused_where_nobody_else_could_take_it(behaviour: Behaviour) -> None:
    for n in range(200):
        case = order(n, barred=("transport",))
        assert not behaviour.others(case)
        assert not behaviour.upholds("S01", case)


def test_grids_pass_up_what_they_do_not_solve(behaviour: Behaviour) -> None:
    ways = [behaviour.way("C01-G01", order(n, rung="grid", lead="C01-G01")) for n in range(3000)]
    assert ways.count(Way.FINISH) / 3000 == pytest.approx(0.60, abs=0.03)
    assert ways.count(Way.PASS_UP) == 3000 - ways.count(Way.FINISH)


def test_streets_dispatch_on_what_they_do_not_solve(behaviour: Behaviour) -> None:
    ways = {behaviour.way("S01", order(n, rung="street", lead="S01")) for n in range(100)}
    assert ways == {Way.FINISH, Way.DISPATCH_ON}


def test_office_time_passes_in_office_hours_only(behaviour: Behaviour) -> None:
    friday = datetime(2026, 11, 6, 17, tzinfo=SHANGHAI)
    assert behaviour.after(friday, 2) == datetime(2026, 11, 9, 9, 30, tzinfo=SHANGHAI)
    assert behaviour.after(friday, 2, urgent=True) == friday + timedelta(hours=2)


def test_a_share_above_one_ends_after_the_deadline(behaviour: Behaviour) -> None:
    until = datetime(2026, 11, 4, 18, tzinfo=SHANGHAI)
    assert behaviour.share_of(MORNING, until, 1.2, urgent=False) > until
    assert behaviour.share_of(MORNING, until, 0.9, urgent=False) < until


def test_most_orders_are_done_in_time(behaviour: Behaviour) -> None:
    cases = [order(n) for n in range(3000)]
    late = sum(behaviour.acts_at("municipal", c, Way.FINISH, MORNING) > c.due_at for c in cases if c.due_at)
    assert 0.02 < late / 3000 < 0.12


def test_stubborn_work_fails_three_times_more_often_than_not(behaviour: Behaviour) -> None:
    def fails_thrice(n: int) -> bool:
        cases = (order(n, rung="grid", summary=texts.STUBBORN, failures=f) for f in range(3))
        return all(not behaviour.passes("C01", case) for case in cases)

    assert sum(fails_thrice(n) for n in range(500)) / 500 > 0.6


def test_residents_answer_as_often_as_the_city_file_says(behaviour: Behaviour) -> None:
    answers = [behaviour.answer(f"mini:{n}", late=False, on_spot=False) for n in range(5000)]
    given = [answer for answer in answers if answer]
    assert len(given) / 5000 == pytest.approx(0.35, abs=0.02)
    assert sum(answer.solved for answer in given) / len(given) == pytest.approx(0.955, abs=0.02)
    assert sum(answer.grade >= 3 for answer in given) / len(given) == pytest.approx(0.962, abs=0.02)


def test_two_calls_reach_as_many_of_the_silent_as_the_city_file_says(behaviour: Behaviour) -> None:
    def reached(n: int) -> bool:
        return any(behaviour.called(f"c{n}/1", attempt, late=False, on_spot=False) for attempt in (1, 2))

    assert sum(reached(n) for n in range(5000)) / 5000 == pytest.approx(0.65, abs=0.02)


def test_an_answer_comes_inside_its_window(behaviour: Behaviour) -> None:
    until = MORNING + timedelta(days=7)
    assert all(MORNING < behaviour.answers_at(f"mini:{n}", MORNING, until) < until for n in range(500))


def test_the_top_never_moves_up_and_nobody_defers_a_third_time(behaviour: Behaviour) -> None:
    top = {behaviour.decides("donggang", f"t{n}", top=True, deferrals=0) for n in range(300)}
    third = {behaviour.decides("S01", f"t{n}", top=False, deferrals=2) for n in range(300)}
    assert "move_up" not in top
    assert "defer" not in third
    assert {"resolve", "move_up", "decline"} <= third


def test_a_demonstration_begins_on_a_monday_with_meetings_that_its_problems_reach(
    city: City, parameters: Parameters
) -> None:
    monday = staging.first_day(city)
    seeded = list(staging.planted(Demand(city, parameters, Chance(1)), monday))
    assert monday.weekday() == 0
    bodies = set(staging.reachable(city, monday))
    assert {city.rung_of(body) for body in bodies} >= {Rung.GRID, Rung.COMMUNITY}
    assert all(one.at.date() == monday for one in seeded)
    stubborn = [one for one in seeded if texts.STUBBORN in str(one.body["text"])]
    assert stubborn
    assert all(city.first_holder(one.matter, one.unit)[1].code in bodies for one in stubborn)
    tangled = [one for one in seeded if texts.TANGLED in str(one.body["text"])]
    assert {city.first_holder(one.matter, one.unit)[0] for one in tangled} == {Rung.DEPARTMENT}
