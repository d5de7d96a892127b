"""Call-backs (回访): who is drawn, attempts on two days, what outweighs what (workflows §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.call_back import (
    ENDS,
    STAGES,
    CallBackAttempted,
    CallBackClosed,
    CallBackDrawn,
    RecordCallBack,
    Stage,
)
from services.feedback.domain.calling import is_drawn
from services.feedback.domain.heard import CaseClosed, OrderVerified, OrderWithdrawn
from services.feedback.domain.publishing import PeriodScores
from services.feedback.domain.rating import RatingAnswered, RatingCompleted, ReworkOrdered, Standing
from services.feedback.domain.task import Kind, Task
from services.feedback.tables.task import latest
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.feedback.test_answers import close, join, judge, say
from tests.unit.feedback.test_rating import CASE, kinds, play, rate, refused

CALLER = Actor("operations", "caller-1")
DRAWN_AT = datetime(2026, 11, 6, 0, 0, tzinfo=SHANGHAI)
WINDOW_ENDS = datetime(2026, 11, 10, 0, 0, tzinfo=SHANGHAI)
GOOD = {"contacted": True, "solved": True, "grade": 4}


def drawing(share: Fraction = Fraction(1)) -> Play:
    """Return a registered case in a city that draws this share of the silent."""
    table = play()
    table.city = replace(table.city, shares={"call_back": share})
    return table


def drawn() -> Play:
    """Return a case whose silent reporter was drawn after three days."""
    table = drawing()
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    table.advance(DRAWN_AT)
    return table


def call(table: Play, outcome: str, reporter: str = "reporter-1", actor: Actor = CALLER, **said: Any) -> list[Any]:
    return table.send(CASE, RecordCallBack(reporter, outcome, **said), actor)


def tasks(table: Play) -> list[Task]:
    """Return the desk's list of call-backs as its table has it."""
    return [row for row in latest([r for r in table.rows if isinstance(r, Task)]) if row.kind is Kind.CALL_BACK]


def test_a_reporter_silent_for_three_days_is_drawn_and_stands_on_the_desks_list_until_the_window_ends() -> None:
    table = drawing()
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    assert table.advance(DRAWN_AT - timedelta(seconds=1)) == []
    (fact,) = table.advance(DRAWN_AT)
    assert isinstance(fact, CallBackDrawn)
    assert (fact.reporter, fact.until) == ("reporter-1", WINDOW_ENDS)
    assert tasks(table) == [Task(Kind.CALL_BACK, CASE, 1, "reporter-1", WINDOW_ENDS)]


def test_nobody_knows_of_a_draw_before_the_days_of_silence_are_over() -> None:
    table = drawing()
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    assert not [fact for _, fact in table.facts if "CallBack" in type(fact).__name__]
    assert not [row for row in table.rows if isinstance(row, Task)]


def test_who_answered_is_not_called_back() -> None:
    table = drawing()
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    rate(table, 1)
    assert not [fact for fact in table.advance(WINDOW_ENDS) if isinstance(fact, CallBackDrawn)]


def test_nobody_is_called_back_in_a_city_that_draws_none() -> None:
    table = drawing(Fraction(0))
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    assert kinds(table.advance(WINDOW_ENDS)) == [RatingCompleted]


def test_one_in_five_is_drawn() -> None:
    lots = [is_drawn(f"lot-{n}", Fraction(1, 5)) for n in range(5000)]
    assert 900 < sum(lots) < 1100
    assert [is_drawn(f"lot-{n}", Fraction(1, 5)) for n in range(50)] == lots[:50]


def test_an_answered_call_back_is_the_reporters_answer_and_completes_the_round() -> None:
    table = drawn()
    invitation = table.states[CASE].of("reporter-1").invitation
    assert call(table, "answered", **GOOD, comment=" thanks ") == [
        CallBackAttempted(invitation, 1, "reporter-1", 1, "answered", "caller-1"),
        CallBackClosed(invitation, 1, "reporter-1", "answered"),
        RatingAnswered(invitation, 1, "reporter-1", True, True, 4, True, "call_back"),
        RatingCompleted(1, "rated"),
    ]
    assert not table.deadlines
    assert [(a.by, a.grade) for a in close(table).answers] == [("call_back", 4)]
    assert tasks(table)[-1].outcome == "answered"
    words = [row for row in table.rows if getattr(row, "kind", "") == "call_back" and hasattr(row, "text")]
    assert [row.text for row in words] == ["thanks"]


