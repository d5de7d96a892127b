"""Reminders by hand (催办): who sends one, that it changes nothing but the record, how often."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.dispatch.domain import facts, replies
from services.dispatch.domain.order import Status
from shared.kernel.decisions import Actor
from shared.kernel.replacing import replace
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.test_supervision import rule_of
from tests.unit.dispatch.town import CASE, IN, department, order, unit

HAND = replies.Remind(CASE, "王先生 13812345678 来电询问")
REMINDED = {Status.WAITING, Status.DISPATCHED, Status.ACCEPTED, Status.HANDLED}
"""In these a clock runs over somebody's work."""


def passed_up() -> Play:
    """Play until a community has passed a case up that its grid had passed up to it."""
    played = town.accepted("litter")
    for desk in ("g111", "c11"):
        now = order(played).assignment
        if order(played).status is Status.DISPATCHED:
            town.say(played, unit(desk), replies.Accept(CASE, now, "post-7"))
        town.say(played, unit(desk), replies.PassUp(CASE, now, "means", "已劝导三次无效"))
    return played


def test_a_reminder_is_on_record_and_restarts_nothing() -> None:
    played = town.accepted("pipe")
    before, armed = order(played), dict(played.deadlines)
    assert rule_of(played, HAND, unit("s1")) is None
    (fact,) = played.stated(facts.OrderReminded)
    assert (fact.of, fact.by, fact.responsible) == ("handle", "s1", "water")
    assert "13812345678" not in fact.why
    assert played.deadlines == armed
    assert replace(order(played), reminded=()) == before


def test_the_clocks_own_reminder_still_comes() -> None:
    played = town.accepted("pipe")
    town.say(played, unit("s1"), HAND)
    due_at = order(played).due_at
    assert due_at is not None
    played.advance(due_at - timedelta(minutes=1))
    assert [fact.by for fact in played.stated(facts.OrderReminded)] == ["s1", None]


def test_a_department_that_subscribes_hears_of_it() -> None:
    played = town.accepted("pipe")
    town.say(played, unit("s1"), HAND)
    assert [stream for stream, fact in played.copies if isinstance(fact, facts.OrderReminded)] == ["orders.water"]


@pytest.mark.parametrize(
    ("actor", "rule"),
    [
        (unit("s1"), None),
        (unit("top"), None),
        (town.OPERATIONS, None),
        (department("water"), "reminding.not_above"),
        (department("roads"), "reminding.not_above"),
        (unit("s2"), "reminding.not_above"),
        (unit("c11"), "reminding.not_above"),
        (unit("g111"), "reminding.not_above"),
        (Actor("resident", "s1"), "actor.not_allowed"),
        (Actor("source", "hotline"), "actor.not_allowed"),
    ],
)
def test_who_dispatched_who_is_above_and_operations_remind(actor: Actor, rule: str | None) -> None:
    assert rule_of(town.accepted("pipe"), HAND, actor) == rule


def test_who_passed_a_case_up_reminds_those_who_have_it_now() -> None:
    played = passed_up()
    assert order(played).responsible == "s1"
    assert rule_of(played, HAND, unit("c11")) is None
    assert rule_of(played, HAND, unit("g111")) is None
    assert rule_of(played, HAND, unit("c12")) == "reminding.not_above"
    assert rule_of(played, HAND, unit("s1")) == "reminding.not_above"
    assert rule_of(played, HAND, unit("top")) is None


def test_nobody_hurries_the_check_of_its_own_work() -> None:
    played = passed_up()
    town.say(played, unit("s1"), replies.Accept(CASE, order(played).assignment, "post-7"))
    town.finish(played)
    assert (order(played).lead, order(played).responsible) == ("s1", "g111")
    assert rule_of(played, HAND, unit("s1")) == "reminding.not_above"
    assert rule_of(played, HAND, unit("top")) is None


def test_each_desk_reminds_once_a_day_and_anew_after_another_dispatch() -> None:
    played = town.opened("pipe")
    assert rule_of(played, HAND, unit("s1")) is None
    assert rule_of(played, HAND, unit("s1")) == "reminding.too_soon"
    assert rule_of(played, HAND, town.OPERATIONS) is None
    played.now += timedelta(days=1)
    assert rule_of(played, HAND, unit("s1")) is None
    town.say(played, unit("s1"), replies.Recall(CASE, 1, "派错了单位"))
    town.say(played, unit("s1"), replies.DispatchTo(CASE, "water"))
    assert rule_of(played, HAND, unit("s1")) is None


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("actor", [unit("top"), town.OPERATIONS])
def test_it_can_be_reminded_while_a_clock_runs_over_somebodys_work(status: Status, actor: Actor) -> None:
    assert rule_of(IN[status](), HAND, actor) == (None if status in REMINDED else "reminding.nothing")
