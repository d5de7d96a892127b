"""The requests of the holder, line by line of workflows §3.2: when, how often, who judges, what silence means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.domain import facts, heard, replies
from services.dispatch.domain.order import PartState, Status
from services.dispatch.domain.requests import TERMS
from shared.city.model import Post, UnitLevel
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE, MONDAY, OPERATIONS, day, department, order, say, unit

Ask = Callable[[Play], list[Any]]


def refused(played: Play, actor: Actor, command: Any) -> str:
    """Return the rule that refuses a command, which must leave order and clocks as they were."""
    before, armed = order(played), dict(played.deadlines)
    with pytest.raises(Refused) as error:
        say(played, actor, command)
    assert (order(played), played.deadlines) == (before, armed)
    return error.value.rule


def rule_of(ask: Ask, played: Play) -> str:
    """Return the rule that refuses a request."""
    before, armed = order(played), dict(played.deadlines)
    with pytest.raises(Refused) as error:
        ask(played)
    assert (order(played), played.deadlines) == (before, armed)
    return error.value.rule


def release(played: Play, by: str = "roads") -> list[Any]:
    return say(played, department(by), replies.AskRelease(CASE, order(played).assignment, "本单位无此职能"))


ASKS: dict[str, tuple[Ask, Callable[[], Play], Actor, type]] = {
    "hand_back": (town.ask_hand_back, town.accepted, unit("s1"), replies.JudgeHandBack),
    "extension": (town.ask_extension, town.accepted, unit("s1"), replies.JudgeExtension),
    "suspension": (town.ask_suspension, town.accepted, unit("top"), replies.JudgeSuspension),
    "unable": (town.ask_unable, town.accepted, unit("s1"), replies.JudgeUnable),
    "release": (release, town.supported, OPERATIONS, replies.JudgeRelease),
}


def test_every_line_of_the_table_is_tried() -> None:
    assert ASKS.keys() == TERMS.keys()


@pytest.mark.parametrize("kind", ASKS)
def test_while_a_request_is_pending_status_and_clock_stay_and_no_second_one_is_taken(kind: str) -> None:
    ask, bring, judge, _ = ASKS[kind]
    played = bring()
    before = order(played)
    (asked,) = ask(played)
    now = order(played)
    assert (now.status, now.clock, now.due_at, now.responsible, now.version) == (
        before.status, before.clock, before.due_at, before.responsible, before.version,
    )  # fmt: skip
    assert now.request is not None
    assert (now.request.kind, asked.judge) == (kind, "top" if judge is OPERATIONS else judge.id)
    for other, (again, *_) in ASKS.items():
        if other not in (kind, "release"):
            assert rule_of(again, played) == "order.request_pending"


@pytest.mark.parametrize("lapses", [False, True])
@pytest.mark.parametrize("kind", ASKS)
def test_a_refused_or_undecided_request_leaves_the_same_unit_and_clock_and_is_made_once(
    kind: str, *, lapses: bool
) -> None:
    ask, bring, judge, command = ASKS[kind]
    played = bring()
    due_at, lead = order(played).due_at, order(played).lead
    ask(played)
    if lapses:
        played.advance(played.deadlines[CASE, "request.lapse"].due_at)
    else:
        say(played, judge, command(CASE, 1, False))
    judged = next(f for _, f in reversed(played.facts) if hasattr(f, "lapsed"))
    assert (judged.lapsed, judged.responsible, judged.due_at) == (lapses, lead, due_at)
    assert order(played).request is None
    assert (CASE, "request.lapse") not in played.deadlines
    rule = rule_of(ask, played)
    window_is_over = kind == "hand_back" and lapses
    assert rule == TERMS[kind].once or window_is_over


@pytest.mark.parametrize("kind", ASKS)
def test_neither_the_asker_nor_any_other_desk_judges(kind: str) -> None:
    ask, bring, judge, command = ASKS[kind]
    played = bring()
    ask(played)
    asker = order(played).request.asker  # type: ignore[union-attr]
    judged = command(CASE, 1, True)
    assert refused(played, unit(asker), judged) == "order.judge_interested"
    assert refused(played, department(asker), judged) == "actor.not_allowed"
    others = {unit(code) for code in ("s1", "s2", "c11", "top")} - {judge}
    for other in others - ({unit("top")} if judge is OPERATIONS else set()):
        assert refused(played, other, judged) == "order.not_yours"


# ---- extension


def test_an_extension_adds_up_to_the_original_budget_and_arms_a_new_version_afresh() -> None:
    played = town.accepted()
    assert order(played).due_at == day(9)
    old = played.deadlines[CASE, "handle.overdue"]
    played.advance(day(8))
    assert played.stated(facts.OrderReminded)
    assert rule_of(lambda p: town.ask_extension(p, 8), played) == "order.extension_most"
    town.ask_extension(played, 7)
    (judged,) = say(played, unit("s1"), replies.JudgeExtension(CASE, 1, True))
    assert (judged.granted, judged.more, judged.version, judged.due_at) == (True, "7 wd", 1, day(18))
    armed = played.deadlines[CASE, "handle.overdue"]
    assert (armed.due_at, armed.data) == (day(18), {"assignment": 1, "version": 1})
    assert old.data != armed.data
    played.advance(day(16))
    assert len(played.stated(facts.OrderReminded)) == 2, "three quarters of the longer time have run"
    town.finish(played)
    assert played.stated(facts.OrderHandled)[0].on_time
    assert order(played).asked == ("extension",)


def test_an_extension_is_asked_four_working_hours_before_due_and_lapses_when_it_is_due() -> None:
    played = town.accepted()
    played.advance(day(9) - timedelta(hours=4, minutes=31))
    assert len(town.ask_extension(played)) == 1
    stated = played.advance(day(9))
    kinds = [type(fact) for fact in stated if type(fact) is not facts.OrderReminded]
    assert sorted(kinds, key=str) == [facts.ExtensionJudged, facts.OrderOverdue]

    late = town.accepted()
    late.advance(day(9) - timedelta(hours=3))
    assert rule_of(town.ask_extension, late) == "order.extension_before"


def test_nothing_overdue_is_extended_or_suspended_not_even_by_a_judge_who_comes_later() -> None:
    played = town.accepted()
    played.advance(day(9) + timedelta(hours=1))
    assert rule_of(town.ask_extension, played) == "order.extension_late"
    assert rule_of(town.ask_suspension, played) == "order.suspension_late"
    town.finish(played)
    town.verify(played, passed=False)
    assert rule_of(town.ask_extension, played) == "order.extension_late", "its rework cures nothing"

    asked = town.accepted()
    asked.advance(day(9) - timedelta(hours=1))
    town.ask_suspension(asked)
    asked.advance(day(9) + timedelta(minutes=1))
    assert refused(asked, unit("top"), replies.JudgeSuspension(CASE, 1, True)) == "order.suspension_late"


def test_a_rework_is_extended_by_at_most_the_original_budget() -> None:
    played = town.handled()
    (failed,) = town.verify(played, passed=False)
    assert (failed.budget, failed.due_at) == ("4 wd", day(4))
    town.ask_extension(played, 7)
    (judged,) = say(played, unit("s1"), replies.JudgeExtension(CASE, 1, True))
    assert judged.due_at == day(15)
    assert order(played).handle_due_at == day(15)


def test_an_extension_is_asked_once_per_assignment_and_anew_in_the_next() -> None:
    played = town.accepted("road")
    town.ask_extension(played)
    say(played, unit("s1"), replies.JudgeExtension(CASE, 1, False))
    town.ask_hand_back(played, "housing")
    say(played, unit("s1"), replies.JudgeHandBack(CASE, 1, True))
    say(played, unit("s1"), replies.DispatchTo(CASE, "housing"))
    say(played, department("housing"), replies.Accept(CASE, 2, "post"))
    assert town.ask_extension(played)


def test_the_convener_of_the_meeting_extends_its_order_once_and_no_other_post() -> None:
    posts = {code: Post(code, code, UnitLevel.STREET) for code in ("chair", "secretary")}
    played = town.meeting_order()
    played.city = replace(played.city, posts=posts)
    (asked,) = town.ask_extension(played, 10)
    assert (asked.judge, asked.judge_due_at) == ("s1", day(30))
    grant = replies.JudgeExtension(CASE, 2, True)
    assert refused(played, Actor("post", "s1:secretary"), grant) == "order.convener_only"
    assert refused(played, Actor("post", "s1:nobody"), grant) == "actor.not_allowed"
    (judged,) = say(played, Actor("post", "s1:chair"), grant)
    assert judged.due_at == day(44), "ten working days on top of the resolution's deadline"
    assert rule_of(town.ask_extension, played) == "order.extension_once"
    played.advance(day(43))
    assert not played.stated(facts.OrderOverdue)


@pytest.mark.parametrize(
    ("ask", "rule"),
    [
        (town.ask_suspension, "order.suspension_meeting"),
        (town.ask_hand_back, "order.hand_back_meeting"),
        (town.ask_unable, "order.unable_meeting"),
    ],
)
def test_a_meeting_s_order_knows_no_hand_back_no_unable_and_is_suspended_by_a_meeting_only(ask: Ask, rule: str) -> None:
    assert rule_of(ask, town.meeting_order()) == rule


# ---- suspension


def test_a_suspension_stops_handling_and_case_clock_and_ends_by_itself() -> None:
    played = town.accepted()
    case_due_at = order(played).case_due_at
    played.advance(day(2))
    town.ask_suspension(played, 10)
    (paused,) = say(played, unit("top"), replies.JudgeSuspension(CASE, 1, True))
    assert (paused.status, paused.clock, paused.responsible, paused.paused_due_at) == (
        Status.SUSPENDED, "resume", "water", day(9),
    )  # fmt: skip
    assert paused.due_at == day(12) + timedelta(hours=6), "24:00 of the tenth day"
    assert {name for _, name in played.deadlines} == {"resume.end"}
    (resumed,) = played.advance(paused.due_at)
    assert (resumed.early, resumed.by, resumed.status, resumed.version) == (False, None, Status.ACCEPTED, 1)
    # One of seven working days had ended before; what ends while the clock stands still does not count.
    assert resumed.due_at == day(21)
    assert resumed.case_due_at == order(played).case_due_at
    assert order(played).case_due_at == case_due_at + timedelta(days=10), "ten days ended meanwhile"
    names = {name for _, name in played.deadlines}
    assert names == {"handle.reminder", "handle.overdue", "case.overdue"}
    assert rule_of(town.ask_suspension, played) == "order.suspension_once"


def test_a_suspension_ends_early_by_who_granted_it_and_nobody_else() -> None:
    played = town.suspended()
    command = replies.Resume(CASE, 1)
    for other in (unit("s1"), unit("water"), OPERATIONS):
        if other is not OPERATIONS:
            assert refused(played, other, command) in ("order.not_yours", "order.judge_interested")
    played.advance(day(3))
    (resumed,) = say(played, OPERATIONS, command)
    assert (resumed.early, resumed.by, resumed.paused_at) == (True, "top", MONDAY)
    assert (CASE, "resume.end") not in played.deadlines
    assert resumed.due_at == day(11), "two working days ended meanwhile"


def test_a_suspension_has_a_longest_time_and_is_per_case_even_after_rework_and_redispatch() -> None:
    played = town.accepted("road")
    assert rule_of(lambda p: town.ask_suspension(p, 31), played) == "order.suspension_longest"
    town.ask_suspension(played, 1)
    say(played, unit("top"), replies.JudgeSuspension(CASE, 1, True))
    played.advance(order(played).due_at)
    town.finish(played)
    town.verify(played, passed=False)
    assert rule_of(town.ask_suspension, played) == "order.suspension_once"
    town.ask_unable(played)
    say(played, unit("s1"), replies.JudgeUnable(CASE, 1, True))
    town.raise_topic(played)
    played.hear(CASE, heard.TopicWithdrawn("t1"), "escalation")
    say(played, unit("s1"), replies.DispatchTo(CASE, "housing"))
    say(played, department("housing"), replies.Accept(CASE, 2, "post"))
    assert rule_of(town.ask_suspension, played) == "order.suspension_once"


def test_a_topic_by_hand_takes_a_suspended_order_along_and_back_its_case_clock_stood_still_so_long() -> None:
    played = town.suspended()
    case_due_at = order(played).case_due_at
    played.advance(day(5))
    played.hear(CASE, heard.TopicAdmitted("t1", "s1", day(90)), "escalation")
    assert (order(played).status, order(played).paused_at) == (Status.ESCALATED, None)
    assert not played.deadlines
    (back,) = played.hear(CASE, heard.TopicWithdrawn("t1"), "escalation")
    assert back.case_due_at == case_due_at + timedelta(days=4), "the day of registration counts for nothing"


def test_an_extension_and_a_suspension_add_up() -> None:
    played = town.accepted()
    town.ask_extension(played, 5)
    say(played, unit("s1"), replies.JudgeExtension(CASE, 1, True))
    assert order(played).due_at == day(16)
    town.ask_suspension(played, 7)
    say(played, OPERATIONS, replies.JudgeSuspension(CASE, 1, True))
    played.advance(order(played).due_at)
    assert order(played).due_at == day(16) + timedelta(days=7)
    assert order(played).version == 2


def test_a_suspended_order_cannot_be_finished_but_its_progress_is_kept_and_its_reporter_may_withdraw() -> None:
    played = town.suspended()
    finish = replies.Finish(CASE, 1, "已修好了", True, 1)
    assert refused(played, department("water"), finish) == "order.act_not_now"
    assert say(played, department("water"), replies.Progress(CASE, 1, "资金仍在走流程"))
    played.hear(CASE, heard.CaseWithdrawn(), "intake")
    assert order(played).status is Status.WITHDRAWN
    assert not played.deadlines


# ---- support parts


def test_the_lead_finishes_once_every_part_is_answered_released_or_lapsed() -> None:
    played = town.supported("roads", "order", "housing")
    finish = replies.Finish(CASE, 1, "已修好了", True, 1)
    assert refused(played, department("water"), finish) == "order.parts_open"
    (answered,) = say(played, department("roads"), replies.AnswerPart(CASE, 1, "路面已修复"))
    assert (answered.unit, answered.late, answered.responsible) == ("roads", False, "water")
    release(played, "order")
    say(played, OPERATIONS, replies.JudgeRelease(CASE, 1, True))
    assert refused(played, department("water"), finish) == "order.parts_open"
    lapse = played.deadlines[CASE, "part.lapse:housing"]
    assert lapse.due_at == played.deadlines[CASE, "handle.reminder"].due_at
    played.advance(lapse.due_at)
    assert [fact.unit for fact in played.stated(facts.PartLapsed)] == ["housing"]
    states = {part.unit: part.state for part in order(played).parts}
    assert states == {"roads": PartState.ANSWERED, "order": PartState.RELEASED, "housing": PartState.LAPSED}
    (late,) = say(played, department("housing"), replies.AnswerPart(CASE, 1, "已补充材料"))
    assert late.late
    for over in ("roads", "order"):
        answer = replies.AnswerPart(CASE, 1, "再次答复")
        assert refused(played, department(over), answer) == "order.part_over"
    assert say(played, department("water"), finish)
    assert not [name for _, name in played.deadlines if name.startswith("part.")]


def test_a_refused_release_leaves_the_part_due_and_an_answer_makes_the_request_fall_away() -> None:
    played = town.supported()
    release(played)
    say(played, OPERATIONS, replies.JudgeRelease(CASE, 1, False))
    assert order(played).open_parts == ("roads", "order")
    release(played, "order")
    say(played, department("order"), replies.AnswerPart(CASE, 1, "已配合执法"))
    assert order(played).request is None
    assert (CASE, "request.lapse") not in played.deadlines


def test_parts_stand_still_with_the_order_and_end_with_the_assignment() -> None:
    played = town.supported()
    town.ask_suspension(played)
    say(played, OPERATIONS, replies.JudgeSuspension(CASE, 1, True))
    assert {name for _, name in played.deadlines} == {"resume.end"}
    played.advance(order(played).due_at)
    assert (CASE, "part.lapse:roads") in played.deadlines
    town.ask_unable(played)
    say(played, OPERATIONS, replies.JudgeUnable(CASE, 1, True))
    assert not [name for _, name in played.deadlines if name.startswith("part.")]


def test_supporting_departments_with_a_stream_hear_of_the_assignment_until_they_are_released() -> None:
    played = town.supported()
    release(played)
    say(played, OPERATIONS, replies.JudgeRelease(CASE, 1, True))
    town.ask_extension(played)
    told = [type(fact).__name__ for stream, fact in played.copies if stream == "orders.roads"]
    assert told == ["OrderDispatched", "OrderAccepted", "PartReleaseAsked", "PartReleaseJudged"]
