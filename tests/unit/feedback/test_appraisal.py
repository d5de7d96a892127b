"""Consent, joint review, problems to be rectified, results handed over (domain §2.4, §6.2, §6.3)."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from services.feedback.domain import consent, exporting, heard_work, joint_review, problem
from services.feedback.domain.assessment import Assessed, Criterion
from services.feedback.domain.consent import AnswerConsent, AskConsent, ConsentAnswered, ConsentKind
from services.feedback.domain.exporting import COLUMNS, Exported, ExportKind, ExportResults, MemberGrade, YearResults
from services.feedback.domain.joint_review import OpenReview, ReviewCounted, ReviewProblem, ReviewScored, ScoreSecretary
from services.feedback.domain.problem import CheckProblem, ListProblem, ProblemListed, RectifyProblem
from services.feedback.papers.result import workbook
from services.feedback.translate import WIRE
from shared.city.load import load
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.feedback.boxes import Office

NOW = datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)
OPERATIONS = Actor("operations", "centre")
ALL = ("donggang", "guiping", "yulin", "nanchang", "longchang")


@cache
def city(code: str) -> City:
    return load(code)


def office(code: str) -> Office:
    return Office(city(code), NOW)


# ---- consent


def at_street() -> tuple[Office, str, Actor, str]:
    """Nanchang: a department with an office on a street's ground asks there."""
    town = office("nanchang")
    street = next(u.code for u in town.city.units.values() if u.level.value == "street")
    asker = next(d for d, one in town.city.departments.items() if not one.area or town.city.is_within(street, one.area))
    return town, street, Actor("department", asker), consent.subject_of(street, "c-1")


def ask(town: Office, street: str, asker: Actor, subject: str, kind: str = "appointment") -> list[Any]:
    return town.send(subject, AskConsent(ConsentKind(kind), street, "所长任职，电话13812345678"), asker, creates=True)


def test_a_department_asks_a_street_answers_once_in_five_working_days_and_no_telephone_travels() -> None:
    town, street, asker, subject = at_street()
    (asked,) = ask(town, street, asker, subject)
    assert asked.until.astimezone(SHANGHAI) == datetime(2026, 12, 8, 18, tzinfo=SHANGHAI)
    assert "13812345678" not in asked.about
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        town.send(subject, AnswerConsent(True, "同意任职"), asker)
    town.advance(asked.until)
    state = town.states[subject]
    assert state.status is consent.Status.LAPSED
    (lapsed,) = [fact for _, fact in town.facts if isinstance(fact, ConsentAnswered)]
    assert (lapsed.agreed, lapsed.lapsed) == (False, True)
    with pytest.raises(Refused, match=r"consent\.lapsed"):
        town.send(subject, AnswerConsent(True, "同意任职"), Actor("unit", street))


@pytest.mark.parametrize("agreed", [True, False])
def test_an_answer_stands_and_its_clock_stops(agreed: bool) -> None:
    town, street, asker, subject = at_street()
    ask(town, street, asker, subject, "plan")
    (answered,) = town.send(subject, AnswerConsent(agreed, "党工委研究决定"), Actor("unit", street))
    assert (answered.agreed, answered.lapsed) == (agreed, False)
    assert not town.deadlines
    with pytest.raises(Refused, match=r"consent\.answered"):
        town.send(subject, AnswerConsent(not agreed, "改变主意了"), Actor("unit", street))
    with pytest.raises(Refused, match=r"consent\.exists"):
        ask(town, street, asker, subject)


def test_who_may_ask_whom() -> None:
    town, street, asker, subject = at_street()
    community = town.city.children(street)[0].code
    for actor, where, rule in (
        (OPERATIONS, street, r"actor\.not_allowed"),
        (Actor("unit", street), street, r"actor\.not_allowed"),
        (asker, community, r"consent\.no_street"),
        (Actor("department", "nobody"), street, r"consent\.no_street"),
    ):
        with pytest.raises(Refused, match=rule):
            ask(town, where, actor, subject)


# ---- joint review and problems

PARTS = tuple(Criterion(part.value, part.value, 20) for part in joint_review.ReviewPart)
POINTS = {"system": 18, "meetings": 17, "before": 19, "inspection": 16, "report": 18}
UNTIL = NOW + timedelta(days=20)


