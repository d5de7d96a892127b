"""Orders that meetings make, take back and never give up: what dispatch hears of topics (workflows §3.1, 19 and 20)."""

from __future__ import annotations

import pytest

from services.dispatch.domain import decide, evolve, heard, replies
from services.dispatch.domain.facts import CaseClosed, OrderAtMeeting, OrderDispatched, OrderOverdue, OrderWithdrawn
from services.dispatch.domain.order import Order, Status
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE, day, department, order

OWN = heard.TopicResolved("T-1", "s1", "housing", day(30), (), True, "T-1", "装电梯资金", "s1")


def own_order() -> Play:
    """Play until a topic without a case has got its order."""
    played = Play(decide, evolve, town.TOWN, day(0))
    played.hear(CASE, OWN, "escalation")
    return played


def test_an_order_made_by_a_meeting_cannot_be_handed_back_no_judge_is_needed() -> None:
    played = town.at_meeting()
    town.resolve(played)
    with pytest.raises(Refused, match=r"order\.hand_back_meeting"):
        town.ask_hand_back(played)


@pytest.mark.parametrize("signed", [False, True])
def test_new_facts_take_a_running_meeting_order_back_to_the_body_and_stop_its_clocks(*, signed: bool) -> None:
    played = town.meeting_order() if signed else town.at_meeting()
    if not signed:
        town.resolve(played)
    played.hear(CASE, heard.TopicReopened("t1", "s1", day(90)), "escalation")
    now = order(played)
    assert (now.status, now.responsible, now.due_at) == (Status.ESCALATED, "s1", day(90))
    assert [name for _, name in played.deadlines if name.startswith(("accept.", "handle."))] == []


def test_an_order_of_the_ladder_is_not_taken_back_by_another_topics_reopening() -> None:
    played = town.accepted()
    assert played.hear(CASE, heard.TopicReopened("t9", "s1", day(90)), "escalation") == []


def test_a_topic_by_hand_takes_a_running_order_along_and_its_pending_request_falls_away() -> None:
    played = town.accepted()
    town.ask_hand_back(played)
    (fact,) = played.hear(CASE, heard.TopicAdmitted("t1", "s1", day(90)), "escalation")
    assert isinstance(fact, OrderAtMeeting)
    assert not [name for _, name in played.deadlines if name.startswith(("handle.", "request.", "case."))]
    with pytest.raises(Refused):
        town.finish(played)


def test_a_topic_by_hand_leaves_alone_what_is_handled_already() -> None:
    played = town.handled()
    assert played.hear(CASE, heard.TopicAdmitted("t1", "s1", day(90)), "escalation") == []


@pytest.mark.parametrize("moved_on", [False, True])
def test_what_was_handled_when_its_topic_came_by_hand_goes_to_the_body_once_it_fails(*, moved_on: bool) -> None:
    played = town.handled()
    played.hear(CASE, heard.TopicAdmitted("t1", "s1", day(90)), "escalation")
    town.verify(played, passed=False)
    if moved_on:
        town.finish(played)
    stated = played.hear(CASE, heard.TopicJoined("t1", "s1", day(90)), "escalation")
    now = order(played)
    if moved_on:
        assert (stated, now.status) == ([], Status.HANDLED), "done again before the body could take it"
    else:
        assert (now.status, now.topic, now.responsible, now.due_at) == (Status.ESCALATED, "t1", "s1", day(90))
        assert not [name for _, name in played.deadlines if name.startswith(("handle.", "case."))]


@pytest.mark.parametrize("how", ["its topic is taken back", "its merge is undone"])
def test_what_was_solved_on_the_spot_and_failed_has_a_case_clock_from_its_registration_when_it_begins_anew(
    how: str,
) -> None:
    played = town.play()
    played.hear(CASE, town.on_spot("g111", drawn=True), "intake")
    town.verify(played, passed=False)
    played.advance(day(2))
    if how == "its topic is taken back":
        played.hear(CASE, heard.TopicAdmitted("t1", "s1", day(90)), "escalation")
        (fact,) = played.hear(CASE, heard.TopicWithdrawn("t1"), "escalation")
    else:
        played.hear(CASE, heard.CaseMerged(), "intake")
        fact = played.hear(CASE, town.unmerged("pipe"), "intake")[0]
    assert order(played).status in (Status.WAITING, Status.DISPATCHED)
    due = played.deadlines[CASE, "case.overdue"]
    assert due.mark is not None
    assert due.due_at == fact.case_due_at == due.mark.at(town.TOWN.calendar)
    assert due.mark.term.start == town.MONDAY, "nothing starts it anew"


