"""A failed check opens a linked new case (workflows §4.8), a wish made a case opens one of its own (§3.5)."""

from __future__ import annotations

from dataclasses import replace

from services.intake.domain import facts
from services.intake.domain.heard import CheckFailed, WishBecameCase
from shared.city.model import City
from tests.unit.intake.conftest import Office

FAILED = CheckFailed(of_case="case-1", matter="street-lights", place="", finding="路灯仍不亮，电话 13800138000")


def test_a_failed_check_is_registered_where_the_checked_case_was_and_nobody_is_asked_to_rate_it(
    office: Office, grid: str, city: City
) -> None:
    (fact,) = office.hear("case-2", replace(FAILED, place=grid), "feedback")
    assert isinstance(fact, facts.CaseRegistered)
    assert (fact.number, fact.source, fact.report) == ("DG-20261123-0001", "check", "check:case-1")
    assert fact.follows == "case-1"
    assert (fact.placement.unit, fact.understanding.matter, fact.ratable) == (grid, "street-lights", False)
    assert fact.rung == city.first_holder("street-lights", grid)[0].value
    assert "13800138000" not in fact.summary
    (dossier,) = [row for row in office.rows if isinstance(row, facts.Dossier)]
    assert (dossier.case, dossier.identity) == ("case-2", {})
    assert office.answers == []


def test_the_same_failure_again_opens_nothing(office: Office, grid: str) -> None:
    office.hear("case-2", replace(FAILED, place=grid), "feedback")
    assert office.hear("case-2", replace(FAILED, place=grid), "feedback") == []
    assert len(office.facts) == 1


def test_a_wish_that_was_made_a_case_is_registered_once_without_a_reporter(office: Office, grid: str) -> None:
    wish = WishBecameCase(wish="wish:C01:1", matter="street-lights", place=grid, wording="希望楼下的路灯亮起来")
    (fact,) = office.hear("case-3", wish, "dispatch")
    assert isinstance(fact, facts.CaseRegistered)
    assert (fact.source, fact.report, fact.follows, fact.ratable) == ("wish", "wish:C01:1", None, False)
    assert (fact.placement.unit, fact.understanding.matter, fact.summary) == (grid, "street-lights", wish.wording)
    assert office.hear("case-3", wish, "dispatch") == []
    assert office.hear("case-4", replace(wish, matter="no-such"), "dispatch") == []
