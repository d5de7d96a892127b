"""Surveys and votes: one answer per person or household, secret, counted at the end (domain §6.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from services.feedback.domain.ballot import Ballot, Sealed, Spent
from services.feedback.domain.draw import CheckKind, FreezeDraw, Head, Inspector, RecordCheck, order, seed_of
from services.feedback.domain.draw import subject_of as draw_of
from services.feedback.domain.poll import (
    MOVES,
    CastVote,
    Choice,
    OpenPoll,
    Option,
    PollCounted,
    PollKind,
    Question,
    Status,
    subject_of,
)
from shared.city.load import load
from shared.city.model import City
from shared.contracts import supervision
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.feedback.boxes import Office

NOW = datetime(2026, 11, 2, 9, tzinfo=SHANGHAI)
UNTIL = datetime(2026, 11, 15, 18, tzinfo=SHANGHAI)
UNIT = "C01"
SUBJECT = subject_of(UNIT, "p-1")
OWNER = Actor("unit", UNIT)
MINI = Actor("source", "mini")
YES_NO = (Option("yes", "满意"), Option("no", "不满意"))
QUESTIONS = (Question("q1", "治安", YES_NO), Question("q2", "卫生", YES_NO))


@cache
def yulin() -> City:
    return load("yulin")


def asked(**more: Any) -> OpenPoll:
    return replace(OpenPoll(PollKind.SURVEY, UNIT, "p-1", QUESTIONS, NOW, UNTIL, asked=10), **more)


def opened(**more: Any) -> Office:
    office = Office(yulin(), NOW)
    office.send(SUBJECT, asked(**more), OWNER, creates=True)
    return office


def vote(office: Office, voter: str | None, q1: str = "yes", actor: Actor = MINI, **more: str) -> list[Any]:
    return office.send(SUBJECT, CastVote({"q1": q1, "q2": "no"} | more, voter), actor)


def refused(act: Any) -> str:
    with pytest.raises(Refused) as error:
        act()
    return error.value.rule


def test_answers_are_counted_when_the_window_ends_with_asked_and_answered() -> None:
    office = opened()
    for person in range(7):
        vote(office, f"p-{person}", "yes" if person < 5 else "no")
    assert "p-0" not in repr(office.facts)
    (counted,) = office.advance(UNTIL)
    assert counted == PollCounted(
        10, 7, (Choice("q1", "yes", 5), Choice("q1", "no", 2), Choice("q2", "yes", 0), Choice("q2", "no", 7))
    )
    assert office.rows[-1] == Sealed(SUBJECT)


def test_a_person_votes_once_through_whatever_channel() -> None:
    office = opened()
    vote(office, "p-1")
    assert refused(lambda: vote(office, "p-1", "no")) == "poll.voted"
    assert refused(lambda: vote(office, "p-1", "no", Actor("unit", "C01-G01"))) == "poll.voted"
    assert refused(lambda: vote(office, "somebody-else", actor=Actor("resident", "p-1"))) == "poll.voted"
    assert office.box(SUBJECT).voters == 1


def test_nothing_that_is_kept_joins_voter_and_answer() -> None:
    office = opened()
    vote(office, "p-1")
    assert office.rows[-3:] == [
        Spent(SUBJECT, "p-1", "all"), Ballot(SUBJECT, "q1", "yes"), Ballot(SUBJECT, "q2", "no")
    ]  # fmt: skip
    assert supervision.CastVote.SECRET


def test_who_votes_must_be_known() -> None:
    assert refused(lambda: vote(opened(), None)) == "poll.voter_needed"


@pytest.mark.parametrize(
    ("answers", "rule"),
    [({"q1": "yes"}, "poll.incomplete"), ({"q1": "yes", "q2": "no", "q3": "no"}, "poll.incomplete"),
     ({"q1": "perhaps", "q2": "no"}, "poll.no_option")],
)  # fmt: skip
def test_every_question_is_answered_by_one_of_its_options(answers: dict[str, str], rule: str) -> None:
    office = opened()
    assert refused(lambda: office.send(SUBJECT, CastVote(answers, "p"), MINI)) == rule
    assert not office.rows


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"until": NOW}, "poll.window"), ({"opens_at": UNTIL}, "poll.window"),
     ({"questions": (*QUESTIONS, QUESTIONS[0])}, "poll.twice"),
     ({"questions": (Question("q1", "治安", (*YES_NO, YES_NO[0])),)}, "poll.twice")],
)  # fmt: skip
def test_a_poll_against_the_rules_is_not_opened(change: dict[str, Any], rule: str) -> None:
    office = Office(yulin(), NOW)
    assert refused(lambda: office.send(SUBJECT, asked(**change), OWNER, creates=True)) == rule


def test_before_and_after_the_window_nothing_is_taken() -> None:
    office = opened(opens_at=NOW + timedelta(days=1))
    assert refused(lambda: vote(office, "p-1")) == "poll.not_open"
    office.advance(UNTIL)
    assert refused(lambda: vote(office, "p-1")) == "poll.over"


@pytest.mark.parametrize(
    ("city", "kind", "opens"),
    [("yulin", PollKind.VOTE, True), ("yulin", PollKind.SURVEY, True), ("guiping", PollKind.SURVEY, True),
     ("guiping", PollKind.VOTE, False), ("donggang", PollKind.SURVEY, False), ("nanchang", PollKind.OWNERS, False)],
)  # fmt: skip
def test_the_city_file_says_which_polls_there_are(city: str, kind: PollKind, opens: bool) -> None:
    office = Office(load(city), NOW)
    if opens:
        assert office.send(SUBJECT, asked(kind=kind), OWNER, creates=True)
    else:
        assert refused(lambda: office.send(SUBJECT, asked(kind=kind), OWNER, creates=True)) == "mechanism.off"


CALLERS = [
    OWNER,
    Actor("unit", "C01-G01"),
    MINI,
    Actor("resident", "r"),
    Actor("department", "hb"),
    Actor("operations", "o"),
    Actor("unit", "C02"),
]


@pytest.mark.parametrize("state", ["none", "open", "counted"])
@pytest.mark.parametrize("act", ["open", "cast"])
@pytest.mark.parametrize("caller", range(len(CALLERS)))
def test_every_state_act_and_caller(state: str, act: str, caller: int) -> None:
    office = Office(yulin(), NOW) if state == "none" else opened()
    if state == "counted":
        office.advance(UNTIL)
        office.now = NOW
    message: Any = asked() if act == "open" else CastVote({"q1": "yes", "q2": "no"}, "p-1")
    allowed = (caller == 0 and state == "none") if act == "open" else (caller < 4 and state == "open")
    if allowed:
        office.send(SUBJECT, message, CALLERS[caller], creates=act == "open")
        assert office.facts
        assert bool(office.rows) is (act == "cast")
        return
    with pytest.raises(Refused):
        office.send(SUBJECT, message, CALLERS[caller], creates=act == "open")
    assert not office.rows_of(Spent)


def test_operations_open_the_citys_own_vote_and_no_unit_s() -> None:
    centre = Actor("operations", "o")
    vote = replace(asked(kind=PollKind.VOTE), unit="yulin")
    assert Office(yulin(), NOW).send(subject_of("yulin", "p-1"), vote, centre, creates=True)
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        Office(yulin(), NOW).send(SUBJECT, asked(), centre, creates=True)


def test_a_poll_is_counted_once() -> None:
    assert MOVES.table == {Status.OPEN: frozenset({Status.COUNTED}), Status.COUNTED: frozenset()}


# ---- the satisfaction survey's draw (domain §6.2, workflows §4.8)

HOUSEHOLDS = tuple(f"H-{n:03d}" for n in range(1, 121))


def drawn_survey() -> tuple[Office, str, tuple[str, ...]]:
    """A hundred and twenty households were frozen, six of them drawn by the next working day's head."""
    office = Office(yulin(), NOW)
    draw = draw_of(UNIT, "2026Q4", "survey", None)
    asked = FreezeDraw(UNIT, "2026Q4", CheckKind.SURVEY, (Inspector("g-1", "S01"),), households=HOUSEHOLDS)
    office.send(draw, asked, Actor("operations", "centre"), creates=True)
    office.heads = {"2026-11-03": Head(41, "ab" * 32)}
    office.advance(datetime(2026, 11, 4, tzinfo=SHANGHAI))
    return office, draw, tuple(pair.case for pair in office.states[draw].pairs)


