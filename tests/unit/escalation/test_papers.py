"""What ledgers and minutes say as papers is what the records say, and nothing else."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from services.escalation.domain.correcting import CorrectRecord
from services.escalation.domain.meeting import MeetingStatus
from services.escalation.domain.topic import EntryStatus
from services.escalation.papers.entry import Line, decision_words, entry
from services.escalation.papers.ledger import COLUMNS, NAMES
from services.escalation.papers.minutes import earlier_row, minutes, supplement
from services.escalation.papers.notice import notice
from services.escalation.papers.words import CAUSES, DECISIONS, DECLINE_REASONS
from shared.contracts.dispatch import Cause
from shared.contracts.escalation import DecisionKind, DeclineReason
from shared.papers.paper import Heading, Labelled, Table, Text, chinese_day
from shared.papers.pdf import pdf
from shared.papers.word import word
from tests.unit.escalation.clerk import about, cover, ledger_file, lines, row, sitting, year_paper
from tests.unit.escalation.hall import COMMUNITY, ESTATE, Hall, unit
from tests.unit.papers.reading import pdf_pages, pdf_text, word_footers, word_text

OFFICIAL = [
    "序号", "议题编号", "议题", "来源案件", "提出单位", "提出日期", "事由",
    "已采取措施", "拟请牵头/配合", "上会次数", "会议与纪要编号", "议定意见",
    "牵头", "配合", "时限", "上移日期与去向", "上级答复",
    "办理结果", "核查与评价", "反馈日期", "销号日期",
]  # fmt: skip


def risen() -> Hall:
    """Deferred once in the estate, moved up, resolved by the community, closed, written off from the top down."""
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "defer")
    hall.decide_at(ESTATE, "move_up")
    hall.decide_at(COMMUNITY, "resolve", support=(ESTATE,))
    hall.acknowledge(ESTATE)
    hall.tell(ESTATE)
    hall.close()
    hall.write_off(COMMUNITY)
    hall.write_off(ESTATE)
    return hall


def labels(blocks: object) -> dict[str, str]:
    return {block.label: block.text for block in blocks if isinstance(block, Labelled)}  # type: ignore[attr-defined]


def test_the_columns_are_the_official_ones() -> None:
    assert [column.title for column in COLUMNS] == OFFICIAL
    assert len(NAMES) == len(COLUMNS)


def test_every_code_of_the_rules_has_words() -> None:
    assert set(DECISIONS) >= {kind.value for kind in DecisionKind}
    assert set(DECLINE_REASONS) >= {reason.value for reason in DeclineReason}
    assert set(CAUSES) >= {cause.value for cause in Cause}


def test_a_row_tells_the_whole_way_of_a_topic_in_the_ledger_where_it_started() -> None:
    hall = risen()
    made = row(hall, ESTATE)
    body = hall.city.bodies[COMMUNITY].name
    assert (made.topic, made.summary, made.cases) == (hall.topic().id, "地下室返污水", "DG-c-1")
    assert (made.proposer, made.proposed_on) == (hall.city.name_of(ESTATE), date(2026, 1, 5))
    assert (made.cause, made.meetings) == ("经确认无法办理", 2)
    first, second = made.minutes.split("\n")
    assert first.endswith("纪要〔2026〕第1号")
    assert second.startswith("第2次会议")
    deferred, moved = made.decision.split("\n")
    assert "暂缓；理由：等待勘测结果" in deferred
    assert moved.endswith("上移上一级联席会；已采取措施：已三次协商；理由：管线权属不在本级；请求事项：请明确养护单位")
    assert made.moved_up.endswith(f"上移{body}")
    assert made.answer_above.startswith(body)
    assert "明确牵头单位办理；完成标准：管道疏通并录像" in made.answer_above
    assert made.result.endswith("上级已销号")
    assert made.written_off_on is not None
    assert (made.lead, made.due_on) == ("", None), "nobody was made to lead here"


def test_a_row_of_the_level_above_names_the_body_below_the_lead_and_the_deadline() -> None:
    hall = risen()
    made = row(hall, COMMUNITY)
    assert made.proposer == hall.city.bodies[ESTATE].name
    assert made.lead == hall.city.name_of(COMMUNITY)
    assert made.support == hall.city.name_of(ESTATE)
    order = next(hall.body_of(r) for r in hall.records(COMMUNITY) if r.kind == "decided")
    assert made.due_on == date.fromisoformat(order["due_on"])
    assert made.result.endswith("办结结案")
    assert made.told_on is not None
    assert (made.moved_up, made.answer_above) == ("", "")


def test_what_has_not_happened_is_empty() -> None:
    hall = Hall()
    hall.escalate()
    made = row(hall, ESTATE)
    unknown = (made.minutes, made.decision, made.lead, made.due_on, made.result, made.told_on, made.written_off_on)
    assert not any(unknown)
    assert made.meetings == 0


def test_a_meeting_that_was_missed_is_not_counted() -> None:
    hall = Hall()
    hall.escalate()
    opens = hall.convened(ESTATE).opens_at
    hall.advance(opens + timedelta(days=2))
    assert "missed" in hall.kinds(ESTATE)
    assert row(hall, ESTATE).meetings == 0


def test_words_of_persons_are_masked_and_erased_ones_are_said_to_be() -> None:
    said = decision_words({"decision": "defer", "words": "a" * 64}, '{"why":"请联系13912345678"}')
    assert "13912345678" not in said
    assert decision_words({"decision": "defer", "words": "a" * 64}, None) == f"暂缓；原文已删除，摘要 {'a' * 12}"


def test_the_workbook_has_a_sheet_per_body_with_the_head_of_its_chain(tmp_path: Path) -> None:
    hall = risen()
    book = load_workbook(ledger_file(hall, tmp_path / "a.xlsx", "xlsx", ESTATE, COMMUNITY))
    names = [hall.city.name_of(code) for code in (ESTATE, COMMUNITY)]
    assert book.sheetnames == ["目录", *names]
    contents = [[cell.value for cell in line] for line in book["目录"].iter_rows(min_row=4)]
    assert [(line[1], line[2], line[4]) for line in contents] == [
        (cover(hall, code).body, 1, cover(hall, code).hash) for code in (ESTATE, COMMUNITY)
    ]
    for code, name in zip((ESTATE, COMMUNITY), names, strict=True):
        sheet = book[name]
        assert [cell.value for cell in sheet[3]] == OFFICIAL
        assert sheet.freeze_panes == "D4"
        assert sheet.print_title_rows == "$1:$3"
        assert sheet.page_setup.orientation == "landscape"
        assert cover(hall, code).hash in sheet.oddFooter.left.text
        assert sheet["B4"].value == hall.topic().id
        assert sheet["L4"].value == row(hall, code).decision
        assert sheet["U4"].value.date() == row(hall, code).written_off_on


def test_csv_and_json_say_the_same(tmp_path: Path) -> None:
    hall = risen()
    with ledger_file(hall, tmp_path / "a.csv", "csv", ESTATE, COMMUNITY).open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    whole = json.loads(ledger_file(hall, tmp_path / "a.json", "json", ESTATE, COMMUNITY).read_text("utf-8"))
    assert [line["议题编号"] for line in table] == [hall.topic().id] * 2
    assert [ledger["unit"] for ledger in whole["ledgers"]] == [ESTATE, COMMUNITY]
    for line, ledger in zip(table, whole["ledgers"], strict=True):
        (each,) = ledger["entries"]
        assert ledger["hash"] == hall.states[f"ledger:{ledger['unit']}"].hash
        assert tuple(each) == NAMES
        for name, column in zip(NAMES, OFFICIAL, strict=True):
            assert line[column] == ("" if each[name] is None else str(each[name]))


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_a_summary_that_looks_like_a_formula_stays_a_text(tmp_path: Path, form: str) -> None:
    hall = Hall()
    hall.escalate()
    hall.states["c-1"] = hall.topic().__class__(**{**_fields(hall.topic()), "summary": "=1+1"})
    path = ledger_file(hall, tmp_path / f"a.{form}", form, ESTATE)
    if form == "xlsx":
        cell = load_workbook(path).worksheets[1]["C4"]
        assert (cell.value, cell.data_type) == ("=1+1", "s")
    elif form == "csv":
        assert ",'=1+1," in path.read_text("utf-8-sig")
    else:
        assert json.loads(path.read_text("utf-8"))["ledgers"][0]["entries"][0]["summary"] == "=1+1"


def test_a_body_without_topics_still_has_its_sheet(tmp_path: Path) -> None:
    hall = risen()
    path = ledger_file(hall, tmp_path / "a.json", "json", ESTATE, cases=())
    assert json.loads(path.read_text("utf-8"))["ledgers"][0]["entries"] == []
    assert load_workbook(ledger_file(hall, tmp_path / "a.xlsx", "xlsx", ESTATE, cases=())).worksheets[1].max_row == 3


def test_signed_minutes_give_every_topic_with_its_decision_and_the_head_of_the_ledger() -> None:
    hall = Hall()
    hall.escalate("c-1")
    hall.escalate("c-2", cause="overdue")
    meeting = hall.held(ESTATE)
    helper = hall.city.children(ESTATE)[0].code
    hall.record(
        meeting,
        hall.decision(hall.topic("c-1").id, "resolve", support=(helper,)),
        hall.decision(hall.topic("c-2").id, "decline"),
    )
    hall.adopt(meeting)
    paper = minutes(sitting(hall, meeting, adopted_at=hall.now.isoformat()))
    state = hall.states[meeting.id]
    assert paper.agency == f"{hall.city.bodies[ESTATE].name}会议纪要"
    assert paper.foot == f"台账链首 第{state.ledger_seq}条 {state.ledger_hash}"
    headings = [block.text for block in paper.blocks if isinstance(block, Heading) and block.level == 2]
    assert headings == [
        f"（一）地下室返污水（{hall.topic('c-1').id}）",
        f"（二）地下室返污水（{hall.topic('c-2').id}）",
    ]
    first = labels(paper.blocks[: paper.blocks.index(Heading(headings[1], 2))])
    assert first["报告单位"] == hall.city.name_of(ESTATE)
    assert first["议定意见"] == "明确牵头单位办理"
    assert first["牵头单位"] == hall.city.name_of(ESTATE)
    assert first["配合单位"] == hall.city.name_of(helper)
    assert first["完成时限"] == chinese_day(state.decisions[0].due_on)
    said = labels(paper.blocks)
    assert said["议定意见"] == "不予办理并答复（不属公共事务）"
    assert said["答复"] == "属于业主之间的约定事项"
    assert said["出席"] == "小区党支部、物业服务企业、业主委员会"
    assert "缺席" not in said
    text = pdf_text(pdf(paper))
    assert state.ledger_hash in text
    assert all(state.ledger_hash in footer for footer in word_footers(word(paper)))
    assert "签发：" in text


def test_minutes_before_adoption_are_marked_as_a_draft_and_show_what_is_still_open() -> None:
    hall = Hall()
    hall.escalate()
    meeting = hall.held(ESTATE)
    paper = minutes(sitting(hall, meeting))
    assert paper.title.endswith("（送审稿）")
    assert "未签发" in paper.foot
    assert labels(paper.blocks)["议定意见"] == "尚未记录"
    assert not paper.signed


def test_minutes_begin_with_the_state_of_earlier_decisions_as_it_was_then() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "resolve")
    meeting = hall.held(ESTATE)
    hall.close()
    seen = sitting(hall, meeting)
    topic = hall.topic().id
    earlier = earlier_row(seen, topic, about(hall), lines(hall, topic))
    assert (earlier[0], earlier[2], earlier[4]) == (topic, hall.city.name_of(ESTATE), "落实中"), "closed later"
    (table,) = [block for block in minutes(seen, [earlier]).blocks if isinstance(block, Table)]
    assert table.rows == (earlier,)
    assert any(isinstance(b, Text) and b.text == "本次会议没有议题。" for b in minutes(seen, [earlier]).blocks)


def test_three_hundred_topics_are_in_one_minutes() -> None:
    hall = Hall()
    for number in range(300):
        hall.escalate(f"c-{number}")
    meeting = hall.held(ESTATE)
    seen = sitting(hall, meeting)
    assert len(seen.topics) == 300
    paper = minutes(seen)
    pages = pdf_pages(pdf(paper))
    assert len(pages) > 30
    assert "（三百）地下室返污水" in "".join(pages)
    assert all(f"—{number}—" in page for number, page in enumerate(pages, start=1))
    assert "（三百）地下室返污水" in word_text(word(paper))


def test_a_notice_holds_the_whole_agenda() -> None:
    hall = Hall()
    hall.escalate("c-1")
    hall.escalate("c-2")
    meeting = hall.convened(ESTATE)
    assert meeting.status is MeetingStatus.CONVENED
    paper = notice(sitting(hall, meeting))
    text = pdf_text(pdf(paper))
    assert paper.title == f"关于召开{hall.city.bodies[ESTATE].name}第{meeting.number}次会议的通知"
    for case in ("c-1", "c-2"):
        assert hall.topic(case).id in text
    assert "听取以往议定事项落实情况" in text
    assert "小区党支部、物业服务企业、业主委员会" in text
    assert "9时30分" in text


def test_the_annual_summary_counts_what_the_records_say() -> None:
    hall = risen()
    hall.escalate("c-9")
    paper = year_paper(hall, ESTATE, 2026, "c-1", "c-9")
    text = "".join(block.text for block in paper.blocks if isinstance(block, Text))
    assert "上年结转议题0件，本年新增2件（其中下级上移0件）" in text
    assert "会议议定2项" in text
    assert "本级办结0件，答复0件，上移1件，上移后由上级解决1件，销号1件，撤回0件，年末结转1件" in text
    above = year_paper(hall, COMMUNITY, 2026, "c-1")
    assert "本年新增1件（其中下级上移1件）" in "".join(b.text for b in above.blocks if isinstance(b, Text))
    (table,) = [block for block in paper.blocks if isinstance(block, Table)]
    assert [(line[0], line[4]) for line in table.rows] == [(hall.topic("c-9").id, "待议")], "what is not over yet"
    assert hall.records(ESTATE)[-1].hash in pdf_text(pdf(paper))


def test_a_topic_that_ended_in_an_earlier_year_is_not_in_the_summary() -> None:
    hall = risen()
    paper = year_paper(hall, ESTATE, 2027, "c-1")
    assert not [block for block in paper.blocks if isinstance(block, Table)]
    assert EntryStatus.WRITTEN_OFF in {each.status for each in hall.topic().entries}


def _fields(topic: object) -> dict[str, object]:
    return {name: getattr(topic, name) for name in topic.__dataclass_fields__}  # type: ignore[attr-defined]


def test_a_supplement_adds_to_signed_minutes_and_says_that_they_stay() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "defer")
    meeting = hall.meetings(ESTATE, MeetingStatus.ADOPTED)[0]
    paper = supplement(sitting(hall, meeting), 1, "联系人电话13912345678", hall.now, "台账链首 第9条 ab")
    text = pdf_text(pdf(paper))
    assert "补充一" in paper.number
    assert "原纪要及其议定意见不变" in text
    assert "联系人电话13912345678" in text, "who may read words in full, the route knows"
    assert "第9条" in paper.foot
    assert "原文已删除" in pdf_text(pdf(supplement(sitting(hall, meeting), 1, None, hall.now, "")))


def test_a_correction_stands_in_the_row_of_its_topic() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "defer")
    wrong = next(record for record in hall.records(ESTATE) if record.kind == "decided")
    hall.send(f"ledger:{ESTATE}", CorrectRecord(seq=wrong.seq, why="纪要编号写错"), unit(ESTATE))
    assert f"更正第{wrong.seq}条记录：纪要编号写错" in row(hall, ESTATE).result


def line(kind: str, words: str | None = None, **body: object) -> Line:
    return Line(ESTATE, 1, "2026-01-05T09:00:00+08:00", kind, json.dumps(body), words)


@pytest.mark.parametrize(
    ("lines_", "said"),
    [
        ([line("returned", '{"why":"先派单"}', step="dispatch")], "不予列入，应派单：先派单"),
        ([line("combined", into="T-2")], "并入T-2"),
        ([line("combined", cases=["c-1"], **{"from": "T-2"})], "T-2并入本议题"),
        ([line("withdrawn", '{"why":"已自行解决"}', by=ESTATE)], "撤回（锦江畔小区网格）：已自行解决"),
        ([line("reopened", cause="new_facts")], "重新上会（出现新情况）"),
    ],
)
def test_every_way_out_of_a_ledger_has_words(lines_: list[Line], said: str) -> None:
    hall = Hall()
    made = entry(ESTATE, "T-1", {}, [line("proposed", by=ESTATE, cases=[]), *lines_], hall.city)
    assert made.result == f"2026-01-05 {said}"
    assert made.proposer == hall.city.name_of(ESTATE)


def test_a_meeting_called_again_after_a_missing_quorum_counts_once() -> None:
    hall = Hall()
    named = {"meeting": "meeting:C01-G01:4"}
    steps = [line(kind, **named) for kind in ("tabled", "missed", "tabled")]
    made = entry(ESTATE, "T-1", {}, [line("raised", cases=["c-1"], cause="unable"), *steps], hall.city)
    assert made.meetings == 1


def test_a_topic_without_a_case_says_what_kind_it_is() -> None:
    hall = Hall()
    made = entry(ESTATE, "T-1", {"kind": "funding", "number": "X"}, [line("proposed", by=ESTATE, cases=[])], hall.city)
    assert made.cases == "无（经费事项）"
