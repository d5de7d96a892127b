"""What a calendar published later does to running clocks: same budgets, new ends, nothing fires twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from services.dispatch.domain import facts, heard, replies
from services.dispatch.domain.order import Status
from services.dispatch.domain.projecting import OrderDeadlinesMoved
from shared.city.model import City
from shared.kernel.calendar import Calendar
from shared.kernel.clock import Budget
from shared.kernel.recounting import MovedDeadline
from tests.support.play import Play
from tests.unit.dispatch import circle, test_whistle, town
from tests.unit.dispatch.test_clocks import at, story
from tests.unit.dispatch.town import CASE, day, order, say

WORKED_SATURDAY = Calendar(makeups=frozenset({date(2026, 3, 7)}), known=frozenset({2026}))
HOLIDAY_WEEK = Calendar(
    holidays=frozenset(date(2026, 3, 9) + timedelta(days=n) for n in range(5)), known=frozenset({2026})
)


def publish(played: Play, calendar: Calendar, **clocks: str) -> list[Any]:
    """Let the order meet another calendar."""
    budgets = {**town.TOWN.clocks, **{name: Budget.parse(text) for name, text in clocks.items()}}
    city: City = replace(town.TOWN, clocks=budgets)
    played.city = city
    return played.meet_calendar(CASE, calendar)


def closed_on(*days: int) -> Calendar:
    """Return a calendar with these days of March 2026 off."""
    return replace(HOLIDAY_WEEK, holidays=frozenset(date(2026, 3, n) for n in days))


def test_a_holiday_week_moves_the_end_of_handling_and_says_why() -> None:
    played = town.accepted()
    assert order(played).due_at == day(9)
    (fact,) = publish(played, HOLIDAY_WEEK)
    assert (fact.of, fact.before, fact.ends_at, fact.calendar, fact.reason) == (
        "handle",
        day(9),
        day(16),
        1,
        "国办通知",
    )
    assert (order(played).due_at, order(played).handle_due_at) == (day(16), day(16))
    assert (order(played).status, order(played).version) == (Status.ACCEPTED, 0)
    assert played.deadlines[CASE, "handle.overdue"].due_at == day(16)
    assert played.rows[-1].due_at == day(16)


def test_a_clock_that_the_calendar_does_not_touch_states_nothing() -> None:
    played = town.accepted()
    assert publish(played, closed_on(31)) == []
    assert order(played).due_at == day(9)


def test_a_reminder_that_fired_does_not_fire_again_for_the_later_end() -> None:
    played = town.accepted()
    played.advance(at(8, 12))
    assert story(played) == [("reminded", "handle")]
    publish(played, HOLIDAY_WEEK)
    assert (CASE, "handle.reminder") not in played.deadlines
    played.advance(day(16))
    assert story(played) == [("reminded", "handle"), ("overdue", "handle")]


def test_an_overdue_that_fired_stays_and_only_the_supervision_moves() -> None:
    played = town.accepted()
    played.advance(day(9))
    publish(played, HOLIDAY_WEEK)
    assert played.deadlines[CASE, "handle.supervision"].due_at == day(17)
    assert (CASE, "handle.overdue") not in played.deadlines
    played.advance(day(29))
    assert [name for name, _ in story(played)] == ["reminded", "overdue", "supervised", "escalated"]


def test_the_ledger_rung_of_a_supervised_order_moves_as_well() -> None:
    played = town.accepted()
    played.advance(day(10))
    assert played.deadlines[CASE, "handle.ledger"].due_at == day(17)
    publish(played, HOLIDAY_WEEK)
    assert played.deadlines[CASE, "handle.ledger"].due_at == day(24)


def test_rungs_whose_new_time_is_past_fire_at_once_in_their_order() -> None:
    played = town.accepted()
    played.now = at(9, 10)  # the day of the end; with the Saturday worked it was the day before
    publish(played, WORKED_SATURDAY)
    assert order(played).due_at == day(8)
    played.advance(at(9, 10, 1))
    assert story(played) == [("reminded", "handle"), ("overdue", "handle")]
    assert (CASE, "handle.supervision") in played.deadlines


def test_the_same_calendar_met_twice_moves_nothing_twice() -> None:
    played = town.accepted()
    assert len(publish(played, HOLIDAY_WEEK)) == 1
    before = dict(played.deadlines)
    assert publish(played, HOLIDAY_WEEK) == []
    assert played.deadlines == before


def test_a_case_clock_in_working_days_moves_beside_the_holder_s() -> None:
    played = town.accepted()
    found = publish(played, HOLIDAY_WEEK, case="20 wd")
    assert [fact.of for fact in found] == ["handle", "case"]
    assert order(played).case_due_at == day(35)
    assert played.deadlines[CASE, "case.overdue"].due_at == day(35)


def test_the_date_that_a_meeting_set_is_nobody_s_to_move() -> None:
    played = town.meeting_order()
    assert publish(played, HOLIDAY_WEEK) == []
    assert order(played).due_at == day(30)


def test_what_waits_for_others_clocks_or_is_over_is_left_alone() -> None:
    for status in (Status.VERIFIED, Status.ESCALATED, Status.CLOSED, Status.WITHDRAWN):
        assert publish(town.IN[status](), HOLIDAY_WEEK) == []


def told(played: Play, name: str, ends_at: datetime) -> list[Any]:
    """Let escalation say that a deadline of the case's topic has moved."""
    moved = (MovedDeadline("tell:c-9", day(1), day(2)), MovedDeadline(name, order(played).due_at, ends_at))
    return played.hear(CASE, heard.LedgerDeadlinesMoved(moved, 3, "国办通知"), "escalation")


