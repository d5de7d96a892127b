"""The papers that travel with an order say what its facts say, in every form, and name nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from docx import Document

from services.dispatch.papers.order import assignment_paper, disposal_paper
from services.dispatch.papers.sheet import AssignmentSheet, assignments, check_reads, disposals
from shared.city.load import load
from shared.contracts import dispatch as wire
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.papers.paper import Form, Paper
from shared.papers.pdf import pdf
from shared.papers.word import word
from shared.persistence.journal import Stated
from tests.unit.papers.reading import pdf_pages, word_text

CITY = load("donggang")
BEGIN = datetime(2026, 11, 23, 9, 5, tzinfo=SHANGHAI)
SUMMARY = (
    "站前路口供水主管道爆裂，路面大量跑水，附近三栋楼停水，行人车辆难以通行，反映人希望尽快抢修并告知恢复供水的时间。"
)
STANDING = {"rung": "department", "clock": "accept"}


def at(hours: float) -> datetime:
    return BEGIN + timedelta(hours=hours)


def dispatched(assignment: int, hours: float, lead: str, **more: Any) -> Stated:
    said = {
        "status": "dispatched", "responsible": lead, "assignment": assignment, "due_at": at(hours + 1),
        "number": "DG-20261123-0042", "matter": "burst-pipe", "unit": "C01-G01-B1", "summary": SUMMARY,
        "urgent": True, "dispatcher": "S01", "rule": "pairing", **STANDING, **more,
    }  # fmt: skip
    return Stated(wire.OrderDispatched(**said), at(hours))


def accepted(assignment: int, hours: float, lead: str, *, deemed: bool = False) -> Stated:
    said = {"status": "accepted", "responsible": lead, "assignment": assignment, "due_at": at(hours + 24), **STANDING}
    return Stated(wire.OrderAccepted(handler="管网抢修班班长", deemed=deemed, **said), at(hours))


def handled(assignment: int, hours: float, what: str) -> Stated:
    said = {"status": "handled", "responsible": "C01-G01", "assignment": assignment, "due_at": at(60), **STANDING}
    done = {"done_by": "water-company", "note": what, "contacted": True, "evidence": 3, "on_time": True}
    return Stated(wire.OrderHandled(handle_due_at=at(26), **done, **said), at(hours))


def verified(hours: float, passed: bool) -> Stated:
    said = {"status": "verified", "responsible": "C01-G01", "assignment": 2, "due_at": at(60), **STANDING}
    if passed:
        fact: Any = wire.OrderVerified(verifier="C01-G01", handled_by="water-company", dispatcher="S01", **said)
    else:
        fact = wire.VerificationFailed(verifier="C01-G01", reason="路面未恢复平整", failures=1, **said)
    return Stated(fact, at(hours))


def part(hours: float, kind: type[Any], unit: str, **more: Any) -> Stated:
    said = {"status": "accepted", "responsible": "water-company", "assignment": 2, "due_at": at(26), **STANDING}
    return Stated(kind(unit=unit, **more, **said), at(hours))


STORY = (
    dispatched(1, 0, "municipal", support=("water-affairs",), rule="matter"),
    accepted(1, 1, "municipal", deemed=True),
    dispatched(2, 3, "water-company", support=("municipal", "traffic-police")),
    accepted(2, 3.5, "water-company"),
    part(6, wire.PartReleaseJudged, "traffic-police", granted=True, lapsed=False, judge="S01"),
    part(18, wire.PartLapsed, "municipal"),
    part(19, wire.PartAnswered, "municipal", note="路面开挖和回填由市政处完成。", late=True),
    handled(2, 20, "已更换破损管段六米，恢复供水。"),
    verified(22, False),
    handled(2, 25, "已更换破损管段六米，恢复供水；路面已回填压实并恢复平整，现场清理完毕。"),
    verified(26, True),
)


def filled(paper: Paper) -> dict[str, str]:
    return {e.label: e.text for block in paper.blocks if isinstance(block, Form) for row in block.rows for e in row}


def test_each_assignment_has_a_paper_of_its_own_with_its_lead_its_clocks_and_its_named_handler() -> None:
    first, second = (filled(assignment_paper(sheet, CITY)) for sheet in assignments("c-1", STORY))
    assert first["主办单位"] == CITY.name_of("municipal")
    assert first["签收时间"] == "2026年11月23日 10:05（逾时视为签收）"
    assert (first["承办岗位"], second["承办岗位"]) == ("", "管网抢修班班长")
    assert second["协办单位"] == f"{CITY.name_of('municipal')}、{CITY.name_of('traffic-police')}"
    assert second["签收时限"] == "2026年11月23日 13:05"
    assert second["办理时限"] == "2026年11月24日 12:35"
    assert second["派单依据"] == "包联部门优先（部门责任落在网格里）"
    assert second["反映内容"] == SUMMARY
    assert second["紧急程度"] == "紧急"


def test_before_it_is_accepted_the_paper_says_how_long_handling_may_take() -> None:
    (sheet,) = assignments("c-1", STORY[:1])
    budget = CITY.handle_budget("burst-pipe", next(r for r in CITY.rungs if r.value == "department"))
    assert filled(assignment_paper(sheet, CITY))["办理时限"].startswith(f"签收后{budget.amount}")


def test_an_order_of_a_meeting_says_that_it_cannot_be_handed_back_and_needs_no_matter() -> None:
    story = [dispatched(1, 0, "water-company", meeting=True, rung="meeting", matter="topic", rule="meeting",
                        handle_due_at=at(99))]  # fmt: skip
    said = filled(assignment_paper(assignments("c-1", story)[0], CITY))
    assert "不得退单" in said["办理要求"]
    assert (said["事项"], said["办理时限"]) == ("联席会议议题", "2026年11月27日 12:05")


def test_each_finish_has_a_paper_of_its_own_with_what_its_verification_found() -> None:
    first, second = (filled(disposal_paper(sheet, CITY)) for sheet in disposals("c-1", STORY))
    assert first["核查结果"].endswith("核查未通过，返工：路面未恢复平整")
    assert second["核查结果"].endswith("核查通过")
    assert second["处置情况"].startswith("已更换破损管段六米，恢复供水；路面")
    assert (second["办结时间"], second["是否按期"], second["佐证材料"]) == ("2026年11月24日 10:05", "按期办结", "3件")
    assert filled(disposal_paper(disposals("c-1", STORY[:8])[0], CITY))["核查结果"] == "待核查"


def test_the_disposal_paper_tells_what_each_supporting_department_did() -> None:
    sheet = disposals("c-1", STORY)[-1].assignment
    assert [(one.unit, one.state) for one in sheet.parts] == [("municipal", "late"), ("traffic-police", "released")]
    assert filled(disposal_paper(disposals("c-1", STORY)[-1], CITY))["协办情况"].splitlines() == [
        f"{CITY.name_of('municipal')}：路面开挖和回填由市政处完成（11月24日 04:05 逾期答复）。",
        f"{CITY.name_of('traffic-police')}：同意免办（11月23日 15:05）。",
    ]
    lapsed = disposals("c-1", (*STORY[:4], STORY[5], STORY[7]))[0].assignment
    assert [one.state for one in lapsed.parts] == ["lapsed", "open"]
    alone = disposals("c-1", (dispatched(1, 0, "municipal", rule="matter"), *STORY[3:4], handled(1, 20, "已办")))
    assert "协办情况" not in filled(disposal_paper(alone[0], CITY))


def test_every_field_is_in_the_pdf_and_in_the_word_document_on_one_page() -> None:
    papers = [assignment_paper(assignments("c-1", STORY)[-1], CITY), disposal_paper(disposals("c-1", STORY)[-1], CITY)]
    for paper in papers:
        pages, typed = pdf_pages(pdf(paper)), word_text(word(paper))
        assert len(pages) == 1
        for label, text in filled(paper).items():
            assert "".join(label.split()) in pages[0]
            assert label in typed
            for line in text.splitlines():
                assert "".join(line.split()) in pages[0]
                assert line in typed
        assert f"（盖章）{paper.signed_on:%Y}年" in pages[0]


def test_a_seal_never_stands_on_a_page_alone() -> None:
    sheet = assignments("c-1", STORY)[-1]
    long = [assignment_paper(replace(sheet, summary=SUMMARY * times), CITY) for times in (3, 5)]
    pages = [pdf_pages(pdf(paper)) for paper in long]
    assert [len(one) for one in pages] == [1, 2]
    assert pages[1][1].startswith("承办岗位")
    assert "（盖章）" in pages[1][1]
    *rows, last = Document(BytesIO(word(long[1]))).tables[0].rows
    assert all(line.paragraph_format.keep_with_next for cell in last.cells for line in cell.paragraphs)
    assert not any(line.paragraph_format.keep_with_next for line in rows[0].cells[0].paragraphs)
    found = replace(disposals("c-1", STORY)[-1], passed=False, failed_for="瑕" * 2000)
    assert "".join(pdf_pages(pdf(disposal_paper(found, CITY)))).count("瑕") == 2000


def reads(kind: str, code: str, sheet: AssignmentSheet) -> bool:
    try:
        check_reads(Actor(kind, code), sheet, CITY)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "code", "may"),
    [
        ("operations", "desk", True), ("department", "water-company", True), ("department", "traffic-police", True),
        ("department", "water-affairs", False), ("unit", "S01", True), ("unit", "C01", True), ("unit", "S02", False),
        ("unit", "donggang", True), ("resident", "app", False), ("source", "hotline", False),
        ("unit", "nowhere", False),
    ],
)  # fmt: skip
def test_a_paper_is_read_by_those_whose_order_it_is_and_those_above(kind: str, code: str, may: bool) -> None:
    assert reads(kind, code, assignments("c-1", STORY)[1]) is may
