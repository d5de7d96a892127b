"""When clocks run out and what then happens, each once."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.dispatch.domain import facts, heard, replies
from services.dispatch.domain.order import Status
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import CLOCK, SYSTEM, Context, Due, Message
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE, MONDAY, day, department, order, say, unit


def at(n: int, hour: int, minute: int = 0) -> datetime:
    """Return a time on the n-th day after the Monday."""
    return datetime.fromordinal(MONDAY.toordinal() + n).replace(hour=hour, minute=minute, tzinfo=SHANGHAI)


def story(played: Play) -> list[tuple[str, str]]:
    """Return what the clocks stated, in order."""
    names = {
        facts.OrderReminded: "reminded",
        facts.OrderOverdue: "overdue",
        facts.OrderSupervised: "supervised",
        facts.OrderEscalated: "escalated",
    }
    return [(names[type(f)], getattr(f, "of", "")) for _, f in played.facts if type(f) in names]


def test_handling_is_reminded_found_overdue_supervised_and_sent_to_the_ledger_once_each() -> None:
    played = town.accepted()
    due_at = order(played).due_at
    assert due_at == day(9)
    played.advance(day(29))
    assert story(played) == [
        ("reminded", "handle"),
        ("overdue", "handle"),
        ("supervised", "handle"),
        ("escalated", ""),
    ]
    (supervised,) = played.stated(facts.OrderSupervised)
    assert (supervised.charged, supervised.supervisor) == ("water", "s1")
    (raised,) = played.stated(facts.OrderEscalated)
    assert (raised.cause, raised.lead, raised.responsible) == ("overdue", "water", "s1")


def test_the_rungs_of_handling_come_at_three_quarters_at_the_end_one_and_six_working_days_later() -> None:
    played = town.accepted()
    assert played.deadlines[CASE, "handle.reminder"].due_at == at(8, 8, 37) + timedelta(seconds=30)
    played.advance(day(9))
    assert played.deadlines[CASE, "handle.supervision"].due_at == day(10)
    played.advance(day(10))
    assert played.deadlines[CASE, "handle.ledger"].due_at == day(17)
    assert order(played).status is Status.ACCEPTED
    played.advance(day(17))
    assert order(played).status is Status.ESCALATED


def test_what_waits_for_a_hand_decision_is_reminded_overdue_and_supervised_and_stays_with_its_holder() -> None:
    played = town.waiting()
    played.advance(day(20))
    assert story(played) == [("reminded", "dispatch"), ("overdue", "dispatch"), ("supervised", "dispatch")]
    (supervised,) = played.stated(facts.OrderSupervised)
    assert (supervised.charged, supervised.supervisor) == ("s1", "top")
    assert (order(played).status, order(played).responsible) == (Status.WAITING, "s1")


def test_an_urgent_case_has_the_urgent_clocks() -> None:
    assert order(town.opened("orphan", urgent=True)).due_at == MONDAY + timedelta(hours=1)
    assert order(town.opened("pipe", urgent=True)).due_at == MONDAY + timedelta(hours=1)


def test_the_accept_clock_reminds_and_then_signs() -> None:
    played = town.opened()
    played.advance(order(played).due_at)
    assert story(played) == [("reminded", "accept")]
    (fact,) = played.stated(facts.OrderAccepted)
    assert (fact.deemed, fact.handler, fact.due_at) == (True, "", day(9))


def test_a_late_verifier_is_reminded_overdue_and_supervised_by_the_unit_above() -> None:
    played = town.handled()
    played.advance(day(28))
    assert story(played) == [("reminded", "verify"), ("overdue", "verify"), ("supervised", "verify")]
    (supervised,) = played.stated(facts.OrderSupervised)
    assert (supervised.charged, supervised.supervisor) == ("g111", "c11")


def test_the_case_clock_is_charged_to_the_dispatcher_once() -> None:
    played = town.handled()
    played.advance(day(60))
    (fact,) = [f for f in played.stated(facts.OrderOverdue) if f.of == "case"]
    assert (fact.charged, fact.responsible, fact.status) == ("s1", "g111", Status.HANDLED)


def test_the_case_clock_ends_when_a_topic_is_raised_and_when_the_work_is_verified() -> None:
    for played in (town.at_meeting(), town.verified()):
        played.advance(day(120))
        assert played.stated(facts.OrderOverdue) == []


def test_a_rework_by_rating_brings_the_case_clock_back_with_its_old_end() -> None:
    played = town.verified()
    played.hear(CASE, heard.ReworkOrdered(1), "feedback")
    assert played.deadlines[CASE, "case.overdue"].due_at == order(played).case_due_at


def test_exactly_at_the_due_instant_is_on_time_and_a_second_later_is_not() -> None:
    for late, expected in ((timedelta(0), True), (timedelta(seconds=1), False)):
        played = town.accepted()
        played.now = order(played).due_at + late
        (fact,) = town.finish(played)
        assert fact.on_time is expected
        assert fact.handle_due_at == day(9)


def test_rework_has_half_the_original_budget_and_at_least_one_working_day() -> None:
    played = town.handled()
    (failed,) = town.verify(played, passed=False)
    assert (failed.status, failed.failures, failed.responsible) == (Status.ACCEPTED, 1, "water")
    assert failed.due_at == day(4)
    town.finish(played)
    (again,) = town.verify(played, passed=False)
    assert again.due_at == day(4)

    short = town.accepted("litter")
    town.finish(short)
    (one_day,) = town.verify(short, passed=False)
    assert one_day.due_at == day(1)


def test_the_rework_of_a_meeting_order_has_half_of_the_resolution_s_days_each_time() -> None:
    played = town.meeting_order()
    for _ in range(2):
        town.finish(played)
        (failed,) = town.verify(played, passed=False)
        assert failed.due_at == day(15)


def test_a_rework_has_rungs_of_its_own_and_the_old_ones_stay_silent() -> None:
    played = town.accepted()
    old = played.deadlines[CASE, "handle.overdue"]
    town.finish(played)
    town.verify(played, passed=False)
    message = Message(Due(old.name, old.data), CASE, CLOCK, SYSTEM, old.due_at, "due-1")
    assert played.decide({CASE: order(played)}, message, Context(old.due_at, town.TOWN, played.new_id)).facts == ()
    played.advance(day(4))
    assert [fact.of for fact in played.stated(facts.OrderOverdue)] == ["handle"]


def test_a_request_nobody_judges_lapses_as_refused_and_the_clock_ran_on() -> None:
    for ask, kind in ((town.ask_hand_back, facts.HandBackJudged), (town.ask_unable, facts.UnableJudged)):
        played = town.accepted()
        due_at = order(played).due_at
        ask(played)
        played.advance(day(1))
        (fact,) = played.stated(kind)
        assert (fact.lapsed, fact.judge, fact.responsible, fact.due_at) == (True, "s1", "water", due_at)
        assert order(played).request is None


def test_a_lapse_of_an_earlier_assignment_s_request_touches_no_later_one() -> None:
    played = town.accepted("road")
    town.ask_hand_back(played, "housing")
    old = played.deadlines[CASE, "request.lapse"]
    say(played, unit("s1"), replies.JudgeHandBack(CASE, 1, True))
    say(played, unit("s1"), replies.DispatchTo(CASE, "housing"))
    town.ask_hand_back(played, "roads")
    message = Message(Due(old.name, old.data), CASE, CLOCK, SYSTEM, old.due_at, "due-1")
    assert played.decide({CASE: order(played)}, message, Context(old.due_at, town.TOWN, played.new_id)).facts == ()


def test_a_hand_back_stays_pending_while_the_order_is_deemed_accepted() -> None:
    played = town.opened()
    played.advance(at(0, 14))
    town.ask_hand_back(played)
    played.advance(at(0, 15))
    assert order(played).status is Status.ACCEPTED
    assert played.rows[-1].judge == "s1"
    say(played, unit("s1"), replies.JudgeHandBack(CASE, 1, True))
    assert (order(played).status, order(played).clock) == (Status.WAITING, "dispatch")


def test_finishing_drops_a_pending_request_and_its_judge_s_clock() -> None:
    played = town.accepted()
    town.ask_unable(played)
    town.finish(played)
    assert order(played).request is None
    assert (CASE, "request.lapse") not in played.deadlines


def test_a_meeting_s_order_runs_until_its_resolution_s_deadline_and_its_failure_reopens_the_entry() -> None:
    played = town.meeting_order()
    assert (order(played).due_at, order(played).clock) == (day(30), "handle")
    played.advance(day(60))
    (first, second) = played.stated(facts.OrderEscalated)
    assert (first.meeting_order, second.meeting_order) == (False, True)
    assert (second.cause, second.body, second.responsible) == ("overdue", "s1", "s1")
    (fact,) = played.hear(CASE, heard.TopicReopened("t1", "s1", day(99)), "escalation")
    assert (fact.responsible, fact.due_at, fact.clock) == ("s1", day(99), "answer")


def test_only_the_running_clock_has_deadlines() -> None:
    played = town.opened()
    say(played, department("water"), replies.Accept(CASE, 1, "post"))
    names = {name for _, name in played.deadlines}
    assert names == {"handle.reminder", "handle.overdue", "case.overdue"}
    played.hear(CASE, heard.CaseWithdrawn(), "intake")
    assert not played.deadlines
