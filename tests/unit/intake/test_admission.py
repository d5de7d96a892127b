"""Admission of matters to communities: who asks, who decides, by when, by which rule, and the list of the profile."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.intake.domain import decide, evolve
from services.intake.domain.admission import (
    AdmissionChange,
    AdmissionDecided,
    AdmissionRequested,
    AdmissionWithdrawn,
    DecideAdmission,
    RequestAdmission,
    WithdrawAdmission,
)
from shared.city.load import load
from shared.city.model import City
from shared.kernel.admission import MatterAdmitted, admitted_on
from shared.kernel.clock import add
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.intake.conftest import NOW, Office

CITY = Actor("operations", "duty")
ASK = RequestAdmission("现场检查权", 18, "每社区每年两万元，电话13800000000", date(2027, 3, 1))
REFUSE = DecideAdmission(granted=False, rule="admission.no_means", why="经费未明确")


@pytest.fixture(scope="module")
def nanchang() -> City:
    return load("nanchang")


@pytest.fixture
def hall(nanchang: City) -> Office:
    return Office(decide, evolve, nanchang, NOW)


def matter_of(city: City) -> tuple[str, Actor]:
    """Return a matter that communities may not be given, and a department that leads it."""
    leaf = next(leaf for leaf in city.matters.values() if not leaf.admitted)
    return f"admission:{leaf.code}", Actor("department", leaf.leads[0])


def refused(hall: Office, subject: str, said: Any, actor: Actor) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        hall.send(subject, said, actor, creates=True)
    return caught.value.rule, caught.value.field


def test_nanchang_lists_14_statutory_45_assisting_and_20_certificates(nanchang: City) -> None:
    assert Counter(item.kind for item in nanchang.admission.items) == {
        "statutory": 14,
        "assisting": 45,
        "certificate": 20,
    }
    assert nanchang.admission.required


def test_a_department_asks_and_the_city_decides_in_15_working_days(hall: Office) -> None:
    subject, department = matter_of(hall.city)
    (asked,) = hall.send(subject, ASK, department, creates=True)
    assert isinstance(asked, AdmissionRequested)
    assert asked.due_at == add(NOW, hall.city.admission.decide, hall.city.calendar)
    assert "138" not in asked.money
    assert refused(hall, subject, ASK, department) == ("admission.pending", "matter")
    (granted,) = hall.send(subject, DecideAdmission(granted=True), CITY)
    assert (granted.granted, granted.from_on, hall.deadlines) == (True, ASK.from_on, {})
    assert refused(hall, subject, ASK, department) == ("admission.already", "matter")
    (off,) = hall.send(subject, WithdrawAdmission("已无必要"), CITY)
    assert isinstance(off, AdmissionWithdrawn)
    changes = [row.standing for row in hall.rows if isinstance(row, AdmissionChange)]
    assert changes == ["requested", "granted", "withdrawn"]
    matter = subject.partition(":")[2]
    published = [row for row in hall.rows if isinstance(row, MatterAdmitted)]
    assert published == [MatterAdmitted(matter, ASK.from_on), MatterAdmitted(matter, None)]
    before, first = ASK.from_on - timedelta(days=1), published[:1]
    assert [admitted_on(day, first) for day in (before, ASK.from_on)] == [frozenset(), {matter}]
    assert admitted_on(ASK.from_on, published) == frozenset()


def test_silence_refuses_and_what_was_refused_may_be_asked_again(hall: Office) -> None:
    subject, department = matter_of(hall.city)
    (asked,) = hall.send(subject, ASK, department, creates=True)
    assert hall.advance(asked.due_at - timedelta(seconds=1)) == []
    (lapsed,) = hall.advance(asked.due_at)
    assert isinstance(lapsed, AdmissionDecided)
    assert (lapsed.granted, lapsed.silent, lapsed.rule) == (False, True, "admission.lapsed")
    assert hall.send(subject, replace(ASK, from_on=date(2027, 6, 1)), department, creates=True)


def test_neither_who_asks_nor_a_street_decides_and_a_refusal_names_its_rule(hall: Office) -> None:
    subject, department = matter_of(hall.city)
    street = Actor("unit", next(unit.code for unit in hall.city.units.values() if unit.level.value == "street"))
    assert refused(hall, subject, ASK, street)[0] == "actor.not_allowed"
    assert refused(hall, subject, REFUSE, CITY)[0] == "admission.not_pending"
    hall.send(subject, ASK, department, creates=True)
    for actor in (department, street):
        assert refused(hall, subject, REFUSE, actor)[0] == "actor.not_allowed"
    other = Actor("department", next(code for code in hall.city.departments if code != department.id))
    assert refused(hall, subject, WithdrawAdmission("不办了"), other)[0] == "actor.not_allowed"
    assert refused(hall, subject, replace(REFUSE, rule="because"), CITY) == ("admission.ground_needed", "rule")
    (fact,) = hall.send(subject, REFUSE, CITY)
    assert (fact.granted, fact.silent, fact.rule) == (False, False, "admission.no_means")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"people": 0}, ("admission.without_means", "people")),
        ({"money": "  "}, ("admission.without_means", "money")),
        ({"from_on": date(2026, 12, 1)}, ("admission.too_late", "from_on")),
    ],
)
def test_a_request_without_means_or_too_late_is_refused(
    hall: Office, changed: dict[str, Any], rule: tuple[str, str]
) -> None:
    subject, department = matter_of(hall.city)
    assert refused(hall, subject, replace(ASK, **changed), department) == rule


def test_what_communities_have_already_and_cities_without_admission_take_no_request(hall: Office, city: City) -> None:
    admitted = next(leaf for leaf in hall.city.matters.values() if leaf.admitted)
    department = Actor("department", next(iter(hall.city.departments)))
    assert refused(hall, f"admission:{admitted.code}", ASK, department)[0] == "admission.already"
    subject, department = matter_of(city)
    assert refused(Office(decide, evolve, city, NOW), subject, ASK, department)[0] == "mechanism.off"
