"""Posts, their notice, grid work, leaders' visits: who may note what, and what is never in a fact."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.intake.domain import decide, evolve
from services.intake.domain.ground_work import (
    FillPost,
    LeaderReceived,
    LeaderTied,
    LeaderVisit,
    LeaderVisited,
    LogLeaderVisit,
    LogReception,
    LogVisit,
    NoticePublished,
    PostFilled,
    PostVacated,
    Published,
    Reception,
    TieLeader,
    VacatePost,
    VisitLogged,
    Work,
)
from services.intake.papers.notice import sheet
from shared.city.load import load
from shared.city.model import City
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.intake.conftest import NOW, Office

PLACE = "C01-G01-B1"
MEMBER = Actor("unit", PLACE)
OPERATIONS = Actor("operations", "duty")
LI = FillPost("grid-member", "p-1", "李某", "7120000", None, ("每天入户走访",))
VISIT = LogVisit("v-1", Work.HOUSEHOLD, "H-0213")


def of(code: str) -> Office:
    return Office(decide, evolve, load(code), NOW)


def refused(office: Office, subject: str, said: Any, actor: Actor) -> str:
    with pytest.raises(Refused) as caught:
        office.send(subject, said, actor, creates=True)
    return caught.value.rule


def test_whoever_takes_or_leaves_a_post_is_at_once_on_the_next_version_of_the_notice(office: Office) -> None:
    filled, first = office.send(f"unit:{PLACE}", LI, Actor("unit", "C01"), creates=True)
    assert isinstance(filled, PostFilled)
    assert (first.version, [seat.holder for seat in first.seats]) == (1, ["p-1"])
    assert refused(office, f"unit:{PLACE}", FillPost("grid-member", "p-2", "王某"), OPERATIONS) == "post.taken"
    gone, second = office.send(f"unit:{PLACE}", VacatePost("grid-member", "p-1"), OPERATIONS)
    assert isinstance(gone, PostVacated)
    assert second == NoticePublished(unit=PLACE, version=2, seats=())
    assert [row.version for row in office.rows if isinstance(row, Published)] == [1, 2]
    assert refused(office, f"unit:{PLACE}", VacatePost("grid-member", "p-1"), OPERATIONS) == "post.not_held"
    assert "李某" not in str(office.facts)
    assert "7120000" not in str(office.facts)


def test_neither_a_person_s_code_nor_his_duties_hold_a_number(office: Office) -> None:
    said = FillPost("grid-member", "13800138000", "李某")
    assert refused(office, f"unit:{PLACE}", said, OPERATIONS) == "post.personal"
    said = FillPost("grid-member", "p-1", "李某", duties=("走访，电话13800138000",))
    filled, _ = office.send(f"unit:{PLACE}", said, OPERATIONS, creates=True)
    assert filled.duties == ("走访，电话***********",)


def test_a_post_belongs_to_units_of_its_level(office: Office) -> None:
    assert refused(office, "unit:C01", LI, OPERATIONS) == "post.unknown"
    assert refused(office, f"unit:{PLACE}", FillPost("none", "p-1", "李某"), OPERATIONS) == "post.unknown"
    assert refused(office, "unit:none", LI, OPERATIONS) == "subject.unknown"


def test_one_full_time_member_and_as_many_part_time_ones_of_departments_where_1_plus_n_is_on() -> None:
    guiping = of("guiping")
    grid = next(unit.code for unit in guiping.city.units.values() if unit.level.value == "grid")
    department = next(iter(guiping.city.departments))
    for said in (
        FillPost("grid-staff", "p-1", "李某"),
        FillPost("grid-staff", "p-2", "王某", department=department),
        FillPost("grid-staff", "p-3", "赵某", department=department),
    ):
        (fact,) = guiping.send(f"unit:{grid}", said, OPERATIONS, creates=True)
        assert isinstance(fact, PostFilled)
    assert refused(guiping, f"unit:{grid}", FillPost("grid-staff", "p-4", "钱某"), OPERATIONS) == "post.taken"
    assert len(guiping.states[f"unit:{grid}"].seats) == 3


def test_without_1_plus_n_nobody_is_part_time(office: Office, city: City) -> None:
    said = FillPost("grid-member", "p-1", "李某", department=next(iter(city.departments)))
    assert refused(office, f"unit:{PLACE}", said, OPERATIONS) == "post.part_time_by_department"


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        (Actor("unit", "C02"), LI),
        (Actor("department", "housing"), LI),
        (Actor("source", "hotline"), VISIT),
        (OPERATIONS, VISIT),
        (Actor("unit", "C01"), VISIT),
        (Actor("resident", "u"), VISIT),
    ],
    ids=str,
)
def test_nobody_else_may_fill_a_post_or_log_another_s_visit(office: Office, actor: Actor, said: Any) -> None:
    assert refused(office, f"unit:{PLACE}", said, actor) == "actor.not_allowed"


def test_a_visit_names_a_household_by_its_code_and_never_a_number_of_a_person(office: Office) -> None:
    (fact,) = office.send(f"unit:{PLACE}", VISIT, MEMBER, creates=True)
    assert fact == VisitLogged(
        unit=PLACE, visit="v-1", kind=Work.HOUSEHOLD, household="H-0213", at=NOW, findings=0
    )  # fmt: skip
    for said, rule in (
        (LogVisit("v-2", Work.HOUSEHOLD), "visit.household"),
        (LogVisit("v-2", Work.HOUSEHOLD, "138-0013-8000"), "visit.personal"),
        (LogVisit("v-2", Work.HOUSEHOLD, "H-1", at=NOW + timedelta(hours=1)), "visit.in_future"),
        (LogVisit("v-2", Work.ERRAND), "mechanism.off"),
    ):
        assert refused(office, f"unit:{PLACE}", said, MEMBER) == rule


def test_a_leader_visits_the_units_he_is_tied_to(office: Office) -> None:
    said = LogLeaderVisit("C01", LeaderVisit.VISIT, date(2026, 11, 20), ("leader-1",))
    assert refused(office, "leader:L07", said, OPERATIONS) == "leader.not_tied"
    assert office.send("leader:L07", TieLeader("C01"), OPERATIONS, creates=True) == [
        LeaderTied(leader="L07", unit="C01", ends=False)
    ]
    assert office.send("leader:L07", TieLeader("C01"), OPERATIONS, creates=True) == []
    for actor in (OPERATIONS, Actor("unit", "C01"), Actor("post", "L07")):
        (fact,) = office.send("leader:L07", said, actor, creates=True)
        assert isinstance(fact, LeaderVisited)
    for actor in (Actor("unit", "C02"), Actor("post", "L08"), Actor("department", "housing")):
        assert refused(office, "leader:L07", said, actor) == "actor.not_allowed"
    late = LogLeaderVisit("C01", LeaderVisit.VISIT, date(2026, 11, 24))
    assert refused(office, "leader:L07", late, OPERATIONS) == "visit.in_future"
    assert refused(office, "leader:L07", TieLeader("C01"), Actor("unit", "C01")) == "actor.not_allowed"
    office.send("leader:L07", TieLeader("C01", ends=True), OPERATIONS)
    assert refused(office, "leader:L07", said, OPERATIONS) == "leader.not_tied"


def test_receptions_are_noted_where_the_city_has_them(office: Office) -> None:
    nanchang = of("nanchang")
    street = next(unit.code for unit in nanchang.city.units.values() if unit.level.value == "street")
    said = LogReception(street, Reception.FIXED, date(2026, 11, 20), ("leader-1",))
    (fact,) = nanchang.send("leader:L07", said, OPERATIONS, creates=True)
    assert isinstance(fact, LeaderReceived)
    assert refused(office, "leader:L07", LogReception("C01", Reception.HOME, date(2026, 11, 20)), OPERATIONS) == (
        "mechanism.off"
    )


def test_what_stands_on_the_sheet_is_text(city: City) -> None:
    person = {"unit": "一网格", "post": "三级网格员", "name": "<b>李</b>", "phone": None, "duties": ["走访"]}
    shown = sheet({"name": "一网格", "version": 3, "people": [person]}, city.names, "<svg></svg>")
    assert "&lt;b&gt;李&lt;/b&gt;" in shown
    assert "<svg></svg>" in shown