def test_a_dissatisfied_call_back_is_judged_like_a_form() -> None:
    table = drawn()
    call(table, "answered", contacted=False, solved=False, grade=1)
    assert judge(table, True)[1:] == [ReworkOrdered(1)]


def test_two_attempts_in_vain_on_two_days_leave_the_reporter_unrated() -> None:
    table = drawn()
    (first,) = call(table, "not_reached")
    assert first.attempt == 1
    assert tasks(table)[-1].tried_on == DRAWN_AT.date()
    table.now = DRAWN_AT + timedelta(days=1)
    attempted, closed = call(table, "not_reached")
    assert (attempted.attempt, closed.outcome) == (2, "unreachable")
    assert table.advance(WINDOW_ENDS) == [RatingCompleted(1, "window_over")]
    assert [(a.by, a.grade) for a in close(table, "window_over").answers] == [(None, None)]


@pytest.mark.parametrize(("minutes", "allowed"), [(23 * 60 + 59, False), (24 * 60, True)])
def test_the_attempts_lie_on_two_days_of_the_calendar(minutes: int, allowed: bool) -> None:
    table = drawn()
    call(table, "not_reached")
    table.now = DRAWN_AT + timedelta(minutes=minutes)
    if allowed:
        assert call(table, "not_reached")[-1].outcome == "unreachable"
    else:
        assert refused(lambda: call(table, "not_reached")) == "call_back.same_day"
        assert refused(lambda: call(table, "answered", **GOOD)) == "call_back.same_day"


def test_an_unreachable_reporter_may_still_use_his_link_in_time() -> None:
    table = drawn()
    call(table, "not_reached")
    table.now += timedelta(days=1)
    call(table, "not_reached")
    assert kinds(rate(table, 5)) == [RatingAnswered, RatingCompleted]


def test_who_will_not_answer_is_not_asked_again_by_telephone_and_stays_unrated() -> None:
    table = drawn()
    assert [getattr(fact, "outcome", "") for fact in call(table, "declined")] == ["declined", "declined"]
    assert refused(lambda: call(table, "not_reached")) == "call_back.no_task"
    assert table.advance(WINDOW_ENDS) == [RatingCompleted(1, "window_over")]


def test_a_call_back_that_nobody_made_lapses_with_the_window_and_scores_nothing() -> None:
    table = drawn()
    lapsed, completed = table.advance(WINDOW_ENDS)
    assert (lapsed.outcome, completed.outcome) == ("lapsed", "window_over")
    assert refused(lambda: call(table, "answered", **GOOD)) == "call_back.no_task"


def test_a_call_back_at_the_last_instant_of_the_window_counts_and_a_second_later_there_is_none_to_make() -> None:
    for late, allowed in ((timedelta(0), True), (timedelta(seconds=1), False)):
        table = drawn()
        table.now = WINDOW_ENDS + late
        if allowed:
            assert call(table, "answered", **GOOD)[-1] == RatingCompleted(1, "rated")
        else:
            assert refused(lambda table=table: call(table, "answered", **GOOD)) == "call_back.no_task"


def two_drawn() -> Play:
    """Return a case whose two silent reporters were both drawn, so that one answer does not end the round."""
    table = drawing()
    join(table, "reporter-2")
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    table.advance(DRAWN_AT)
    return table


def test_a_call_back_outweighs_the_form_that_came_before_it() -> None:
    table = two_drawn()
    say(table, "reporter-1", 5)
    call(table, "answered", contacted=True, solved=False, grade=2)
    assert table.states[CASE].of("reporter-1").standing is Standing.JUDGING
    assert judge(table, False) != []
    say(table, "reporter-2", 5)
    assert [(a.by, a.grade) for a in close(table).answers] == [("call_back", 2), ("reporter", 5)]


def test_a_content_call_back_takes_a_dissatisfied_form_off_the_judges_desk() -> None:
    table = two_drawn()
    say(table, "reporter-1", 1)
    call(table, "answered", **GOOD)
    assert refused(lambda: judge(table, True)) == "rating.nothing_to_judge"
    waiting = [t for t in latest([r for r in table.rows if isinstance(r, Task)]) if t.outcome is None]
    assert [(t.kind, t.reporter) for t in waiting] == [(Kind.CALL_BACK, "reporter-2")]
    assert not [name for _, name in table.deadlines if name.startswith("judge:")]


