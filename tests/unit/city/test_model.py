"""What the model answers about units, reach, clocks, bodies and policies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from deploy.cities.build import build
from deploy.cities.profiles import PROFILES, Profile
from shared.city.load import CITIES, load
from shared.city.model import City, Rung, UnitLevel
from shared.city.statutory import statutory
from shared.kernel.clock import Budget


@pytest.fixture(scope="module")
def donggang() -> City:
    return load("donggang")


@pytest.fixture
def town(write: Callable[..., Path]) -> City:
    return load(write())


def test_donggang_has_its_published_numbers(donggang: City):
    levels = Counter(unit.level for unit in donggang.units.values())
    assert levels == {"city": 1, "street": 3, "community": 18, "grid": 105, "subgrid": 382}
    assert sum(len(unit.estates) for unit in donggang.units.values()) == 168
    assert (donggang.root.households, donggang.root.residents, donggang.root.buildings) == (96_817, 241_000, 1_800)
    assert len(donggang.departments) == 78
    paired = [donggang.paired_with(unit.code) for unit in donggang.of_level(UnitLevel.COMMUNITY)]
    assert {len(codes) for codes in paired} <= {3, 4, 5}
    assert sorted(code for codes in paired for code in codes) == sorted(donggang.departments)


def test_households_add_up_at_every_level(donggang: City):
    for unit in donggang.units.values():
        below = donggang.children(unit.code)
        assert not below or sum(child.households for child in below) == unit.households


def test_the_other_profiles_have_their_published_numbers():
    guiping, yulin, nanchang, longchang = (load(code) for code in ("guiping", "yulin", "nanchang", "longchang"))
    assert len(guiping.of_level(UnitLevel.GRID)) == 340
    assert len(guiping.of_level(UnitLevel.COMMUNITY)) == 18
    assert len(guiping.departments) == 69
    assert [len(yulin.of_level(level)) for level in list(UnitLevel)[1:5]] == [8, 110, 162, 551]
    assert Counter(item.kind for item in nanchang.admission.items) == {
        "statutory": 14,
        "assisting": 45,
        "certificate": 20,
    }
    assert sum(unit.stands_in for unit in nanchang.units.values()) == 4
    assert (len(longchang.of_level(UnitLevel.STREET)), len(longchang.of_level(UnitLevel.COMMUNITY))) == (2, 28)
    assert len(longchang.pairings) == 46


@pytest.mark.parametrize(
    ("city", "levels"),
    [
        ("donggang", ["estate", "community", "street", "city"]),
        ("guiping", ["estate", "community", "town", "city"]),
        ("yulin", ["community", "street", "county", "city"]),
        ("nanchang", ["community", "street", "county", "city"]),
        ("longchang", ["community", "street", "city"]),
    ],
)
def test_topics_climb_the_published_chain(city: str, levels: list[str]):
    model = load(city)
    leaf = list(model.units)[-1]
    body, climbed = model.body_of(leaf), []
    while body is not None:
        climbed.append(body.level)
        body = model.body_above(body.unit)
    assert climbed == levels


def test_a_street_reaches_every_department_of_the_matter_within_its_area(town: City):
    assert town.reach("S1", "theft") == {"police"}
    assert town.reach("S1", "stalls") == {"team", "roads", "C1", "C2"}
    assert town.reach("S2", "stalls") == {"roads"}
    assert town.leads_in_reach("stalls", "S1") == ("team", "roads")


def test_a_community_reaches_only_its_paired_departments(town: City):
    assert town.reach("C1", "lights") == {"roads", "police"}
    assert town.reach("C2", "lights") == {"police"}
    assert town.leads_in_reach("lights", "C2") == ()


def test_operations_reach_streets_and_departments_but_no_community(town: City):
    assert town.reach("town", "lights") == {"roads", "police", "team", "S1", "S2"}


def test_grids_departments_and_strangers_reach_nobody(town: City):
    assert town.reach("C1-G1") == town.reach("police") == town.reach("nowhere") == frozenset()


def test_a_matter_not_admitted_starts_at_the_street(town: City):
    assert town.first_holder("theft", "C1-G1") == (Rung.STREET, town.units["S1"])
    assert town.first_holder("stalls", "C1-G1") == (Rung.GRID, town.units["C1-G1"])


def test_a_place_known_only_roughly_starts_at_the_next_rung_that_exists(town: City):
    assert town.first_holder("stalls", "C2") == (Rung.COMMUNITY, town.units["C2"])
    assert town.first_holder("stalls", "town") == (Rung.DEPARTMENT, town.units["town"])


def test_every_matter_of_every_profile_has_a_holder_and_a_lead_in_its_reach(donggang: City):
    for code in ("donggang", "guiping", "yulin", "nanchang", "longchang"):
        city = load(code)
        street = city.of_level(UnitLevel.STREET)[0].code
        for matter in city.matters:
            assert city.first_holder(matter, list(city.units)[-1])
            assert city.leads_in_reach(matter, street), (code, matter)


def test_urgent_clocks_are_used_where_the_file_has_them(town: City):
    assert town.clock("accept") == Budget.parse("4 wh")
    assert town.clock("accept", urgent=True) == Budget.parse("1 uh")
    assert town.clock("handle.street", urgent=True) == Budget.parse("24 uh")
    assert town.clock("minutes", urgent=True) == Budget.parse("5 wd")


def test_a_matter_overrides_the_limits_of_its_group(town: City):
    assert town.handle_budget("stalls", Rung.DEPARTMENT) == Budget.parse("2 wd")
    assert town.handle_budget("stalls", Rung.STREET) == Budget.parse("5 wd")
    assert town.matters["theft"].verify is None


def test_a_rung_without_a_limit_of_the_matter_has_its_own_clock(write: Callable[..., Path]):
    limits = ", handle: {grid: 1 wd, community: 3 wd, street: 5 wd, department: 7 wd}"
    city = load(write((limits, ""), ('"handle.street": "5 wd"', '"handle.street": "6 wd"'), ("24 uh}}", "12 uh}}")))
    assert city.handle_budget("stalls", Rung.DEPARTMENT) == Budget.parse("2 wd")
    assert city.handle_budget("stalls", Rung.STREET) == Budget.parse("6 wd")
    assert city.handle_budget("theft", Rung.DEPARTMENT) == Budget.parse("12 uh")


@pytest.mark.parametrize("code", ["donggang", "guiping", "yulin", "nanchang", "longchang"])
def test_every_handling_clock_of_a_profile_is_that_of_some_matter(code: str):
    city = load(code)
    for rung in Rung:
        assert any(rung not in matter.handle for matter in city.matters.values())


def test_a_body_is_quorate_with_chair_and_the_levels_share(donggang: City):
    body = donggang.bodies["C01"]
    codes = [member.code for member in body.members]
    assert codes[0] == body.convener
    assert len(codes) in (4, 5, 6)
    assert body.is_quorate(codes)
    assert not body.is_quorate(codes[1:])
    assert not body.is_quorate(codes[: len(codes) // 2])


def test_the_estate_consultation_needs_its_three_parties(donggang: City):
    body = donggang.bodies["C01-G01"]
    assert body.is_quorate(["branch", "property", "owners"])
    assert not body.is_quorate(["branch", "owners"])


def test_a_year_of_donggangs_cadence_is_86_meetings_above_the_estates(donggang: City):
    days = {code: donggang.meeting_days(code, 2026) for code in donggang.bodies}
    by_level = Counter[str]()
    for code, planned in days.items():
        by_level[donggang.bodies[code].level] += len(planned)
        assert all(donggang.calendar.is_working_day(day) for day in planned)
    assert by_level == {"estate": 1260, "community": 72, "street": 12, "city": 2}
    assert days["donggang"] == (date(2026, 6, 18), date(2026, 12, 3))


def test_the_policy_of_the_periods_first_day_scores_it(town: City):
    assert town.policy_on(date(2026, 6, 1)).version == 1
    assert town.policy_on(date(2026, 7, 1)).version == 2
    assert town.policy_on(date(2026, 7, 1)).credits[3] == Fraction(4, 5)
    with pytest.raises(LookupError):
        town.policy_on(date(2024, 1, 1))


def test_a_value_is_marked_by_the_nearest_mark_above_it(donggang: City):
    assert donggang.mark_of("chain.city.period") == "published"
    assert donggang.mark_of("chain.city.answer") == "assumed"
    assert donggang.mark_of("clocks.accept.urgent") == "assumed"


def test_the_version_changes_with_the_file_and_with_its_boundaries(write: Callable[..., Path]):
    first = load(write()).version
    assert load(write()).version == first
    assert load(write(("published: {streets: 1}", "published: {streets: 2}"))).version != first
    assert load(write(ground='{"features": []}')).version != first


def test_the_calendar_of_the_profiles_is_the_statutory_one(donggang: City):
    assert donggang.calendar.working_day_before(date(2026, 2, 26), 3) == date(2026, 2, 14)
    assert donggang.calendar.is_provisional(date(2027, 1, 1))
    assert sum(donggang.calendar.is_working_day(date(2026, 1, 1) + timedelta(days=i)) for i in range(365)) == 248


def test_runs_of_days_are_written_in_one_entry():
    days = statutory(2026, 2026)
    assert "2026-02-15..2026-02-23" in days["holidays"]
    assert "2026-02-14" in days["makeups"]


def test_keywords_point_to_one_matter_each(donggang: City):
    words = Counter(word for matter in donggang.matters.values() for word in matter.keywords)
    assert [word for word, count in words.items() if count > 1] == []
    assert all(matter.keywords for matter in donggang.matters.values())
    assert len({matter.path[0] for matter in donggang.matters.values()}) == 15


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.code)
def test_the_shipped_files_are_what_their_seeds_build(profile: Profile):
    assert (CITIES / f"{profile.code}.yaml").read_text("utf-8") == build(profile)[0]