def test_the_satisfaction_survey_asks_the_households_that_were_drawn_and_nobody_else() -> None:
    office, draw, drawn = drawn_survey()
    seed = seed_of("2026Q4", "ab" * 32)
    assert list(drawn) == order(seed, "case", HOUSEHOLDS)[:6]
    (poll,) = office.send(SUBJECT, asked(kind=PollKind.SATISFACTION, draw=draw), OWNER, creates=True)
    assert (poll.asked, poll.households) == (6, drawn)
    vote(office, drawn[0])
    other = next(household for household in HOUSEHOLDS if household not in drawn)
    for voter, actor, rule in (
        (other, MINI, r"poll\.not_drawn"),
        (None, Actor("resident", "r-1"), r"poll\.not_drawn"),
        (drawn[0], MINI, r"poll\.voted"),
    ):
        with pytest.raises(Refused, match=rule):
            vote(office, voter, actor=actor)
    (counted,) = [fact for fact in office.advance(UNTIL) if isinstance(fact, PollCounted)]
    assert (counted.asked, counted.answered) == (6, 1)


def test_a_survey_without_a_draw_of_its_own_unit_is_not_opened() -> None:
    office, draw, _ = drawn_survey()
    with pytest.raises(Refused, match=r"poll\.draw_needed"):
        office.send(SUBJECT, asked(kind=PollKind.SATISFACTION), OWNER, creates=True)
    elsewhere = asked(kind=PollKind.SATISFACTION, draw=draw, unit="C02")
    with pytest.raises(Refused, match=r"poll\.draw_needed"):
        office.send(subject_of("C02", "p-1"), elsewhere, Actor("unit", "C02"), creates=True)


def test_households_are_drawn_for_a_survey_alone_once_each_and_never_checked() -> None:
    office, draw, drawn = drawn_survey()
    with pytest.raises(Refused, match=r"draw\.no_check"):
        office.send(draw, RecordCheck(drawn[0], True, "检查合格"), Actor("unit", "S01"))
    for households in ((), ("H-1", "H-1")):
        asked = FreezeDraw(UNIT, "2026Q4", CheckKind.SURVEY, (Inspector("g-1", "S01"),), households=households)
        with pytest.raises(Refused, match=r"draw\.households"):
            office.send("draw:x", asked, Actor("operations", "centre"), creates=True)