def reviewer() -> tuple[Office, str, tuple[str, ...], str]:
    """Yulin: a unit with at least two communities below it."""
    town = office("yulin")
    streets = (u.code for u in town.city.units.values() if u.level.value == "street")
    street = next(s for s in streets if len(town.city.children(s)) >= 2)
    rated = tuple(u.code for u in town.city.children(street))
    return town, street, rated, joint_review.subject_of(street, 2026)


def open_review(town: Office, unit: str, subject: str, **more: Any) -> list[Any]:
    said = {"unit": unit, "year": 2026, "parts": PARTS, "opens_at": NOW, "until": UNTIL, **more}
    return town.send(subject, OpenReview(**said), Actor("unit", unit), creates=True)


def test_the_level_above_scores_each_secretary_once_and_what_it_finds_goes_to_the_problem_list() -> None:
    town, street, rated, subject = reviewer()
    (opened,) = open_review(town, street, subject)
    assert opened.rated == rated
    found = ReviewProblem("报到服务记录不全，联系13812345678", date(2027, 1, 31))
    (scored,) = town.send(subject, ScoreSecretary(rated[0], POINTS, (found,)), Actor("unit", street))
    assert scored == ReviewScored(rated[0], POINTS, 88, 1)
    (listed,) = town.advance(town.now)
    assert listed == ProblemListed(rated[0], street, listed.text, date(2027, 1, 31), review=subject)
    assert "13812345678" not in listed.text
    for actor, act, rule in (
        (Actor("unit", street), ScoreSecretary(rated[0], POINTS), r"review\.twice"),
        (Actor("unit", street), ScoreSecretary("nobody", POINTS), r"review\.not_rated"),
        (Actor("unit", street), ScoreSecretary(rated[1], {**POINTS, "report": 21}), r"review\.out_of_range"),
        (Actor("unit", street), ScoreSecretary(rated[1], {**POINTS, "report": -1}), r"review\.out_of_range"),
        (Actor("unit", street), ScoreSecretary(rated[1], {"report": 20}), r"review\.incomplete"),
        (Actor("unit", rated[1]), ScoreSecretary(rated[1], POINTS), r"actor\.not_allowed"),
        (OPERATIONS, ScoreSecretary(rated[1], POINTS), r"actor\.not_allowed"),
    ):
        with pytest.raises(Refused, match=rule):
            town.send(subject, act, actor)
    (counted,) = town.advance(UNTIL)
    assert [result.score for result in counted.results] == [88, *[None] * (len(rated) - 1)]
    with pytest.raises(Refused, match=r"review\.not_open"):
        town.send(subject, ScoreSecretary(rated[1], POINTS), Actor("unit", street))


def test_the_last_score_ends_the_review() -> None:
    town, street, rated, subject = reviewer()
    open_review(town, street, subject)
    stated = [
        fact for unit in rated for fact in town.send(subject, ScoreSecretary(unit, POINTS), Actor("unit", street))
    ]
    assert isinstance(stated[-1], ReviewCounted)
    assert {result.score for result in stated[-1].results} == {88}
    assert not town.deadlines


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"parts": PARTS[:4]}, r"review\.parts"),
        ({"parts": (*PARTS[:4], Criterion("report", "述职", 21))}, r"review\.weights"),
        ({"parts": (*PARTS[:4], Criterion("charm", "人缘", 20))}, r"review\.parts"),
        ({"until": NOW}, r"review\.window"),
        ({"until": datetime(2027, 2, 2, tzinfo=SHANGHAI)}, r"review\.window"),
        ({"unit": "nobody"}, r"actor\.not_allowed"),
    ],
)
def test_a_review_that_is_none_is_not_opened(more: dict[str, Any], rule: str) -> None:
    town, street, _, subject = reviewer()
    said = {"unit": street, "year": 2026, "parts": PARTS, "opens_at": NOW, "until": UNTIL, **more}
    with pytest.raises(Refused, match=rule):
        town.send(subject, OpenReview(**said), Actor("unit", street), creates=True)


