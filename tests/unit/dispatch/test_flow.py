"""A whole case through dispatch, and what the outside sees of it."""

from __future__ import annotations

from dataclasses import fields

import msgspec
import pytest

from services.dispatch import domain
from services.dispatch.domain import facts, heard, replies, words
from services.dispatch.domain.order import MOVES, Order, Status
from services.dispatch.store import ResponsibilityRow
from services.dispatch.translate import WIRE, refusal
from shared.contracts import dispatch as contracts
from shared.kernel import rules
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE, day, department, order, say, unit


def whole_case() -> Play:
    """Play: handed back twice, escalated, raised, moved up, resolved, handled, failed once, verified, rated, closed."""
    played = town.opened("road")
    for n, (holder, proposed) in enumerate((("water", "roads"), ("roads", "housing")), start=1):
        town.ask_hand_back(played, proposed)
        say(played, unit("s1"), replies.JudgeHandBack(CASE, n, True))
        if n == 1:
            say(played, unit("s1"), replies.DispatchTo(CASE, proposed))
        assert holder in order(played).barred
    town.raise_topic(played)
    played.hear(CASE, heard.TopicMovedUp("t1", "top", day(200)), "escalation")
    played.hear(CASE, heard.TopicResolved("t1", "top", "housing", day(40), ("water",)), "escalation")
    say(played, department("housing"), replies.Accept(CASE, 3, "post-3"))
    say(played, department("housing"), replies.Progress(CASE, 3, "联系人：王小明 13812345678"))
    say(played, department("water"), replies.AnswerPart(CASE, 3, "已停水配合施工"))
    town.finish(played)
    town.verify(played, passed=False)
    town.finish(played)
    town.verify(played, passed=True)
    played.hear(CASE, heard.ReworkOrdered(1), "feedback")
    town.finish(played)
    town.verify(played, passed=True)
    played.hear(CASE, heard.RatingCompleted("rated"), "feedback")
    return played


def test_a_case_handed_back_twice_is_decided_by_a_meeting_handled_rated_and_closed() -> None:
    played = whole_case()
    names = [type(data).__name__ for _, data in played.facts]
    assert names == [
        "OrderOpened",
        "OrderDispatched",
        "HandBackAsked",
        "HandBackJudged",
        "OrderDispatched",
        "HandBackAsked",
        "HandBackJudged",
        "OrderEscalated",
        "OrderAtMeeting",
        "OrderAtMeeting",
        "OrderDispatched",
        "OrderAccepted",
        "OrderProgressed",
        "PartAnswered",
        "OrderHandled",
        "VerificationFailed",
        "OrderHandled",
        "OrderVerified",
        "OrderReworked",
        "OrderHandled",
        "OrderVerified",
        "CaseClosed",
    ]
    end = played.stated(facts.CaseClosed)[0]
    assert (end.reason, end.lead, end.dispatcher, end.on_time) == ("rated", "housing", "top", True)
    assert (end.solved_at_rung, end.opened_at) == ("meeting", town.MONDAY)
    made = played.stated(facts.OrderDispatched)[-1]
    assert (made.meeting, made.rule, made.handle_due_at, made.support) == (True, "meeting", day(40), ("water",))
    assert not played.deadlines


def test_every_fact_says_where_the_order_stands_and_each_step_is_in_the_table() -> None:
    played = whole_case()
    status = Status.WAITING
    for _, fact in played.facts:
        assert fact.status is status or MOVES.allows(status, fact.status)
        status = fact.status
        is_open = status not in (Status.CLOSED, Status.WITHDRAWN)
        assert (fact.responsible is not None, fact.clock is not None, fact.due_at is not None) == (is_open,) * 3
    escalated = played.stated(facts.OrderEscalated)[0]
    assert escalated.responsible == "s1"
    assert [fact.responsible for fact in played.stated(facts.OrderAtMeeting)] == ["s1", "top"]


def test_the_register_follows_every_change_of_standing() -> None:
    played = whole_case()
    standing = (facts.OrderReminded, facts.OrderOverdue, facts.OrderSupervised, facts.OrderProgressed)
    last = played.rows[-1]
    assert (last.status, last.responsible, last.clock, last.due_at) == ("closed", None, None, None)
    changes = [data for _, data in played.facts if not isinstance(data, standing)]
    seen = {(row.status, row.responsible, row.clock, row.due_at, row.assignment) for row in played.rows}
    ends = {(f.status.value, f.responsible, f.clock, f.due_at, f.assignment) for f in changes}
    assert seen <= ends
    assert {(row.request, row.judge) for row in played.rows} == {(None, None), ("hand_back", "s1")}
    assert {f.name for f in fields(last)} == set(ResponsibilityRow.model_fields)


def test_after_a_third_failure_the_case_goes_to_the_meeting() -> None:
    played = town.handled()
    for _ in range(2):
        town.verify(played, passed=False)
        town.finish(played)
    failed, raised = town.verify(played, passed=False)
    assert (failed.failures, failed.status) == (3, Status.HANDLED)
    assert (raised.cause, raised.tried, raised.body, raised.meeting_order) == ("rework", "现场查看", "s1", False)


def test_a_second_dissatisfaction_goes_to_the_meeting_and_a_declined_topic_closes_the_case_as_answered() -> None:
    played = town.verified()
    (raised,) = played.hear(CASE, heard.RatingFailed(2), "feedback")
    assert (raised.cause, raised.lead) == ("dissatisfied", "water")
    town.raise_topic(played)
    (end,) = played.hear(CASE, heard.TopicAnswered("t1"), "escalation")
    assert (end.reason, end.lead, end.status) == ("answered", "water", Status.CLOSED)


