"""A trained model in intake's hands: it is asked before anything is decided, and its answer is part of the fact."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.intake.chores.reading import reader
from services.intake.domain import facts
from services.intake.domain.registration import Prepared
from services.intake.domain.report import ReportPlace, TriageCase
from shared.city.model import City
from shared.kernel.decisions import Actor
from tests.unit.intake.conftest import NOW, Numbers, Office
from tests.unit.texts.letters import letters

SURE = facts.Understanding("wages", "model", 0.9, ("工资",), "0123456789ab")
UNSURE = facts.Understanding("wages", "model", 0.3, ("工资",), "0123456789ab")


def read_as(office: Office, *guesses: facts.Understanding) -> None:
    office.prepared = Prepared(Numbers(), {"case-1": guesses})


def test_what_the_model_read_is_stated_with_its_version(office: Office, grid: str) -> None:
    read_as(office, SURE)
    (fact,) = office.report(place=ReportPlace(unit=grid))
    assert fact.understanding == SURE


def test_below_the_threshold_a_person_decides_and_the_guess_is_told(office: Office) -> None:
    read_as(office, UNSURE)
    (fact,) = office.report()
    assert isinstance(fact, facts.CaseHeld)
    assert (fact.why, fact.guesses) == ("matter", (UNSURE,))


def test_a_given_matter_goes_before_the_model_and_keywords_stand_in_for_none(office: Office, grid: str) -> None:
    read_as(office, SURE)
    (given,) = office.report(matter="street-lights", place=ReportPlace(unit=grid))
    assert given.understanding.how == "given"
    (by_words,) = office.report("case-2", id="R-2", place=ReportPlace(unit=grid))
    assert (by_words.understanding.how, by_words.understanding.matter) == ("rules", "street-lights")


def test_a_persons_choice_is_kept_with_who_when_and_what_was_guessed(office: Office, grid: str) -> None:
    read_as(office, UNSURE)
    office.report()
    office.send("case-1", TriageCase("street-lights", grid), Actor("operations", "duty"))
    (kept,) = (row for row in office.rows if isinstance(row, facts.Example))
    assert kept == facts.Example("case-1", "street-lights", "wages", 0.3, "0123456789ab", "operations.duty", NOW)
    office.report("case-2", id="R-2", text="不知道说什么好", subject="求助")
    office.send("case-2", TriageCase("wages", grid), Actor("operations", "duty"))
    second = [row for row in office.rows if isinstance(row, facts.Example)][-1]
    assert (second.matter, second.guessed, second.model) == ("wages", None, None)


def test_labels_that_the_city_does_not_have_count_for_none(city: City, tmp_path: Path) -> None:
    from shared.texts.training import Example, train

    codes = {"路灯": "street-lights", "工资": "wages", "噪音": "no-matter-of-ours"}
    model = train([Example(subject, text, codes[label]) for subject, text, label in letters(60)])
    model.save(tmp_path / "model.npz")
    read = reader(tmp_path / "model.npz", city)
    guesses = read("路灯问题", "路灯不亮，漆黑")
    assert {guess.matter for guess in guesses} == {"street-lights", "wages"}
    assert guesses[0].matter == "street-lights"
    assert guesses[0].how == "model"
    assert len(guesses[0].model or "") == 12


def test_a_missing_model_stops_the_start(city: City, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        reader(tmp_path / "none.npz", city)
