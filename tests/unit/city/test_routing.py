"""The routing table of a city: which rule fires, why the others did not, and what the check says of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shared.city.check import check
from shared.city.load import load
from shared.city.model import City, Department, Pairing
from shared.city.routing import WHY, compared, dead, unserved
from shared.city.rule import DEFAULT, Rule
from tests.unit.dispatch.town import TOWN

ROADS = ("roads", "water", "housing")
TABLE = (
    Rule("old-town", "place", "老城道路", to="order", area="c21", matters=frozenset({"stalls"})),
    Rule("window", "receiver", "首接", to="water", sources=frozenset({"water-hall"})),
    Rule("pairing", "pairing"),
    Rule("by-turn", "turn", matters=frozenset({"road"}), area="s1"),
    Rule("first", "matter"),
)


def city(*pairings: tuple[str, str], routing: tuple[Rule, ...] = TABLE) -> City:
    return replace(TOWN, routing=routing, pairings=tuple(Pairing(d, c) for d, c in pairings))


@pytest.mark.parametrize(
    ("matter", "place", "more", "lead", "whys"),
    [
        ("stalls", "c21", {}, "order", ["placed"]),
        ("stalls", "c11", {}, "order", ["other_place", "other_source", "only_one", "other_matter", "first_choice"]),
        ("road", "c11", {"source": "water-hall"}, "water", ["other_matter", "received"]),
        ("stalls", "c11", {"source": "water-hall"}, "order",
         ["other_place", "out_of_reach", "only_one", "other_matter", "first_choice"]),
        ("road", "b1111", {"number": "T-20260701-0001"}, "water",
         ["other_matter", "other_source", "several_paired", "turn"]),
        ("road", "b1111", {"number": "T-20260701-0002"}, "housing",
         ["other_matter", "other_source", "several_paired", "turn"]),
        ("road", "c12", {}, "housing", ["other_matter", "other_source", "paired"]),
        ("road", "c21", {}, "roads", ["other_matter", "other_source", "none_paired", "other_place", "first_choice"]),
        ("road", "c12", {"barred": ("housing",)}, "roads",
         ["other_matter", "other_source", "none_paired", "turn"]),
        ("road", "c11", {"source": "water-hall", "barred": ("water",)}, "housing",
         ["other_matter", "handed_back", "paired"]),
        ("orphan", "c11", {}, None, ["other_matter", "other_source", "nobody", "other_matter", "nobody"]),
    ],
)  # fmt: skip
def test_the_first_rule_that_names_somebody_decides_and_each_says_why(
    matter: str, place: str, more: dict[str, object], lead: str | None, whys: list[str]
) -> None:
    made = city(("roads", "c11"), ("housing", "c11"), ("housing", "c12"))
    if more.get("barred") == ("water",):
        made = city(("housing", "c11"))
    street = next(unit.code for unit in made.lineage(place) if unit.level == "street")
    tried = made.route(matter, place, street, **more)  # type: ignore[arg-type]
    assert ([one.why for one in tried], tried[-1].lead) == (whys, lead)
    assert all(one.lead is None for one in tried[:-1])
    assert {one.why for one in tried} <= WHY.keys()


def test_in_turn_each_lead_gets_the_same_share_of_the_cases() -> None:
    made = city(routing=(Rule("turn", "turn"),))
    leads = [made.route("road", "c11", "s1", number=f"T-20260701-{n:04}")[-1].lead for n in range(1, 61)]
    assert {lead: leads.count(lead) for lead in ROADS} == dict.fromkeys(ROADS, 20)


def test_by_load_the_lead_with_the_fewest_open_orders_is_named_equals_in_turn_and_only_where_they_are_compared() -> (
    None
):
    made = city(routing=(Rule("load", "load", matters=frozenset({"road"})), Rule("first", "matter")))
    loads = {"roads": 7, "water": 3, "housing": 5}
    (tried,) = made.route("road", "c11", "s1", loads=loads)
    assert (tried.lead, tried.why, tried.loads) == ("water", "least", (7, 3, 5))
    assert made.route("road", "c11", "s1", loads=loads, barred=("water",))[-1].lead == "housing"
    equals = [made.route("road", "c11", "s1", number=f"T-1-{n}", loads={"roads": 1})[-1].lead for n in (1, 2, 3)]
    assert equals == ["housing", "water", "housing"]
    assert compared(made) == set(ROADS)
    assert compared(city(routing=(Rule("first", "matter"),))) == set()


def test_a_rule_for_streets_or_communities_is_tried_there_alone_and_reaches_what_they_reach() -> None:
    table = (
        Rule("street", "matter", at=frozenset({"street"}), matters=frozenset({"stalls"})),
        Rule("community", "matter", at=frozenset({"community"})),
        Rule("first", "matter"),
    )
    made = city(("order", "c12"), routing=table)
    assert [one.why for one in made.route("stalls", "c11", "s1", rung="street")] == ["first_choice"]
    assert [one.why for one in made.route("road", "c11", "s1", rung="street")] == [
        "other_matter", "other_rung", "other_rung",
    ]  # fmt: skip
    assert made.route("stalls", "c12", "c12", rung="community")[-1].lead == "order"
    assert made.route("stalls", "c11", "c11", rung="community")[-1].lead is None
    assert dead(made) == ()
    assert [rule.code for rule in dead(city(routing=table))] == ["community"]


def test_without_a_table_pairing_comes_before_the_matters_first_choice() -> None:
    plain = replace(TOWN, pairings=(Pairing("housing", "c11"),))
    assert [one.rule.code for one in plain.route("road", "c11", "s1")] == ["pairing"]
    assert [one.lead for one in plain.route("road", "c12", "s1")] == [None, "roads"]


def test_rules_that_can_never_fire_are_named() -> None:
    behind = (Rule("first", "matter"), Rule("late", "pairing"))
    assert [rule.code for rule in dead(city(routing=behind))] == ["late"]
    nowhere = (Rule("window", "receiver", to="order", sources=frozenset({"hall"})), Rule("first", "matter"))
    assert [rule.code for rule in dead(city(routing=nowhere))] == ["window"]


def test_a_matter_is_unserved_where_no_lead_may_be_given_it() -> None:
    assert unserved(TOWN) == {"orphan": ("s1", "s2")}
    field = Department("team", "队", "law", "desk", area="s1")
    local = replace(TOWN, departments={**TOWN.departments, "team": field},
                    matters={"one": replace(TOWN.matters["pipe"], code="one", leads=("team",))})  # fmt: skip
    assert unserved(local) == {"one": ("s2",)}


Write = Callable[..., Path]


def _with_table(write: Write, *rows: str, changes: tuple[tuple[str, str], ...] = ()) -> Path:
    path = write(("pairing_rule, grid_norms, boundaries]", "pairing_rule, grid_norms, boundaries, routing]"), *changes)
    path.write_text(path.read_text("utf-8") + "\nrouting:\n" + "".join(f"  - {row}\n" for row in rows), "utf-8")
    return path


def test_a_table_in_the_file_is_read_in_its_order_and_checked(write: Write) -> None:
    lead = next(iter(load(write()).departments))
    good = _with_table(write, f"{{code: all, zh: 全部, by: place, to: {lead}}}", "{code: first, zh: 首选, by: matter}")
    table = [(rule.code, rule.by, rule.to) for rule in load(good).routing]
    assert table == [("all", "place", lead), ("first", "matter", "")]
    rules = {problem.rule for problem in check(good)}
    assert rules <= {"city.routing_dead"}
    bad = _with_table(
        write,
        "{code: a, zh: 甲, by: place}",
        "{code: b, zh: 乙, by: receiver, to: nobody, sources: [nowhere]}",
        "{code: b, zh: 丙, by: luck, area: X9, matters: [none], groups: [none], at: [grid]}",
    )
    found = sorted((p.rule, dict(p.params).get("key", "")) for p in check(bad))
    assert found == [
        ("city.bad_value", "by"), ("city.duplicate_code", ""), ("city.routing_to", ""),
        ("city.routing_unknown", "area"), ("city.routing_unknown", "at"), ("city.routing_unknown", "groups"),
        ("city.routing_unknown", "matters"), ("city.routing_unknown", "sources"), ("city.routing_unknown", "to"),
    ]  # fmt: skip
    assert all("{" not in "".join(problem.words()) for problem in check(bad))


def test_a_rule_of_the_file_that_never_fires_and_an_unserved_matter_are_warned_of_at_their_lines(write: Write) -> None:
    changes = (
        ("group: facility, leads: [roads], supports", "group: facility, rung: department, leads: [roads], supports"),
        ("rung: grid, leads: [team, roads]", "rung: grid, leads: [team]"),
    )
    rows = ("{code: first, zh: 首选, by: matter}", "{code: late, zh: 迟到, by: turn}")
    path = _with_table(write, *rows, changes=changes)
    lines = path.read_text("utf-8").splitlines()
    found = {problem.rule: problem for problem in check(path)}
    assert found.keys() == {"city.routing_dead", "city.matter_unserved_in"}
    assert all(problem.is_warning for problem in found.values())
    assert "code: late" in lines[found["city.routing_dead"].line - 1]
    assert "code: stalls" in lines[found["city.matter_unserved_in"].line - 1]
    assert dict(found["city.matter_unserved_in"].params)["streets"] == "西街道"


@pytest.mark.parametrize("name", ["donggang", "guiping", "longchang", "nanchang", "yulin"])
def test_every_shipped_city_has_a_table_of_its_own_each_rule_of_which_fires_and_serves_every_matter(name: str) -> None:
    made = load(name)
    assert made.routing != DEFAULT
    assert (dead(made), unserved(made)) == ((), {})
    assert compared(made) == {"telecom", "mobile", "unicom"}
    assert all(made.mark_of(f"routing.{rule.code}") for rule in made.routing)