def test_a_withdrawn_topic_gives_the_case_back_and_its_next_topic_is_another() -> None:
    played = town.at_meeting()
    (fact,) = played.hear(CASE, heard.TopicWithdrawn("t1"), "escalation")
    assert (fact.status, fact.responsible, fact.clock) == (Status.WAITING, "s1", "dispatch")
    assert played.deadlines[CASE, "case.overdue"].due_at == fact.case_due_at
    say(played, unit("s1"), replies.DispatchTo(CASE, "water"))
    say(played, department("water"), replies.Accept(CASE, 2, "post"))
    town.ask_unable(played)
    (_, raised) = say(played, unit("s1"), replies.JudgeUnable(CASE, 2, True))
    assert raised.meeting_order is False
    assert town.raise_topic(played, topic="t2")


def test_a_reporter_may_withdraw_while_the_case_is_escalated() -> None:
    for played in (town.escalated(), town.at_meeting()):
        (fact,) = played.hear(CASE, heard.CaseWithdrawn(), "intake")
        assert (fact.status, fact.responsible) == (Status.WITHDRAWN, None)
        assert played.hear(CASE, heard.TopicResolved("t1", "s1", "water", day(9)), "escalation") == []


def test_a_report_taken_back_after_the_work_was_done_ends_when_that_work_fails() -> None:
    played = town.handled()
    assert played.hear(CASE, heard.CaseWithdrawn(), "intake") == []
    (failed, end) = town.verify(played, passed=False)
    assert (type(failed).__name__, failed.failures) == ("VerificationFailed", 1)
    assert (end.status, end.responsible) == (Status.WITHDRAWN, None)
    assert not [name for case, name in played.deadlines if case == CASE]


def test_a_case_unmerged_after_its_work_was_done_goes_on_when_that_work_fails() -> None:
    played = town.handled()
    assert played.hear(CASE, heard.CaseMerged(), "intake") == []
    assert played.hear(CASE, town.unmerged(), "intake") == []
    town.verify(played, passed=False)
    assert (order(played).status, order(played).responsible) == (Status.ACCEPTED, "water")


def test_departments_with_a_stream_get_copies_of_their_own_orders_only() -> None:
    played = whole_case()
    streams = {stream for stream, _ in played.copies}
    assert streams == {"orders.water", "orders.roads"}
    first = [type(data).__name__ for stream, data in played.copies if stream == "orders.water"]
    # Its own assignment, and the one in which it supports.
    assert first[:5] == ["OrderDispatched", "HandBackAsked", "HandBackJudged", "OrderDispatched", "OrderAccepted"]
    others = [type(data).__name__ for stream, data in played.copies if stream == "orders.roads"]
    assert others == [
        "OrderDispatched",
        "HandBackAsked",
        "HandBackJudged",
        "OrderEscalated",
        "OrderAtMeeting",
        "OrderAtMeeting",
    ]


def test_nothing_personal_is_in_a_fact() -> None:
    (fact,) = whole_case().stated(facts.OrderProgressed)
    assert "13812345678" not in fact.note
    assert "王小明" not in fact.note


def test_every_fact_and_every_state_goes_over_the_wire_and_back() -> None:
    played = whole_case()
    for _, fact in played.facts:
        wire = WIRE.to_wire(fact)
        assert type(wire).model_validate_json(wire.model_dump_json()) == wire
    for bring in town.IN.values():
        now = order(bring())
        assert msgspec.json.decode(msgspec.json.encode(now), type=Order) == now


def test_every_contract_of_dispatch_has_its_form_in_the_domain() -> None:
    stated = {name for name, c in vars(contracts).items() if isinstance(c, type) and c.__dict__.get("TYPE")}
    assert stated == {name for module in (facts, replies) for name in vars(module) if name in stated}


def test_a_reply_from_the_wire_is_decided() -> None:
    played = town.opened()
    reply = WIRE.to_domain(contracts.Accept(order=CASE, assignment=1, handler="post"))
    (fact,) = say(played, department("water"), reply)
    assert (fact.status, fact.handler) == (Status.ACCEPTED, "post")
    asked = contracts.Unable(order=CASE, assignment=1, missing=contracts.Missing.MONEY, tried="已申请资金")
    (fact,) = say(played, department("water"), WIRE.to_domain(asked))
    assert WIRE.to_wire(fact).model_dump()["missing"] == "money"


def test_a_department_is_told_on_its_stream_why_its_reply_was_refused() -> None:
    error = Refused("order.not_yours", "order", actor="roads")
    sender = Actor("department", "roads")
    reply = replies.Accept(CASE, 1, "post")
    answer = refusal(reply, sender, "m-1", "replies.roads", error)
    assert answer is not None
    assert (answer.stream, answer.key) == ("orders.roads", CASE)
    assert WIRE.to_wire(answer.data).model_dump() == {
        "reply": "m-1",
        "order": CASE,
        "rule": "order.not_yours",
        "field": "order",
        "params": {"actor": "roads"},
    }
    unreadable = refusal(None, sender, None, "replies.roads", error)
    assert unreadable is not None
    assert unreadable.data.order is None
    assert refusal(reply, unit("s1"), "m-1", None, error) is None
    assert refusal(reply, sender, "m-1", None, error) is None


@pytest.mark.parametrize("rule", sorted(r for r in rules.known() if r.startswith("order.")))
def test_every_rule_of_dispatch_has_words_in_both_languages(rule: str) -> None:
    chinese, english = rules.words(rule, {})
    assert chinese
    assert english
    assert domain.words is words


@pytest.mark.parametrize("status", list(Status))
def test_a_refusal_speaks_of_an_orders_state_by_its_chinese_name(status: Status) -> None:
    chinese, english = rules.words("order.act_not_now", {"now": status, "act": "x"})
    assert status not in chinese
    assert status in english
