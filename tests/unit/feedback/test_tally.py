"""What counts in which rate, for whom, in which period: every figure and boundary of workflows §4.3 and §4.4."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.feedback.domain.period import Period
from services.feedback.domain.score import Ratio
from tests.unit.feedback.cards import FROZEN, JUNE, MADE, answer, at, card_of, counted, line, lines


def rate(name: str, rows: list, *, unit: str = "water", kind: str = "department", **more: object) -> Ratio:
    return card_of(counted(rows, **more)[unit], unit=unit, kind=kind).rates[name]  # type: ignore[arg-type]


def test_closing_on_time_and_extension_of_the_worked_example() -> None:
    late = {"due_at": at(6, 10, 18), "handled_at": at(6, 11)}
    rows = [
        *lines(99, "on-time"),
        *lines(9, "late", **late),
        *lines(6, "open", verified_at=None, first_verified_at=None, handled_at=None, closed_at=None),
        *lines(6, "paused", due_at=at(7, 20), due_before=at(6, 20), suspended_at=at(6, 18), verified_at=None,
               first_verified_at=None, handled_at=None, closed_at=None),
    ]  # fmt: skip
    rows = [replace(row, extended=n < 10) for n, row in enumerate(rows)]
    assert rate("closing", rows) == Ratio("108", 114, "94.74")
    assert rate("on_time", rows) == Ratio("99", 114, "86.84")
    assert rate("extension", rows) == Ratio("10", 120, "8.33")


def test_rework_of_the_worked_example() -> None:
    assert rate("rework", [*lines(101, "a"), *lines(9, "b", failed=True)]) == Ratio("9", 110, "8.18")


def test_hand_backs_count_as_asked_for_departments_and_as_upheld_for_dispatchers() -> None:
    made = [
        replace(MADE, case_id=f"c-{n}", asked_back=n < 12, upheld=n < 7) for n in range(150)
    ]  # fmt: skip
    assert rate("hand_back", [], made=made) == Ratio("12", 150, "8.00")
    assert rate("hand_back", [], made=made, unit="s1", kind="street") == Ratio("7", 150, "4.67")


def test_accurate_dispatch_looks_at_the_first_assignment_of_a_case_alone() -> None:
    made = [replace(MADE, case_id=f"c-{n}", upheld=n < 7, recalled=7 <= n < 11) for n in range(150)]
    again = [replace(MADE, case_id=f"c-{n}", assignment=2) for n in range(11)]
    assert rate("accurate_dispatch", [], made=[*made, *again], unit="s1", kind="street") == Ratio("139", 150, "92.67")


def test_mediation_success_leaves_the_withdrawn_out() -> None:
    ended = {"mediated_at": at(6, 20)}
    rows = [*lines(29, "a", mediated=True, **ended), line("b", **ended), line("withdrawn")]
    assert rate("mediation", rows) == Ratio("29", 30, "96.67")


def test_a_rework_by_rating_counts_where_the_case_was_asked_even_if_the_last_round_is_satisfied() -> None:
    found = counted([line("a", reworked=True), line("b")], [answer("a", 5), answer("b", 4)])["water"]
    assert card_of(found).rates["rating_rework"] == Ratio("1", 2, "50.00")
    assert card_of(found).satisfaction == Ratio("2", 2, "100.00")


# ---- D and S


@pytest.mark.parametrize("left", ["unable", "bounced", "withdrawn"])
def test_who_was_confirmed_unable_or_bounced_or_withdrawn_leaves_unless_already_overdue(left: str) -> None:
    gone = {"left": left, "verified_at": None}
    assert "water" not in counted([line(closed_at=None, first_verified_at=None, **gone)])
    assert rate("closing", [line(overdue=True, **gone)]) == Ratio("0", 1, "0.00")


@pytest.mark.parametrize("left", ["overdue", "rework", "dissatisfied"])
def test_who_escalates_for_being_late_or_bad_stays_as_not_closed(left: str) -> None:
    assert rate("closing", [line(left=left, verified_at=None)]) == Ratio("0", 1, "0.00")


def test_an_order_due_exactly_at_the_months_midnight_belongs_to_the_month_that_ends() -> None:
    assert counted([line(due_at=JUNE.ends_at)])["water"].due == 1
    after = counted([line(due_at=JUNE.ends_at + timedelta(seconds=1))])["water"]
    assert (after.due, after.cases) == (0, 1)
    assert counted([line(due_at=JUNE.starts_at)])["water"].due == 0


def test_a_report_exactly_at_the_due_instant_is_on_time_and_a_second_later_is_not() -> None:
    due_at = at(6, 15, 18)
    assert rate("on_time", [line(due_at=due_at, handled_at=due_at)]).percent == "100.00"
    assert rate("on_time", [line(due_at=due_at, handled_at=due_at + timedelta(seconds=1))]).percent == "0.00"


def test_what_is_verified_by_the_freeze_is_closed_and_a_second_later_is_not() -> None:
    assert rate("closing", [line(verified_at=FROZEN)]).percent == "100.00"
    assert rate("closing", [line(verified_at=FROZEN + timedelta(seconds=1))]).percent == "0.00"


def test_what_was_sent_back_since_is_not_closed() -> None:
    assert rate("closing", [line(verified_at=None)]) == Ratio("0", 1, "0.00")


def test_a_suspended_order_is_due_as_before_its_suspension_and_left_out_until_it_resumes() -> None:
    paused = line(due_at=at(7, 20), due_before=at(6, 20), suspended_at=at(6, 18), closed_at=None)
    june = counted([paused])["water"]
    assert (june.due, june.suspended, june.closed) == (1, 1, 0)
    resumed = replace(paused, resumed_at=at(6, 25))
    assert counted([resumed])["water"].due == 0
    july = Period.parse("2026-07")
    assert counted([resumed], period=july, frozen_at=at(8, 11, 18))["water"].due == 1


def test_a_meeting_order_is_a_further_line_for_its_own_lead() -> None:
    first = line(left="overdue", verified_at=None, closed_at=None)
    second = line(lead="parks", dispatcher="c11", community=None)
    second = replace(second, line=2)
    found = counted([first, second])
    assert (found["water"].due, found["water"].closed, found["parks"].closed) == (1, 0, 1)
    assert (found["town"].due, found["town"].closed) == (2, 1)


# ---- for whom, and when


def test_a_case_counts_for_lead_dispatcher_community_grid_and_the_city_once_each() -> None:
    found = counted([line(grid=None, lead="g1", dispatcher="c11", community=None)], [answer("c-1", 5)])
    assert {unit: tally.asked for unit, tally in found.items()} == {"g1": 1, "c11": 1, "town": 1}


def test_a_case_counts_in_the_month_in_which_it_was_closed() -> None:
    last = counted([line(closed_at=JUNE.ends_at - timedelta(seconds=1))], [answer("c-1", 5)])["water"]
    assert last.asked == 1
    first = counted([line(closed_at=JUNE.ends_at)], [answer("c-1", 5)])["water"]
    assert first.asked == 0


def test_several_reporters_are_an_answer_each() -> None:
    found = counted([line()], [answer("c-1", 5), answer("c-1", 1, solved=False), answer("c-1", None)])["water"]
    assert (found.asked, found.answers, found.solved, found.asked_cases) == (3, 2, 1, 1)


def test_a_quarter_and_a_year_count_what_their_months_do() -> None:
    rows = [line("a"), line("b", closed_at=at(5, 3), due_at=at(5, 2, 18), first_verified_at=at(5, 2))]
    for code, frozen in (("2026-Q2", FROZEN), ("2026", at(12, 31))):
        assert counted(rows, period=Period.parse(code), frozen_at=frozen)["water"].cases == 2
