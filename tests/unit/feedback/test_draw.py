"""Spot checks, look-backs and inspections: a draw that anybody can compute again (workflows §4.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import cycle
from typing import Any

import pytest

from services.feedback.domain.draw import (
    MOVES,
    CheckDone,
    Checked,
    CheckFailed,
    CheckKind,
    Completion,
    DrawCase,
    DrawCompleted,
    DrawFrozen,
    DrawMade,
    Drawn,
    FreezeDraw,
    Head,
    Inspector,
    Pair,
    RecordCheck,
    Status,
    make,
    order,
    quarter_of,
    sample_size,
    seed_of,
    subject_of,
)
from services.feedback.domain.drawing import Candidate
from shared.city.load import load
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor, Arm
from shared.kernel.refusals import Refused
from tests.unit.feedback.boxes import Office

FRIDAY = datetime(2026, 9, 11, 10, tzinfo=SHANGHAI)
MONDAY = date(2026, 9, 14)
HEAD = Head(41, "ab" * 32)
OPERATIONS = Actor("operations", "centre")
POOL = tuple(Inspector(f"I-{n}", unit) for n, unit in zip(range(1, 5), cycle(["S01", "S02"]), strict=False))
CASES = tuple(DrawCase(f"C-{n}", "lamp", "G01", ("hb",)) for n in range(1, 7))


@cache
def guiping() -> City:
    return load("guiping")


@cache
def community() -> str:
    return next(unit.code for unit in guiping().units.values() if unit.level == "community")


def subject(kind: str = "spot_check") -> str:
    return subject_of(community(), "2026Q3", kind, None)


def asked(**more: Any) -> FreezeDraw:
    return replace(FreezeDraw(community(), "2026Q3", CheckKind.SPOT_CHECK, POOL), **more)


def new(cases: tuple[DrawCase, ...] = CASES, city: City | None = None) -> Office:
    office = Office(city or guiping(), FRIDAY)
    office.candidates = tuple(Candidate(case, None) for case in cases)
    return office


def frozen(cases: tuple[DrawCase, ...] = CASES) -> Office:
    office = new(cases)
    office.send(subject(), asked(), OPERATIONS, creates=True)
    return office


def made(cases: tuple[DrawCase, ...] = CASES) -> Office:
    office = frozen(cases)
    office.heads = {MONDAY.isoformat(): HEAD}
    office.advance(datetime(2026, 9, 15, tzinfo=SHANGHAI))
    return office


def unit_of(inspector: str) -> Actor:
    return Actor("unit", next(one.unit for one in POOL if one.id == inspector))


def check(office: Office, pair: Pair, passed: bool = True, actor: Actor | None = None) -> list[Any]:
    assert pair.inspector is not None
    return office.send(subject(), RecordCheck(pair.case, passed, "灯已修好"), actor or unit_of(pair.inspector))


def pairs_of(office: Office) -> tuple[Pair, ...]:
    pairs: tuple[Pair, ...] = office.states[subject()].pairs
    return pairs


def test_the_published_vector_is_drawn() -> None:
    seed = seed_of("2026Q3", "ab" * 32)
    assert order(seed, "case", [f"C-{n}" for n in range(1, 7)]) == ["C-6", "C-2", "C-1", "C-3", "C-5", "C-4"]
    assert order(seed, "inspector", [f"I-{n}" for n in range(1, 5)]) == ["I-4", "I-2", "I-3", "I-1"]


@pytest.mark.parametrize(("population", "size"), [(137, 7), (3, 3), (0, 0), (5, 5), (100, 5), (101, 6)])
def test_how_many_are_drawn(population: int, size: int) -> None:
    assert sample_size(population, 5, Fraction(1, 20)) == size


def test_the_draw_follows_from_the_head_of_the_next_working_day() -> None:
    office = frozen()
    (stated,) = office.facts
    assert isinstance(stated[1], DrawFrozen)
    assert (stated[1].head_on, stated[1].cases, stated[1].inspectors) == (MONDAY, CASES, POOL)
    assert office.advance(datetime(2026, 9, 14, 23, 59, tzinfo=SHANGHAI)) == []
    office.heads = {MONDAY.isoformat(): HEAD}
    (drawn,) = office.advance(datetime(2026, 9, 15, tzinfo=SHANGHAI))
    assert isinstance(drawn, DrawMade)
    assert (drawn.head, drawn.head_seq, drawn.seed) == (HEAD.hash, 41, seed_of("2026Q3", HEAD.hash))
    assert [(p.case, p.inspector) for p in drawn.pairs] == [
        ("C-6", "I-4"), ("C-2", "I-2"), ("C-1", "I-3"), ("C-3", "I-1"), ("C-5", "I-4")
    ]  # fmt: skip
    assert [row.case_id for row in office.rows_of(Drawn)] == ["C-6", "C-2", "C-1", "C-3", "C-5"]


def test_a_head_that_is_not_out_yet_is_waited_for() -> None:
    office = frozen()
    assert office.advance(datetime(2026, 9, 15, 0, 30, tzinfo=SHANGHAI)) == []
    office.heads = {MONDAY.isoformat(): HEAD}
    (drawn,) = office.advance(datetime(2026, 9, 15, 1, tzinfo=SHANGHAI))
    assert isinstance(drawn, DrawMade)


def test_one_of_the_handling_unit_the_dispatcher_or_the_verifier_is_skipped_and_the_next_keeps_his_turn() -> None:
    cases = tuple(replace(case, barred=("S02",)) if case.id == "C-6" else case for case in CASES)
    pairs = make(seed_of("2026Q3", HEAD.hash), 3, cases, POOL)
    assert [p.inspector for p in pairs] == ["I-3", "I-2", "I-3"]
    himself = tuple(replace(case, barred=("I-4", "I-2")) if case.id == "C-6" else case for case in CASES)
    assert make(seed_of("2026Q3", HEAD.hash), 1, himself, POOL) == (Pair("C-6", "I-3"),)


def test_where_everybody_is_barred_operations_checks() -> None:
    office = made(tuple(replace(case, barred=("S01", "S02")) for case in CASES))
    assert {pair.inspector for pair in pairs_of(office)} == {None}
    case = pairs_of(office)[0].case
    with pytest.raises(Refused) as refused:
        office.send(subject(), RecordCheck(case, True, "灯已修好"), Actor("unit", "S01"))
    assert refused.value.rule == "actor.not_allowed"
    (done,) = office.send(subject(), RecordCheck(case, True, "灯已修好"), OPERATIONS)
    assert done == CheckDone(case, None, True, "灯已修好")


def test_the_other_kind_is_done_where_there_is_nothing_of_the_one_asked_for() -> None:
    office = new(())
    office.candidates = tuple(Candidate(case, FRIDAY) for case in CASES)
    (stated,) = office.send(subject(), asked(), OPERATIONS, creates=True)
    assert (stated.kind, stated.asked, stated.cases) == (CheckKind.LOOK_BACK, CheckKind.SPOT_CHECK, CASES)


def test_where_both_are_empty_the_check_is_recorded_as_done_and_empty() -> None:
    office = new(())
    _, empty = office.send(subject(), asked(), OPERATIONS, creates=True)
    assert empty == DrawCompleted(CheckKind.SPOT_CHECK, community(), "2026Q3", None, 0, 0)
    assert office.states[subject()].status is Status.COMPLETED
    assert office.rows_of(Completion) == [Completion(subject(), community(), "2026Q3", None, "spot_check")]
    assert office.deadlines == {}


def test_a_look_back_draws_what_ended_in_the_last_ninety_days() -> None:
    office = new(())
    ends = [datetime(2026, 6, 13, 23, 59, tzinfo=SHANGHAI), datetime(2026, 6, 12, 23, 59, tzinfo=SHANGHAI)]
    office.candidates = tuple(Candidate(case, at) for case, at in zip(CASES, ends, strict=False))
    name = subject("look_back")
    (stated,) = office.send(name, asked(kind=CheckKind.LOOK_BACK), OPERATIONS, creates=True)
    assert [case.id for case in stated.cases] == ["C-1"]


def test_communities_are_inspected_by_the_same_draw_and_nothing_else_takes_their_place() -> None:
    office = new()
    street = guiping().ancestors(community())[0].code
    name = subject_of(street, "2026Q3", "inspection", None)
    (stated,) = office.send(name, asked(unit=street, kind=CheckKind.INSPECTION), OPERATIONS, creates=True)
    assert stated.kind is CheckKind.INSPECTION
    assert [case.id for case in stated.cases] == [unit.code for unit in guiping().children(street)]
    grid = guiping().children(community())[0].code
    name = subject_of(grid, "2026Q3", "inspection", None)
    nothing, empty = office.send(name, asked(unit=grid, kind=CheckKind.INSPECTION), OPERATIONS, creates=True)
    assert (nothing.cases, empty.kind) == ((), CheckKind.INSPECTION)


def test_a_failed_check_leads_to_a_linked_new_order() -> None:
    office = made()
    pair = pairs_of(office)[0]
    (done,) = check(office, pair, passed=False)
    assert (done.passed, done.follow_up is not None) == (False, True)
    (failed,) = office.advance(office.now)
    assert failed == CheckFailed(subject(), pair.case, "lamp", "G01", "灯已修好")
    assert office.facts[-1] == (done.follow_up, failed)
    assert office.rows_of(Checked) == [Checked(subject(), pair.case, False, done.follow_up)]


def test_a_failed_inspection_of_a_community_makes_no_order() -> None:
    office = new()
    name = subject("inspection")
    office.send(name, asked(kind=CheckKind.INSPECTION), OPERATIONS, creates=True)
    office.heads = {MONDAY.isoformat(): HEAD}
    office.advance(datetime(2026, 9, 15, tzinfo=SHANGHAI))
    done, completed = office.send(name, RecordCheck(community(), False, "台账不全"), Actor("unit", "S02"))
    assert (done.follow_up, completed.checked, completed.passed) == (None, 1, 0)
    assert office.deadlines == {}


def test_the_draw_is_complete_when_everything_drawn_was_checked() -> None:
    office = made()
    for n, pair in enumerate(pairs_of(office)):
        stated = check(office, pair, passed=n != 2)
    assert stated[-1] == DrawCompleted(CheckKind.SPOT_CHECK, community(), "2026Q3", None, 5, 4)


@pytest.mark.parametrize(
    ("case", "rule"), [("C-4", "draw.not_drawn"), ("C-99", "draw.not_drawn"), ("C-6", "draw.checked")]
)
def test_only_what_was_drawn_is_checked_and_only_once(case: str, rule: str) -> None:
    office = made()
    check(office, pairs_of(office)[0])
    with pytest.raises(Refused) as refused:
        office.send(subject(), RecordCheck(case, True, "灯已修好"), Actor("unit", "S02"))
    assert refused.value.rule == rule


def test_findings_hold_no_telephone_number() -> None:
    office = made()
    pair = pairs_of(office)[0]
    assert pair.inspector
    (done,) = office.send(subject(), RecordCheck(pair.case, True, "电话 13812345678"), unit_of(pair.inspector))
    assert "13812345678" not in done.finding


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"quarter": "2026Q2"}, "draw.quarter"), ({"inspectors": (*POOL, POOL[0])}, "draw.inspector_twice")],
)
def test_a_draw_against_the_rules_freezes_nothing(change: dict[str, Any], rule: str) -> None:
    office = new()
    with pytest.raises(Refused) as refused:
        office.send(subject(), asked(**change), OPERATIONS, creates=True)
    assert (refused.value.rule, office.facts) == (rule, [])


def test_a_population_too_large_for_one_message_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        frozen(tuple(DrawCase(f"C-{n}") for n in range(5001)))
    assert refused.value.rule == "draw.too_many"


def test_a_city_without_the_mechanism_draws_nothing() -> None:
    with pytest.raises(Refused) as refused:
        new(city=load("donggang")).send(subject(), asked(), OPERATIONS, creates=True)
    assert refused.value.rule == "mechanism.off"


def above() -> str:
    return guiping().ancestors(community())[0].code


ACTORS = [lambda: OPERATIONS, lambda: Actor("unit", above()), lambda: Actor("unit", community()),
          lambda: Actor("unit", "S99"), lambda: Actor("department", "hb"), lambda: Actor("resident", "r"),
          lambda: Actor("unit", "S02"), lambda: Actor("source", "mini")]  # fmt: skip


@pytest.mark.parametrize("state", ["none", "frozen", "made", "completed"])
@pytest.mark.parametrize("act", ["freeze", "record"])
@pytest.mark.parametrize("actor", range(len(ACTORS)))
def test_every_state_act_and_caller(state: str, act: str, actor: int) -> None:
    office = {"none": new, "frozen": frozen, "made": made, "completed": lambda: frozen(())}[state]()
    caller = ACTORS[actor]()
    message: Any = asked() if act == "freeze" else RecordCheck("C-6", True, "灯已修好")
    freezer = caller in (OPERATIONS, Actor("unit", above()))
    allowed = (freezer and state == "none") if act == "freeze" else (caller.id == "S02" and state == "made")
    stated = len(office.facts)
    if allowed:
        assert office.send(subject(), message, caller, creates=act == "freeze")
        return
    with pytest.raises(Refused):
        office.send(subject(), message, caller, creates=act == "freeze")
    assert len(office.facts) == stated


def test_a_draw_only_goes_forward() -> None:
    forward = [Status.FROZEN, Status.MADE, Status.COMPLETED]
    assert {(a, b) for a in forward for b in forward if MOVES.allows(a, b)} == {
        (a, b) for i, a in enumerate(forward) for b in forward[i + 1 :]
    }


@pytest.mark.parametrize(("month", "quarter"), [(1, "2026Q1"), (3, "2026Q1"), (4, "2026Q2"), (12, "2026Q4")])
def test_a_quarter_is_named_by_its_year_and_number(month: int, quarter: str) -> None:
    assert quarter_of(date(2026, month, 1)) == quarter


def test_a_deadline_of_a_draw_that_is_made_changes_nothing() -> None:
    office = made()
    office.deadlines[subject(), "draw"] = Arm("draw", office.now, {"on": MONDAY.isoformat()}, subject())
    assert office.advance(office.now + timedelta(seconds=1)) == []