def test_an_order_that_begins_anew_and_is_left_lying_is_charged_to_its_dispatcher() -> None:
    played = town.accepted()
    played.hear(CASE, heard.CaseMerged(), "intake")
    played.hear(CASE, town.unmerged("orphan"), "intake")
    assert (order(played).status, order(played).assignment) == (Status.WAITING, 1)
    late = [fact for fact in played.advance(day(3)) if isinstance(fact, OrderOverdue)]
    assert [(fact.of, fact.charged) for fact in late] == [("dispatch", order(played).responsible)]


def test_an_order_that_escalates_by_itself_follows_the_topic_that_holds_its_case() -> None:
    played = town.escalated()
    played.hear(CASE, heard.TopicJoined("t7", "c1", day(60)), "escalation")
    assert (order(played).topic, order(played).responsible) == ("t7", "c1")
    played.hear(CASE, heard.TopicMovedUp("t7", "s1", day(90)), "escalation")
    assert order(played).responsible == "s1"


def test_an_order_that_was_left_alone_and_failed_since_learns_from_the_reopening_which_topic_holds_it() -> None:
    played = town.escalated()
    played.hear(CASE, heard.TopicReopened("t7", "c1", day(60)), "escalation")
    assert (order(played).topic, order(played).responsible) == ("t7", "c1")
    played.hear(CASE, heard.TopicWithdrawn("t7"), "escalation")
    assert order(played).status is Status.WAITING


def test_an_order_that_escalated_while_its_topic_was_taken_back_goes_with_the_topic_raised_for_it() -> None:
    played = town.escalated()
    played.hear(CASE, heard.TopicAdmitted("t1", "c1", day(60)), "escalation")
    played.hear(CASE, heard.TopicWithdrawn("t1"), "escalation")
    assert order(played).status is Status.WAITING
    played.hear(CASE, heard.TopicRaised("t1-2", "s1", day(90)), "escalation")
    assert (order(played).status, order(played).topic) == (Status.ESCALATED, "t1-2")


def test_a_combined_topic_goes_on_for_its_orders_under_the_survivors_id() -> None:
    played = town.at_meeting()
    played.hear(CASE, heard.TopicCombined("t2", day(41)), "escalation")
    assert (order(played).topic, order(played).due_at) == ("t2", day(41))
    played.hear(CASE, heard.TopicJoined("t2", "s1", day(40)), "escalation")
    assert (order(played).topic, order(played).due_at) == ("t2", day(40))
    played.hear(CASE, heard.TopicResolved("t2", "s1", "housing", day(30)), "escalation")
    assert order(played).is_meeting_order


def test_a_topic_without_a_case_gets_an_order_of_its_own_which_needs_no_verification() -> None:
    played = own_order()
    made = played.stated(OrderDispatched)[0]
    assert (made.number, made.matter, made.unit, made.meeting) == ("T-1", "topic", "s1", True)
    town.say(played, department("housing"), replies.Accept(CASE, 1, "post-1"))
    town.finish(played)
    assert order(played).status is Status.VERIFIED
    played.hear(CASE, heard.RatingCompleted("rated"), "feedback")
    assert isinstance(played.facts[-1][1], CaseClosed)


def test_an_order_of_a_topic_without_a_case_ends_when_its_topic_is_taken_back() -> None:
    played = own_order()
    played.hear(CASE, heard.TopicReopened("T-1", "s1", day(90)), "escalation")
    played.hear(CASE, heard.TopicWithdrawn("T-1"), "escalation")
    assert isinstance(played.facts[-1][1], OrderWithdrawn)
    assert played.deadlines == {}


def test_a_second_word_of_the_same_decision_makes_no_second_order() -> None:
    played = own_order()
    assert played.hear(CASE, OWN, "escalation") == []
    now: Order = order(played)
    assert now.assignment == 1