def test_a_problem_ends_when_its_rectification_was_checked_by_who_listed_it() -> None:
    town, street, rated, _ = reviewer()
    unit, other = rated[:2]
    subject, above, own = problem.subject_of(unit, "p-1"), Actor("unit", street), Actor("unit", unit)
    due = date(2026, 12, 10)
    for actor, day, rule in (
        (Actor("unit", other), due, r"actor\.not_allowed"),
        (own, due, r"actor\.not_allowed"),
        (above, date(2026, 12, 1), r"problem\.day"),
    ):
        with pytest.raises(Refused, match=rule):
            town.send(subject, ListProblem(unit, "记录不全", day), actor, creates=True)
    town.send(subject, ListProblem(unit, "记录不全", due), above, creates=True)
    with pytest.raises(Refused, match=r"problem\.not_listed"):
        town.send(subject, CheckProblem(True, "已经合格"), above)
    town.advance(datetime(2026, 12, 11, 9, tzinfo=SHANGHAI))
    (rectified,) = town.send(subject, RectifyProblem("已经补齐"), own)
    assert rectified.late
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        town.send(subject, CheckProblem(True, "已经合格"), own)
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        town.send(subject, CheckProblem(True, "已经合格"), OPERATIONS)
    with pytest.raises(Refused, match=r"problem\.day_needed"):
        town.send(subject, CheckProblem(False, "仍有缺漏"), above)
    town.send(subject, CheckProblem(False, "仍有缺漏", date(2026, 12, 20)), above)
    assert town.states[subject].status is problem.Status.OPEN
    town.send(subject, RectifyProblem("全部补齐"), own)
    town.send(subject, CheckProblem(True, "已经合格"), above)
    state = town.states[subject]
    assert (state.status, state.checks, state.is_late) == (problem.Status.ENDED, 2, True)
    with pytest.raises(Refused, match=r"problem\.not_listed"):
        town.send(subject, RectifyProblem("再补一次"), own)


# ---- switches


@pytest.mark.parametrize("code", ALL)
def test_each_mechanism_works_in_the_cities_whose_documents_have_it_and_in_no_other(code: str) -> None:
    town = office(code)
    unit = town.city.root.code
    plan = AskConsent(ConsentKind.PLAN, "x", "某规划")
    asks: list[tuple[str, Any, set[str]]] = [
        ("consent:x:1", plan, {"nanchang", "longchang"}),
        ("review:x:2026", OpenReview(unit, 2026, PARTS, NOW, UNTIL), {"yulin"}),
        ("problem:x:1", ListProblem("x", "问题", date(2027, 1, 1)), {"yulin"}),
        ("export:departments:2025", ExportResults(ExportKind.DEPARTMENTS, 2025), {"donggang"}),
        ("export:members:2025", ExportResults(ExportKind.MEMBERS, 2025), {"donggang"}),
        ("export:secretaries:2025", ExportResults(ExportKind.SECRETARIES, 2025), {"nanchang"}),
        ("export:merit:2025", ExportResults(ExportKind.MERIT, 2025), {"donggang", "guiping"}),
    ]
    for subject, act, cities in asks:
        try:
            town.send(subject, act, OPERATIONS, creates=True)
            rule = ""
        except Refused as refused:
            rule = refused.rule
        assert (rule == "mechanism.off") is (code not in cities), (subject, rule)


# ---- exports


def score(unit: str, composite: str = "88.10") -> dict[str, Any]:
    return {
        "unit": unit, "composite": composite, "place": 1, "ranked": 9, "tier": "department", "policy": "1",
        "revision": 2, "frozen_at": "2027-01-12T00:00:00+08:00",
    }  # fmt: skip


def results(**more: Any) -> YearResults:
    sessions = (Assessed(2026, "housing", "C01", 50, 4350, True), Assessed(2026, "housing", "C02", 20, 1000, False))
    known: dict[str, Any] = {
        "scores": {"housing": score("housing")},
        "sessions": sessions,
        "given": {"two_way": {"housing": "86.67"}},
        "checks": {"housing": (7, 6)},
        "deeds": {"housing": {"part_late": 2, "claimed": 3}},
    }
    return YearResults(**{**known, **more})


def export(town: Office, kind: ExportKind, year: int = 2026, actor: Actor = OPERATIONS) -> list[Any]:
    return town.send(exporting.subject_of(kind, year), ExportResults(kind, year), actor, creates=True)


