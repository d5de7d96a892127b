"""A topic without a case through all four services: proposed, resolved, its own order done, rated by its proposer."""

from __future__ import annotations

import pytest

from services.dispatch.domain.order import Order, Status
from shared.contracts import dispatch, escalation, feedback
from shared.kernel.decisions import Actor
from tests.flow.test_worked_example import ESTATE, Town, resolution

TOPIC = "p-1"


@pytest.fixture
def town() -> Town:
    """Let the estate's body resolve a suggestion of its own."""
    town = Town()
    town.case = TOPIC
    town.until("01-16 09:00")
    suggestion = escalation.ProposeTopic(
        kind=escalation.TopicKind.SUGGESTION, summary="小区加装充电棚", tried="已征求业主意见", asked="请安排场地"
    )
    town.memory._command(town.memory.offices["escalation"], suggestion, Actor("unit", ESTATE), TOPIC, "p-1")
    town.memory._flow()
    town.topic_does(ESTATE, "admit")
    assert town.memory.offices["dispatch"].states.get(TOPIC) is None, "no order before a meeting makes one"
    town.meet(ESTATE, "01-28", "01-30", **resolution(ESTATE, "02-12"))
    town.until("02-02 09:00")
    order: Order = town.order()
    town.do(Actor("unit", ESTATE), "dispatch", f"/v1/orders/{TOPIC}/accept", {"assignment": 1, "handler": "网格长"})
    done = {"assignment": order.assignment, "what": "充电棚已建成", "contacted": True, "evidence": 1}
    town.do(Actor("unit", ESTATE), "dispatch", f"/v1/orders/{TOPIC}/finish", done)
    return town


def test_the_proposing_unit_rates_the_order_and_the_topic_is_written_off(town: Town) -> None:
    assert town.order().status is Status.VERIFIED
    assert [fact.reporter for fact in town.facts(feedback.RatingInvited)] == [ESTATE]
    answer = {"contacted": True, "solved": True, "grade": 5}
    stranger = town.say(Actor("unit", "C02"), "feedback", f"/v1/cases/{TOPIC}/rate", answer)
    assert stranger.rule == "actor.not_allowed"
    town.do(Actor("unit", ESTATE), "feedback", f"/v1/cases/{TOPIC}/rate", answer)
    again = town.say(Actor("unit", ESTATE), "feedback", f"/v1/cases/{TOPIC}/rate", answer)
    assert again.rule == "rating.already_answered"
    (closed,) = town.facts(dispatch.CaseClosed)
    assert closed.reason == "rated"
    assert town.statuses() == ("settled",)
    town.topic_does(ESTATE, "tell")
    town.topic_does(ESTATE, "write-off")
    assert town.statuses() == ("written_off",)


def test_a_proposer_who_says_nothing_leaves_it_unrated(town: Town) -> None:
    town.until("02-10 00:00")
    (closed,) = town.facts(dispatch.CaseClosed)
    assert closed.reason == "window_over"
    assert town.statuses() == ("settled",)
