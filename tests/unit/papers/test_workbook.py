"""A workbook is official in layout, and nothing that a person wrote comes to life in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.chart import BarChart, LineChart

from shared.papers.paper import Column
from shared.papers.workbook import A3, LONGEST_TEXT, Bars, Workbook, inert, shortened

COLUMNS = (Column("序号", 6), Column("议题", 30), Column("提出日期", 12))
HASH = "ab" * 32


def write(path: Path, *rows: tuple[object, ...], names: tuple[str, ...] = ("红旗街道",)) -> None:
    book = Workbook(path, "台账")
    for name in names:
        sheet = book.sheet(name, "议题台账", COLUMNS, subtitle="截至今日", foot=f"第1条 {HASH}", frozen=2, paper=A3)
        for row in rows:
            sheet.row(row)  # type: ignore[arg-type]
    book.close()


def test_a_sheet_is_ready_to_print(tmp_path: Path) -> None:
    write(tmp_path / "a.xlsx", (1, "排水", date(2026, 3, 27)))
    sheet = load_workbook(tmp_path / "a.xlsx")["红旗街道"]
    assert sheet["A1"].value == "议题台账"
    assert sheet["A2"].value == "截至今日"
    assert [cell.value for cell in sheet[3]] == ["序号", "议题", "提出日期"]
    assert [sheet["A4"].value, sheet["B4"].value, sheet["C4"].value.date()] == [1, "排水", date(2026, 3, 27)]
    assert sheet.freeze_panes == "C4"
    assert sheet.print_title_rows == "$1:$3"
    assert sheet.page_setup.orientation == "landscape"
    assert int(sheet.page_setup.paperSize) == A3
    assert sheet.page_setup.fitToWidth in (None, 1)  # one page wide is what the format takes for granted
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert HASH in sheet.oddFooter.left.text
    assert "&P" in sheet.oddFooter.right.text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "http://example.invalid"])
def test_a_text_stays_a_text(tmp_path: Path, text: str) -> None:
    write(tmp_path / "a.xlsx", (1, text, None))
    cell = load_workbook(tmp_path / "a.xlsx")["红旗街道"]["B4"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    assert cell.quotePrefix is (text[0] in "=+-@")


def test_csv_has_no_types_so_a_quote_makes_a_text_inert() -> None:
    assert inert("=1+1") == "'=1+1"
    assert inert("排水") == "排水"


def test_what_is_not_known_is_an_empty_cell(tmp_path: Path) -> None:
    write(tmp_path / "a.xlsx", (1, "", None))
    sheet = load_workbook(tmp_path / "a.xlsx")["红旗街道"]
    assert [sheet["B4"].value, sheet["C4"].value] == [None, None]


def test_a_text_too_long_for_a_cell_says_that_it_was_cut(tmp_path: Path) -> None:
    assert shortened("长" * LONGEST_TEXT) == "长" * LONGEST_TEXT
    write(tmp_path / "a.xlsx", (1, "长" * 40_000, None))
    said = load_workbook(tmp_path / "a.xlsx")["红旗街道"]["B4"].value
    kept = said.count("长")
    assert len(said) <= LONGEST_TEXT
    assert said.endswith(f"（其余{40_000 - kept}字未列）")


def test_every_body_has_a_sheet_of_its_own_whatever_it_is_called(tmp_path: Path) -> None:
    names = ("红旗街道", "红旗街道", "a/b:c*?[d]", "'", "很长" * 30, "很长" * 30)
    write(tmp_path / "a.xlsx", names=names)
    found = load_workbook(tmp_path / "a.xlsx").sheetnames
    assert found[:4] == ["红旗街道", "红旗街道(2)", "abcd", "表"]
    assert len(found) == len(set(found)) == 6
    assert all(len(name) <= 31 for name in found)


def test_a_chart_stands_below_the_rows_it_draws(tmp_path: Path) -> None:
    book = Workbook(tmp_path / "a.xlsx")
    sheet = book.sheet("得分", "得分", (Column("单位", 10), Column("综合", 8)))
    sheet.row(("甲", 82.44))
    sheet.row(("乙", None))
    sheet.chart(Bars("综合得分", 0, (1,)))
    book.close()
    (chart,) = load_workbook(tmp_path / "a.xlsx")["得分"]._charts
    assert chart.anchor._from.row >= 5


def test_a_chart_draws_the_first_rows_alone_and_time_as_lines(tmp_path: Path) -> None:
    book = Workbook(tmp_path / "a.xlsx")
    for name, bars in (("得分", Bars("得分", 0, (1,), rows=3)), ("走势", Bars("走势", 0, (1,), over_time=True))):
        sheet = book.sheet(name, name, (Column("单位", 10), Column("综合", 8)))
        for number in range(9):
            sheet.row((f"第{number}", 90.0 - number))
        sheet.chart(bars)
    book.close()
    best, course = (sheet._charts[0] for sheet in load_workbook(tmp_path / "a.xlsx").worksheets)
    assert (type(best), best.series[0].val.numRef.f) == (BarChart, "得分!$B$4:$B$6")
    assert (type(course), course.series[0].val.numRef.f) == (LineChart, "走势!$B$4:$B$12")


def test_a_row_is_as_high_as_its_longest_text(tmp_path: Path) -> None:
    write(tmp_path / "a.xlsx", (1, "短", None), (2, "长" * 60, None), (3, "一\n二\n三", None), (4, "长" * 9000, None))
    sheet = load_workbook(tmp_path / "a.xlsx")["红旗街道"]
    one, long, three, most = (sheet.row_dimensions[row].height for row in (4, 5, 6, 7))
    assert one < three < long < most <= 409