def test_departments_year_is_handed_over_with_policy_revision_and_freeze_time_under_a_digest() -> None:
    town = office("donggang")
    town.results = results()
    (fact,) = export(town, ExportKind.DEPARTMENTS)
    WIRE.to_wire(fact)
    (kept,) = [row for row in town.rows if isinstance(row, Exported)]
    assert (fact.revision, fact.policy, fact.lines) == (1, "1", len(town.city.departments))
    assert fact.digest == kept.digest == sha256(kept.content.encode()).hexdigest()
    line = next(one for one in json.loads(kept.content) if one["unit"] == "housing")
    assert line == {
        "unit": "housing", "name": town.city.name_of("housing"), "composite": "88.10", "place": 1, "ranked": 9,
        "tier": "department", "policy": "1", "revision": 2, "frozen_at": "2027-01-12T00:00:00+08:00",
        "hundred_point": "87.00", "two_way": "86.67", "street_rights": None, "checked": 7, "passed": 6,
        "part_late": 2, "whistle_missed": 0, "meeting_missed": 0,
    }  # fmt: skip
    with pytest.raises(Refused, match=r"export\.unchanged"):
        export(town, ExportKind.DEPARTMENTS)
    town.results = results(scores={"housing": score("housing", "88.20")})
    (again,) = export(town, ExportKind.DEPARTMENTS)
    assert again.revision == 2


def test_nothing_is_handed_over_before_it_is_published_nor_by_anybody_else() -> None:
    town = office("donggang")
    with pytest.raises(Refused, match=r"export\.unpublished"):
        export(town, ExportKind.DEPARTMENTS)
    with pytest.raises(Refused, match=r"export\.nothing"):
        export(town, ExportKind.MEMBERS)
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        export(town, ExportKind.DEPARTMENTS, actor=Actor("department", "housing"))


def test_a_members_grade_goes_to_his_unit_and_onto_the_merit_list() -> None:
    town = office("donggang")
    graded = heard_work.ActivityAssessed("C01", "m-7", "housing", 2026, "excellent", 6, 14)
    town.hear("activity:C01:m-7", graded, "dispatch")
    (row,) = [row for row in town.rows if isinstance(row, MemberGrade)]
    town.results = results(members=(row,), stars={"housing": 4})
    export(town, ExportKind.MEMBERS)
    export(town, ExportKind.MERIT)
    members, merit = [json.loads(r.content) for r in town.rows if isinstance(r, Exported)]
    assert members == [
        {"member": "m-7", "employer": "housing", "community": "C01", "grade": "excellent", "activities": 6, "hours": 14,
         "policy": "1"}
    ]  # fmt: skip
    (line,) = merit
    assert (line["composite"], line["stars"], line["members_excellent"], line["claimed"]) == ("88.10", 4, 1, 3)


def test_nanchangs_secretaries_stand_under_their_units_with_the_years_input() -> None:
    town = office("nanchang")
    community = next(u.code for u in town.city.units.values() if u.level.value == "community")
    town.results = results(scores={community: score(community)}, given={"two_way": {community: "87.50"}},
                           missed={community: 1})  # fmt: skip
    export(town, ExportKind.SECRETARIES)
    (kept,) = [row for row in town.rows if isinstance(row, Exported)]
    line = next(one for one in json.loads(kept.content) if one["unit"] == community)
    assert (line["level"], line["composite"], line["two_way"], line["duties_missed"]) == (
        "community", "88.10", "87.50", 1,
    )  # fmt: skip


def test_the_workbook_of_results_says_tiers_in_words_and_figures_as_numbers(tmp_path: Path) -> None:
    line = dict.fromkeys(COLUMNS[ExportKind.DEPARTMENTS])
    line |= {"name": "住建局", "composite": "88.10", "tier": "department", "checked": 7, "unit": "housing"}
    workbook(tmp_path / "a.xlsx", ExportKind.DEPARTMENTS, 2026, 1, "ab" * 32, [line], city("donggang"))
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[0]
    said = {heading.value: cell.value for heading, cell in zip(sheet[3], sheet[4], strict=True)}
    assert (said["年度三率综合"], said["分档"], said["抽检件数"]) == (88.1, "职能部门和单位", 7)
    assert said["双向考核"] == "—", "what is not known is no zero"
    assert "SHA-256" in sheet.oddFooter.left.text
