"""Every allowed and every forbidden move of the order, generated from the table of workflows §3.1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.dispatch.domain import heard, replies
from services.dispatch.domain.order import MOVES, Status
from shared.kernel.decisions import CLOCK, SYSTEM, Context, Due, Message
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE, day, department, order, unit

W, D, A, S, H, V, E, C, X = Status

Event = Callable[[Play], list[Any]]


def _by_lead(make: Callable[[int], Any]) -> Event:
    def event(played: Play) -> list[Any]:
        now = order(played)
        return town.say(played, department(now.lead or "water"), make(max(now.assignment, 1)))

    return event


def _heard(fact: Any, source: str = "escalation") -> Event:
    return lambda played: played.hear(CASE, fact, source)


def _verify(passed: bool) -> Event:
    def event(played: Play) -> list[Any]:
        now = order(played)
        return town.say(
            played,
            unit(now.responsible or "g111"),
            replies.Verify(CASE, max(now.assignment, 1), passed, "现场查看", "photo"),
        )

    return event


def _third_failure(played: Play) -> list[Any]:
    for _ in range(2):
        if order(played).status is Status.HANDLED:
            town.verify(played, passed=False)
            town.finish(played)
    return _verify(False)(played)


def _dispatch(played: Play) -> list[Any]:
    now = order(played)
    return town.say(played, unit(now.responsible or "s1"), replies.DispatchTo(CASE, "s1"))


def _judged_hand_back(played: Play) -> list[Any]:
    town.ask_hand_back(played)
    return town.say(played, unit("s1"), replies.JudgeHandBack(CASE, order(played).assignment, True))


def _bounced(played: Play) -> list[Any]:
    if order(played).status in (D, A):
        was_accepted = order(played).status is A
        _judged_hand_back(played)
        # No department is left in this matter's reach but the street itself, whose dispatcher is operations.
        town.say(played, unit("s1"), replies.DispatchTo(CASE, "s1"))
        if was_accepted:
            town.say(played, unit("s1"), replies.Accept(CASE, 2, "post"))
    town.ask_hand_back(played)
    return town.say(played, town.OPERATIONS, replies.JudgeHandBack(CASE, order(played).assignment, True))


def _confirmed_unable(played: Play) -> list[Any]:
    town.ask_unable(played)
    return town.say(played, unit("s1"), replies.JudgeUnable(CASE, order(played).assignment, True))


def _ledger_rung(played: Play) -> list[Any]:
    now = order(played)
    due = Due("handle.ledger", {"assignment": now.assignment, "version": now.version})
    message = Message(due, CASE, CLOCK, SYSTEM, played.now, "due-1")
    decision = played.decide({CASE: now}, message, Context(played.now, played.city, played.new_id))
    for fact in decision.facts:
        played.states[CASE] = played.evolve(played.states[CASE], fact.data, played.now)
    return [fact.data for fact in decision.facts]


def _granted(ask: Callable[[Play], list[Any]], judge: str, command: type) -> Event:
    def event(played: Play) -> list[Any]:
        ask(played)
        return town.say(played, unit(judge), command(CASE, order(played).assignment, True))

    return event


def _by_dispatcher(make: Callable[[int], Any]) -> Event:
    return lambda played: town.say(played, unit("s1"), make(max(order(played).assignment, 1)))


def _resumes(played: Play) -> list[Any]:
    due = played.deadlines.get((CASE, "resume.end"))
    return played.advance(due.due_at) if due else []


def _deemed(played: Play) -> list[Any]:
    return played.advance(order(played).due_at or played.now)


T = "t1"
EVENTS: dict[str, tuple[Event, dict[Status, Status]]] = {
    "register again": (_heard(town.case("pipe"), "intake"), {}),
    "dispatch by hand": (_dispatch, {W: D}),
    "accept": (_by_lead(lambda n: replies.Accept(CASE, n, "post")), {D: A}),
    "progress": (_by_lead(lambda n: replies.Progress(CASE, n, "正在办理")), {A: A, S: S}),
    "recall": (_by_dispatcher(lambda n: replies.Recall(CASE, n, "派错单位")), {D: W}),
    "ask extension": (town.ask_extension, {A: A}),
    "extension granted": (_granted(town.ask_extension, "s1", replies.JudgeExtension), {A: A}),
    "ask suspension": (town.ask_suspension, {A: A}),
    "suspension granted": (_granted(town.ask_suspension, "top", replies.JudgeSuspension), {A: S}),
    "resumed early": (lambda played: town.say(played, unit("top"), replies.Resume(CASE, 1)), {S: A}),
    "pause over": (_resumes, {S: A}),
    "dispute stated": (
        _by_dispatcher(lambda n: replies.StateDispute(CASE, n, ("roads",), "权属不清，两家互推")),
        {A: E},
    ),
    "answer a part": (_by_lead(lambda n: replies.AnswerPart(CASE, n, "已配合完成")), {}),
    "ask hand-back": (_by_lead(lambda n: replies.HandBack(CASE, n, "3", "roads", "不属职责")), {D: D, A: A}),
    "hand-back upheld": (_judged_hand_back, {D: W, A: W}),
    "second hand-back upheld": (_bounced, {D: E, A: E}),
    "say unable": (_by_lead(lambda n: replies.Unable(CASE, n, "money", "已试过")), {A: A}),
    "unable confirmed": (_confirmed_unable, {A: E}),
    "finish": (_by_lead(lambda n: replies.Finish(CASE, n, "已修好了", True, 1)), {A: H}),
    "pass up by a department": (_by_lead(lambda n: replies.PassUp(CASE, n, "means", "无力办理")), {}),
    "verification passed": (_verify(True), {H: V}),
    "verification failed": (_verify(False), {H: A}),
    "third failure": (_third_failure, {H: E}),
    "ledger rung": (_ledger_rung, {A: E}),
    "rework by rating": (_heard(heard.ReworkOrdered(1), "feedback"), {V: A}),
    "second dissatisfaction": (_heard(heard.RatingFailed(2), "feedback"), {V: E}),
    "rating completed": (_heard(heard.RatingCompleted("rated"), "feedback"), {V: C}),
    "second topic raised": (_heard(heard.TopicRaised("t2", "s1", day(90))), {W: E, D: E, A: E, S: E}),
    "topic by hand admitted": (_heard(heard.TopicAdmitted("t2", "s1", day(90))), {W: E, D: E, A: E, S: E}),
    "joined to a topic of before": (_heard(heard.TopicJoined("t2", "s1", day(90))), {W: E, D: E, A: E, S: E}),
    "topic listed": (_heard(heard.TopicListed(T, "s1", day(90))), {E: E}),
    "topic combined": (_heard(heard.TopicCombined("t2")), {E: E}),
    "squad formed": (_heard(heard.TopicSquadFormed(T, "s1", "housing", day(30))), {E: D}),
    "topic moved up": (_heard(heard.TopicMovedUp(T, "top", day(90))), {E: E}),
    "topic deferred": (_heard(heard.TopicDeferred(T, "s1", day(90))), {E: E}),
    "topic objected": (_heard(heard.TopicObjected(T, "s1", day(90))), {E: E}),
    "topic reopened": (_heard(heard.TopicReopened(T, "s1", day(90))), {E: E}),
    "topic resolved": (_heard(heard.TopicResolved(T, "s1", "housing", day(30))), {E: D}),
    "topic withdrawn": (_heard(heard.TopicWithdrawn(T)), {E: W}),
    "topic answered": (_heard(heard.TopicAnswered(T)), {E: C}),
    "reporter withdraws": (_heard(heard.CaseWithdrawn(), "intake"), {W: X, D: X, A: X, S: X, E: X}),
    "merged": (_heard(heard.CaseMerged(), "intake"), {W: X, D: X, A: X, S: X, E: X}),
    "split": (_heard(heard.CaseSplit(), "intake"), {W: X, D: X, A: X, S: X, E: X}),
    "merge undone": (_heard(town.unmerged("orphan"), "intake"), {X: W}),
}
PAIRS = [(status, event) for status in Status for event in EVENTS]


@pytest.mark.parametrize(("status", "event"), PAIRS, ids=lambda value: str(value).replace(" ", "_"))
def test_each_event_moves_an_order_only_from_where_the_table_says(status: Status, event: str) -> None:
    played = town.IN[status]()
    act, targets = EVENTS[event]
    before = order(played)
    assert before.status is status
    if status in targets:
        assert act(played)
        assert order(played).status is targets[status]
        return
    try:
        facts = act(played)
    except Refused:
        facts = []
    assert facts == []
    assert replace(order(played), is_taken_back=False) == before


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("to", list(Status))
def test_the_table_of_moves_holds_exactly_what_the_events_reach(status: Status, to: Status) -> None:
    reached = any(targets.get(status) is to for _, targets in EVENTS.values()) and status is not to
    assert MOVES.allows(status, to) is reached


@pytest.mark.parametrize("status", list(Status))
def test_every_open_order_has_one_responsible_unit_and_one_clock_and_an_ended_one_none(status: Status) -> None:
    now = order(town.IN[status]())
    is_open = status not in (C, X)
    assert (now.responsible is not None, now.clock is not None, now.due_at is not None) == (is_open,) * 3


def test_an_order_that_nobody_signs_for_is_deemed_accepted() -> None:
    played = town.opened()
    (fact,) = [f for f in _deemed(played) if type(f).__name__ == "OrderAccepted"]
    assert fact.deemed
    assert order(played).status is Status.ACCEPTED


def test_a_case_solved_on_the_spot_is_closed_at_once() -> None:
    played = town.play()
    (fact,) = played.hear(CASE, town.on_spot("g111", drawn=False), "intake")
    assert (fact.reason, fact.lead, fact.solved_at_rung, fact.on_time) == ("on_spot", "g111", "grid", True)
    assert town.order(played).dispatcher == fact.dispatcher != ""
    assert order(played).status is Status.CLOSED


@pytest.mark.parametrize(("handler", "verifier"), [("b1111", "g111"), ("g111", "c11")])
def test_a_drawn_case_solved_on_the_spot_is_verified_by_another_than_its_handler_and_then_rated(
    handler: str, verifier: str
) -> None:
    played = town.play()
    (fact,) = played.hear(CASE, town.on_spot(handler, drawn=True), "intake")
    assert (fact.status, fact.responsible, fact.clock, fact.done_by) == (H, verifier, "verify", handler)
    assert (order(played).dispatcher, fact.on_time) == ("c11", True)
    with pytest.raises(Refused, match=r"order\.verify_own"):
        town.say(played, unit(handler), replies.Verify(CASE, 1, True, "现场查看", "photo"))
    (passed,) = town.verify(played, passed=True)
    assert (passed.status, passed.handled_by, passed.verifier, passed.dispatcher) == (V, handler, verifier, "c11")
    played.hear(CASE, heard.ReworkOrdered(1), "feedback")
    assert (order(played).status, order(played).responsible) == (A, handler)
    town.finish(played)
    assert order(played).responsible == verifier


def test_a_drawn_case_that_fails_its_verification_goes_back_to_who_solved_it() -> None:
    played = town.play()
    played.hear(CASE, town.on_spot("g111", drawn=True), "intake")
    town.verify(played, passed=False)
    assert (order(played).status, order(played).responsible, order(played).dispatcher) == (A, "g111", "c11")
    town.finish(played)
    assert order(played).responsible == "c11"


def test_a_drawn_case_of_a_matter_without_verification_is_rated_at_once() -> None:
    played = town.play()
    (fact,) = played.hear(CASE, replace(town.on_spot("b1111", drawn=True), understanding=heard.Understanding("advice")),
                          "intake")  # fmt: skip
    assert (fact.status, fact.responsible, fact.clock, fact.verifier) == (V, "top", "window", None)


def test_an_unknown_case_is_nobodys_business() -> None:
    played = town.play()
    assert played.hear("case-9", heard.CaseWithdrawn(), "intake") == []
    with pytest.raises(Refused, match=r"subject\.unknown"):
        played.send("case-9", replies.Accept("case-9", 1, "post"), department("water"))