def test_a_form_after_the_call_back_is_kept_and_not_scored() -> None:
    table = two_drawn()
    call(table, "answered", **GOOD)
    (kept,) = say(table, "reporter-1", 1)
    assert (kept.valid, kept.unscored) == (False, "outweighed")
    assert table.states[CASE].of("reporter-1").grade == 4
    assert refused(lambda: say(table, "reporter-1", 5)) == "rating.already_answered"


@pytest.mark.parametrize("end", ["rated", "reworked", "withdrawn", "closed"])
def test_the_end_of_a_round_drops_the_calls_that_still_wait(end: str) -> None:
    table = two_drawn()
    if end == "rated":
        say(table, "reporter-1", 5)
        stated = say(table, "reporter-2", 5)
    elif end == "reworked":
        say(table, "reporter-1", 1)
        stated = judge(table, True)
    elif end == "withdrawn":
        stated = table.hear(CASE, OrderWithdrawn(), "dispatch")
    else:
        stated = table.hear(CASE, CaseClosed("answered", "hb", "S01"), "dispatch")
    assert [f.outcome for f in stated if isinstance(f, CallBackClosed)] == ["dropped", "dropped"]
    assert not [task for task in tasks(table) if task.outcome is None]
    assert not [name for subject, name in table.deadlines if subject == CASE]


@pytest.mark.parametrize("kind", ["department", "unit", "source", "resident"])
def test_only_operations_call_back(kind: str) -> None:
    assert refused(lambda: call(drawn(), "not_reached", actor=Actor(kind, "hb"))) == "actor.not_allowed"


@pytest.mark.parametrize("reporter", ["reporter-2", "a-stranger"])
def test_nobody_is_called_back_who_was_not_drawn(reporter: str) -> None:
    assert refused(lambda: call(drawn(), "answered", reporter, **GOOD)) == "call_back.no_task"


def test_an_unknown_case_has_nobody_to_call_back() -> None:
    table = drawn()
    table.states["score:2026-11"] = PeriodScores()
    for subject in ("case-9", "score:2026-11"):
        said = RecordCallBack("reporter-1", "declined")
        assert refused(lambda subject=subject, said=said: table.send(subject, said, CALLER)) == "subject.unknown"


@pytest.mark.parametrize("missing", ["contacted", "solved", "grade"])
def test_an_answered_call_back_says_all_three(missing: str) -> None:
    said = {name: value for name, value in GOOD.items() if name != missing}
    assert refused(lambda: call(drawn(), "answered", **said)) == "call_back.incomplete"


@pytest.mark.parametrize("said", [GOOD, {"grade": 5}, {"comment": "nobody there"}])
@pytest.mark.parametrize("outcome", ["declined", "not_reached"])
def test_a_call_back_without_answer_says_nothing_about_the_case(outcome: str, said: Mapping[str, Any]) -> None:
    assert refused(lambda: call(drawn(), outcome, **said)) == "call_back.not_answered"


@pytest.mark.parametrize(("now", "to"), list(product(Stage, Stage)))
def test_every_pair_of_stages_is_allowed_or_forbidden_as_the_table_says(now: Stage, to: Stage) -> None:
    assert STAGES.allows(now, to) is (now not in ENDS and to is not Stage.DUE)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20), timezones=st.just(UTC)),
    st.lists(st.timedeltas(timedelta(0), timedelta(days=3)), max_size=6),
)
def test_whenever_calls_are_made_there_are_at_most_two_on_different_days_inside_the_window(
    at: datetime, pauses: list[timedelta]
) -> None:
    table = drawing()
    table.now = at
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    made: list[datetime] = []
    for pause in pauses:
        table.advance(table.now + pause)
        with suppress(Refused):
            call(table, "not_reached")
            made.append(table.now.astimezone(SHANGHAI))
    assert len(made) <= 2
    assert len({moment.date() for moment in made}) == len(made)
    table.advance(at + timedelta(days=30))
    asked = table.states[CASE].of("reporter-1")
    assert all(moment <= asked.until for moment in made)
    assert asked.call_back.stage is (Stage.UNREACHABLE if len(made) == 2 else Stage.LAPSED)
    assert asked.by is None
