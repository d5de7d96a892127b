"""What pay rests on: verifications as they fall due and are done, persons of the grids (workflows §4.9)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from services.feedback.domain import heard
from services.feedback.domain.pay import (
    HouseholdVisit,
    VerificationDone,
    VerificationDue,
    month_of,
    persons,
    verification,
)
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import SYSTEM, Message

AT = datetime(2026, 11, 2, 10, tzinfo=SHANGHAI)
DUE = AT + timedelta(days=2)


@pytest.mark.parametrize(
    ("fact", "rows"),
    [
        (heard.OrderHandled(AT, "C01-G01", DUE), (VerificationDue("case-1", AT, "C01-G01", DUE),)),
        (heard.OrderHandled(AT), ()),
        (heard.OrderVerified("hb"), (VerificationDone("case-1", AT),)),
        (heard.VerificationFailed("handle", DUE), (VerificationDone("case-1", AT),)),
        (heard.OrderWithdrawn(), ()),
        (heard.VisitLogged("C01-G01-B1", "household"), (HouseholdVisit("C01-G01-B1", AT.date()),)),
        (heard.VisitLogged("C01-G01-B1", "errand"), ()),
    ],
)
def test_a_verification_is_due_when_handled_and_done_whatever_its_outcome(
    fact: object, rows: tuple[object, ...]
) -> None:
    assert verification(Message(fact, "case-1", "dispatch", SYSTEM, AT, "m")) == rows


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 2, 1), date(2026, 2, 28)), (date(2026, 12, 1), date(2026, 12, 31))]
)
def test_a_month_ends_with_its_last_day(first: date, last: date) -> None:
    assert month_of(first) == (first, last)


def test_the_lowest_grids_of_an_area_stand_for_a_person_each() -> None:
    donggang = load("donggang")
    everybody = persons(donggang, donggang.root.code)
    assert len(everybody) == 382
    community = next(unit.code for unit in donggang.units.values() if unit.level == "community")
    assert persons(donggang, community).keys() == {code for code in everybody if donggang.is_within(code, community)}
