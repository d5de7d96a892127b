"""Who gets a case, by rule and by hand; who verifies; whose body a case goes to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.dispatch.domain import facts, heard, replies
from services.dispatch.domain.order import Status
from services.dispatch.domain.prepared import Prepared
from shared.city.rule import Rule
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE, OPERATIONS, department, order, say, unit


@pytest.mark.parametrize(
    ("matter", "place", "rung", "lead", "dispatcher", "rule"),
    [
        ("litter", "g111", "grid", "g111", "c11", "rung"),
        ("litter", "b1111", "grid", "g111", "c11", "rung"),
        ("litter", "c11", "community", "c11", "s1", "rung"),
        ("licence", "g111", "street", "s1", "top", "rung"),
        ("stalls", "g111", "street", "s1", "top", "rung"),
        ("pipe", "g111", "department", "water", "s1", "matter"),
        ("pipe", "top", "department", "water", "top", "matter"),
        ("road", "g111", "department", "water", "s1", "pairing"),
        ("road", "g121", "department", "roads", "s1", "matter"),
        ("road", "s1", "department", "roads", "s1", "matter"),
        ("litter", "top", "department", "order", "top", "matter"),
    ],
)
def test_a_case_starts_at_its_first_rung_and_goes_by_rule(
    matter: str, place: str, rung: str, lead: str, dispatcher: str, rule: str
) -> None:
    played = town.opened(matter, place)
    begun, made = (data for _, data in played.facts)
    assert (begun.status, begun.responsible, begun.dispatcher) == (Status.WAITING, dispatcher, dispatcher)
    assert (made.rung, made.responsible, made.dispatcher, made.rule) == (rung, lead, dispatcher, rule)
    assert (order(played).status, order(played).assignment) == (Status.DISPATCHED, 1)


def test_a_case_that_no_rule_decides_waits_at_its_dispatcher_until_a_person_names_the_lead() -> None:
    played = town.opened("orphan", "top")
    (begun,) = (data for _, data in played.facts)
    assert (begun.responsible, begun.clock) == ("top", "dispatch")
    (made,) = say(played, OPERATIONS, replies.DispatchTo(CASE, "roads", ("water",)))
    assert (made.responsible, made.rule, made.support) == ("roads", "hand", ("water",))
    assert not [name for _, name in played.deadlines if name.startswith("dispatch")]


def test_a_street_that_gets_its_case_back_may_keep_it_and_operations_then_plays_the_dispatcher() -> None:
    played = town.accepted()
    town.ask_hand_back(played)
    say(played, unit("s1"), replies.JudgeHandBack(CASE, 1, True))
    (made,) = say(played, unit("s1"), replies.DispatchTo(CASE, "s1"))
    assert (made.responsible, made.rung, made.dispatcher) == ("s1", "street", "top")


def test_a_misplaced_grid_case_goes_to_another_grid_of_the_community() -> None:
    played = town.opened("litter")
    town.ask_hand_back(played, "g112")
    say(played, unit("c11"), replies.JudgeHandBack(CASE, 1, True))
    (made,) = say(played, unit("c11"), replies.DispatchTo(CASE, "g112"))
    assert (made.responsible, made.rung, made.dispatcher) == ("g112", "grid", "c11")


def test_a_case_climbs_every_rung() -> None:
    played = town.accepted("litter")
    say(played, unit("g111"), replies.PassUp(CASE, 1, "authority", "无权处理"))
    say(played, unit("c11"), replies.Accept(CASE, 2, "post"))
    say(played, unit("c11"), replies.PassUp(CASE, 2, "tried", "多次协调无果"))
    say(played, unit("s1"), replies.Accept(CASE, 3, "post"))
    say(played, unit("s1"), replies.DispatchTo(CASE, "order"))
    made = played.stated(facts.OrderDispatched)
    rungs = [(fact.rung, fact.responsible, fact.dispatcher) for fact in made]
    assert rungs == [
        ("grid", "g111", "c11"),
        ("community", "c11", "s1"),
        ("street", "s1", "top"),
        ("department", "order", "s1"),
    ]


@pytest.mark.parametrize(
    ("matter", "place", "verifier"),
    [("pipe", "g111", "g111"), ("litter", "g111", "c11"), ("litter", "c11", "s1"), ("pipe", "top", "top")],
)
def test_the_grid_of_the_place_verifies_or_the_next_rung_that_is_not_the_handler(
    matter: str, place: str, verifier: str
) -> None:
    played = town.accepted(matter, place)
    (fact,) = town.finish(played)
    assert (fact.responsible, fact.clock) == (verifier, "verify")


def test_a_matter_that_needs_no_verification_is_verified_at_once() -> None:
    played = town.accepted("advice")
    handled, verified = town.finish(played)
    assert (handled.status, verified.status, verified.verifier) == (Status.HANDLED, Status.VERIFIED, None)
    assert not played.deadlines


@pytest.mark.parametrize(
    ("starts_at", "matter", "place", "body"),
    [
        ("dispatcher", "pipe", "g111", "s1"),
        ("above_dispatcher", "pipe", "g111", "top"),
        ("dispatcher", "pipe", "top", "top"),
        ("above_dispatcher", "pipe", "top", "top"),
        ("dispatcher", "litter", "g111", "g111"),
        ("dispatcher", "litter", "c11", "c11"),
        ("above_dispatcher", "stalls", "g111", "s1"),
    ],
)
def test_an_escalation_goes_to_the_body_of_the_dispatcher_or_of_the_rung_itself(
    starts_at: str, matter: str, place: str, body: str
) -> None:
    played = town.accepted(matter, place, town.town(starts_at))
    played.advance(town.day(29))
    (fact,) = played.stated(facts.OrderEscalated)
    assert (fact.cause, fact.body) == ("overdue", body)
    assert fact.responsible == order(played).dispatcher
    assert (fact.clock, fact.due_at is not None) == ("answer", True)


def test_a_case_given_back_by_a_grid_body_waits_at_the_community() -> None:
    played = town.accepted("litter")
    played.advance(town.day(20))
    town.raise_topic(played, "g111")
    played.hear(CASE, heard.TopicResolved("t1", "g111", "order", town.day(60)), "escalation")
    say(played, department("order"), replies.Accept(CASE, 2, "post"))
    played.advance(town.day(90))
    assert order(played).status is Status.ESCALATED
    assert order(played).responsible == "g111"
    (fact,) = played.hear(CASE, heard.TopicWithdrawn("t1"), "escalation")
    assert (fact.responsible, fact.dispatcher) == ("c11", "c11")


RULED = replace(
    town.TOWN,
    routing=(
        Rule("street", "matter", at=frozenset({"street"}), matters=frozenset({"stalls", "litter"})),
        Rule("load", "load", matters=frozenset({"road"})),
        Rule("first", "matter"),
    ),
)


def test_what_begins_at_a_street_is_handed_on_at_once_where_a_rule_of_streets_says_so() -> None:
    played = town.opened("stalls", city=RULED)
    begun, made = (data for _, data in played.facts)
    assert (begun.rung, begun.responsible, begun.dispatcher) == ("street", "s1", "s1")
    assert (made.rung, made.responsible, made.dispatcher, made.rule) == ("department", "order", "s1", "street")
    held = town.opened("licence", city=RULED)
    assert (order(held).lead, order(held).dispatcher) == ("s1", "top")


def test_what_is_passed_up_to_a_street_is_handed_on_at_once_but_not_to_whose_hand_back_was_upheld() -> None:
    played = town.opened("litter", city=RULED)
    for holder in ("g111", "c11"):
        say(played, unit(holder), replies.Accept(CASE, order(played).assignment, "post"))
        passed, made = say(played, unit(holder), replies.PassUp(CASE, order(played).assignment, "means", "无力办理"))
    assert (passed.to_unit, passed.responsible) == ("s1", "s1")
    assert (made.responsible, made.dispatcher, made.rule) == ("order", "s1", "street")
    town.ask_hand_back(played, "roads")
    say(played, unit("s1"), replies.JudgeHandBack(CASE, order(played).assignment, True))
    assert (order(played).status, order(played).responsible) == (Status.WAITING, "s1")


def test_by_load_a_case_goes_to_the_lead_with_the_fewest_open_orders() -> None:
    played = town.play(RULED)
    played.prepared = Prepared(loads={"roads": 4, "water": 9, "housing": 2})
    _, made = played.hear(CASE, town.case("road"), "intake")
    assert (made.responsible, made.rule) == ("housing", "load")
