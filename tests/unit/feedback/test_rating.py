"""Who is asked, what an answer leads to, when a rating is over (workflows §3.1 moves 16-18, §4.1, §4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from services.feedback.domain import decide, evolve, touches
from services.feedback.domain.heard import (
    CaseClosed,
    CaseRegistered,
    CaseSolvedOnSpot,
    OrderVerified,
    OrderWithdrawn,
    Placement,
)
from services.feedback.domain.rating import (
    MOVES,
    CaseRated,
    Counted,
    DissatisfactionJudged,
    InvitationSent,
    JudgeDissatisfaction,
    Rating,
    RatingAnswered,
    RatingCompleted,
    RatingFailed,
    RatingInvited,
    Remark,
    ReporterAnswer,
    ReworkOrdered,
    Status,
)
from services.feedback.domain.score import Prepared
from shared.kernel.calendar import SHANGHAI, Calendar
from shared.kernel.clock import Budget
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.support.play import Play

MONDAY = datetime(2026, 11, 2, 10, 0, tzinfo=SHANGHAI)
HOTLINE = Actor("source", "hotline")
OFFICER = Actor("operations", "feedback-officer")
CASE = "case-1"
GRID = Placement("C01-G01")
CLOCKS = {
    "rate.judge": Budget.parse("1 wd"),
    "rate.call_back": Budget.parse("3 nd"),
    "exclusion.ask": Budget.parse("3 wd"),
    "exclusion.decide": Budget.parse("3 wd"),
}


@dataclass(frozen=True)
class CityPolicy:
    version: int = 1
    response: Fraction = Fraction(1, 10)
    resolution: Fraction = Fraction(1, 2)
    satisfaction: Fraction = Fraction(2, 5)
    credits: Mapping[int, Fraction] = field(
        default_factory=lambda: {5: Fraction(1), 4: Fraction(1), 3: Fraction("0.9"), 2: Fraction(0), 1: Fraction(0)}
    )
    rank_from: int = 10
    window: Budget = field(default_factory=lambda: Budget.parse("7 nd"))
    freeze: Budget = field(default_factory=lambda: Budget.parse("7 wd"))
    effective_from: date = date(2019, 1, 1)


@dataclass(frozen=True)
class Root:
    code: str = "donggang"


@dataclass(frozen=True)
class SmallCity:
    calendar: Calendar = field(default_factory=Calendar)
    root: Root = field(default_factory=Root)
    policy: CityPolicy = field(default_factory=CityPolicy)
    units: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=lambda: {"dissatisfied": 1, "call_backs": 2})
    shares: Mapping[str, Fraction] = field(default_factory=lambda: {"call_back": Fraction(0)})
    mechanisms: frozenset[str] = frozenset()

    def clock(self, name: str) -> Budget:
        return CLOCKS[name]

    @property
    def policies(self) -> tuple[CityPolicy, ...]:
        return (self.policy,)

    def policy_on(self, period_start: date) -> CityPolicy:
        assert period_start.day == 1
        return self.policy


def token(invitation: str) -> str:
    return f"token-of-{invitation}"


def play(*, ratable: bool = True) -> Play:
    table = Play(decide, evolve, SmallCity(), MONDAY, touches)
    table.prepared = Prepared(token)
    table.hear(CASE, CaseRegistered("DG-20261102-0001", "hotline", "r-1", "reporter-1", ratable, GRID), "intake")
    return table


def asked() -> Play:
    table = play()
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    return table


def rate(table: Play, grade: int, *, solved: bool = True, actor: Actor = HOTLINE, **more: Any) -> list[Any]:
    invitation = table.stated(RatingInvited)[-1].invitation
    return table.send(CASE, Rating("a-1", token(invitation), True, solved, grade, **more), actor)


def judge(table: Play, controllable: bool, actor: Actor = OFFICER) -> list[Any]:
    return table.send(CASE, JudgeDissatisfaction(controllable, "the pavement was left open"), actor)


def refused(act: Any) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.rule


def kinds(facts: list[Any]) -> list[type]:
    return [type(fact) for fact in facts]


def test_a_ratable_reporter_is_invited_with_a_window_of_seven_natural_days() -> None:
    table = play()
    until = datetime(2026, 11, 10, 0, 0, tzinfo=SHANGHAI)
    assert table.hear(CASE, OrderVerified("hb"), "dispatch") == [RatingInvited("id-3", 1, "reporter-1", until)]
    (sent,) = table.answers
    assert (sent.stream, sent.key) == ("receipts.hotline", "r-1")
    assert sent.data == InvitationSent(
        "r-1", CASE, "DG-20261102-0001", token("id-3"), until, f"/v1/answers/{token('id-3')}"
    )


def test_the_token_is_in_no_fact() -> None:
    table = asked()
    rate(table, 5)
    assert all("token-of" not in repr(fact) for fact in table.facts)
    assert "token-of" not in repr(table.states) + repr(table.rows)


def test_nobody_ratable_completes_the_rating_at_once() -> None:
    table = play(ratable=False)
    assert table.hear(CASE, OrderVerified("hb"), "dispatch") == [RatingCompleted(1, "not_ratable")]
    assert not table.answers
    assert not table.deadlines


@pytest.mark.parametrize(("drawn", "expected"), [(True, RatingInvited), (False, RatingCompleted)])
def test_a_case_solved_on_the_spot_is_rated_only_when_drawn(drawn: bool, expected: type) -> None:
    table = play()
    table.hear(CASE, CaseSolvedOnSpot("DG-2", "grid", "r-2", "reporter-2", True, GRID, drawn), "intake")
    assert kinds(table.hear(CASE, OrderVerified("hb"), "dispatch")) == [expected]


def test_an_order_of_an_unheard_case_is_set_aside_and_not_forgotten() -> None:
    table = Play(decide, evolve, SmallCity(), MONDAY, touches)
    assert refused(lambda: table.hear(CASE, OrderVerified("hb"), "dispatch")) == "subject.unknown"


@pytest.mark.parametrize("grade", [3, 4, 5])
def test_a_satisfied_answer_completes_the_rating(grade: int) -> None:
    table = asked()
    given, completed = rate(table, grade)
    assert given == RatingAnswered("id-3", 1, "reporter-1", True, True, grade, True)
    assert completed == RatingCompleted(1, "rated")
    assert not table.deadlines


@pytest.mark.parametrize(("grade", "solved"), [(2, True), (1, True), (5, False), (1, False)])
def test_a_dissatisfied_or_unsolved_answer_waits_for_the_officer(grade: int, solved: bool) -> None:
    table = asked()
    assert kinds(rate(table, grade, solved=solved)) == [RatingAnswered]
    assert judge(table, False) == [
        DissatisfactionJudged(False, False, "feedback-officer", 1, "reporter-1"),
        RatingCompleted(1, "rated"),
    ]
    assert not table.deadlines


def test_silence_is_never_satisfied() -> None:
    table = asked()
    assert table.advance(MONDAY + timedelta(days=7)) == []
    assert table.advance(MONDAY + timedelta(days=8)) == [RatingCompleted(1, "window_over")]
    assert table.states[CASE].of("reporter-1").grade is None


def test_an_answer_at_midnight_of_the_last_day_is_valid_and_a_second_later_is_late() -> None:
    in_time, late = asked(), asked()
    until = in_time.states[CASE].of("reporter-1").until
    # The two doors may meet at the same instant: the answer came, the clock door has not fired yet.
    in_time.now = until
    assert rate(in_time, 5)[0].valid
    late.now = until + timedelta(seconds=1)
    assert [fact.valid for fact in rate(late, 5)] == [False]


def test_a_late_answer_is_stated_and_changes_nothing() -> None:
    table = asked()
    table.advance(MONDAY + timedelta(days=9))
    before = table.states[CASE]
    (late,) = rate(table, 1, solved=False)
    assert (late.valid, late.grade, late.unscored) == (False, 1, "late")
    assert table.states[CASE] == before.having(replace(before.of("reporter-1"), form=True))
    assert not table.deadlines
    assert refused(lambda: rate(table, 5)) == "rating.already_answered"


def test_a_second_answer_of_a_round_is_refused() -> None:
    table = asked()
    rate(table, 5)
    assert refused(lambda: rate(table, 1)) == "rating.already_answered"


def test_an_unknown_token_is_refused() -> None:
    table = asked()
    stranger = Rating("a-1", "no-such-token-at-all", True, True, 5)
    assert refused(lambda: table.send("", stranger, HOTLINE)) == "rating.unknown_token"


def test_another_source_cannot_answer_with_the_token() -> None:
    assert refused(lambda: rate(asked(), 5, actor=Actor("source", "app"))) == "rating.unknown_token"


@pytest.mark.parametrize("kind", ["department", "unit", "operations"])
def test_only_sources_and_residents_rate(kind: str) -> None:
    assert refused(lambda: rate(asked(), 5, actor=Actor(kind, "hb"))) == "actor.not_allowed"
    assert kinds(rate(asked(), 5, actor=Actor("resident", "web"))) == [RatingAnswered, RatingCompleted]


@pytest.mark.parametrize("kind", ["department", "unit", "source", "resident"])
def test_only_operations_judge(kind: str) -> None:
    table = asked()
    rate(table, 1)
    assert refused(lambda: judge(table, False, Actor(kind, "hb"))) == "actor.not_allowed"


def test_nothing_is_judged_twice_or_before_an_answer() -> None:
    table = asked()
    assert refused(lambda: judge(table, True)) == "rating.nothing_to_judge"
    rate(table, 1)
    judge(table, True)
    assert refused(lambda: judge(table, True)) == "rating.nothing_to_judge"


def test_an_undecided_judgement_lapses_as_controllable_at_closing_of_the_next_working_day() -> None:
    table = asked()
    rate(table, 2)
    closing = datetime(2026, 11, 3, 18, 0, tzinfo=SHANGHAI)
    assert table.advance(closing - timedelta(seconds=1)) == []
    assert table.advance(closing) == [
        DissatisfactionJudged(True, True, "donggang", 1, "reporter-1"),
        ReworkOrdered(1),
    ]


def test_the_first_controllable_dissatisfaction_reworks_and_the_second_fails() -> None:
    table = asked()
    rate(table, 1)
    assert judge(table, True)[1:] == [ReworkOrdered(1)]
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    assert table.stated(RatingInvited)[-1].round == 2
    rate(table, 2)
    assert judge(table, True)[1:] == [RatingFailed(2)]
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    rate(table, 5)
    assert table.stated(RatingCompleted) == [RatingCompleted(3, "rated")]


def test_the_token_of_an_earlier_round_is_refused() -> None:
    table = asked()
    old = table.stated(RatingInvited)[0].invitation
    rate(table, 1)
    judge(table, True)
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    again = Rating("a-2", token(old), True, True, 5)
    assert refused(lambda: table.send(CASE, again, HOTLINE)) == "rating.round_over"


def test_words_of_persons_go_to_private_rows_only() -> None:
    table = asked()
    rate(table, 1, comment=" still broken ")
    judge(table, True)
    remarks = [row for row in table.rows if isinstance(row, Remark)]
    assert [(r.case, r.round, r.reporter, r.kind, r.text) for r in remarks] == [
        (CASE, 1, "reporter-1", "comment", "still broken"),
        (CASE, 1, "reporter-1", "judgement", "the pavement was left open"),
    ]
    assert "still broken" not in repr(table.facts)


@pytest.mark.parametrize("end", [OrderWithdrawn(), CaseClosed("answered", "hb", "S01")])
def test_the_end_of_a_case_ends_the_asking(end: Any) -> None:
    table = asked()
    table.hear(CASE, end, "dispatch")
    assert not [name for subject, name in table.deadlines if subject == CASE]
    assert table.hear(CASE, OrderVerified("hb"), "dispatch") == []
    assert [fact.valid for fact in rate(table, 5)] == [False]


def test_a_closed_case_counts_for_its_last_lead_in_the_month_of_closing() -> None:
    table = asked()
    rate(table, 4)
    table.now = datetime(2026, 12, 1, 0, 30, tzinfo=SHANGHAI)
    (rated,) = table.hear(CASE, CaseClosed("rated", "hb", "S01"), "dispatch")
    said = ReporterAnswer("reporter-1", "reporter", True, True, 4)
    assert rated == CaseRated(1, "hb", "S01", "C01-G01", True, (said,))
    counted = [row for row in table.rows if isinstance(row, Counted)]
    assert counted == [Counted(CASE, "reporter-1", 1, "hb", "2026-12", True, True, 4, True)]
    ((subject, _),) = table.deadlines
    assert subject == "score:2026-12"


def test_a_round_without_answer_counts_as_asked_only() -> None:
    table = asked()
    table.advance(MONDAY + timedelta(days=9))
    table.hear(CASE, CaseClosed("window_over", "hb", "S01"), "dispatch")
    (counted,) = [row for row in table.rows if isinstance(row, Counted)]
    assert counted.grade is None


def test_the_answer_of_the_last_round_counts() -> None:
    table = asked()
    rate(table, 1)
    judge(table, True)
    table.hear(CASE, OrderVerified("hb"), "dispatch")
    rate(table, 5)
    table.hear(CASE, CaseClosed("rated", "hb", "S01"), "dispatch")
    (counted,) = [row for row in table.rows if isinstance(row, Counted)]
    assert (counted.round, counted.grade) == (2, 5)


def test_a_declined_case_counts_in_response_only() -> None:
    table = asked()
    rate(table, 1)
    table.hear(CASE, CaseClosed("answered", "hb", "S01"), "dispatch")
    (counted,) = [row for row in table.rows if isinstance(row, Counted)]
    assert (counted.grade, counted.outcome) == (1, False)


@pytest.mark.parametrize("reason", ["not_ratable", "on_spot"])
def test_a_case_that_was_not_asked_counts_nowhere(reason: str) -> None:
    table = play(ratable=False)
    table.hear(CASE, CaseClosed(reason, "hb", "S01"), "dispatch")
    assert not [row for row in table.rows if isinstance(row, Counted)]


@pytest.mark.parametrize(("now", "to"), list(product(Status, Status)))
def test_every_pair_of_statuses_is_allowed_or_forbidden_as_the_table_says(now: Status, to: Status) -> None:
    allowed = {
        ("unasked", "asked"), ("unasked", "completed"), ("asked", "completed"), ("asked", "reworked"),
        ("asked", "failed"), ("reworked", "asked"), ("failed", "asked"),
    }  # fmt: skip
    expected = (now.value, to.value) in allowed or (to is Status.ENDED and now is not Status.ENDED)
    assert MOVES.allows(now, to) is expected
