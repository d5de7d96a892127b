"""Councils (议事机构): called, held, agreed by vote where that is the rule, followed; missed in their period."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.escalation.domain import STATES, decide, evolve, seeds
from services.escalation.domain import council as c
from services.escalation.domain.deliberating import subject_of
from services.escalation.translate import WIRE
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.support.play import Play

YULIN = load("yulin")
UNIT = next(unit for unit in YULIN.units if YULIN.councils_of(unit))
FOUR, TALKS = subject_of(UNIT, "four-councils"), subject_of(UNIT, "commissioners")
CLERK = Actor("unit", UNIT)
ALL = ("council", "representatives", "committee", "supervision")
NOON = datetime(2026, 5, 20, 12, tzinfo=SHANGHAI)
CALL = c.ConveneCouncil(NOON, "社区会议室，联系 13812345678", ("小区加装路灯", "广场舞音量公约"))
CARRIED = c.Outcome(1, agreed=True, becomes=c.Becomes.PROJECT, votes=c.Votes(21, 4, 2))
LEFT = c.Outcome(2, agreed=False, note="再议")
HOLD = c.HoldCouncil(ALL, (CARRIED, LEFT))


def playing(at: datetime = NOON - timedelta(days=7)) -> Play:
    played = Play(decide, evolve, YULIN, at)
    for subject, arm in seeds(YULIN, at):
        if subject in (FOUR, TALKS):
            played.states[subject] = None
            played.deadlines[subject, arm.name] = arm
    return played


def called(subject: str = FOUR) -> Play:
    played = playing()
    played.send(subject, CALL, CLERK)
    return played


def held() -> Play:
    played = called()
    played.advance(NOON)
    played.send(FOUR, HOLD, CLERK)
    return played


def refusal(played: Play, data: Any, actor: Actor = CLERK, subject: str = FOUR) -> str:
    before = dict(played.states)
    with pytest.raises(Refused) as refused:
        played.send(subject, data, actor)
    assert played.states == before
    return refused.value.rule


def test_a_session_is_called_held_and_what_was_agreed_is_followed_to_its_end() -> None:
    played = called()
    assert played.states[FOUR].items == CALL.items
    played.advance(NOON)
    facts = played.send(FOUR, HOLD, CLERK)
    for fact in facts:
        WIRE.to_wire(getattr(fact, "data", fact))
    state = played.states[FOUR]
    assert state.opens_at is None
    assert state.held_on == date(2026, 5, 20)
    assert [(one.item, one.title, one.becomes) for one in state.open] == [(1, "小区加装路灯", "project")]
    played.send(FOUR, c.OverseeItem(1, 1, "已实地查看"), CLERK)
    played.send(FOUR, c.FollowItem(1, 1, "project:C01:7"), CLERK)
    assert played.states[FOUR].open == ()
    assert isinstance(played.states[FOUR], STATES["council"])


def test_no_telephone_leaves_with_the_place() -> None:
    played = playing()
    (fact,) = played.send(FOUR, CALL, CLERK)
    assert "13812345678" not in getattr(fact, "data", fact).place


@pytest.mark.parametrize(
    ("hold", "rule"),
    [
        (c.HoldCouncil(ALL[:3], (CARRIED, LEFT)), "council.no_quorum"),
        (c.HoldCouncil((*ALL, "police"), (CARRIED, LEFT)), "council.no_party"),
        (c.HoldCouncil(ALL, (CARRIED,)), "council.outcomes"),
        (c.HoldCouncil(ALL, (CARRIED, CARRIED)), "council.outcomes"),
        (c.HoldCouncil(ALL, (c.Outcome(1, agreed=True, becomes=c.Becomes.VOTE), LEFT)), "council.no_vote"),
        (c.HoldCouncil(ALL, (c.Outcome(1, True, c.Becomes.VOTE, c.Votes(10, 8, 2)), LEFT)), "council.vote_lost"),
        (c.HoldCouncil(ALL, (c.Outcome(1, agreed=True, votes=c.Votes(9, 1)), LEFT)), "council.becomes"),
        (c.HoldCouncil(ALL, (CARRIED, c.Outcome(2, False, c.Becomes.VOTE))), "council.becomes"),
    ],
)
def test_a_session_that_breaks_a_rule_is_not_written_down(hold: c.HoldCouncil, rule: str) -> None:
    played = called()
    played.advance(NOON)
    assert refusal(played, hold) == rule


def test_what_is_out_of_turn_is_refused_with_its_rule() -> None:
    fresh, waiting, done = playing(), called(), held()
    follow, oversee = c.FollowItem(1, 1, "x"), c.OverseeItem(1, 1, "已看")
    assert refusal(fresh, HOLD) == refusal(fresh, c.CallOffCouncil("无人")) == "council.not_called"
    assert refusal(waiting, CALL) == "council.called"
    assert refusal(waiting, HOLD) == "council.early"
    assert refusal(fresh, c.ConveneCouncil(fresh.now, "社区", ("路灯",))) == "council.past"
    assert refusal(done, follow) == "council.not_overseen"
    assert refusal(done, c.OverseeItem(1, 2, "已看")) == "council.no_item"
    done.send(FOUR, oversee, CLERK)
    assert refusal(done, oversee) == "council.overseen"
    done.send(FOUR, follow, CLERK)
    assert refusal(done, follow) == "council.no_item"
    assert refusal(fresh, CALL, Actor("unit", "yulin")) == "body.not_yours"
    assert refusal(fresh, CALL, subject=subject_of(UNIT, "none")) == "council.unknown"


def test_talks_agree_without_a_vote_and_nobody_watches_them() -> None:
    played = called(TALKS)
    played.advance(NOON)
    agreed = c.Outcome(1, agreed=True, becomes=c.Becomes.REPORT)
    played.send(TALKS, c.HoldCouncil(("party", "alliance"), (agreed, LEFT)), CLERK)
    assert refusal(played, c.OverseeItem(1, 1, "已看"), subject=TALKS) == "council.unwatched"
    played.send(TALKS, c.FollowItem(1, 1, "report:7"), CLERK)
    assert played.states[TALKS].open == ()


def test_a_council_called_off_may_be_called_again() -> None:
    played = called()
    played.send(FOUR, c.CallOffCouncil("台风"), CLERK)
    played.send(FOUR, CALL, CLERK)
    assert played.states[FOUR].number == 2


def test_a_period_without_a_session_is_reminded_and_missed_once_each() -> None:
    played = playing(datetime(2026, 4, 1, 9, tzinfo=SHANGHAI))
    stated = played.advance(datetime(2026, 7, 1, 0, 1, tzinfo=SHANGHAI))
    mine = [getattr(fact, "data", fact) for fact in stated]
    mine = [fact for fact in mine if getattr(fact, "council", "") == "four-councils"]
    until = date(2026, 6, 30)
    assert mine == [
        c.CouncilReminded(UNIT, "four-councils", until),
        c.CouncilMissed(UNIT, "four-councils", until, YULIN.units[UNIT].parent),
    ]


def test_a_period_with_a_session_is_quiet() -> None:
    played = held()
    stated = played.advance(datetime(2026, 7, 1, 0, 1, tzinfo=SHANGHAI))
    mine = [getattr(fact, "data", fact) for fact in stated]
    assert [fact for fact in mine if getattr(fact, "council", "") == "four-councils"] == []
    assert played.deadlines[FOUR, "council"].data["until"] == "2026-09-30"
