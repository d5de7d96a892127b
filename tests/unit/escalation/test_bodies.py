"""The bodies of all five cities: names, posts, members, quorum, and a year of their planned days."""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from services.escalation.domain import evolve, planning
from services.escalation.domain import facts as f
from services.escalation.domain.meeting import (
    Meeting,
    MeetingStatus,
    cut_off_before,
    is_quorate,
    next_regular_day,
    opening_on,
)
from shared.city.load import load
from shared.kernel.decisions import CLOCK, SYSTEM, Context, Due, Message
from tests.unit.escalation.hall import when

CITIES = ("donggang", "guiping", "yulin", "nanchang", "longchang")
PER_YEAR = {"month": 12, "quarter": 4, "half_year": 2, "year": 1}
MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@cache
def city(code: str) -> Any:
    return load(code)


@pytest.mark.parametrize("code", CITIES)
def test_every_body_meets_once_in_every_period_on_a_working_day_that_the_period_sees(code: str) -> None:
    place = city(code)
    for unit, body in place.bodies.items():
        period = place.levels[body.level].cadence.period
        for year in (2025, 2026, 2027):
            days = place.meeting_days(unit, year)
            assert len(days) == PER_YEAR[period]
            assert [(day.month - 1) // MONTHS[period] for day in days] == list(range(len(days)))
            assert all(place.calendar.is_working_day(day) for day in days)
            assert all(day <= place.period_end(unit, day) for day in days)


@pytest.mark.parametrize("code", CITIES)
def test_a_fixed_day_that_is_closed_moves_to_the_next_working_day(code: str) -> None:
    place = city(code)
    peers: dict[str, int] = {}
    for unit, body in place.bodies.items():
        nth = peers[body.level] = peers.get(body.level, -1) + 1
        slots = place.levels[body.level].cadence.slots
        for (month, first, last), day in zip(slots, place.meeting_days(unit, 2026), strict=True):
            fixed = date(2026, month, first + nth % (last - first + 1))
            assert day == fixed if place.calendar.is_working_day(fixed) else place.calendar.working_day_after(fixed, 1)


def test_a_fixed_day_before_a_long_holiday_at_the_end_of_its_period_moves_forward_to_stay_inside() -> None:
    longchang = city("longchang")
    assert longchang.meeting_days("longchang", 2025)[0] == date(2025, 1, 27), "28 January to 4 February are closed"


def test_a_make_up_saturday_is_a_meeting_day_like_any_other() -> None:
    donggang = city("donggang")
    assert donggang.calendar.is_working_day(date(2026, 2, 28))
    saturdays = {day for unit in donggang.bodies for day in donggang.meeting_days(unit, 2026) if day.weekday() == 5}
    assert saturdays <= donggang.calendar.makeups
    assert donggang.meeting_days("C01-G01", 2026)[1] == date(2026, 2, 3)


@pytest.mark.parametrize("code", CITIES)
def test_the_cut_off_lies_three_working_days_before_every_meeting_of_the_year(code: str) -> None:
    place = city(code)
    for unit in list(place.bodies)[::5]:
        for day in place.meeting_days(unit, 2026):
            cut_off = cut_off_before(place, opening_on(place, unit, day)).date()
            assert place.calendar.is_working_day(cut_off)
            assert place.calendar.working_days_between(cut_off, day) == 4, "three before the day of the meeting"


@pytest.mark.parametrize("code", CITIES)
def test_planning_a_year_gives_every_body_exactly_its_days_with_hour_place_and_theme(code: str) -> None:
    place = city(code)
    for unit in list(place.bodies)[:: max(1, len(place.bodies) // 6)]:
        body, states, at = place.bodies[unit], {}, when("2025-12-31 23:00")
        planned: list[Any] = []
        while at < when("2026-12-31 23:00"):
            number = len(planned) + 1
            needs = {f"ledger:{unit}": states.get("ledger"), f"meeting:{unit}:{number}": None}
            due = Message(Due("plan"), f"ledger:{unit}", CLOCK, SYSTEM, at, "id")
            made = planning.plan(needs, due, Context(at, place, lambda: "id"))
            planned += [fact.data for fact in made.facts if isinstance(fact.data, f.MeetingPlanned)]
            states["ledger"] = _numbered(states.get("ledger"), made, at)
            at = next(arm.due_at for arm in made.deadlines if arm.name == "plan")
        days = [fact.on for fact in planned if fact.on.year == 2026]
        assert days == list(place.meeting_days(unit, 2026))
        assert {(fact.opens_at.timetz().replace(tzinfo=None), fact.place, fact.theme) for fact in planned} == {
            (body.slot.opens, body.slot.place, body.slot.theme)
        }
        assert {fact.caller for fact in planned} == {body.convener}


def _numbered(ledger: Any, made: Any, at: Any) -> Any:
    for fact in made.facts:
        if isinstance(fact.data, f.MeetingNumbered):
            ledger = evolve(ledger, fact.data, at)
    return ledger


@pytest.mark.parametrize("code", CITIES)
def test_every_body_has_an_official_name_posts_and_a_quorum_that_its_members_can_reach(code: str) -> None:
    place = city(code)
    for unit, body in place.bodies.items():
        assert body.name.startswith(place.units[unit].name)
        assert {body.convener, body.secretary, *body.leaders.values()} <= place.posts.keys()
        assert "{unit}" not in body.slot.place
        members = tuple(member.code for member in body.members)
        meeting = Meeting(unit, body.level, 1, MeetingStatus.CONVENED, when("2026-02-03 09:00"))
        assert is_quorate(place, meeting, members)
        assert not is_quorate(place, meeting, ())
        assert len(set(members)) == len(members)


@pytest.mark.parametrize("code", CITIES)
def test_exactly_half_of_the_members_is_no_quorum_in_any_city_and_one_more_with_the_chair_is_where_half_is_asked(
    code: str,
) -> None:
    bodies = [body for body in city(code).bodies.values() if body.quorum_rule == "share"]
    for body in bodies:
        codes = [body.convener, *(member.code for member in body.members if member.code != body.convener)]
        half = len(codes) // 2
        assert not body.is_quorate(codes[:half])
        assert body.is_quorate(codes[: half + 1]) == (half + 1 >= body.quorum * len(codes))
        assert not body.is_quorate(codes[1:])
    assert any(len(body.members) % 2 == 0 for body in bodies), "half of an odd number is no whole number"


def test_the_four_levels_of_donggang_bear_the_documents_names() -> None:
    donggang = city("donggang")
    endings = {"C01-G01": "民主议事协商会", "C01": "民主协商共建议事联席会", "S01": "区域化党建及基层治理联席会"}
    assert all(donggang.bodies[unit].name.endswith(name) for unit, name in endings.items())
    assert donggang.bodies["donggang"].name == "东港市城市党的建设及基层治理联席会"


def test_guipings_city_body_is_the_organisation_department_and_nineteen_departments() -> None:
    body = city("guiping").bodies["guiping"]
    assert [member.kind for member in body.members].count("department") == 19
    assert city("guiping").posts[body.convener].name == "市委组织部部长"


def test_a_community_body_of_donggang_seats_its_paired_departments() -> None:
    donggang = city("donggang")
    seated = [member.code for member in donggang.bodies["C01"].members if member.kind == "department"]
    assert seated == list(donggang.paired_with("C01"))


@pytest.mark.parametrize("code", CITIES)
def test_cadences_are_marked_published_or_assumed_as_the_documents_have_them(code: str) -> None:
    published = {
        "donggang": {"estate", "community", "street", "city"},
        "guiping": {"city"},
    }.get(code, set())
    marks = {level.code: city(code).mark_of(f"chain.{level.code}.period") for level in city(code).chain}
    assert {level for level, mark in marks.items() if mark == "published"} == published


def test_an_estate_without_owners_committee_needs_the_parties_that_exist() -> None:
    donggang = city("donggang")
    unit = next(u.code for u in donggang.units.values() if u.lacks == ("owners",))
    meeting = Meeting(unit, "estate", 1, MeetingStatus.CONVENED, when("2026-02-03 09:00"))
    assert is_quorate(donggang, meeting, ("branch", "property"))
    assert not is_quorate(donggang, meeting, ("branch",))


@pytest.mark.parametrize("code", CITIES)
def test_the_next_regular_day_is_the_next_of_the_calendar_across_the_year(code: str) -> None:
    place = city(code)
    for unit in list(place.bodies)[::9]:
        days = [*place.meeting_days(unit, 2026), *place.meeting_days(unit, 2027)]
        for before, after in pairwise(days):
            assert next_regular_day(place, unit, before) == after


@pytest.mark.parametrize(
    ("code", "council", "parties"),
    [
        ("guiping", "five-parties", ["社区党组织", "社区居委会", "业主委员会", "物业公司", "社区警务站"]),
        ("nanchang", "five-parties", ["社区党组织", "居委会", "业委会", "居民议事会", "物业公司"]),
        ("yulin", "four-councils", ["居民议事会", "居民代表会议", "居民委员会", "居务监督委员会"]),
    ],
)
def test_a_communitys_councils_have_the_documents_parties(code: str, council: str, parties: list[str]) -> None:
    place = city(code)
    unit = next(body.unit for body in place.bodies.values() if body.level == "community")
    found = next(each for each in place.councils_of(unit) if each.code == council)
    assert [party.name for party in found.parties] == parties
    assert place.mark_of(f"councils.{council}.parties") == "published"
    assert not place.councils_of(code), "the city itself has none"


def test_four_councils_act_one_after_the_other_and_none_may_be_missing() -> None:
    four = next(each for each in city("yulin").councils if each.code == "four-councils")
    assert [party.act for party in four.parties] == ["deliberate", "decide", "execute", "oversee"]
    everyone = [party.code for party in four.parties]
    assert four.is_quorate(everyone)
    assert not any(four.is_quorate(everyone[:n] + everyone[n + 1 :]) for n in range(4))


def test_a_council_of_five_parties_deliberates_with_its_chair_and_three_of_five() -> None:
    five = next(each for each in city("guiping").councils if each.code == "five-parties")
    assert five.is_quorate(["party", "owners", "police"])
    assert not five.is_quorate(["party", "owners"])
    assert not five.is_quorate(["committee", "owners", "property", "police"]), "the chair is missing"


@pytest.mark.parametrize("code", CITIES)
def test_no_bodys_name_says_the_kind_of_its_unit_twice(code: str) -> None:
    kinds = ("小区", "社区", "街道", "镇", "乡", "县", "区", "市")
    assert not [body.name for body in city(code).bodies.values() if any(kind * 2 in body.name for kind in kinds)]
