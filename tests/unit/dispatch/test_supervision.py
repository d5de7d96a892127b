"""Supervision orders (督办) and their receipts (回执): who issues, who answers, what stays on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from services.dispatch.domain import facts, replies
from services.dispatch.domain.order import Status
from services.dispatch.domain.supervision import SupervisionLine
from shared.kernel.clock import Budget, add
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE, IN, department, order, unit

HAND = replies.Supervise(CASE, "群众多次催问")
ANSWER = replies.AnswerSupervision(CASE, 1, "已增派人员，三日内办结")


def late() -> Play:
    """Play until the lead's handling is overdue and not yet supervised."""
    played = town.accepted("pipe")
    due_at = order(played).due_at
    assert due_at is not None
    played.advance(due_at + timedelta(minutes=1))
    return played


def supervised() -> Play:
    played = late()
    played.advance(add(order(played).due_at or played.now, Budget.parse("1 wd"), town.TOWN.calendar))
    return played


def rule_of(played: Play, data: Any, actor: Actor) -> str | None:
    before, armed = dict(played.states), dict(played.deadlines)
    try:
        town.say(played, actor, data)
    except Refused as refused:
        assert (played.states, played.deadlines) == (before, armed)
        return refused.rule
    return None


def test_the_clock_issues_a_supervision_order_that_must_be_answered_within_a_limit() -> None:
    played = supervised()
    (fact,) = played.stated(facts.OrderSupervised)
    assert (fact.number, fact.charged, fact.supervisor, fact.by_hand) == (1, "water", "s1", False)
    assert fact.receipt_due_at == add(played.now, Budget.parse("1 wd"), town.TOWN.calendar)
    assert (CASE, "receipt:1") in played.deadlines


def test_the_late_unit_answers_on_record_and_its_clock_runs_on() -> None:
    played = supervised()
    before = order(played)
    assert rule_of(played, ANSWER, department("water")) is None
    (fact,) = played.stated(facts.SupervisionAnswered)
    assert (fact.number, fact.on_time, fact.note) == (1, True, "已增派人员，三日内办结")
    assert (order(played).due_at, order(played).status) == (before.due_at, before.status)
    assert (CASE, "receipt:1") not in played.deadlines
    line = [row for row in played.rows if isinstance(row, SupervisionLine)][-1]
    assert (line.answered_at, line.answer) == (played.now, "已增派人员，三日内办结")


def test_silence_is_said_once_and_a_late_answer_is_kept_as_late() -> None:
    played = supervised()
    played.advance(played.deadlines[CASE, "receipt:1"].due_at)
    (missed,) = played.stated(facts.SupervisionUnanswered)
    assert (missed.charged, missed.supervisor) == ("water", "s1")
    played.now += timedelta(minutes=1)
    assert rule_of(played, ANSWER, department("water")) is None
    assert not played.stated(facts.SupervisionAnswered)[0].on_time
    assert rule_of(played, ANSWER, department("water")) == "supervision.nothing"


@pytest.mark.parametrize(
    ("actor", "rule"),
    [
        (unit("s1"), None),
        (unit("top"), None),
        (town.OPERATIONS, None),
        (department("water"), "supervision.not_above"),
        (department("roads"), "supervision.not_above"),
        (unit("s2"), "supervision.not_above"),
        (unit("c11"), "supervision.not_above"),
        (Actor("resident", "s1"), "actor.not_allowed"),
    ],
)
def test_by_hand_the_unit_above_the_late_one_supervises_and_operations_everywhere(
    actor: Actor, rule: str | None
) -> None:
    assert rule_of(late(), HAND, actor) == rule


def test_one_waits_for_its_answer_before_the_next_and_the_clocks_own_still_comes() -> None:
    played = late()
    assert rule_of(played, HAND, unit("s1")) is None
    assert rule_of(played, HAND, town.OPERATIONS) == "supervision.pending"
    town.say(played, department("water"), ANSWER)
    assert rule_of(played, HAND, town.OPERATIONS) is None
    played.advance(add(order(played).due_at or played.now, Budget.parse("1 wd"), town.TOWN.calendar))
    assert [(f.number, f.by_hand) for f in played.stated(facts.OrderSupervised)] == [(1, True), (2, True), (3, False)]


def test_in_no_status_is_what_is_in_time_supervised_or_answered() -> None:
    for status, actor in product(Status, (unit("s1"), unit("top"), town.OPERATIONS, department("water"))):
        assert rule_of(IN[status](), HAND, actor) in ("supervision.not_late", "supervision.not_above")
        assert rule_of(IN[status](), ANSWER, actor) in ("supervision.nothing", "supervision.over")


def test_a_rung_that_is_late_is_supervised_by_the_unit_above_it_alone() -> None:
    played = town.accepted("litter")
    played.advance(datetime(2026, 3, 3, 19, tzinfo=town.MONDAY.tzinfo))
    assert order(played).responsible == "g111"
    assert rule_of(played, HAND, unit("g111")) == "supervision.not_above"
    assert rule_of(played, HAND, unit("c12")) == "supervision.not_above"
    assert rule_of(played, HAND, unit("c11")) is None


def test_nobody_owes_an_answer_once_the_case_is_over() -> None:
    played = supervised()
    played.hear(CASE, town.heard.CaseWithdrawn(), "intake")
    played.advance(played.now + timedelta(days=5))
    assert not played.stated(facts.SupervisionUnanswered)
    assert rule_of(played, ANSWER, department("water")) == "supervision.over"
