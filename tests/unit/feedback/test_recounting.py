"""A calendar published later moves the tasks of the desk, exclusions and freezes, with the reason (decision 65)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.feedback.domain.counting import freeze_of
from services.feedback.domain.exclusion import ExclusionDecided
from services.feedback.domain.period import Period
from services.feedback.domain.publishing import seeds
from services.feedback.domain.recounting import RatingDeadlinesMoved
from services.feedback.domain.task import Task
from shared.kernel.clock import Budget, add
from tests.support.play import Play
from tests.unit.feedback import test_exclusions
from tests.unit.feedback.test_rating import CASE, asked, rate


def meet(table: Play, subject: str = CASE) -> dict[str, Any]:
    """Let a subject meet a calendar with the next ten days off; returns what moved, by name."""
    first, calendar = table.now.date() + timedelta(days=1), table.city.calendar
    days = {first + timedelta(days=n) for n in range(10)}
    stated = table.meet_calendar(subject, replace(calendar, holidays=calendar.holidays | days, makeups=frozenset()))
    return {one.name: one for fact in stated if isinstance(fact, RatingDeadlinesMoved) for one in fact.moved}


def test_the_judgement_of_a_dissatisfied_answer_moves_and_the_desk_s_list_with_it() -> None:
    table = asked()
    rate(table, 2)
    (name,) = (name for _, name in table.deadlines if name.startswith("judge:"))
    moved = meet(table)[name]
    due = add(table.now, Budget.parse("1 wd"), table.city.calendar)
    assert moved.ends_at == due == table.deadlines[CASE, name].due_at
    tasks = [row for row in table.rows if isinstance(row, Task)]
    assert (tasks[-1].due_at, tasks[-1].outcome) == (due, None)


def test_an_exclusion_moves_and_still_lapses_as_refused_once() -> None:
    table = test_exclusions.closed()
    test_exclusions.ask(table)
    before = table.deadlines[CASE, "exclusion"].due_at
    moved = meet(table)["exclusion"]
    assert (moved.before, test_exclusions.listed(table).decide_by) == (before, moved.ends_at)
    table.advance(before)
    assert table.stated(ExclusionDecided) == []
    table.advance(moved.ends_at)
    assert [(fact.granted, fact.lapsed) for fact in table.stated(ExclusionDecided)] == [(False, True)]


def test_the_freeze_of_a_period_moves_and_counts_as_things_stand_then() -> None:
    table = asked()
    month = seeds(table.city, table.now)[0]
    subject, arm = month
    table.deadlines[subject, arm.name] = arm
    table.states[subject] = None
    table.now = arm.due_at - timedelta(days=4)
    moved = meet(table, subject)[arm.name]
    at = freeze_of(Period.parse(subject.removeprefix("score:")), table.city)
    armed = table.deadlines[subject, arm.name]
    assert (armed.due_at, armed.data["frozen_at"], moved.ends_at) == (at, at.isoformat(), at)
    assert at > arm.due_at
