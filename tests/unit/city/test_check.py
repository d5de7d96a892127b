"""Each thing that can be wrong with a city file is found, at its line, by its rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.city.check import Problem, check
from shared.city.load import CITIES, CityError, load
from tests.unit.city.small import square

Write = Callable[..., Path]


def the_only(path: Path, rule: str, *, at: str) -> Problem:
    """Return the one problem; it is of that rule and on the line that contains the text."""
    problems = check(path)
    assert [p.rule for p in problems] == [rule], [(p.line, *p.words()) for p in problems]
    lines = path.read_text("utf-8").splitlines()
    assert at in lines[problems[0].line - 1]
    zh, en = problems[0].words()
    assert "{" not in zh + en
    return problems[0]


@pytest.mark.parametrize("city", ["donggang", "guiping", "yulin", "nanchang", "longchang"])
def test_the_five_profiles_are_without_error(city: str):
    assert [p for p in check(CITIES / f"{city}.yaml") if not p.is_warning] == []


def test_the_small_city_is_without_problem(write: Write):
    assert check(write()) == []


def test_an_unknown_parent_is_found(write: Write):
    path = write(
        (
            "level: grid, parent: C2, households: 200, estates: [{code: E4",
            "level: grid, parent: C9, households: 200, estates: [{code: E4",
        )
    )
    the_only(path, "city.unknown_unit", at="C2-G1")


def test_a_cycle_in_the_tree_is_found_once(write: Write):
    path = write(("name: 西街道, level: street, parent: town", "name: 西街道, level: street, parent: S2"))
    assert {p.rule for p in check(path)} == {"city.cycle", "city.unit_level"}
    path = write(("name: 东街道, level: street, parent: town", "name: 东街道, level: street, parent: C2"))
    cycles = [p for p in check(path) if p.rule == "city.cycle"]
    assert [dict(p.params)["units"] for p in cycles] == ["C2 → S1 → C2"]


def test_a_child_that_is_not_below_its_parent_is_found(write: Write):
    path = write(("name: 桥西社区, level: community, parent: S1", "name: 桥西社区, level: community, parent: C1"))
    the_only(path, "city.unit_level", at="C2")


def test_a_second_root_is_found(write: Write):
    the_only(
        write(("name: 西街道, level: street, parent: town", "name: 西街道, level: street")), "city.no_root", at="units:"
    )


def test_a_department_without_reply_path_is_found(write: Write):
    path = write(("field: law, reply_path: desk", "field: law"))
    the_only(path, "city.no_reply_path", at="police")
    path = write(("field: law, reply_path: desk", "field: law, reply_path: fax"))
    the_only(path, "city.no_reply_path", at="police")


def test_a_department_code_that_cannot_name_a_stream_is_found(write: Write):
    path = write(("{code: team, name", "{code: Team_1, name"), ("leads: [team, roads]", "leads: [Team_1, roads]"))
    the_only(path, "city.bad_code", at="Team_1")


def test_a_matter_without_clock_is_found(write: Write):
    path = write(("accept: 1 uh, handle", "handle"))
    assert "city.matter_without_clock" in {p.rule for p in check(path)}


def test_a_verified_matter_without_verifying_clock_is_found(write: Write):
    path = write(("leads: [police]}", "leads: [police], verified: true}"))
    the_only(path, "city.matter_without_clock", at="theft")


def test_a_matter_that_nobody_serves_is_found(write: Write):
    the_only(write(("leads: [police]}", "leads: []}")), "city.matter_unserved", at="theft")
    rules = [p.rule for p in check(write(("leads: [police]}", "leads: [army]}")))]
    assert rules == ["city.matter_unserved", "city.unknown_department"]


def test_a_matter_of_an_unknown_group_is_found(write: Write):
    the_only(write(("group: law", "group: order")), "city.unknown_group", at="theft")


def test_an_unreadable_budget_is_found(write: Write):
    the_only(write(("decide: 15 wd", "decide: 15 days")), "city.bad_budget", at="admission")
    the_only(write(("verify: 1 wd, handle", "verify: soon, handle")), "city.bad_budget", at="facility")
    the_only(write(("handle: {department: 2 wd}", "handle: {department: 2 days}")), "city.bad_budget", at="stalls")


def test_a_value_that_is_not_among_the_known_is_found(write: Write):
    the_only(write(("group: facility, rung: grid", "group: facility, rung: moon")), "city.bad_value", at="stalls")


def test_a_pairing_outside_the_rule_of_donggang_is_found(write: Write):
    path = write(("pairing_rule: {least: 1, most: 2}", "pairing_rule: {least: 2, most: 5}"))
    problem = the_only(path, "city.pairing_rule", at="C2: [police]")
    assert dict(problem.params)["allowed"] == "2–5"


def test_a_pairing_beyond_the_most_of_nanchang_is_found(write: Write):
    path = write(("pairing_rule: {least: 1, most: 2}", "pairing_rule: {most: 1}"))
    the_only(path, "city.pairing_rule", at="C1: [roads")


def test_a_pairing_of_an_unknown_department_or_community_is_found(write: Write):
    the_only(write(("C2: [police]", "C2: [army]")), "city.unknown_department", at="C2: [army]")
    path = write(("C2: [police]", "C2: [police]\n  S2: [roads]"))
    the_only(path, "city.unknown_unit", at="S2: [roads]")


def test_weights_that_do_not_add_up_are_found(write: Write):
    path = write(("resolution: 50/100", "resolution: 45/100"))
    problem = the_only(path, "city.weights", at="version: 1")
    assert dict(problem.params)["total"] == "95.00%"


@pytest.mark.parametrize("on", ["2026-07-10", "2026-07-01"])
def test_a_policy_that_is_published_when_it_already_counts_is_found(write: Write, on: str) -> None:
    problem = the_only(write(("published_on: 2026-06-20", f"published_on: {on}")), "city.policy_late", at="version: 2")
    assert dict(problem.params) == {"version": "2", "on": on}


@pytest.mark.parametrize(
    ("tiers", "rule"),
    [
        ("{large: [police, nobody]}", "city.unknown_unit"),
        ("{large: [police, S1]}", "city.tier"),
        ("{large: [police], small: [police]}", "city.tier"),
    ],
)
def test_a_tier_of_unknown_mixed_or_doubly_named_units_is_found(write: Write, tiers: str, rule: str) -> None:
    path = write(
        ("yearly_only: [], vetoes: {}}\nsimulation", f"yearly_only: [], vetoes: {{}}, tiers: {tiers}}}\nsimulation")
    )
    the_only(path, rule, at="version: 2")


def test_policy_versions_out_of_order_are_found(write: Write):
    the_only(
        write(("2026-06-20, effective_from: 2026-07-01", "2024-06-20, effective_from: 2024-07-01")),
        "city.policy_order",
        at="version: 2",
    )


def test_a_window_that_differs_from_the_clock_of_rating_is_found(write: Write):
    shared = "exclusion_scope: all, rank_from: 10, window: "
    path = write((f"{shared}7 nd", f"{shared}9 nd"))
    assert the_only(path, "city.two_windows", at="version: 2").is_warning


def test_a_credit_outside_nought_and_one_is_found(write: Write):
    the_only(write(("3: 9/10", "3: 9")), "city.bad_number", at="version: 1")


def test_a_veto_for_communities_is_refused_in_a_city_with_one_yearly_assessment(write: Write):
    path = write(("[joint-meetings]", "[joint-meetings, yearly-assessment]"))
    assert {p.rule for p in check(path)} == {"city.yearly_only"}
    text = path.read_text("utf-8").replace("yearly_only: []", "yearly_only: [community]")
    path.write_text(text, "utf-8")
    assert check(path) == []
    path.write_text(text.replace("vetoes: {}", "vetoes: {community: [letters]}", 1), "utf-8")
    the_only(path, "city.veto", at="version: 1")


def test_duplicate_codes_are_found(write: Write):
    the_only(write(("{code: S2, name: 西街道", "{code: S1, name: 西街道")), "city.duplicate_code", at="西街道")
    the_only(write(("{code: E6, ", "{code: E5, ")), "city.duplicate_code", at="C2-G2")
    path = write(("code: sensors", "code: hotline"))
    the_only(path, "city.duplicate_code", at="物联")


def test_a_key_given_twice_is_found(write: Write):
    the_only(
        write(("published: {streets: 1}", "published: {streets: 1, streets: 2}")), "city.duplicate_key", at="published:"
    )


def test_an_unknown_level_in_the_chain_is_found(write: Write):
    for level in ("county", "village"):
        path = write(("unit_level: grid", f"unit_level: {level}"), ("quorum: three_parties", "quorum: 1/2"))
        the_only(path, "city.unknown_level", at="code: estate")


def test_a_chain_that_does_not_run_upwards_is_found(write: Write):
    path = write(("unit_level: grid", "unit_level: street"), ("quorum: three_parties", "quorum: 1/2"))
    the_only(path, "city.chain_order", at="chain:")


def test_an_unknown_post_in_the_chain_is_found(write: Write):
    path = write(("body: 协商会, convener: head", "body: 协商会, convener: nobody"))
    the_only(path, "city.unknown_post", at="code: estate")


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("members: [paired]", "members: [nobody]", "city.unknown_member"),
        ("members: [paired]", "members: [paired], leaders: {fishing: head}", "city.unknown_field"),
        ("members: [paired]", "members: [paired], leaders: {works: nobody}", "city.unknown_post"),
        ('opens: "14:30"', 'opens: "25:00"', "city.bad_time"),
        ("months: [2, 5, 8, 11]", "months: [2, 5, 8]", "city.cadence"),
        ("months: [2, 5, 8, 11]", "months: [1, 2, 5, 8]", "city.cadence"),
        ("quorum: 1/2", "quorum: three_parties", "city.three_parties"),
    ],
)
def test_what_is_wrong_with_a_levels_bodies_is_found(write: Write, old: str, new: str, rule: str):
    the_only(write((old, new)), rule, at="code: community")


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("chair: branch", "chair: nobody", "city.council_chair"),
        ("mechanism: joint-meetings", "mechanism: five-parties", "city.council_off"),
        ("unit_level: community, mechanism", "unit_level: county, mechanism", "city.unknown_level"),
        ("period: month, deals", "period: week, deals", "city.bad_value"),
        ("quorum: 3/5, chair", "quorum: 6/5, chair", "city.bad_number"),
        ("{code: police, zh: 警务站}", "{code: police}", "city.missing_key"),
    ],
)
def test_what_is_wrong_with_a_council_is_found(write: Write, old: str, new: str, rule: str):
    council = (
        "councils:\n  - {code: five, zh: 五位一体, en: Five, unit_level: community, mechanism: joint-meetings, "
        "parties: [{code: branch, zh: 党组织}, {code: police, zh: 警务站}], quorum: 3/5, chair: branch, "
        "period: month, deals: 小区事务}\nladder:"
    )
    marks = ("assumed: [published,", "assumed: [councils, published,")
    assert check(write(("\nladder:", f"\n{council}"), marks)) == []
    the_only(write(("\nladder:", f"\n{council.replace(old, new)}"), marks), rule, at="code: five")


def test_a_party_that_an_estate_cannot_lack_is_found(write: Write):
    the_only(write(("code: C1-G1,", "code: C1-G1, lacks: [branch],")), "city.bad_value", at="code: C1-G1")


def test_meeting_days_that_are_no_dates_are_found(write: Write):
    the_only(write(("days: [3, 17]", "days: [3, 31]")), "city.bad_date", at="code: estate")


def test_an_invalid_polygon_is_found_at_its_unit(write: Write):
    bow = square("C1", 0, 0, 2)
    ring = bow["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    path = write(ground=json.dumps({"type": "FeatureCollection", "features": [bow]}))
    the_only(path, "city.boundary", at="code: C1,")


def test_a_boundary_of_an_unknown_unit_is_found(write: Write):
    path = write(ground=json.dumps({"features": [square("C7", 0, 0, 1)]}))
    the_only(path, "city.unknown_unit", at="boundaries:")


def test_boundaries_that_cannot_be_read_are_found(write: Write):
    the_only(write(ground="no json"), "city.unreadable", at="boundaries:")


def test_a_grid_outside_the_norm_is_a_warning_and_no_error(write: Write):
    path = write(("parent: C1, households: 200, merged", "parent: C1, households: 90, merged"))
    problem = the_only(path, "city.grid_size", at="C1-G1")
    assert problem.is_warning
    assert load(path).units["C1-G1"].households == 90


def test_unknown_keys_are_found_in_sections_rows_and_the_file(write: Write):
    the_only(write(("limits: {bounces: 2", "limits: {bounces: 2, jumps: 3")), "city.unknown_key", at="limits:")
    the_only(write(("name: 公安局, field", "name: 公安局, colour: blue, field")), "city.unknown_key", at="公安局")
    the_only(write(("published: {", "nonsense: 1\npublished: {")), "city.unknown_key", at="nonsense")


def test_a_missing_key_is_found(write: Write):
    the_only(write(("deferrals: 2, ", "")), "city.missing_key", at="limits:")
    the_only(write(("unable_starts_at: dispatcher\n", "")), "city.missing_key", at="city:")


def test_an_unknown_mechanism_is_found(write: Write):
    the_only(write(("[joint-meetings]", "[joint-meeting]")), "city.unknown_mechanism", at="mechanisms:")


def test_a_make_up_day_in_the_week_is_found(write: Write):
    the_only(write(("makeups: [2026-02-14]", "makeups: [2026-02-12]")), "city.makeup", at="calendar:")


def test_a_section_without_mark_is_found(write: Write):
    the_only(write(("ladder, unable_starts_at,", "unable_starts_at,")), "city.unmarked", at="ladder:")


def test_a_file_that_is_no_yaml_is_found_at_its_line(write: Write):
    path = write(("published: {streets: 1}", "published: {streets: 1"))
    problems = check(path)
    assert [p.rule for p in problems] == ["city.unreadable"]
    assert problems[0].line in (3, 4)


def test_a_missing_file_or_one_that_is_no_mapping_is_found(tmp_path: Path):
    assert [p.rule for p in check(tmp_path / "none.yaml")] == ["city.unreadable"]
    (tmp_path / "list.yaml").write_text("- 1\n")
    assert [p.rule for p in check(tmp_path / "list.yaml")] == ["city.wrong_type"]


def test_sections_of_the_wrong_type_are_named_and_do_not_hide_other_problems(write: Write):
    path = write(("limits: {bounces: 2", "limits: [bounces]\nlost: {bounces: 2"), ("C2: [police]", "C2: [army]"))
    assert {p.rule for p in check(path)} == {"city.wrong_type", "city.unknown_key", "city.unknown_department"}


def test_a_broken_file_does_not_load(write: Write):
    with pytest.raises(CityError, match=r"town\.yaml"):
        load(write(("group: law", "group: order")))
    with pytest.raises(CityError, match="no city file"):
        load("atlantis")


@pytest.mark.parametrize(
    ("old", "new", "rule", "at"),
    [
        ("callees: departments", "callees: everybody", "city.bad_value", "street: {callees"),
        ("kinds: [joint]", "kinds: [picnic]", "city.bad_value", "street: {callees"),
        ("callees: departments, ", "", "city.missing_key", "street: {"),
        ("mechanisms: [whistle, ", "mechanisms: [", "city.whistle_off", "street: {callees"),
    ],
)
def test_what_is_wrong_with_who_may_whistle_is_found(write: Write, old: str, new: str, rule: str, at: str):
    section = ("\nladder:", "\nwhistles:\n  street: {callees: departments, kinds: [joint]}\nladder:")
    on, marks = ("mechanisms: [", "mechanisms: [whistle, "), ("assumed: [published,", "assumed: [whistles, published,")
    assert check(write(section, on, marks)) == []
    the_only(write(*((before, after.replace(old, new)) for before, after in (section, on, marks))), rule, at=at)


def test_posts_for_members_need_their_mechanism(write: Write):
    section = ("\nladder:", "\nvolunteering:\n  post: [法律咨询]\nladder:")
    on = ("mechanisms: [", "mechanisms: [double-post, ")
    marks = ("assumed: [published,", "assumed: [volunteering, published,")
    assert check(write(section, on, marks)) == []
    the_only(write(section, marks), "city.volunteering_off", at="post: [法律咨询]")
