"""A paper says the same as PDF and as Word, whatever it says."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from docx import Document
from docx.shared import Mm
from pypdf import PdfReader

from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.papers.faces import WANTED, choose, faces, without_boxes
from shared.papers.paper import Chart, Column, Heading, Labelled, Paper, Table, Text, numbered, numeral
from shared.papers.pdf import pdf, picture
from shared.papers.word import word
from tests.unit.papers.reading import pdf_pages, pdf_text, word_footers, word_text

HEAD = "台账链首 第128条 " + "30f0" * 16
SNARES = [
    "=1+1",
    '#eval("1")',
    "*星* _下_ `码` $x^2$",
    '<b>标签</b> & "引号"',
    "@someone <label> \\u{41} // 注",
    "]]> {} #{ }",
]


def paper(*blocks: object, **more: object) -> Paper:
    said = {"agency": "红旗街道联席会", "title": "会议纪要", "foot": HEAD, **more}
    return Paper(blocks=blocks, **said)  # type: ignore[arg-type]


def test_every_part_is_in_both_forms() -> None:
    full = paper(
        Heading("一、议题"),
        Heading("（一）关于排水的议题", 2),
        Text("第一段\n第二段"),
        Labelled("出席", "甲、乙"),
        Table((Column("单位", 2), Column("件数", 1, True)), (("红旗社区", "12"),), "各单位件数"),
        number="〔2026〕第3号",
        recipients="各成员单位",
        signed="红旗街道",
        signed_on=date(2026, 3, 31),
        copies="市委组织部",
        issued_by="联络办公室",
        issued_on=date(2026, 4, 1),
    )
    parts = [
        *("红旗街道联席会", "〔2026〕第3号", "会议纪要", "各成员单位：", "一、议题", "（一）关于排水的议题"),
        *("第一段", "第二段", "出席：", "甲、乙", "各单位件数", "单位", "件数", "红旗社区", "12"),
        *("红旗街道", "2026年3月31日", "抄送：", "市委组织部", "联络办公室", "2026年4月1日印发"),
    ]
    set_, typed = pdf_text(pdf(full)), word_text(word(full))
    for part in parts:
        assert part in set_, part
        assert part in typed, part


def test_the_head_of_the_ledger_and_the_page_number_are_on_every_page() -> None:
    long = paper(*(Text(f"第{n}段" + "长" * 300) for n in range(12)))
    pages = pdf_pages(pdf(long))
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert "".join(HEAD.split()) in page
        assert f"—{number}—" in page
    for footer in word_footers(word(long)):
        assert HEAD in footer
        assert footer.startswith("—  —")


@pytest.mark.parametrize("snare", SNARES)
def test_no_text_is_taken_for_markup(snare: str) -> None:
    trapped = paper(Text(snare), Labelled(snare, snare), Table((Column(snare, 1),), ((snare,),)), title=snare)
    assert pdf_text(pdf(trapped)).count("".join(snare.split())) >= 5
    assert word_text(word(trapped)).count(snare) == 6


def test_characters_that_no_file_can_hold_are_left_out() -> None:
    dirty = paper(Text("前\x00\x0b\x1f后\ud800。"))
    assert "前后。" in pdf_text(pdf(dirty))
    assert "前后。" in word_text(word(dirty))


def test_a_very_long_text_is_there_to_its_end() -> None:
    long = "、".join(f"第{n}项" for n in range(5000))
    assert "第4999项" in pdf_text(pdf(paper(Text(long))))
    assert word_text(word(paper(Text(long)))).endswith("第4999项")


def test_the_page_has_the_official_proportions() -> None:
    made = paper(Text("正文"))
    page = PdfReader(BytesIO(pdf(made))).pages[0].mediabox
    assert [round(float(side) / 72 * 25.4) for side in (page.width, page.height)] == [210, 297]
    section = Document(BytesIO(word(made))).sections[0]
    assert [section.top_margin, section.bottom_margin, section.left_margin, section.right_margin] == pytest.approx(
        [Mm(37), Mm(35), Mm(28), Mm(26)], rel=0.001
    )


def test_a_row_of_a_table_stays_on_one_page_unless_no_page_holds_it() -> None:
    columns = (Column("进展", 1), Column("件数", 6))
    rows = tuple((f"起{n}" + "长" * 60 + f"止{n}", "") for n in range(24))
    pages = pdf_pages(pdf(paper(Table(columns, rows))))
    assert len(pages) > 3
    for n in range(24):
        assert any(f"起{n}长" in page and f"止{n}" in page for page in pages), n
    endless = paper(Table(columns, (("起" + "长" * 3000 + "止", ""),)))
    assert "止" in pdf_pages(pdf(endless))[-1]


def test_the_number_of_a_meeting_is_not_torn_apart_in_a_title() -> None:
    title = "关于召开锦江畔小区网格民主议事协商会第1次会议的通知"
    for said, shown in ((title, title.replace("第1次", "\n第1次")), ("第1次会议纪要", "第1次会议纪要")):
        assert shown in [p.text for p in Document(BytesIO(word(paper(title=said)))).paragraphs]
        assert "".join(said.split()) in pdf_text(pdf(paper(title=said)))


def test_a_chart_draws_no_bar_where_there_is_no_value() -> None:
    chart = Chart("综合得分", "分", ("甲", "乙"), (("综合", (82.4, None)),), 100, 2)
    text = pdf_text(pdf(paper(chart)))
    assert "82.40分" in text
    assert text.count("—") == 3  # two of the page number, one for what is not known
    assert picture(chart).startswith(b"\x89PNG")
    assert len(Document(BytesIO(word(paper(chart)))).inline_shapes) == 1


def test_the_same_paper_is_the_same_file() -> None:
    assert pdf(paper(Text("正文"))) == pdf(paper(Text("正文")))


def test_without_a_chinese_font_the_missing_one_is_named() -> None:
    with pytest.raises(Refused) as refused:
        choose(["DejaVu Sans", "Liberation Serif"])
    assert refused.value.rule == "paper.no_font"
    for said in words(refused.value.rule, refused.value.params):
        assert "Noto Serif SC" in said
        assert "fonts-noto-cjk" in said


def test_the_faces_of_the_office_come_before_the_free_ones() -> None:
    free = [WANTED[role][-1] for role in ("body", "heading")]
    chosen = choose([*free, "Noto Serif SC", "FangSong", "SimHei"])
    assert chosen["body"][0] == "FangSong"
    assert chosen["heading"][0] == "SimHei"


def test_what_no_face_draws_is_named_instead_of_boxed() -> None:
    assert faces()["body"]
    assert without_boxes("红旗街道㙍①〔2026〕") == "红旗街道㙍①〔2026〕"
    assert without_boxes("前\U000e0041后") == "前〔U+E0041〕后"


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (100, "一百"), (105, "一百零五"), (110, "一百一十"),
     (300, "三百"), (1001, "一千零一"), (1010, "一千零一十"), (2026, "二千零二十六")],
)  # fmt: skip
def test_headings_are_numbered_in_chinese(number: int, said: str) -> None:
    assert numeral(number) == said


def test_the_second_level_is_numbered_in_brackets() -> None:
    assert numbered(["甲", "乙"]) == ["一、甲", "二、乙"]
    assert numbered(["甲"], level=2) == ["（一）甲"]
    with pytest.raises(ValueError, match="not numbered"):
        numeral(0)


def test_the_last_words_stay_with_the_signature() -> None:
    said = [Text(f"第{number}段：请各单位按期整改。") for number in range(12)]
    signed = paper(*said, signed="指挥中心", signed_on=date(2026, 3, 31))
    last = pdf_pages(pdf(signed))[-1]
    assert ("指挥中心" in last, "第11段" in last) == (True, True)
    lines = {line.text: line for line in Document(BytesIO(word(signed))).paragraphs}
    assert lines["第11段：请各单位按期整改。"].paragraph_format.keep_with_next
