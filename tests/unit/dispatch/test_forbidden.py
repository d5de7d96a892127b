"""The forbidden moves of workflows §3.6 that dispatch can meet, by their numbers, and the guards of its commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.domain import facts, heard, replies
from services.dispatch.domain.order import MOVES, Status
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE, OPERATIONS, day, department, order, say, unit


def refused(played: Play, actor: Actor, command: Any) -> str:
    """Return the rule that refuses a command, which must leave the order as it was."""
    before = order(played)
    with pytest.raises(Refused) as error:
        say(played, actor, command)
    assert order(played) == before
    return error.value.rule


def uphold(played: Play, actor: Actor, proposed: str = "roads") -> list[Any]:
    """Ask to hand back and have it upheld."""
    town.ask_hand_back(played, proposed)
    return say(played, actor, replies.JudgeHandBack(CASE, order(played).assignment, True))


# ---- holder


def test_forbidden_01_an_order_is_dispatched_to_one_lead_that_exists_and_not_to_two() -> None:
    played = town.waiting()
    assert refused(played, unit("s1"), replies.DispatchTo(CASE, "nobody")) == "order.dispatch_reach"
    assert refused(played, unit("s1"), replies.DispatchTo(CASE, "c11", ("c11",))) == "order.support_unknown"
    say(played, unit("s1"), replies.DispatchTo(CASE, "c11"))
    assert refused(played, unit("s1"), replies.DispatchTo(CASE, "c12")) == "order.act_not_now"
    assert order(played).responsible == order(played).lead == "c11"


def test_forbidden_02_a_supporting_department_does_not_finish_the_case() -> None:
    played = town.waiting()
    say(played, unit("s1"), replies.DispatchTo(CASE, "s1", ("roads",)))
    say(played, unit("s1"), replies.Accept(CASE, 1, "post"))
    reply = replies.Finish(CASE, 1, "已修好了", True, 1)
    assert refused(played, department("roads"), reply) == "order.not_yours"


def test_forbidden_03_nothing_is_finished_while_a_supporting_department_owes_its_part() -> None:
    played = town.supported("roads")
    assert refused(played, department("water"), replies.Finish(CASE, 1, "已修好了", True, 1)) == "order.parts_open"
    say(played, department("roads"), replies.AnswerPart(CASE, 1, "路面已恢复"))
    assert town.finish(played)


def test_forbidden_04_nothing_is_dispatched_while_escalated() -> None:
    for played in (town.escalated(), town.at_meeting()):
        assert refused(played, unit("s1"), replies.DispatchTo(CASE, "water")) == "order.act_not_now"


def test_forbidden_05_a_unit_whose_hand_back_was_upheld_does_not_get_the_case_again() -> None:
    played = town.accepted()
    uphold(played, unit("s1"))
    assert refused(played, unit("s1"), replies.DispatchTo(CASE, "water")) == "order.dispatch_barred"


def test_forbidden_06_nothing_un_accepts_an_order() -> None:
    played = town.accepted()
    assert not MOVES.allows(Status.ACCEPTED, Status.DISPATCHED)
    assert refused(played, department("water"), replies.Accept(CASE, 1, "post-8")) == "order.act_not_now"


# ---- hand-back


def test_forbidden_07_no_hand_back_after_handled_after_a_refusal_or_of_a_meeting_order() -> None:
    ask = replies.HandBack(CASE, 1, "3", "roads", "不属职责")
    assert refused(town.handled(), department("water"), ask) == "order.act_not_now"

    reworked = town.handled()
    town.verify(reworked, passed=False)
    assert refused(reworked, department("water"), ask) == "order.hand_back_handled"

    judged = town.accepted()
    town.ask_hand_back(judged)
    say(judged, unit("s1"), replies.JudgeHandBack(CASE, 1, False))
    assert refused(judged, department("water"), ask) == "order.hand_back_once"

    ordered = town.meeting_order()
    again = replies.HandBack(CASE, 2, "3", "roads", "不属职责")
    assert refused(ordered, department("housing"), again) == "order.hand_back_meeting"


def test_forbidden_08_neither_the_asker_nor_the_unit_it_names_judges() -> None:
    played = town.accepted()
    town.ask_hand_back(played, "s1")
    judge = replies.JudgeHandBack(CASE, 1, True)
    assert order(played).request is not None
    assert order(played).request.judge == "top"
    assert refused(played, unit("s1"), judge) == "order.judge_interested"
    assert refused(played, unit("water"), judge) == "order.judge_interested"
    assert refused(played, department("water"), judge) == "actor.not_allowed"
    assert refused(played, unit("s2"), judge) == "order.not_yours"
    say(played, OPERATIONS, judge)
    assert order(played).status is Status.WAITING


def test_forbidden_09_no_third_desk_after_two_upheld_hand_backs() -> None:
    played = town.accepted("road")
    uphold(played, unit("s1"), "housing")
    say(played, unit("s1"), replies.DispatchTo(CASE, "housing"))
    judged, raised = uphold(played, unit("s1"), "roads")
    assert (judged.bounces, raised.cause, raised.status) == (2, "bounced", Status.ESCALATED)
    assert refused(played, unit("s1"), replies.DispatchTo(CASE, "roads")) == "order.act_not_now"


# ---- ladder


def test_forbidden_10_a_grid_passes_up_to_its_community_only() -> None:
    played = town.accepted("litter")
    passed, made = say(played, unit("g111"), replies.PassUp(CASE, 1, "means", "无力办理"))
    assert (passed.to_unit, made.responsible, made.rung) == ("c11", "c11", "community")


def test_forbidden_11_a_passed_up_case_does_not_go_back_to_the_same_rung() -> None:
    played = town.accepted("litter", "c11")
    say(played, unit("c11"), replies.PassUp(CASE, 1, "tried", "多次协调无果"))
    say(played, unit("s1"), replies.Accept(CASE, 2, "post"))
    say(played, unit("s1"), replies.DispatchTo(CASE, "order"))
    uphold(played, unit("s1"))
    for community in ("c11", "c12"):
        assert refused(played, unit("s1"), replies.DispatchTo(CASE, community)) == "order.dispatch_back"


def test_forbidden_12_a_matter_that_is_not_admitted_starts_at_the_street_and_never_goes_to_a_community() -> None:
    played = town.opened("licence")
    assert (order(played).rung, order(played).lead) == ("street", "s1")
    say(played, unit("s1"), replies.Accept(CASE, 1, "post"))
    assert refused(played, unit("s1"), replies.DispatchTo(CASE, "c11")) == "order.dispatch_on"
    uphold(played, OPERATIONS, "order")
    assert refused(played, OPERATIONS, replies.DispatchTo(CASE, "c11")) == "order.dispatch_reach"


def test_what_the_city_grants_to_communities_is_theirs_from_the_grant_on() -> None:
    """Workflows §1: only matters on the admission list or specially approved (准入审批)."""
    city = town.town()
    given = city.admitting(frozenset({"licence"}))
    assert [each.first_holder("licence", "c11")[1].code for each in (city, given)] == ["s1", "c11"]
    assert ["c11" in each.reach("s1", "licence") for each in (city, given)] == [False, True]


# ---- clock


def test_forbidden_13_saying_unable_cures_no_overdue() -> None:
    played = town.accepted()
    played.advance(order(played).due_at)
    due_at = order(played).due_at
    town.ask_unable(played)
    assert order(played).due_at == due_at
    say(played, unit("s1"), replies.JudgeUnable(CASE, 1, True))
    assert order(played).overdue == ("handle",)
    assert [fact.charged for fact in played.stated(facts.OrderOverdue)] == ["water"]


def test_forbidden_13_no_extension_and_no_suspension_cures_an_overdue() -> None:
    played = town.accepted()
    played.advance(order(played).due_at)
    played.now += timedelta(minutes=1)
    for command, rule in (
        (replies.AskExtension(CASE, 1, 1, "材料未到"), "order.extension_late"),
        (replies.AskSuspension(CASE, 1, "funds", 5, "资金未到位"), "order.suspension_late"),
    ):
        assert refused(played, department("water"), command) == rule


def test_forbidden_14_a_case_is_suspended_once_also_after_rework_and_redispatch() -> None:
    played = town.suspended()
    played.advance(order(played).due_at)
    again = replies.AskSuspension(CASE, 1, "weather", 5, "连续降雨")
    town.finish(played)
    town.verify(played, passed=False)
    assert refused(played, department("water"), again) == "order.suspension_once"
    town.ask_unable(played)
    say(played, unit("s1"), replies.JudgeUnable(CASE, 1, True))
    town.raise_topic(played)
    played.hear(CASE, heard.TopicWithdrawn("t1"), "escalation")
    say(played, unit("s1"), replies.DispatchTo(CASE, "water"))
    say(played, department("water"), replies.Accept(CASE, 2, "post"))
    assert refused(played, department("water"), replace(again, assignment=2)) == "order.suspension_once"


def test_forbidden_16_no_other_matter_said_of_a_dispatched_case_gives_it_another_budget() -> None:
    for bring in town.IN.values():
        played = bring()
        before, armed = order(played), dict(played.deadlines)
        assert played.hear(CASE, town.case("road"), "intake") == []
        assert (order(played), played.deadlines) == (before, armed)


def test_forbidden_15_progress_and_reminder_restart_no_clock_and_reassignment_not_the_case_clock() -> None:
    played = town.accepted()
    due_at, case_due_at = order(played).due_at, order(played).case_due_at
    say(played, department("water"), replies.Progress(CASE, 1, "正在办理"))
    played.advance(played.deadlines[CASE, "handle.reminder"].due_at)
    assert played.stated(facts.OrderReminded)
    assert order(played).due_at == due_at
    assert played.deadlines[CASE, "case.overdue"].due_at == case_due_at

    bounced = town.accepted("road")
    uphold(bounced, unit("s1"), "housing")
    say(bounced, unit("s1"), replies.DispatchTo(CASE, "housing"))
    assert bounced.deadlines[CASE, "case.overdue"].due_at == case_due_at


def test_forbidden_17_withdrawing_an_overdue_order_leaves_its_lateness_counted() -> None:
    played = town.accepted()
    played.advance(order(played).due_at)
    played.hear(CASE, heard.CaseWithdrawn(), "intake")
    assert order(played).status is Status.WITHDRAWN
    assert order(played).overdue == ("handle",)
    assert not played.deadlines

    unheard = town.accepted()
    unheard.now = order(unheard).due_at + timedelta(seconds=1)
    late, ended = unheard.hear(CASE, heard.CaseWithdrawn(), "intake")
    assert (late.of, late.charged, ended.status) == ("handle", "water", Status.WITHDRAWN), "the clock had not said so"


def test_forbidden_17_merging_an_overdue_order_away_leaves_its_lateness_counted() -> None:
    played = town.accepted()
    case_due_at = order(played).case_due_at
    played.advance(order(played).due_at)
    played.hear(CASE, heard.CaseMerged(), "intake")
    assert (order(played).status, order(played).overdue) == (Status.WITHDRAWN, ("handle",))
    assert not played.deadlines
    played.hear(CASE, town.unmerged(), "intake")
    assert order(played).overdue == ("handle",)
    assert played.deadlines[CASE, "case.overdue"].due_at == order(played).case_due_at == case_due_at


def test_a_case_that_was_merged_before_it_had_an_order_gets_one_when_the_merge_is_undone() -> None:
    played = town.play()
    assert played.hear(CASE, heard.CaseMerged(), "intake") == []
    assert type(played.hear(CASE, town.unmerged(), "intake")[0]).__name__ == "OrderOpened"
    assert order(played).case_due_at is not None


def test_forbidden_18_an_old_rung_does_nothing_on_a_newer_assignment() -> None:
    played = town.accepted("road")
    old = dict(played.deadlines)
    uphold(played, unit("s1"), "housing")
    say(played, unit("s1"), replies.DispatchTo(CASE, "housing"))
    say(played, department("housing"), replies.Accept(CASE, 2, "post"))
    due_at = order(played).due_at
    played.deadlines.clear()
    played.deadlines.update({key: armed for key, armed in old.items() if key[1].startswith("handle")})
    assert played.advance(day(40)) == []
    assert order(played).due_at == due_at


# ---- ends


def test_forbidden_19_nobody_verifies_his_own_work_and_silence_verifies_nothing() -> None:
    played = town.accepted("litter")
    town.finish(played)
    assert order(played).responsible == "c11"
    assert refused(played, unit("g111"), replies.Verify(CASE, 1, True, "现场查看")) == "order.verify_own"
    played.advance(day(28))
    assert order(played).status is Status.HANDLED
    assert [fact.charged for fact in played.stated(facts.OrderOverdue)] == ["c11"]


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.HANDLED])
def test_forbidden_20_nothing_closes_an_order_that_is_not_verified(status: Status) -> None:
    played = town.IN[status]()
    assert not MOVES.allows(status, Status.CLOSED)
    assert played.hear(CASE, heard.RatingCompleted("rated"), "feedback") == []
    assert order(played).status is status


def test_forbidden_23_nothing_is_reworked_after_closing() -> None:
    played = town.closed()
    assert played.hear(CASE, heard.ReworkOrdered(1), "feedback") == []
    assert order(played).status is Status.CLOSED


def test_forbidden_27_a_second_topic_for_one_case_changes_nothing() -> None:
    played = town.at_meeting()
    assert town.raise_topic(played, "top", "t2") == []
    assert (order(played).responsible, order(played).topic) == ("s1", "t1")


# ---- who and what else


def test_only_the_present_lead_answers_for_the_present_assignment() -> None:
    played = town.opened()
    assert refused(played, department("roads"), replies.Accept(CASE, 1, "post")) == "order.not_yours"
    assert refused(played, department("water"), replies.Accept(CASE, 2, "post")) == "order.assignment_over"
    assert refused(played, Actor("source", "water"), replies.Accept(CASE, 1, "post")) == "actor.not_allowed"
    assert refused(played, OPERATIONS, replies.Accept(CASE, 1, "post")) == "actor.not_allowed"


def test_a_former_lead_is_told_that_its_assignment_is_over() -> None:
    played = town.accepted("road")
    uphold(played, unit("s1"), "housing")
    say(played, unit("s1"), replies.DispatchTo(CASE, "housing"))
    reply = replies.Finish(CASE, 1, "已修好了", True, 1)
    assert refused(played, department("roads"), reply) == "order.assignment_over"


def test_operations_dispatches_only_what_waits_at_operations() -> None:
    assert refused(town.waiting(), OPERATIONS, replies.DispatchTo(CASE, "c11")) == "order.not_yours"
    at_top = town.opened("orphan", "top")
    (made,) = say(at_top, OPERATIONS, replies.DispatchTo(CASE, "water"))
    assert (made.responsible, made.dispatcher, made.rule) == ("water", "top", "hand")
    assert refused(town.opened("orphan", "top"), OPERATIONS, replies.DispatchTo(CASE, "c11")) == "order.dispatch_reach"


def test_a_department_or_another_street_does_not_dispatch() -> None:
    played = town.waiting()
    assert refused(played, department("water"), replies.DispatchTo(CASE, "roads")) == "actor.not_allowed"
    assert refused(played, unit("s2"), replies.DispatchTo(CASE, "c21")) == "order.not_yours"


def test_a_hand_back_comes_inside_its_window() -> None:
    played = town.opened()
    played.advance(day(1))
    town.ask_hand_back(played)
    late = town.opened()
    late.advance(day(2))
    ask = replies.HandBack(CASE, 1, "3", "roads", "不属职责")
    assert refused(late, department("water"), ask) == "order.hand_back_window"


@pytest.mark.parametrize("proposed", ["water", "nobody"])
def test_a_hand_back_names_another_unit_that_exists(proposed: str) -> None:
    ask = replies.HandBack(CASE, 1, "3", proposed, "不属职责")
    assert refused(town.opened(), department("water"), ask) == "order.hand_back_proposed"


def test_at_most_one_request_is_pending_and_each_is_made_once() -> None:
    played = town.accepted()
    town.ask_hand_back(played)
    unable = replies.Unable(CASE, 1, "money", "已试过")
    assert refused(played, department("water"), unable) == "order.request_pending"
    assert refused(played, unit("s1"), replies.JudgeUnable(CASE, 1, True)) == "order.nothing_asked"
    say(played, unit("s1"), replies.JudgeHandBack(CASE, 1, False))
    assert refused(played, unit("s1"), replies.JudgeHandBack(CASE, 1, True)) == "order.nothing_asked"
    say(played, department("water"), unable)
    say(played, unit("s1"), replies.JudgeUnable(CASE, 1, False))
    assert refused(played, department("water"), unable) == "order.unable_once"


def test_grid_and_community_pass_up_instead_of_saying_unable() -> None:
    played = town.accepted("litter")
    assert refused(played, unit("g111"), replies.Unable(CASE, 1, "money", "已试过")) == "order.unable_rung"


def test_a_street_does_not_pass_up_but_dispatches_on_to_a_department_of_the_matter() -> None:
    played = town.accepted("stalls")
    assert refused(played, unit("s1"), replies.PassUp(CASE, 1, "means", "无力办理")) == "order.pass_up_rung"
    assert refused(played, unit("s1"), replies.DispatchTo(CASE, "roads")) == "order.dispatch_reach"
    (made,) = say(played, unit("s1"), replies.DispatchTo(CASE, "order"))
    assert (made.responsible, made.dispatcher, made.assignment) == ("order", "s1", 2)


def test_a_department_does_not_dispatch_on_nor_a_community() -> None:
    played = town.accepted("litter", "c11")
    assert refused(played, unit("c11"), replies.DispatchTo(CASE, "water")) == "order.dispatch_on"


def test_an_order_of_a_meeting_knows_no_unable_no_passing_up_and_no_dispatching_on() -> None:
    played = town.meeting_order()
    unable = replies.Unable(CASE, 2, "money", "已试过")
    assert refused(played, department("housing"), unable) == "order.unable_meeting"

    for holder, command, rule in (
        ("c11", replies.PassUp(CASE, 2, "means", "无力办理"), "order.pass_up_meeting"),
        ("s1", replies.DispatchTo(CASE, "water"), "order.dispatch_on_meeting"),
    ):
        held = town.at_meeting()
        held.hear(CASE, heard.TopicResolved("t1", "s1", holder, day(30)), "escalation")
        say(held, unit(holder), replies.Accept(CASE, 2, "post"))
        assert refused(held, unit(holder), command) == rule
