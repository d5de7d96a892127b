"""Exclusions (申诉剔除): the unit asks in time, one officer supports, another one grants (workflows §1, §4.4)."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.exclusion import (
    STAGES,
    AskExclusion,
    DecideExclusion,
    Excluding,
    ExclusionAsked,
    ExclusionDecided,
    ExclusionSupported,
    Stage,
    SupportExclusion,
)
from services.feedback.domain.heard import CaseClosed, OrderVerified
from services.feedback.domain.publishing import PeriodScores
from services.feedback.domain.rating import Remark
from services.feedback.tables.exclusion import latest
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.feedback.test_rating import CASE, MONDAY, asked, play, rate, refused

LEAD = Actor("department", "hb")
FIRST, SECOND = Actor("operations", "officer-1"), Actor("operations", "officer-2")
ASK_BY = datetime(2026, 11, 5, 18, 0, tzinfo=SHANGHAI)
"""Office closing of the third working day after Monday, on which the case was closed."""


def closed() -> Play:
    """Return a case that was rated badly and closed on Monday for the lead `hb`, dispatched by S01."""
    table = asked()
    rate(table, 3)
    table.hear(CASE, CaseClosed("rated", "hb", "S01"), "dispatch")
    table.deadlines.clear()
    return table


def ask(table: Play, actor: Actor = LEAD, code: str = "force_majeure") -> list[Any]:
    return table.send(CASE, AskExclusion(code, "three days of typhoon"), actor)


def support(table: Play, actor: Actor = FIRST) -> list[Any]:
    return table.send(CASE, SupportExclusion("the weather service says so"), actor)


def settle(table: Play, granted: bool, actor: Actor = SECOND) -> list[Any]:
    return table.send(CASE, DecideExclusion(granted, "checked, agreed"), actor)


def listed(table: Play) -> Excluding:
    (row,) = latest([row for row in table.rows if isinstance(row, Excluding)])
    return row


def test_an_exclusion_needs_the_unit_and_two_officers_and_says_who_asked_and_who_approved() -> None:
    table = closed()
    assert ask(table) == [ExclusionAsked("hb", "force_majeure", ASK_BY)]
    assert support(table) == [ExclusionSupported("hb", "force_majeure", "officer-1")]
    assert settle(table, True) == [ExclusionDecided("hb", "force_majeure", True, False, "officer-1", "officer-2")]
    row = listed(table)
    assert (row.unit, row.period, row.code, row.stage) == ("hb", "2026-11", "force_majeure", Stage.GRANTED)
    assert (row.supported_by, row.decided_by, row.asked_at, row.lapsed) == ("officer-1", "officer-2", MONDAY, False)
    assert [key for key in table.deadlines if key[1] == "exclusion"] == []


def test_a_granted_exclusion_has_the_score_of_its_month_stated_anew_and_a_refused_one_does_not() -> None:
    for granted in (True, False):
        table = closed()
        ask(table)
        support(table)
        settle(table, granted)
        assert [s for s, _ in table.deadlines] == (["score:2026-11"] if granted else [])


def test_one_officer_refuses_alone_before_or_after_the_support() -> None:
    for supported in (False, True):
        table = closed()
        ask(table)
        if supported:
            support(table)
        (fact,) = settle(table, False, FIRST)
        assert (fact.granted, fact.lapsed, fact.decided_by) == (False, False, "officer-1")
        assert refused(lambda table=table: settle(table, True)) == "exclusion.nothing_asked"


def test_nobody_grants_what_no_other_officer_supported() -> None:
    table = closed()
    ask(table)
    assert refused(lambda: settle(table, True)) == "exclusion.first_person"
    support(table)
    assert refused(lambda: settle(table, True, FIRST)) == "exclusion.second_person"
    assert refused(lambda: support(table, FIRST)) == "exclusion.second_person"
    assert refused(lambda: support(table, SECOND)) == "exclusion.second_person"


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
def test_it_is_asked_until_closing_of_the_third_working_day_after_closing(late: timedelta) -> None:
    table = closed()
    table.now = ASK_BY + late
    if late:
        assert refused(lambda: ask(table)) == "exclusion.too_late"
    else:
        assert ask(table)[0].decide_by == datetime(2026, 11, 10, 18, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize("supported", [False, True])
def test_what_nobody_decided_in_three_working_days_lapses_as_refused(supported: bool) -> None:
    table = closed()
    ask(table)
    if supported:
        support(table)
    assert table.advance(ASK_BY - timedelta(seconds=1)) == []
    supporter = "officer-1" if supported else None
    lapsed = ExclusionDecided("hb", "force_majeure", False, True, supporter, "donggang")
    assert table.advance(ASK_BY) == [lapsed]
    assert (listed(table).stage, listed(table).lapsed) == (Stage.REFUSED, True)
    assert refused(lambda: settle(table, True)) == "exclusion.nothing_asked"


@pytest.mark.parametrize(
    "actor",
    [
        Actor("department", "other"), Actor("unit", "S01"), Actor("source", "hb"), Actor("resident", "hb"),
        Actor("operations", "hb"),
    ],
)  # fmt: skip
def test_only_the_rated_unit_asks(actor: Actor) -> None:
    assert refused(lambda: ask(closed(), actor)) == "exclusion.not_yours"


def test_a_unit_that_held_the_case_itself_asks_as_well() -> None:
    table = asked()
    rate(table, 3)
    table.hear(CASE, CaseClosed("rated", "C01", "S01"), "dispatch")
    assert ask(table, Actor("unit", "C01"))[0].unit == "C01"


@pytest.mark.parametrize("kind", ["department", "unit", "source", "resident"])
def test_only_operations_support_and_decide(kind: str) -> None:
    table = closed()
    ask(table)
    assert refused(lambda: support(table, Actor(kind, "officer-1"))) == "actor.not_allowed"
    assert refused(lambda: settle(table, False, Actor(kind, "officer-1"))) == "actor.not_allowed"


@pytest.mark.parametrize("code", ["hb", "S01"])
def test_neither_the_rated_unit_nor_the_dispatcher_decides_in_any_guise(code: str) -> None:
    table = closed()
    ask(table)
    assert refused(lambda: support(table, Actor("operations", code))) == "exclusion.interested"
    assert refused(lambda: settle(table, False, Actor("operations", code))) == "exclusion.interested"


def test_it_is_asked_once_per_case() -> None:
    table = closed()
    ask(table)
    assert refused(lambda: ask(table)) == "exclusion.asked_already"
    settle(table, False)
    assert refused(lambda: ask(table)) == "exclusion.asked_already"


def test_nothing_is_excluded_before_closing_or_without_a_scored_answer() -> None:
    table = asked()
    rate(table, 3)
    assert refused(lambda: ask(table)) == "exclusion.not_closed"
    silent = asked()
    silent.hear(CASE, CaseClosed("window_over", "hb", "S01"), "dispatch")
    assert refused(lambda: ask(silent)) == "exclusion.nothing_rated"
    unasked = play(ratable=False)
    unasked.hear(CASE, OrderVerified("hb"), "dispatch")
    unasked.hear(CASE, CaseClosed("not_ratable", "hb", "S01"), "dispatch")
    assert refused(lambda: ask(unasked)) == "exclusion.nothing_rated"


def test_nothing_is_supported_or_decided_that_nobody_asked() -> None:
    table = closed()
    assert refused(lambda: support(table)) == "exclusion.nothing_asked"
    assert refused(lambda: settle(table, True)) == "exclusion.nothing_asked"
    assert refused(lambda: table.send("case-9", AskExclusion("outside_law", "why"), LEAD)) == "subject.unknown"


@pytest.mark.parametrize(
    "said", [AskExclusion("outside_law", "why"), SupportExclusion("why"), DecideExclusion(True, "why")]
)
def test_what_is_no_case_is_not_known(said: Any) -> None:
    table = closed()
    table.states["score:2026-11"] = PeriodScores()
    assert refused(lambda: table.send("score:2026-11", said, FIRST)) == "subject.unknown"


def test_the_reasons_go_to_private_rows_only() -> None:
    table = closed()
    ask(table)
    support(table)
    settle(table, True)
    kinds = [row.kind for row in table.rows if isinstance(row, Remark)]
    assert kinds == ["exclusion_asked", "exclusion_supported", "exclusion_decided"]
    assert "typhoon" not in repr(table.facts)


@pytest.mark.parametrize(("now", "to"), list(product(Stage, Stage)))
def test_every_pair_of_stages_is_allowed_or_forbidden_as_the_table_says(now: Stage, to: Stage) -> None:
    allowed = {("asked", "supported"), ("asked", "refused"), ("supported", "granted"), ("supported", "refused")}
    assert STAGES.allows(now, to) is ((now.value, to.value) in allowed)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(0), timedelta(days=12)),
    st.timedeltas(timedelta(0), timedelta(days=12)),
)
def test_whenever_it_is_asked_in_time_it_is_over_before_the_scores_of_its_month_are_frozen(
    at: datetime, asks_after: timedelta, decides_after: timedelta
) -> None:
    table = asked()
    rate(table, 3)
    table.now = max(at, MONDAY)
    table.hear(CASE, CaseClosed("rated", "hb", "S01"), "dispatch")
    closed_at = table.now.astimezone(SHANGHAI)
    table.now += asks_after
    with suppress(Refused):
        ask(table)
    if not table.stated(ExclusionAsked):
        return
    table.deadlines = {key: arm for key, arm in table.deadlines.items() if key[1] == "exclusion"}
    table.advance(table.now + decides_after)
    table.advance(table.now + timedelta(days=40))
    month = closed_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    frozen = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    calendar = table.city.calendar
    working = 0
    while working < 7:
        frozen += timedelta(days=1)
        working += calendar.is_working_day(frozen.date())
    (decided,) = table.stated(ExclusionDecided)
    assert decided.lapsed
    assert listed(table).decided_at <= frozen.replace(hour=18)
