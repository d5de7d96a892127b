"""A calendar published later moves what waits for a person in triage and for the city's decision (decision 65)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.intake.domain import decide, evolve, facts
from services.intake.domain.admission import AdmissionDecided
from services.intake.domain.recounting import CaseDeadlinesMoved
from shared.city.load import load
from shared.kernel.clock import add
from tests.unit.intake import test_admission
from tests.unit.intake.conftest import NOW, Office


def meet(office: Office, subject: str, first: int = 0) -> list[Any]:
    """Let a subject meet a calendar with ten days off from the first on."""
    calendar, on = office.city.calendar, office.now.date()
    days = {on + timedelta(days=first + n) for n in range(10)}
    new = replace(calendar, holidays=calendar.holidays | days, makeups=frozenset())
    return [fact for fact in office.meet_calendar(subject, new) if isinstance(fact, CaseDeadlinesMoved)]


def test_a_held_report_s_limit_moves_and_its_place_in_the_list_with_it(office: Office) -> None:
    office.report(text="不知怎么说的一件小事情", subject="事情", place=None)
    case = office.states["case-1"]
    assert (case.outcome, office.deadlines["case-1", "triage"].due_at) == ("held", case.due_at)
    (fact,) = meet(office, "case-1")
    due = add(NOW, office.city.clock("triage"), office.city.calendar)
    assert [(one.name, one.before, one.ends_at) for one in fact.moved] == [("triage", case.due_at, due)]
    assert office.states["case-1"].due_at == due > case.due_at
    assert office.rows[-1] == facts.Waiting("case-1", case.responsible, due)
    assert office.advance(due) == [], "nothing happens at its end"


def test_the_city_s_time_to_decide_an_admission_moves_and_silence_still_refuses_once() -> None:
    hall = Office(decide, evolve, load("nanchang"), NOW)
    subject, actor = test_admission.matter_of(hall.city)
    hall.send(subject, test_admission.ASK, actor, creates=True)
    before = hall.deadlines[subject, "admission"].due_at
    (fact,) = meet(hall, subject, 1)
    assert [(one.name, one.before) for one in fact.moved] == [("admission", before)]
    hall.advance(before)
    assert hall.stated(AdmissionDecided) == []
    hall.advance(fact.moved[0].ends_at)
    assert [one.silent for one in hall.stated(AdmissionDecided)] == [True]
    assert meet(hall, subject) == []
