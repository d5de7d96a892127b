"""Leaders visit their contact points each quarter and come back to whom they received (domain §2.2, §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from services.feedback.domain import seeds
from services.feedback.domain.contact import Contact, LeaderAct, contacts
from services.feedback.domain.duty import RETURNS, VISITS, DutyMissed, DutyReminded, MissedDuty
from services.feedback.domain.heard import CaseClosed, CaseRegistered, OrderVerified, Placement
from services.feedback.domain.heard_work import LeaderReceived, LeaderTied, LeaderVisited
from services.feedback.domain.rating import RatingAnswered, Remark
from services.feedback.domain.returning import Received, RecordReturnVisit
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import SYSTEM, Actor, Message
from shared.kernel.refusals import Refused
from tests.unit.feedback.boxes import Office

CASE = "case-1"
SAID = RecordReturnVisit("p-1", True, True, 4, "路灯一直亮着")


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=SHANGHAI)


def test_a_leader_owes_each_contact_point_a_visit_a_quarter_and_a_meeting_there_is_one() -> None:
    o = Office(load("donggang"), at(2026, 7, 3))
    armed = dict(seeds(o.city, o.now))
    o.deadlines[VISITS, "duty"] = armed[VISITS]
    o.hear("leader:vice-1", LeaderTied("vice-1", "C01", False), "intake")
    o.rows = [replace(row, at=at(2026, 6, 1)) if isinstance(row, Contact) else row for row in o.rows]
    for leader, unit in (("vice-1", "C02"), ("vice-2", "C03")):
        o.rows.append(Contact(leader, unit, False, at(2026, 6, 1)))
    o.rows.append(Contact("vice-3", "C04", False, at(2026, 7, 20)))
    o.hear("leader:vice-1", LeaderVisited("vice-1", "C01", "meeting", date(2026, 8, 1)), "intake")
    o.hear("leader:vice-2", LeaderReceived("vice-2", "C03", "fixed", date(2026, 8, 1), ("r-1",)), "intake")
    assert o.advance(at(2026, 9, 8)) == [
        DutyReminded("leader_visits", "2026Q3", ("C02",), "vice-1"),
        DutyReminded("leader_visits", "2026Q3", ("C03",), "vice-2"),
    ]
    o.hear("leader:vice-1", LeaderVisited("vice-1", "C02", "visit", date(2026, 9, 30)), "intake")
    above = o.city.ancestors("C03")[0].code
    missed = DutyMissed("leader_visits", "2026Q3", "C03", above, 0, 1, "vice-2")
    assert o.advance(at(2026, 10, 1)) == [missed]
    assert o.rows_of(MissedDuty) == [MissedDuty.of(missed, at(2026, 10, 1))]


def test_a_reception_is_no_visit_and_its_reports_name_who_was_received() -> None:
    received = LeaderReceived("vice-1", "C01", "home", date(2026, 8, 1), ("r-1", "r-2"))
    told = contacts(Message(received, "leader:vice-1", "intake", SYSTEM, at(2026, 8, 1), "leader:vice-1/4", 4))
    assert told == (
        LeaderAct("leader:vice-1", 4, "vice-1", "C01", "home", True, date(2026, 8, 1)),
        Received("r-1", "vice-1", "C01"),
        Received("r-2", "vice-1", "C01"),
    )
    again = replace(received, kind="return")
    (act,) = contacts(Message(again, "leader:vice-1", "intake", SYSTEM, at(2026, 8, 1), "leader:vice-1/5", 5))
    assert isinstance(act, LeaderAct)


def closed(*, city: str = "nanchang", source: str = "leader", received: bool = True) -> Office:
    """Return the case of somebody whom a leader received, closed on 2 March 2026 without an answer."""
    o = Office(load(city), at(2026, 2, 2, 9))
    place = next(unit.code for unit in o.city.units.values() if unit.level.value == "community")
    o.hear(CASE, CaseRegistered("NC-1", source, "r-1", "p-1", True, Placement(place)), "intake")
    if received:
        o.hear("leader:vice-1", LeaderReceived("vice-1", place, "fixed", date(2026, 2, 2), ("r-1",)), "intake")
    o.hear(CASE, OrderVerified("lead"), "dispatch")
    o.now = at(2026, 3, 2, 9)
    o.hear(CASE, CaseClosed("window_over", "lead", place), "dispatch")
    return o


def duties(facts: list[Any]) -> list[Any]:
    return [fact for fact in facts if isinstance(fact, DutyReminded | DutyMissed)]


def test_who_was_received_is_visited_again_a_quarter_after_closing_or_the_duty_is_missed() -> None:
    o = closed()
    place = o.states[CASE].place
    assert duties(o.advance(at(2026, 5, 8))) == []
    assert duties(o.advance(at(2026, 5, 10))) == [DutyReminded("return_visits", "2026Q2", (place,), "vice-1", CASE)]
    above = o.city.ancestors(place)[0].code
    assert duties(o.advance(at(2026, 6, 1))) == [
        DutyMissed("return_visits", "2026Q2", place, above, 0, 1, "vice-1", CASE)
    ]
    assert {subject for subject, fact in o.facts if isinstance(fact, DutyReminded | DutyMissed)} == {RETURNS}


def test_what_is_said_at_a_return_visit_is_a_late_answer_and_meets_the_duty() -> None:
    o = closed()
    before = o.states[CASE]
    (answered,) = o.send(CASE, SAID, Actor("unit", before.place))
    assert isinstance(answered, RatingAnswered)
    assert (answered.valid, answered.by, answered.unscored, answered.grade) == (False, "return_visit", "late", 4)
    assert o.states[CASE] == before
    assert [row.kind for row in o.rows_of(Remark)] == ["return_visit"]
    assert duties(o.advance(at(2026, 7, 1))) == []


@pytest.mark.parametrize(
    "told", [{"source": "hotline"}, {"received": False}, {"city": "donggang"}], ids=["hotline", "a visit", "no such"]
)
def test_nobody_else_is_visited_again(told: dict[str, Any]) -> None:
    assert duties(closed(**told).advance(at(2026, 7, 1))) == []


def test_a_return_visit_is_recorded_of_a_closed_case_by_operations_or_a_unit_of_its_place() -> None:
    o = closed()
    stranger = next(
        code for code, unit in o.city.units.items() if unit.level.value == "community" and code != o.states[CASE].place
    )
    for actor in (Actor("unit", stranger), Actor("department", "lead"), Actor("resident", "p-1")):
        with pytest.raises(Refused) as refused:
            o.send(CASE, SAID, actor)
        assert refused.value.rule == "actor.not_allowed"
    other = closed(source="hotline")
    with pytest.raises(Refused) as refused:
        other.send(CASE, SAID, Actor("operations", "o"))
    assert (refused.value.rule, refused.value.field) == ("return_visit.none", "reporter")
