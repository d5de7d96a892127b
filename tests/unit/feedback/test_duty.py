"""Every community is checked once a quarter: reminded at three quarters of it, missed at its end (workflows §4.8)."""

from __future__ import annotations

from datetime import datetime

from services.feedback.domain import seeds
from services.feedback.domain.draw import Completion
from services.feedback.domain.duty import CHECKS, LISTS, DutyMissed, DutyReminded
from services.feedback.domain.heard import ListReviewReminded, ListStale
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from tests.unit.feedback.boxes import Office


def at(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


def office(now: datetime) -> Office:
    made = Office(load("guiping"), now)
    for subject, arm in seeds(made.city, now):
        if subject == CHECKS:
            made.deadlines[subject, arm.name] = arm
    return made


def test_who_has_not_checked_is_reminded_then_missed_and_the_next_quarter_begins() -> None:
    o = office(at(7, 3))
    communities = [unit.code for unit in o.city.units.values() if unit.level == "community"]
    done, lacking = communities[0], communities[1:]
    o.rows += [
        Completion("draw:1", done, "2026Q3", None, "spot_check"),
        Completion("draw:2", lacking[0], "2026Q3", None, "inspection"),
        Completion("draw:3", lacking[1], "2026Q2", None, "look_back"),
    ]
    assert o.advance(at(9, 7, 23)) == []
    assert o.advance(at(9, 8)) == [DutyReminded("checks", "2026Q3", tuple(lacking))]
    missed = o.advance(at(10, 1))
    assert [fact.unit for fact in missed] == lacking
    above = o.city.ancestors(lacking[0])[0].code
    assert missed[0] == DutyMissed("checks", "2026Q3", lacking[0], above, 0, 1)
    o.rows += [Completion(f"draw:{code}", code, "2026Q4", None, "look_back") for code in communities]
    assert o.advance(datetime(2027, 1, 1, tzinfo=SHANGHAI)) == []
    assert o.deadlines.keys() == {(CHECKS, "duty")}


def test_a_city_started_late_in_a_quarter_reminds_at_once() -> None:
    (reminded,) = office(at(9, 20)).advance(at(9, 20))
    assert isinstance(reminded, DutyReminded)


def test_a_city_without_checks_has_no_such_duty() -> None:
    for city in ("donggang", "yulin", "nanchang", "longchang"):
        assert CHECKS not in dict(seeds(load(city), at(7, 3)))


def test_a_list_that_is_not_looked_through_is_a_duty_reminded_and_missed() -> None:
    o = Office(load("donggang"), at(7, 1))
    o.hear("list:C01", ListReviewReminded("C01", "2026Q2"), "dispatch")
    o.hear("list:C01", ListStale("C01", "2026Q2", "S01"), "dispatch")
    assert o.facts == [
        (LISTS, DutyReminded("list_review", "2026Q2", ("C01",))),
        (LISTS, DutyMissed("list_review", "2026Q2", "C01", "S01", 0, 1)),
    ]