def test_a_body_answers_by_the_day_to_which_the_ledger_says_its_answer_moved() -> None:
    played = town.at_meeting()
    before = order(played)
    (fact,) = told(played, "answer", day(95))
    assert (fact.of, fact.before, fact.ends_at, fact.calendar) == ("answer", before.due_at, day(95), 3)
    assert order(played) == replace(before, due_at=day(95))
    assert played.rows[-1].due_at == day(95)
    assert played.rows[-1].responsible == before.responsible


def test_other_deadlines_of_the_ledger_move_no_order_nor_does_an_answer_that_was_given() -> None:
    assert told(town.at_meeting(), "remind_answer", day(95)) == []
    assert told(town.meeting_order(), "answer", day(95)) == []
    assert told(town.escalated(), "answer", day(95)) == [], "its topic is not raised yet"
    nobody = Play(town.at_meeting().decide, town.at_meeting().evolve, town.TOWN, day(0))
    moved = (MovedDeadline("undecided", day(1), day(2)),)
    assert nobody.hear("meeting:s1:4", heard.LedgerDeadlinesMoved(moved, 3, "国办通知"), "escalation") == []
    assert nobody.states["meeting:s1:4"] is None


def test_every_clock_of_dispatch_is_projected_from_its_own_start_and_budget() -> None:
    for played, clock, expected in (
        (town.waiting(), "dispatch", at(2, 10, 30)),
        (town.opened(), "accept", at(2, 14)),
        (town.handled(), "verify", day(3)),
    ):
        assert order(played).clock == clock
        publish(played, closed_on(2, 3))
        assert order(played).due_at == expected


def test_rework_is_projected_by_half_the_budget_that_it_was_given() -> None:
    played = town.handled()
    town.verify(played, passed=False)
    assert (order(played).due_at, str(order(played).term.budget)) == (day(4), "4 wd")
    publish(played, closed_on(5))
    assert order(played).due_at == day(7)


def test_a_pending_request_survives_the_projection() -> None:
    played = town.accepted()
    town.ask_unable(played)
    publish(played, HOLIDAY_WEEK)
    assert (order(played).request.kind, played.rows[-1].request) == ("unable", "unable")
    say(played, town.unit("s1"), replies.JudgeUnable(CASE, 1, True))
    assert order(played).status is Status.ESCALATED


def test_a_rung_fires_once_even_if_its_message_came_twice() -> None:
    played = town.accepted()
    old = played.deadlines[CASE, "handle.reminder"]
    played.advance(old.due_at)
    played.deadlines[CASE, "handle.reminder"] = old
    played.advance(old.due_at + timedelta(minutes=1))
    assert len(played.stated(facts.OrderReminded)) == 1


def test_a_later_version_of_the_clock_has_rungs_of_its_own() -> None:
    played = town.verified()
    played.hear(CASE, heard.ReworkOrdered(1), "feedback")
    due_at: datetime = order(played).due_at
    played.advance(due_at)
    assert [name for name, of in story(played) if of == "handle"] == ["reminded", "overdue"]


def test_what_a_judge_and_a_supervised_unit_have_left_moves_as_well() -> None:
    played = town.accepted()
    town.ask_unable(played)
    asked_until = played.deadlines[CASE, "request.lapse"].due_at
    found = publish(played, closed_on(*range(2, 7)))
    (moved,) = [one for fact in found if isinstance(fact, OrderDeadlinesMoved) for one in fact.moved]
    assert (moved.name, moved.before) == ("request.lapse", asked_until)
    assert played.deadlines[CASE, "request.lapse"].due_at == moved.ends_at > asked_until
    late = town.accepted()
    late.advance(day(10))
    publish(late, closed_on(*range(11, 14)))
    moved_to = late.deadlines[CASE, "receipt:1"].due_at
    assert moved_to == order(late).supervisions[0].receipt_due_at > day(11)


def test_whistles_wishes_and_projects_move_and_show_it() -> None:
    whistled = test_whistle.sounded()
    before = whistled.deadlines[test_whistle.W, "sign:water"].due_at
    whistled.meet_calendar(test_whistle.W, closed_on(2, 3))
    state = whistled.states[test_whistle.W]
    assert state.sign_due_at == whistled.deadlines[test_whistle.W, "sign:water"].due_at > before
    assert (test_whistle.W, "report:water") in whistled.deadlines
    wished = circle.Circle()
    wished.order()
    due_at = wished.states[circle.WISH].due_at
    calendar = wished.city.calendar
    wished.meet_calendar(circle.WISH, replace(calendar, holidays=calendar.holidays | {date(2026, 3, 3)}))
    assert wished.states[circle.WISH].due_at > due_at
    assert wished.states[circle.WISH].due_at == wished.deadlines[circle.WISH, "wish.review"].due_at
