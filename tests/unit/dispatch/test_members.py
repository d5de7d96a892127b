"""Check-in of Party members (双报到) and double duty (双岗双责): who enters whom, what is registered and graded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from services.dispatch.domain import decide, evolve, touches
from services.dispatch.domain import double_duty as dd
from services.dispatch.domain import roster as ro
from services.dispatch.papers.double_duty import opinion, register
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.papers.paper import Labelled, Table
from tests.support.play import Play
from tests.unit.dispatch import town

CITY = replace(
    town.TOWN,
    mechanisms=frozenset({"check-in", "double-post"}),
    volunteering={"post": ("法律咨询", "政策宣传"), "zone": ("楼道保洁",)},
)
C11, MEMBER, OTHER = town.unit("c11"), Actor("member", "m-1"), Actor("member", "m-2")
WORK = ro.CheckIn("c11", "m-1", ro.CheckInKind.WORK, "water")
HOME = ro.CheckIn("g111", "m-1", ro.CheckInKind.HOME, "court")
CLAIM = dd.ClaimDuty("c11", "m-1", dd.DutyKind.POST, "法律咨询")
DONE = dd.RegisterActivity(date(2026, 3, 1), 3, "解答租赁合同问题")
GRADE = dd.AssessActivities(2026, dd.ActivityGrade.GOOD, "服务主动")
DUTY = dd.activity_of("c11", "m-1")


def playing(city: Any = CITY) -> Play:
    return Play(decide, evolve, city, town.MONDAY, touches)


def enter(played: Play, asked: ro.CheckIn, actor: Actor) -> list[Any]:
    return played.send(ro.roster_of(asked.unit), asked, actor, creates=True)


def claimed() -> Play:
    played = playing()
    enter(played, WORK, C11)
    played.send(DUTY, CLAIM, MEMBER, creates=True)
    return played


def rule_of(played: Play, subject: str, data: Any, actor: Actor) -> str:
    before = dict(played.states)
    with pytest.raises(Refused) as refused:
        played.send(subject, data, actor, creates=True)
    assert played.states == before
    return refused.value.rule


def test_a_member_checks_in_at_work_and_at_home_by_the_unit_or_himself_and_out_again() -> None:
    played = playing()
    enter(played, WORK, C11)
    enter(played, HOME, MEMBER)
    assert played.states["roster:c11"].member("m-1") == ro.Member("m-1", ro.CheckInKind.WORK, "water")
    played.send("roster:g111", ro.CheckOut("g111", "m-1"), town.unit("g111"))
    assert played.states["roster:g111"].members == ()
    assert rule_of(played, "roster:g111", ro.CheckOut("g111", "m-1"), MEMBER) == "roster.nobody"


@pytest.mark.parametrize(
    ("asked", "actor", "rule"),
    [
        (WORK, town.unit("c12"), "actor.not_allowed"),
        (WORK, OTHER, "actor.not_allowed"),
        (WORK, town.department("water"), "actor.not_allowed"),
        (replace(WORK, unit="s1"), town.unit("s1"), "roster.level"),
        (replace(WORK, employer="roads"), C11, "roster.employer"),
        (WORK, C11, "roster.twice"),
    ],
)
def test_nobody_else_enters_him_and_nobody_twice(asked: ro.CheckIn, actor: Actor, rule: str) -> None:
    played = playing()
    if rule == "roster.twice":
        enter(played, WORK, C11)
    assert rule_of(played, ro.roster_of(asked.unit), asked, actor) == rule


def test_a_city_without_the_mechanism_has_neither() -> None:
    assert rule_of(playing(town.TOWN), "roster:c11", WORK, C11) == "mechanism.off"
    assert rule_of(playing(town.TOWN), DUTY, CLAIM, MEMBER) == "mechanism.off"


def test_he_takes_on_what_is_offered_where_he_is_checked_in_one_at_a_time() -> None:
    assert rule_of(playing(), DUTY, CLAIM, MEMBER) == "roster.nobody"
    played = claimed()
    assert rule_of(played, DUTY, CLAIM, MEMBER) == "activity.claimed"
    assert rule_of(played, DUTY, replace(CLAIM, item="不存在"), MEMBER) == "activity.item"
    assert rule_of(played, DUTY, replace(CLAIM, kind=dd.DutyKind.ZONE), MEMBER) == "activity.item"
    played.send(DUTY, dd.ClaimDuty("c11", "m-1", dd.DutyKind.ZONE, "楼道保洁"), C11, creates=True)
    assert (played.states[DUTY].kind, played.states[DUTY].employer) == (dd.DutyKind.ZONE, "water")


def test_only_what_has_happened_is_registered_at_most_a_day_in_a_day() -> None:
    played = claimed()
    assert rule_of(played, DUTY, replace(DONE, on=date(2026, 3, 3)), MEMBER) == "activity.future"
    played.send(DUTY, replace(DONE, hours=20), MEMBER)
    assert rule_of(played, DUTY, replace(DONE, hours=5), MEMBER) == "activity.day_full"
    assert rule_of(played, DUTY, DONE, OTHER) == "actor.not_allowed"
    assert rule_of(played, "activity:c11:nobody", DONE, C11) == "subject.unknown"


def test_the_community_alone_grades_a_year_once_and_the_grade_goes_to_his_unit() -> None:
    played = claimed()
    assert rule_of(played, DUTY, GRADE, C11) == "activity.none"
    played.send(DUTY, DONE, C11)
    played.send(DUTY, replace(DONE, hours=2), MEMBER)
    assert rule_of(played, DUTY, GRADE, MEMBER) == "actor.not_allowed"
    assert rule_of(played, DUTY, replace(GRADE, year=2024), C11) == "activity.year"
    played.send(DUTY, GRADE, C11)
    (fact,) = played.stated(dd.ActivityAssessed)
    assert (fact.employer, fact.grade, fact.activities, fact.hours) == ("water", dd.ActivityGrade.GOOD, 2, 5)
    assert rule_of(played, DUTY, GRADE, C11) == "activity.graded"


def test_the_two_forms_print_what_was_registered_and_said_and_name_nobody() -> None:
    state = {
        "community": "c11", "member": "m-1", "employer": "water", "kind": "post", "item": "法律咨询",
        "activities": [
            {"on": "2026-02-14", "hours": 2, "what": "清扫楼道"}, {"on": "2026-01-05", "hours": 3, "what": "宣传"},
        ],
        "assessed": [{"year": 2026, "grade": "good", "opinion": "服务主动", "at": datetime(2026, 12, 20).isoformat()}],
    }  # fmt: skip
    form, said = register(state, 2026, CITY), opinion(state, 2026, CITY)
    assert form is not None
    assert said is not None
    (table,) = (block for block in form.blocks if isinstance(block, Table))
    assert [row[1:] for row in table.rows] == [("2026年1月5日", "宣传", "3"), ("2026年2月14日", "清扫楼道", "2")]
    labelled = {block.label: block.text for block in said.blocks if isinstance(block, Labelled)}
    assert (labelled["考评等次"], labelled["参加活动"], said.recipients) == ("良好", "2026年度2次，5小时", "水务")
    assert "m-1" in labelled["姓名"]
    assert register(state, 2025, CITY) is None
    assert opinion(state, 2025, CITY) is None
