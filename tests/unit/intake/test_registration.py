"""What becomes of a report: registered, solved on the spot, held, rejected or refused, and each of them once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import msgspec
import pytest

from services.intake import translate
from services.intake.domain import facts
from services.intake.domain.registration import Prepared, is_drawn
from services.intake.domain.report import Report, Reporter, ReportPlace, SolvedOnSpot
from shared.city.model import City
from shared.contracts import intake as contracts
from shared.kernel.decisions import Actor, Context, Message
from shared.kernel.refusals import Refused
from shared.kernel.rules import known
from tests.unit.intake.conftest import NOW, Office

PHONE = "13800138000"


def test_a_report_with_unit_and_matter_is_registered_at_the_rung_of_its_matter(
    office: Office, grid: str, city: City
) -> None:
    (fact,) = office.report(place=ReportPlace(unit=grid), matter="street-lights", reporter=Reporter(id="u1"))
    assert isinstance(fact, facts.CaseRegistered)
    assert fact.placement == facts.Placement(grid, "unit_code", 1.0)
    assert (fact.understanding.how, fact.understanding.confidence) == ("given", 1.0)
    assert fact.rung == city.first_holder("street-lights", grid)[0].value
    assert fact.number == "DG-20261123-0001"
    assert fact.ratable
    assert office.states["case-1"].outcome == "registered"


def test_a_recurrence_is_a_new_case_that_names_the_closed_one(office: Office, grid: str) -> None:
    (fact,) = office.report(place=ReportPlace(unit=grid), matter="street-lights", follows="case-0")
    assert isinstance(fact, facts.CaseRegistered)
    assert (fact.follows, office.states["case-1"].follows) == ("case-0", "case-0")


def test_the_source_is_answered_with_case_number_and_address(office: Office, grid: str) -> None:
    office.report(id="a/b 1", place=ReportPlace(unit=grid), matter="street-lights")
    (answer,) = office.answers
    assert (answer.stream, answer.key) == ("receipts.hotline", "a/b 1")
    assert answer.data.case == "case-1"
    assert answer.data.follow == "/v1/reports/hotline/a%2Fb%201"
    assert (answer.data.outcome, answer.data.rule) == ("registered", None)


def test_the_same_report_again_changes_nothing_and_is_answered_the_same(office: Office, grid: str) -> None:
    office.report(place=ReportPlace(unit=grid), matter="street-lights")
    rows = len(office.rows)
    assert office.report(place=ReportPlace(unit=grid), text="今天又说了一遍别的话") == []
    assert len(office.facts) == 1
    assert len(office.rows) == rows
    first, second = office.answers
    assert first == second


def test_a_merged_or_estate_code_leads_to_its_grid(office: Office, city: City) -> None:
    unit = next(unit for unit in city.units.values() if unit.estates)
    (fact,) = office.report(place=ReportPlace(unit=unit.estates[0].code), matter="street-lights")
    assert fact.placement.unit == unit.code


@pytest.mark.parametrize("system", ["wgs84", "gcj02", "bd09"])
def test_a_point_in_any_of_three_systems_is_placed_in_the_grid_around_it(
    office: Office, city: City, system: str, grid: str
) -> None:
    from shared.city import geography

    centre = city.geography.centre_of(grid)
    assert centre is not None
    shifted = geography.gcj02_from_wgs84(centre)
    point = {"wgs84": centre, "gcj02": shifted, "bd09": geography.bd09_from_gcj02(shifted)}[system]
    (fact,) = office.report(place=ReportPlace(lon=point[0], lat=point[1], system=system), matter="street-lights")
    assert city.is_within(fact.placement.unit, grid)
    assert fact.placement.how == "point"
    assert (fact.placement.lon, fact.placement.lat) == (round(centre[0], 3), round(centre[1], 3))


def test_an_address_that_names_an_estate_is_placed_there_with_less_confidence(office: Office, city: City) -> None:
    unit = next(u for u in city.units.values() if any(e.name == "鼎林华庭小区" for e in u.estates))
    (fact,) = office.report(place=ReportPlace(address="公安社区鼎林华庭小区3号楼2单元501"), matter="street-lights")
    assert city.units[fact.placement.unit].parent == unit.code, "the third-level grid of its third building"
    assert fact.placement.how == "address"
    assert 0 < fact.placement.confidence < 1


def test_without_a_place_the_ground_of_the_source_answers_with_little_confidence(office: Office, city: City) -> None:
    (fact,) = office.report(source="mailbox", matter="street-lights")
    assert fact.placement.unit == city.root.code
    assert fact.placement.how == "default"
    assert fact.placement.confidence < 0.5


def test_without_a_place_and_a_ground_a_person_must_name_it_in_time(office: Office, city: City) -> None:
    (fact,) = office.report(source="hotline", matter="street-lights")
    assert isinstance(fact, facts.CaseHeld)
    assert (fact.why, fact.responsible, fact.placement) == ("place", city.root.code, None)
    assert fact.due_at == NOW + timedelta(hours=5, minutes=30)  # 4 wh with the lunch break
    assert facts.Waiting("case-1", city.root.code, fact.due_at) in office.rows


def test_the_words_of_the_catalogue_lead_to_the_matter_and_are_named(office: Office, grid: str) -> None:
    (fact,) = office.report(place=ReportPlace(unit=grid))
    assert fact.understanding.matter == "street-lights"
    assert fact.understanding.how == "rules"
    assert "路灯不亮" in fact.understanding.words
    assert fact.understanding.confidence >= 0.55


def test_below_the_threshold_the_guesses_wait_for_a_person(office: Office, grid: str) -> None:
    (fact,) = office.report(place=ReportPlace(unit=grid), subject=None, text="家里暖气和电梯都有问题")
    assert isinstance(fact, facts.CaseHeld)
    assert fact.why == "matter"
    assert fact.guesses
    assert all(guess.confidence < 0.55 for guess in fact.guesses)


def test_what_was_solved_on_the_spot_is_registered_with_its_handler_and_evidence(office: Office, grid: str) -> None:
    (fact,) = office.report(
        source="grid", place=ReportPlace(unit=grid), matter="street-lights", solved=SolvedOnSpot("换了灯泡", 2)
    )
    assert isinstance(fact, facts.CaseSolvedOnSpot)
    assert (fact.handler, fact.evidence) == (grid, 2)
    assert office.answers[0].data.outcome == "solved_on_spot"
    wire = translate.wire.to_wire(fact)
    assert isinstance(wire, contracts.CaseSolvedOnSpot)


def test_one_in_ten_solved_on_the_spot_is_drawn_and_always_the_same_ones() -> None:
    cases = [f"case-{n}" for n in range(5000)]
    drawn = [case for case in cases if is_drawn(case, Fraction(1, 10))]
    assert 400 < len(drawn) < 600
    assert drawn == [case for case in cases if is_drawn(case, Fraction(1, 10))]


def test_a_point_outside_the_city_is_rejected_with_its_rule(office: Office) -> None:
    (fact,) = office.report(place=ReportPlace(lon=116.4, lat=39.9), matter="street-lights")
    assert isinstance(fact, facts.CaseRejected)
    assert fact.rule == "report.out_of_area"
    assert office.answers[0].data.rule == "report.out_of_area"
    assert office.states["case-1"].responsible is None


def test_a_point_outside_the_city_is_outweighed_by_a_code_or_an_address_in_it(office: Office, city: City) -> None:
    unit = next(u for u in city.units.values() if any(e.name == "鼎林华庭小区" for e in u.estates))
    beyond = ReportPlace(lon=116.4, lat=39.9)
    for case, said, how in (
        ("c1", {"unit": unit.code}, "unit_code"),
        ("c2", {"address": "鼎林华庭小区3号楼"}, "address"),
    ):
        (fact,) = office.report(case, id=case, place=replace(beyond, **said), matter="street-lights")
        assert city.is_within(fact.placement.unit, unit.code)
        assert (fact.placement.how, fact.placement.doubt) == (how, "outside")
        assert 0 < fact.placement.confidence <= 0.5


def test_a_code_wins_over_a_point_in_another_unit_and_the_placement_says_so(
    office: Office, city: City, grid: str
) -> None:
    elsewhere = next(u.code for u in reversed(city.units.values()) if not city.children(u.code))
    centre = city.geography.centre_of(elsewhere)
    assert centre is not None
    (fact,) = office.report(place=ReportPlace(unit=grid, lon=centre[0], lat=centre[1]), matter="street-lights")
    assert (fact.placement.unit, fact.placement.how) == (grid, "unit_code")
    assert (fact.placement.doubt, fact.placement.other, fact.placement.confidence) == ("contradiction", elsewhere, 0.5)
    assert translate.wire.to_wire(fact).placement.other == elsewhere


@pytest.mark.parametrize("text", ["。", "   ", "12345", "啊啊啊啊", "？？？"])
def test_a_text_without_meaning_is_rejected_with_its_rule(office: Office, grid: str, text: str) -> None:
    (fact,) = office.report(place=ReportPlace(unit=grid), subject=None, text=text)
    assert isinstance(fact, facts.CaseRejected)
    assert fact.rule == "report.meaningless"


@pytest.mark.parametrize(
    ("fields", "source", "rule", "field"),
    [
        ({"at": NOW + timedelta(hours=1)}, "hotline", "report.in_future", "at"),
        ({"matter": "flying-saucers"}, "hotline", "report.unknown_matter", "matter"),
        ({"place": ReportPlace(unit="NOWHERE")}, "hotline", "report.unknown_unit", "place.unit"),
        ({"place": ReportPlace(lon=124.1)}, "hotline", "report.half_point", "place.lat"),
        ({"place": ReportPlace(lat=39.8)}, "hotline", "report.half_point", "place.lon"),
        ({"id": "13800138000"}, "hotline", "report.personal_id", "id"),
        ({"id": "T-11010519491231002X"}, "hotline", "report.personal_id", "id"),
        ({"raised_by": "NOWHERE"}, "hotline", "report.unknown_unit", "raised_by"),
        ({"solved": SolvedOnSpot("修好了", 1)}, "hotline", "report.spot_not_allowed", "solved"),
        ({}, "somebody", "report.unknown_source", "source"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_rule_and_field(
    office: Office, fields: dict[str, object], source: str, rule: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        office.report(source=source, **fields)
    assert (refused.value.rule, refused.value.field) == (rule, field)
    assert rule in known()
    assert office.states.get("case-1") is None
    assert office.facts == []


def test_only_a_source_may_report(office: Office) -> None:
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        office.send("case-1", Report("R", "路灯坏了"), Actor("department", "housing"), creates=True)


def test_a_clock_a_little_ahead_is_no_future(office: Office, grid: str) -> None:
    assert office.report(place=ReportPlace(unit=grid), at=NOW + timedelta(minutes=3))


def test_anonymous_people_and_machines_are_not_asked_to_rate(office: Office, grid: str) -> None:
    place = ReportPlace(unit=grid)
    (nobody,) = office.report("c1", place=place, matter="street-lights")
    (machine,) = office.report("c2", source="iot", place=place, matter="street-lights", reporter=Reporter(id="s1"))
    assert not nobody.ratable
    assert not machine.ratable


def test_nothing_personal_is_in_facts_answers_or_state(office: Office, grid: str, city: City) -> None:
    centre = city.geography.centre_of(grid)
    assert centre is not None
    office.report(
        subject=f"我叫王小明，电话{PHONE}",
        text=f"我家住3栋2单元501室，路灯不亮，漆黑，电话{PHONE}",
        place=ReportPlace(lon=centre[0], lat=centre[1], address="鼎林华庭小区3栋501"),
        reporter=Reporter(id="u-77", name="王小明", phone=PHONE),
    )
    told = msgspec.json.encode([office.facts, office.answers, office.states]).decode()
    for secret in (PHONE, "王小明", "501", "u-77", str(centre[0])):
        assert secret not in told
    dossier = office.rows[0]
    assert dossier.identity == {"id": "u-77", "name": "王小明", "phone": PHONE}
    assert dossier.place["lon"] == pytest.approx(centre[0], abs=1e-9)
    assert PHONE in dossier.text


def test_every_fact_and_answer_is_valid_on_the_wire(office: Office, grid: str) -> None:
    at = ReportPlace(unit=grid)
    office.report("c1", place=at, matter="street-lights", at=NOW, raised_by=grid)
    office.report("c2", id="R-2", matter="street-lights")
    office.report("c3", id="R-3", place=at, subject=None, text="。")
    for _, fact in office.facts:
        wire = translate.wire.to_wire(fact)
        assert json.loads(wire.model_dump_json())["report"] == fact.report
    for answer in office.answers:
        assert translate.wire.to_wire(answer.data)


def test_a_report_from_the_wire_reaches_the_domain_whole() -> None:
    body = {
        "id": "R-9",
        "text": "路灯坏了",
        "at": "2026-11-22T10:00:00+08:00",
        "place": {"lon": 124.1, "lat": 39.8, "system": "gcj02"},
        "reporter": {"id": "u"},
        "solved": {"what": "修好", "evidence": 1},
    }
    report = translate.wire.to_domain(contracts.Report.model_validate(body))
    assert report.place == ReportPlace(lon=124.1, lat=39.8, system="gcj02")
    assert report.solved == SolvedOnSpot("修好", 1)


def test_a_refused_report_is_answered_on_the_receipts_of_its_source() -> None:
    error = Refused("report.in_future", "at", at="x", now="y")
    sender = Actor("source", "hotline")
    answer = translate.refusal(Report("R-1", "x"), sender, "m-1", "reports.hotline", error)
    assert answer is not None
    assert (answer.stream, answer.key, answer.data.field) == ("receipts.hotline", "R-1", "at")
    assert translate.wire.to_wire(answer.data)
    unread = translate.refusal(None, sender, "m-1", "reports.hotline", error)
    assert unread is not None
    assert unread.data.report is None
    assert translate.refusal(None, Actor("source", "x"), "m", "reports.x", Refused("report.unknown_source")) is None


def test_two_cities_have_lexicons_of_their_own(office: Office, city: City, grid: str) -> None:
    leaf = replace(city.matters["street-lights"], keywords=("独角兽",))
    other = replace(city, version="other", matters={**city.matters, "street-lights": leaf})
    message = Message(
        Report("R", "独角兽独角兽", "独角兽", place=ReportPlace(unit=grid)),
        "c", "outside", Actor("source", "hotline"), NOW, "m",
    )  # fmt: skip
    decision = office.decide({"c": None}, message, Context(NOW, other, office.new_id, Prepared({"c": "N-1"})))
    assert decision.facts[0].data.understanding.matter == "street-lights"
