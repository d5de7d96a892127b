"""The paper of a rating says what was answered in its round, in every form, and tells nobody apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from services.feedback.papers.rating import rating_paper
from services.feedback.papers.sheet import RatingSheet, rounds
from shared.city.load import load
from shared.contracts import feedback as wire
from shared.kernel.calendar import SHANGHAI
from shared.papers.paper import Form, Paper, Table
from shared.papers.pdf import pdf
from shared.papers.word import word
from shared.persistence.journal import Stated
from tests.unit.papers.reading import pdf_pages, word_text

CITY = load("donggang")
BEGIN = datetime(2026, 11, 24, 11, 5, tzinfo=SHANGHAI)
BRIEF = {"number": "DG-20261123-0042", "matter": "burst-pipe", "place": "C01-G01-B1", "handled_by": "water-company",
         "verifier": "C01-G01"}  # fmt: skip
MADE = [
    {"lead": "municipal", "dispatcher": "S01", "made_at": BEGIN - timedelta(days=1)},
    {"lead": "water-company", "dispatcher": "S01", "made_at": BEGIN - timedelta(hours=3)},
]


def at(hours: float) -> datetime:
    return BEGIN + timedelta(hours=hours)


def invited(turn: int, reporter: str, hours: float) -> Stated:
    return Stated(wire.RatingInvited(invitation="i", round=turn, reporter=reporter, until=at(hours + 168)), at(hours))


def answered(turn: int, reporter: str, hours: float, grade: int, **more: Any) -> Stated:
    said = {"invitation": "i", "contacted": True, "solved": grade > 2, "valid": True, **more}
    return Stated(wire.RatingAnswered(round=turn, reporter=reporter, grade=grade, **said), at(hours))


STORY = (
    invited(1, "r-5521", 0),
    invited(1, "r-7", 0),
    answered(1, "r-7", 2, 2),
    Stated(
        wire.DissatisfactionJudged(controllable=True, lapsed=False, judge="donggang", round=1, reporter="r-7"), at(3)
    ),
    Stated(wire.ReworkOrdered(round=1), at(3)),
    answered(1, "r-5521", 4, 5, valid=False, unscored="round_over"),
    invited(2, "r-5521", 50),
    invited(2, "r-7", 50),
    answered(2, "r-7", 52, 4),
    answered(2, "r-5521", 60, 5, by="call_back"),
    Stated(wire.RatingCompleted(round=2, outcome="rated"), at(60)),
)


def sheets(story: tuple[Stated, ...] = STORY) -> list[RatingSheet]:
    return rounds("c-1", story, BRIEF, MADE)


def filled(paper: Paper) -> dict[str, str]:
    return {e.label: e.text for block in paper.blocks if isinstance(block, Form) for row in block.rows for e in row}


def test_each_round_has_a_paper_with_its_answers_and_what_follows_from_them() -> None:
    first, second = sheets()
    assert [(a.reporter, a.grade, a.valid, a.controllable) for a in first.answers] == [
        (2, 2, True, True),
        (1, 5, False, None),
    ]
    assert (first.outcome, second.outcome) == ("rework", "rated")
    said = filled(rating_paper(first, CITY))
    assert (said["应评人数"], said["有效评价"], said["已解决"]) == ("2人", "1份", "0份")
    assert said["评价结果"] == "群众不满意，退回主办单位返工"
    assert filled(rating_paper(second, CITY))["已联系"] == "2份"


def test_it_names_the_lead_of_its_own_time() -> None:
    late = [*MADE, {"lead": "municipal", "dispatcher": "S01", "made_at": at(10)}]
    leads = [sheet.lead for sheet in rounds("c-1", STORY, BRIEF, late)]
    assert leads == ["water-company", "municipal"]


def test_an_open_round_an_unanswered_one_and_an_excluded_case_say_so() -> None:
    open_ = rating_paper(sheets(STORY[:2])[0], CITY)
    assert filled(open_)["评价结果"] == "评价中"
    assert not any(isinstance(block, Table) for block in open_.blocks)
    out = wire.ExclusionDecided(
        unit="water-company", code="force_majeure", granted=True, lapsed=False, supported_by="donggang", decided_by="x"
    )
    excluded = rating_paper(sheets((*STORY, Stated(out, at(90))))[1], CITY)
    assert filled(excluded)["申诉剔除"] == "已剔除：不可抗力"


def test_what_a_leader_s_return_visit_brought_is_told_in_words() -> None:
    visited = answered(2, "r-7", 99, 5, by="return_visit", valid=False, unscored="late")
    (told,) = (b for b in rating_paper(sheets((*STORY, visited))[1], CITY).blocks if isinstance(b, Table))
    assert told.rows[-1][1:] == ("家访回访", "已联系", "已解决", "非常满意", "11月28日 14:05", "逾期不计")


def test_every_field_is_in_both_forms_on_one_page_and_no_reporter_is() -> None:
    for sheet in sheets():
        paper = rating_paper(sheet, CITY)
        pages, typed = pdf_pages(pdf(paper)), word_text(word(paper))
        assert len(pages) == 1
        for label, text in filled(paper).items():
            assert f"{label}{''.join(text.split())}" in pages[0]
            assert label in typed
            assert text in typed
        assert "5521" not in pages[0] + typed + repr(sheet)
        assert "非常满意" in pages[0]
