"""A bulletin says what was published, in every form, and nothing that was not."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from services.feedback.papers.bulletin import SHEET, bulletin, workbook
from services.feedback.papers.card import RATES, peers, period_words
from shared.city.load import load
from shared.contracts.feedback import Ratio, ScorePublished
from shared.papers.paper import Chart, Heading, Table, Text
from shared.papers.pdf import pdf
from shared.papers.word import word
from tests.unit.papers.reading import pdf_text, word_text

AT = datetime(2026, 12, 9, 10, tzinfo=UTC)
STREETS = ("S01", "S02", "S03")


@cache
def donggang() -> Any:
    return load("donggang")


def ratio(percent: str | None) -> Ratio:
    return Ratio(numerator="1", denominator=50 if percent else 0, percent=percent)


def card(unit: str, kind: str, composite: str | None, place: int | None = None, **more: Any) -> dict[str, Any]:
    """Return a score as the table holds it."""
    said: dict[str, Any] = {
        "unit": unit, "period": "2026-11", "policy": "1", "asked": 64, "response": ratio("94.00"),
        "resolution": ratio("78.26"), "satisfaction": ratio("84.78" if composite else None), "composite": composite,
        "few": False, "kind": kind, "tier": kind, "coverage": ratio("78.13"), "revision": 1, "place": place,
        "frozen_at": AT, **more,
    }  # fmt: skip
    return ScorePublished(**said).model_dump(mode="json")


def month() -> list[dict[str, Any]]:
    rates = {name: ratio("12.50") for name in RATES} | {"mediation": ratio(None)}
    return [
        card("S02", "street", "90.00", 2),
        card("S03", "street", "82.44", few=True, revision=2, excluded=4),
        card("S01", "street", "92.31", 1, rates=rates),
        card("housing", "department", None),
        card("donggang", "city", "85.00", rates=rates),
        card("C01-G01", "grid", "77.00", 1),
    ]


def test_peers_stand_by_kind_and_place_and_those_without_a_place_last() -> None:
    assert [(name, [c["unit"] for c in members]) for name, members in peers(month())] == [
        ("全市", ["donggang"]),
        ("街道", ["S01", "S02", "S03"]),
        ("网格", ["C01-G01"]),
        ("职能部门和单位", ["housing"]),
    ]


def test_a_tier_of_its_own_is_named() -> None:
    found = peers(
        [card("C01", "community", "90.00", 1, tier="老城"), card("C02", "community", "80.00", 1, tier="新城")]
    )
    assert [name for name, _ in found] == ["社区（新城）", "社区（老城）"]


def test_the_document_has_tables_and_charts_of_every_tier_but_the_grids() -> None:
    city = donggang()
    earlier = card("donggang", "city", "80.00", period="2026-10")
    paper = bulletin("2026-11", month(), [earlier, month()[4]], AT, city)
    assert [block.text for block in paper.blocks if isinstance(block, Heading)] == [
        "一、总体情况", "二、街道评价情况", "三、职能部门和单位评价情况", "四、说明",
    ]  # fmt: skip
    trend, streets = [block for block in paper.blocks if isinstance(block, Chart)]
    assert (trend.labels, trend.series[0][1]) == (("2026年10月", "2026年11月"), (80.0, 85.0))
    assert (streets.labels, streets.series[0][1]) == (tuple(map(city.name_of, STREETS[:2])), (92.31, 90.0))
    places = next(block for block in paper.blocks if isinstance(block, Table))
    assert [line[:3] for line in places.rows] == [
        ("1", city.name_of("S01"), "92.31"), ("2", city.name_of("S02"), "90.00"), ("—", city.name_of("S03"), "82.44"),
    ]  # fmt: skip
    assert places.rows[2][-1] == "样本少，不排名；剔除4份；第2次公布"
    assert all(city.name_of("C01-G01") not in str(block) for block in paper.blocks)


@pytest.mark.parametrize(("make", "read"), [(pdf, pdf_text), (word, word_text)])
def test_pdf_and_word_give_figures_policy_and_freeze(make: Any, read: Any) -> None:
    city = donggang()
    said = read(make(bulletin("2026-11", month(), [month()[4]], AT, city)))
    for words in (
        "关于2026年11月群众评单情况的通报",
        "综合得分85.00",
        "响应率94.00%",
        "92.31",
        "评分办法第1版",
        "2026年12月9日",
    ):
        assert words in said
    assert "调解成功率—" in said, "no denominator, no value"


def test_what_has_no_value_is_neither_zero_nor_a_hundred(tmp_path: Path) -> None:
    city = donggang()
    paper = bulletin("2026-11", [card("housing", "department", None)], [], AT, city)
    (table,) = [block for block in paper.blocks if isinstance(block, Table)]
    assert table.rows[0][2] == "—"
    assert not [block for block in paper.blocks if isinstance(block, Chart)]
    workbook(tmp_path / "a.xlsx", "2026-11", [card("housing", "department", None)], [], city)
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert [sheet["A4"].value, sheet["C4"].value, sheet["F4"].value] == [None, None, None]


def test_the_workbook_has_every_tier_with_its_figures_as_numbers_and_a_chart(tmp_path: Path) -> None:
    city = donggang()
    workbook(tmp_path / "a.xlsx", "2026-11", month(), [month()[4]], city)
    book = load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["全市走势", "全市", "街道", "网格", "职能部门和单位"]
    sheet = book["街道"]
    assert [cell.value for cell in sheet[3]] == [column.title for column in SHEET]
    places = [[cell.value for cell in line[:4]] for line in sheet.iter_rows(min_row=4, max_row=6)]
    first, second, few = (city.name_of(unit) for unit in STREETS)
    assert places == [[1, first, 92.31, 94.0], [2, second, 90.0, 94.0], [None, few, 82.44, 94.0]]
    assert sheet.freeze_panes == "C4"
    assert sheet.page_setup.orientation == "landscape"
    assert "评分办法第1版" in sheet.oddFooter.left.text
    (chart,) = sheet._charts
    assert chart.series[0].val.numRef.f.endswith("$C$4:$C$5"), "who has no place is not drawn"


@pytest.mark.parametrize(
    ("period", "said"), [("2026-03", "2026年3月"), ("2026-Q1", "2026年第一季度"), ("2026", "2026年度")]
)
def test_periods_are_said_as_papers_say_them(period: str, said: str) -> None:
    assert period_words(period) == said


def test_a_bulletin_without_the_citys_own_card_says_what_it_holds() -> None:
    paper = bulletin("2026-11", month()[:1], [], AT, donggang())
    assert next(block.text for block in paper.blocks if isinstance(block, Text)) == "本期公布街道1个的得分。"
