"""A line follows its order through everything dispatch and feedback state (workflows §4.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from services.feedback.domain import heard
from services.feedback.domain.case_line import CaseLine, assignment_row, follow, line_row
from services.feedback.domain.exclusion import ExclusionDecided
from services.feedback.domain.score import Ratio
from tests.unit.feedback.cards import Town, at, card_of, counted

DUE = at(6, 15, 18)
REGISTERED = heard.CaseRegistered("T-1", "hotline", "r-1", "p-1", True, heard.Placement("g1"))


def told(*facts: Any, line: CaseLine | None = None, hour: int = 9) -> CaseLine:
    for n, fact in enumerate(facts):
        line = follow(line, fact, when(n, hour))
    assert line is not None
    return line


def when(n: int, hour: int = 9) -> datetime:
    return at(6, 10 + n, hour)


def dispatched(unit: str = "water", dispatcher: str = "s1", assignment: int = 1, **more: Any) -> heard.OrderDispatched:
    return heard.OrderDispatched(unit, dispatcher, "T-1", "g1", assignment, **more)


HELD = told(REGISTERED, dispatched(), heard.OrderAccepted(DUE))
DONE = told(REGISTERED, dispatched(), heard.OrderAccepted(DUE), heard.OrderHandled(DUE), heard.OrderVerified("water"))


def test_a_case_that_nobody_holds_has_no_row_yet() -> None:
    assert told(REGISTERED).lead == ""


def test_an_order_counts_from_dispatch_and_is_due_when_it_is_accepted() -> None:
    waiting = told(REGISTERED, dispatched())
    assert (waiting.lead, waiting.dispatcher, waiting.due_at, waiting.made_at) == ("water", "s1", None, when(1))
    assert HELD.due_at == DUE


def test_a_handled_and_verified_order_knows_when() -> None:
    assert (DONE.handled_at, DONE.verified_at, DONE.first_verified_at) == (when(3), when(4), when(4))


def test_a_failed_verification_sends_back_with_a_new_due_and_the_next_one_is_the_second() -> None:
    again = at(6, 20, 18)
    back = follow(told(heard.OrderHandled(DUE), line=HELD), heard.VerificationFailed("handle", again), at(6, 16))
    assert (back.failed, back.verified_at, back.due_at) == (True, None, again)
    third = follow(HELD, heard.VerificationFailed("answer", None), at(6, 16))
    assert (third.failed, third.due_at) == (True, DUE)


def test_a_rework_by_rating_takes_the_verification_back_but_not_the_first_one() -> None:
    back = follow(DONE, heard.OrderReworked("handle", at(6, 20, 18)), at(6, 18))
    assert (back.reworked, back.failed, back.verified_at, back.first_verified_at) == (True, False, None, when(4))
    again = told(heard.OrderHandled(at(6, 20, 18)), heard.OrderVerified("water"), line=back, hour=18)
    assert (again.verified_at, again.first_verified_at) == (when(1, 18), when(4))


def test_a_handed_back_order_belongs_to_the_next_lead_and_the_first_assignment_stays_on_record() -> None:
    asked = told(heard.HandBackAsked(), heard.HandBackJudged(True), line=HELD)
    row = assignment_row("c-1", asked)
    assert row is not None
    assert (row.lead, row.asked_back, row.upheld, asked.due_at) == ("water", True, True, None)
    next_one = follow(asked, dispatched("parks", assignment=2), at(6, 20))
    assert (next_one.line, next_one.lead, next_one.asked_back, next_one.upheld) == (1, "parks", False, False)


def test_a_refused_hand_back_was_asked_all_the_same() -> None:
    asked = told(heard.HandBackAsked(), heard.HandBackJudged(False), line=HELD)
    assert (asked.asked_back, asked.upheld, asked.due_at) == (True, False, DUE)


def test_a_passed_up_order_is_due_nowhere_until_it_is_accepted_again() -> None:
    assert told(heard.OrderPassedUp(), line=HELD).due_at is None


def test_an_overdue_handling_is_remembered_and_that_of_the_case_clock_is_not_the_leads() -> None:
    assert follow(HELD, heard.OrderOverdue("handle"), at(6, 16)).overdue
    assert not follow(HELD, heard.OrderOverdue("case"), at(6, 16)).overdue


@pytest.mark.parametrize("cause", ["unable", "bounced", "overdue", "rework", "dissatisfied"])
def test_an_escalated_order_leaves_with_its_cause_unverified(cause: str) -> None:
    gone = follow(DONE, heard.OrderEscalated(cause), at(6, 18))
    assert (gone.left, gone.verified_at) == (cause, None)


def test_a_meeting_order_begins_a_further_line_due_by_its_resolution() -> None:
    gone = follow(HELD, heard.OrderEscalated("overdue"), at(6, 18))
    made = follow(gone, dispatched("parks", "c11", 2, meeting=True, handle_due_at=at(7, 30)), at(6, 25))
    assert (made.line, made.lead, made.due_at, made.left, made.number) == (2, "parks", at(7, 30), None, "T-1")
    assert (gone.line, gone.left) == (1, "overdue")


def test_an_order_that_a_withdrawn_topic_gives_back_is_the_same_line() -> None:
    gone = follow(HELD, heard.OrderEscalated("unable"), at(6, 18))
    back = told(heard.OrderOpened(), dispatched("parks", assignment=2), line=gone)
    assert (back.line, back.lead, back.left) == (1, "parks", None)


def test_a_topics_own_order_has_a_line_though_nobody_registered_it() -> None:
    made = follow(None, dispatched("parks", "c11", 1, meeting=True, handle_due_at=DUE), at(6, 1))
    assert (made.line, made.number, made.place, made.due_at) == (1, "T-1", "g1", DUE)


def test_what_is_solved_on_the_spot_is_due_nowhere_and_no_verification_of_others() -> None:
    drawn = told(REGISTERED, heard.OrderVerified("g1", "c11"), heard.CaseClosed("rated", "g1", "c11"))
    assert (drawn.lead, drawn.due_at, drawn.first_verified_at, drawn.closed_at) == ("g1", None, None, when(2))
    quiet = told(REGISTERED, heard.CaseClosed("on_spot", "g1", "c11"))
    assert (quiet.lead, quiet.dispatcher, quiet.closed_at) == ("g1", "c11", when(1))


def test_what_was_drawn_of_it_is_verified_by_another_and_sent_back_to_who_solved_it() -> None:
    handled = heard.OrderHandled(DUE, "c11", DUE, "g1", "c11")
    line = told(REGISTERED, handled, heard.OrderVerified("g1", "c11", "c11"))
    assert (line.lead, line.dispatcher, line.due_at, line.first_verified_at) == ("g1", "c11", None, when(2))
    assert told(REGISTERED, handled, heard.VerificationFailed("handle", DUE)).failed


def test_a_case_that_a_meeting_declined_is_marked() -> None:
    assert follow(HELD, heard.CaseClosed("answered", "water", "s1"), at(7, 1)).declined
    assert not follow(DONE, heard.CaseClosed("rated", "water", "s1"), at(7, 1)).declined


def test_a_withdrawn_order_leaves() -> None:
    assert follow(HELD, heard.OrderWithdrawn(), at(6, 18)).left == "withdrawn"


@pytest.mark.parametrize(("granted", "code"), [(True, "outside_law"), (False, None)])
def test_a_granted_exclusion_marks_the_case(granted: bool, code: str | None) -> None:
    decided = ExclusionDecided("water", "outside_law", granted, False, "a", "b")
    assert follow(DONE, decided, at(6, 30)).excluded == code


def test_a_line_names_each_unit_once_and_the_city_never() -> None:
    town = Town()
    assert line_row("c", HELD, town).units == ("water", "s1", "c11", "g1", None)
    own = line_row("c", replace(HELD, lead="g1", dispatcher="c11"), town)
    assert own.units == ("g1", "c11", None, None, None)
    assert line_row("c", replace(HELD, lead="town", dispatcher="s1"), town).units == (None, "s1", "c11", "g1", None)


def test_a_place_that_the_city_file_does_not_know_counts_for_lead_and_dispatcher() -> None:
    assert line_row("c", replace(HELD, place="gone"), Town()).units == ("water", "s1", None, None, None)


def test_a_settled_and_a_failed_mediation_count_when_they_end_and_a_withdrawn_one_never() -> None:
    settled = told(heard.DisputeSucceeded("c1:liaison"), line=HELD)
    failed = told(heard.DisputeFailed("c1:liaison"), line=HELD)
    assert [(line.mediated, line.mediated_at) for line in (settled, failed, HELD)] == [
        (True, when(0)), (False, when(0)), (False, None),
    ]  # fmt: skip
    rows = [line_row(f"case-{n}", settled, Town()) for n in range(29)]
    rows += [line_row("case-29", failed, Town()), line_row("case-30", HELD, Town())]
    # Yulin's 96.7 % (workflows §4.3).
    assert card_of(counted(rows)["water"], unit="water", kind="department").rates["mediation"] == Ratio(
        "29", 30, "96.67"
    )
