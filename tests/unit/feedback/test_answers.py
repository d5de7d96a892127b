"""Several reporters of one case, late and repeated answers, windows (workflows §3.1 moves 16-18, §4.1, §4.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.heard import CaseClosed, OrderVerified, ReporterJoined, ReporterLeft
from services.feedback.domain.publishing import PeriodScores
from services.feedback.domain.rating import (
    STANDINGS,
    CaseRated,
    DissatisfactionJudged,
    FollowUpOffered,
    JudgeDissatisfaction,
    RateOwnOrder,
    Rating,
    RatingAnswered,
    RatingCompleted,
    RatingFailed,
    RatingInvited,
    ReworkOrdered,
    Standing,
    Status,
)
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from tests.support.play import Play
from tests.unit.feedback.test_rating import CASE, HOTLINE, MONDAY, OFFICER, asked, kinds, play, rate, refused, token

MINI = Actor("source", "mini")
WINDOW_ENDS = datetime(2026, 11, 10, 0, 0, tzinfo=SHANGHAI)


def two() -> Play:
    """Return a case that two reporters are asked about, the second one through another source."""
    table = play()
    join(table, "reporter-2")
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    return table


def join(table: Play, reporter: str, *, ratable: bool = True) -> list[Any]:
    return table.hear(CASE, ReporterJoined("mini", f"m-{reporter}", reporter, ratable), "intake")


def link(table: Play, reporter: str) -> str:
    return token([fact for fact in table.stated(RatingInvited) if fact.reporter == reporter][-1].invitation)


def say(table: Play, reporter: str, grade: int, *, solved: bool = True, actor: Actor | None = None) -> list[Any]:
    by = actor or (HOTLINE if reporter == "reporter-1" else MINI)
    return table.send(CASE, Rating(f"a-{table.new_id()}", link(table, reporter), True, solved, grade), by)


def judge(table: Play, controllable: bool, reporter: str | None = None) -> list[Any]:
    return table.send(CASE, JudgeDissatisfaction(controllable, "seen on the spot", reporter), OFFICER)


def close(table: Play, reason: str = "rated") -> CaseRated:
    (rated,) = table.hear(CASE, CaseClosed(reason, "hb", "S01"), "dispatch")
    assert isinstance(rated, CaseRated)
    return rated


def test_each_ratable_reporter_gets_a_link_of_his_own_through_his_own_source() -> None:
    table = two()
    invited = table.stated(RatingInvited)
    assert [fact.reporter for fact in invited] == ["reporter-1", "reporter-2"]
    assert [(answer.stream, answer.key) for answer in table.answers] == [
        ("receipts.hotline", "r-1"),
        ("receipts.mini", "m-reporter-2"),
    ]
    assert len({answer.data.link for answer in table.answers}) == 2


def test_a_reporter_who_cannot_be_rated_is_not_asked_beside_one_who_can() -> None:
    table = play()
    join(table, "reporter-2", ratable=False)
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    assert [fact.reporter for fact in table.stated(RatingInvited)] == ["reporter-1"]


def test_who_joins_during_the_window_has_one_of_his_own_and_the_case_waits_for_it() -> None:
    table = asked()
    table.now = MONDAY + timedelta(days=2)
    assert [fact.until for fact in join(table, "reporter-2")] == [WINDOW_ENDS + timedelta(days=2)]
    say(table, "reporter-1", 5)
    assert table.advance(WINDOW_ENDS + timedelta(days=2) - timedelta(seconds=1)) == []
    assert table.advance(WINDOW_ENDS + timedelta(days=2)) == [RatingCompleted(1, "rated")]


def test_who_joins_before_the_verification_or_after_the_round_is_not_asked_by_joining() -> None:
    table = play()
    assert join(table, "reporter-2") == []
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    table.advance(WINDOW_ENDS)
    assert join(table, "reporter-3") == []


def test_what_a_reporter_was_asked_of_a_case_that_is_over_counts_on_when_he_leaves_and_his_link_answers_no_more() -> (
    None
):
    table = two()
    say(table, "reporter-2", 2)
    told = [answer.reporter for answer in close(table, "window_over").answers]
    table.hear(CASE, ReporterLeft("reporter-2"), "intake")
    case = table.states[CASE]
    assert [one.reporter for one in case.asked] == told == ["reporter-1", "reporter-2"]
    assert [one.id for one in case.reporters] == ["reporter-1"]
    late = Rating("a-late", link(table, "reporter-2"), True, False, 1)
    assert refused(lambda: table.send(CASE, late, MINI)) in ("rating.round_over", "rating.unknown_token")
    assert [case.invited(one.invitation) is None for one in case.asked] == [False, True]


def test_forbidden_21_a_case_is_complete_only_when_everybody_has_answered() -> None:
    table = two()
    assert kinds(say(table, "reporter-1", 5)) == [RatingAnswered]
    assert kinds(say(table, "reporter-2", 3)) == [RatingAnswered, RatingCompleted]
    rated = close(table)
    assert [(a.reporter, a.by, a.grade) for a in rated.answers] == [
        ("reporter-1", "reporter", 5),
        ("reporter-2", "reporter", 3),
    ]


def test_forbidden_22_one_answer_and_one_silence_complete_and_the_silent_one_is_unrated() -> None:
    table = two()
    say(table, "reporter-2", 4)
    assert table.advance(WINDOW_ENDS) == [RatingCompleted(1, "rated")]
    assert [(a.reporter, a.by, a.grade) for a in close(table).answers] == [
        ("reporter-1", None, None),
        ("reporter-2", "reporter", 4),
    ]


def test_the_end_of_the_windows_waits_for_a_judgement() -> None:
    table = two()
    table.now = WINDOW_ENDS - timedelta(hours=1)
    say(table, "reporter-1", 1)
    assert table.advance(WINDOW_ENDS + timedelta(hours=1)) == []
    assert judge(table, False)[1:] == [RatingCompleted(1, "rated")]


def test_any_first_controllable_dissatisfaction_reworks_once_whoever_said_it() -> None:
    table = two()
    say(table, "reporter-1", 2)
    say(table, "reporter-2", 1)
    assert judge(table, True, "reporter-2") == [
        DissatisfactionJudged(True, False, "feedback-officer", 1, "reporter-2"),
        ReworkOrdered(1),
    ]
    # The other one's answer is of a round that is over: he is asked again.
    assert refused(lambda: judge(table, True, "reporter-1")) == "rating.nothing_to_judge"
    assert not table.deadlines
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    assert [(f.round, f.reporter) for f in table.stated(RatingInvited)][2:] == [(2, "reporter-1"), (2, "reporter-2")]
    say(table, "reporter-1", 1)
    assert judge(table, True)[1:] == [RatingFailed(2)]


def test_with_several_waiting_the_officer_says_whose_answer_he_judges() -> None:
    table = two()
    say(table, "reporter-1", 2)
    say(table, "reporter-2", 1)
    assert refused(lambda: judge(table, False)) == "rating.which_reporter"
    assert kinds(judge(table, False, "reporter-1")) == [DissatisfactionJudged]
    assert kinds(judge(table, False)) == [DissatisfactionJudged, RatingCompleted]


def test_rework_then_satisfied_counts_with_the_last_round() -> None:
    table = two()
    say(table, "reporter-1", 1)
    judge(table, True)
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    say(table, "reporter-1", 5)
    say(table, "reporter-2", 4)
    rated = close(table)
    assert (rated.round, [a.grade for a in rated.answers]) == (2, [5, 4])
    assert table.stated(ReworkOrdered) == [ReworkOrdered(1)]


def test_an_answer_while_the_order_is_reworked_is_kept_unscored_and_asked_again() -> None:
    table = two()
    say(table, "reporter-1", 1)
    judge(table, True)
    (kept,) = say(table, "reporter-2", 5)
    assert (kept.valid, kept.unscored) == (False, "round_over")
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    assert table.states[CASE].of("reporter-2").standing is Standing.OPEN


def test_the_link_of_another_reporter_of_the_case_speaks_for_him_alone() -> None:
    table = two()
    say(table, "reporter-2", 5)
    assert table.states[CASE].of("reporter-1").standing is Standing.OPEN
    assert refused(lambda: say(table, "reporter-1", 5, actor=MINI)) == "rating.unknown_token"


def test_an_answer_for_somebody_elses_case_is_refused_by_the_link() -> None:
    table = asked()
    foreign = Rating("a-1", token("an-invitation-of-another-case"), True, True, 5)
    assert refused(lambda: table.send(CASE, foreign, HOTLINE)) == "rating.round_over"
    assert refused(lambda: table.send("", foreign, HOTLINE)) == "rating.unknown_token"


@pytest.mark.parametrize(("solved", "offered"), [(False, True), (True, False)])
def test_a_late_not_solved_is_offered_a_new_report_that_names_the_case(solved: bool, offered: bool) -> None:
    table = asked()
    table.advance(WINDOW_ENDS)
    close(table, "window_over")
    table.now = WINDOW_ENDS + timedelta(days=30)
    (late,) = rate(table, 2, solved=solved)
    assert (late.valid, late.unscored) == (False, "late")
    offers = [a for a in table.answers if isinstance(a.data, FollowUpOffered)]
    assert bool(offers) is offered
    if offered:
        assert offers[0].data == FollowUpOffered("r-1", CASE, "DG-20261102-0001")
        assert offers[0].stream == "receipts.hotline"


def test_a_late_answer_changes_nothing_that_was_counted() -> None:
    table = asked()
    table.advance(WINDOW_ENDS)
    before = close(table, "window_over").answers
    rate(table, 5)
    state = table.states[CASE]
    assert [(a.by, a.grade) for a in state.asked] == [(None, None)] == [(a.by, a.grade) for a in before]


def test_an_answer_in_time_counts_even_if_the_clock_was_served_first() -> None:
    table = asked()
    table.advance(WINDOW_ENDS)
    (given,) = rate(table, 1)
    assert given.valid
    assert not table.deadlines
    assert [(a.by, a.grade) for a in close(table, "window_over").answers] == [("reporter", 1)]


@pytest.mark.parametrize(("now", "to"), list(product(Standing, Standing)))
def test_every_pair_of_standings_is_allowed_or_forbidden_as_the_table_says(now: Standing, to: Standing) -> None:
    assert STANDINGS.allows(now, to) is (to is not Standing.OPEN)


def test_a_unit_rates_nothing_that_is_no_case_of_its_own() -> None:
    table = asked()
    table.states["score:2026-11"] = PeriodScores()
    for subject in (CASE, "case-9", "score:2026-11"):
        said = RateOwnOrder(True, True, 5)
        assert refused(lambda s=subject, d=said: table.send(s, d, Actor("unit", "reporter-1"))) == "actor.not_allowed"


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20), timezones=st.just(UTC))


@given(moments, st.timedeltas(timedelta(0), timedelta(days=12)))
def test_an_answer_is_valid_exactly_until_midnight_of_the_seventh_day_after(at: datetime, later: timedelta) -> None:
    table = play()
    table.now = at
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    (invited,) = table.stated(RatingInvited)
    last = at.astimezone(SHANGHAI).date() + timedelta(days=7)
    assert invited.until == datetime(last.year, last.month, last.day, tzinfo=SHANGHAI) + timedelta(days=1)
    table.now = at + later
    assert rate(table, 5)[0].valid is (at + later <= invited.until)


acts = st.lists(
    st.tuples(st.sampled_from(("reporter-1", "reporter-2")), st.integers(1, 5), st.booleans(), st.integers(0, 60)),
    max_size=12,
)


@given(acts)
def test_whatever_is_said_when_silence_is_never_scored_and_every_case_comes_to_its_end(acts: Any) -> None:
    table = two()
    said: set[str] = set()
    for reporter, grade, solved, hours in acts:
        table.advance(table.now + timedelta(hours=hours))
        if table.states[CASE].status is Status.REWORKED:
            table.hear(CASE, OrderVerified("hb"), "dispatch")
            said.clear()
        if not table.states[CASE].of(reporter).form:
            valid = say(table, reporter, grade, solved=solved)[0].valid
            said |= {reporter} if valid else set()
    table.advance(table.now + timedelta(days=30))
    state = table.states[CASE]
    assert state.status in (Status.COMPLETED, Status.REWORKED, Status.FAILED)
    assert {a.reporter for a in state.asked if a.by} == said
    assert not table.deadlines
