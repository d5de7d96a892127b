"""What people do after a report came: triage, reject, withdraw; and what a reporter can follow."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.api import timeline
from services.intake.domain import facts, heard
from services.intake.domain.case import MOVES, STEPS_KEPT, Status
from services.intake.domain.report import RejectCase, ReportPlace, SolvedOnSpot, TriageCase, WithdrawReport
from services.intake.domain.stage import STAGES
from services.intake.domain.triage import REJECTIONS
from shared.city.model import City
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rules import known
from tests.unit.intake.conftest import NOW, Office

OPERATIONS = Actor("operations", "duty")
HOTLINE = Actor("source", "hotline")


def refused(act: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.rule in known()
    return caught.value


def test_operations_name_matter_and_place_and_the_case_is_registered(office: Office, grid: str) -> None:
    office.report(text="不知道说什么好", subject="求助")
    (fact,) = office.send("case-1", TriageCase("street-lights", grid), OPERATIONS)
    assert isinstance(fact, facts.CaseRegistered)
    assert fact.understanding == facts.Understanding("street-lights", "person", 1.0)
    assert fact.placement.unit == grid
    assert office.states["case-1"].status is Status.OPEN
    assert [a.data.outcome for a in office.answers] == ["held", "registered"]
    assert facts.Decided("case-1") in office.rows


def test_the_responsible_unit_may_triage_and_another_may_not(office: Office, grid: str, city: City) -> None:
    office.report(text="不知道说什么好", subject="求助")
    said = TriageCase("street-lights", grid)
    assert refused(lambda: office.send("case-1", said, Actor("unit", grid))).rule == "actor.not_allowed"
    assert refused(lambda: office.send("case-1", said, HOTLINE)).rule == "actor.not_allowed"
    assert office.send("case-1", said, Actor("unit", city.root.code))


def test_a_known_place_is_kept_and_an_unknown_one_must_be_named(office: Office, grid: str) -> None:
    office.report("c1", text="不知道说什么好", subject="求助", place=ReportPlace(unit=grid))
    (fact,) = office.send("c1", TriageCase("street-lights"), OPERATIONS)
    assert fact.placement.unit == grid
    office.report("c2", id="R-2", matter="street-lights")
    error = refused(lambda: office.send("c2", TriageCase("street-lights"), OPERATIONS))
    assert (error.rule, error.field) == ("triage.place_needed", "unit")


def test_triage_refuses_what_the_city_does_not_have(office: Office, grid: str) -> None:
    office.report(text="不知道说什么好", subject="求助")
    error = refused(lambda: office.send("case-1", TriageCase("nothing", grid), OPERATIONS))
    assert (error.rule, error.field) == ("report.unknown_matter", "matter")
    error = refused(lambda: office.send("case-1", TriageCase("street-lights", "NOWHERE"), OPERATIONS))
    assert (error.rule, error.field) == ("report.unknown_unit", "unit")


def test_a_held_report_solved_on_the_spot_is_registered_as_such(office: Office, grid: str) -> None:
    (held,) = office.report(
        source="grid",
        text="不知道说什么好",
        subject="办好了",
        place=ReportPlace(unit=grid),
        solved=SolvedOnSpot("办了", 1),
    )
    assert (held.handler, held.evidence) == (grid, 1)
    (fact,) = office.send("case-1", TriageCase("street-lights"), OPERATIONS)
    assert isinstance(fact, facts.CaseSolvedOnSpot)
    assert (fact.handler, fact.evidence) == (grid, 1)


def test_a_held_report_is_rejected_by_a_listed_rule_only(office: Office) -> None:
    office.report(text="不知道说什么好", subject="求助")
    error = refused(lambda: office.send("case-1", RejectCase("because"), OPERATIONS))
    assert (error.rule, error.field) == ("triage.unknown_rule", "rule")
    (fact,) = office.send("case-1", RejectCase("report.not_public"), OPERATIONS)
    assert isinstance(fact, facts.CaseRejected)
    assert office.answers[-1].data.rule == "report.not_public"
    assert facts.Decided("case-1") in office.rows


def test_every_rule_that_rejects_has_words() -> None:
    assert set(REJECTIONS) <= known()


def test_what_is_not_held_cannot_be_triaged_or_rejected(office: Office, grid: str) -> None:
    office.report(place=ReportPlace(unit=grid), matter="street-lights")
    for said in (TriageCase("street-lights", grid), RejectCase("report.not_public")):
        assert refused(lambda said=said: office.send("case-1", said, OPERATIONS)).rule == "move.forbidden"


@pytest.mark.parametrize("act", [TriageCase("street-lights"), RejectCase("report.not_public"), WithdrawReport()])
def test_what_does_not_exist_is_unknown(office: Office, act: Any) -> None:
    assert refused(lambda: office.send("none", act, OPERATIONS)).rule == "subject.unknown"


def test_the_source_takes_a_report_back_and_nobody_else(office: Office, grid: str) -> None:
    office.report(place=ReportPlace(unit=grid), matter="street-lights")
    for other in (OPERATIONS, Actor("source", "mini")):
        error = refused(lambda other=other: office.send("case-1", WithdrawReport(), other))
        assert error.rule == "actor.not_allowed"
    (fact,) = office.send("case-1", WithdrawReport(), HOTLINE)
    assert fact == facts.CaseWithdrawn(reporter="r1")
    assert office.states["case-1"].responsible is None
    assert refused(lambda: office.send("case-1", WithdrawReport(), HOTLINE)).rule == "move.forbidden"


def test_a_held_report_taken_back_leaves_the_list(office: Office) -> None:
    office.report(text="不知道说什么好", subject="求助")
    office.send("case-1", WithdrawReport(), HOTLINE)
    assert facts.Decided("case-1") in office.rows


def test_what_has_ended_cannot_be_taken_back(office: Office, grid: str) -> None:
    office.report("c1", place=ReportPlace(unit=grid), matter="street-lights")
    office.hear("c1", heard.CaseClosed(status="closed", responsible=None, reason="rated"), "dispatch")
    office.report("c2", id="R-2", subject=None, text="。")
    for case in ("c1", "c2"):
        assert refused(lambda case=case: office.send(case, WithdrawReport(), HOTLINE)).rule == "move.forbidden"


@pytest.mark.parametrize("now", list(Status))
@pytest.mark.parametrize("to", list(Status))
def test_only_the_named_moves_exist(now: Status, to: Status) -> None:
    allowed = {
        ("held", "open"), ("held", "rejected"), ("held", "withdrawn"), ("held", "merged"), ("open", "closed"),
        ("open", "withdrawn"), ("open", "merged"), ("open", "split"), ("merged", "open"), ("merged", "withdrawn"),
        ("split", "closed"), ("split", "withdrawn"),
    }  # fmt: skip
    assert MOVES.allows(now, to) is ((now.value, to.value) in allowed)


def test_a_reporter_follows_the_case_to_its_end_without_any_resident_in_it(
    office: Office, grid: str, city: City
) -> None:
    office.report(place=ReportPlace(unit=grid), matter="street-lights")
    office.hear("case-1", heard.OrderOpened(status="waiting", responsible=grid, due_at=NOW), "dispatch")
    office.hear("case-1", heard.OrderDispatched(status="dispatched", responsible="municipal", due_at=NOW), "dispatch")
    shown = timeline("case-1", office.states["case-1"], city)
    assert shown["status"] == {"code": "dispatched", "zh": STAGES["dispatched"][0], "en": STAGES["dispatched"][1]}
    assert shown["responsible"] == {"code": "municipal", "name": city.name_of("municipal")}
    assert [step["code"] for step in shown["steps"]] == ["registered", "waiting", "dispatched"]
    office.hear("case-1", heard.TopicDeclined(body=city.root.code, reason="unlawful"), "escalation")
    office.hear("case-1", heard.RatingInvited(until=NOW), "feedback")
    office.hear("case-1", heard.CaseClosed(status="closed", responsible=None, reason="rated"), "dispatch")
    shown = timeline("case-1", office.states["case-1"], city)
    assert shown["closed_as"] == "rated"
    assert shown["responsible"] is None
    assert all(step["zh"] != step["code"] for step in shown["steps"])


def test_a_rejected_report_shows_its_reply_in_both_languages(office: Office, city: City) -> None:
    office.report(place=ReportPlace(lon=116.4, lat=39.9))
    reply = timeline("case-1", office.states["case-1"], city)["reply"]
    assert city.names.zh in reply["zh"]
    assert reply["en"]


def test_steps_stay_few_and_repeat_nothing(office: Office, grid: str) -> None:
    office.report(place=ReportPlace(unit=grid), matter="street-lights")
    same = heard.OrderDispatched(status="dispatched", responsible="municipal", due_at=NOW)
    office.hear("case-1", same, "dispatch")
    office.hear("case-1", same, "dispatch")
    assert [step.stage for step in office.states["case-1"].steps] == ["registered", "dispatched"]
    for turn in range(100):
        office.hear("case-1", heard.OrderPassedUp(status="waiting", responsible=f"U{turn}"), "dispatch")
    assert len(office.states["case-1"].steps) == STEPS_KEPT


def test_a_withdrawn_case_stays_so_unless_dispatch_had_closed_it(office: Office, grid: str) -> None:
    office.report(place=ReportPlace(unit=grid), matter="street-lights")
    office.send("case-1", WithdrawReport(), HOTLINE)
    office.hear("case-1", heard.OrderAccepted(status="accepted", responsible="municipal"), "dispatch")
    assert office.states["case-1"].status is Status.WITHDRAWN
    office.hear("case-1", heard.CaseClosed(status="closed", responsible=None, reason="rated"), "dispatch")
    assert office.states["case-1"].status is Status.CLOSED


def test_a_fact_about_an_unknown_case_changes_nothing(office: Office) -> None:
    office.hear("case-9", heard.OrderOpened(status="waiting", responsible="x"), "dispatch")
    assert office.states["case-9"] is None


def test_a_report_is_not_taken_back_once_the_work_is_done(office: Office, grid: str) -> None:
    office.report(place=ReportPlace(unit=grid), matter="street-lights")
    office.hear("case-1", heard.OrderHandled(status="handled", responsible="C01"), "dispatch")
    with pytest.raises(Refused, match="withdraw_too_late"):
        office.send("case-1", WithdrawReport(), HOTLINE)
