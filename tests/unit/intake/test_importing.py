"""Files of offices as reports: encodings, dates, broken rows, headings, columns, bombs, what would become of each."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from openpyxl import Workbook, load_workbook

from deploy.cli import importing
from services.intake.chores.rows import MOST_BYTES, MOST_ROWS, Reading, batches, positions, read_columns, suggested
from services.intake.domain.foresight import foresee
from services.intake.domain.report import Report
from services.intake.papers.rejected import workbook
from shared.city.model import City
from shared.kernel.refusals import Refused
from shared.sheets.opening import read_sheet
from shared.sheets.sheet import SHANGHAI, BadRow, NotATable, Row, Sheet, encoding_of, time_of
from tests.unit.intake.conftest import NOW

HEAD = "编号,用户,标题,时间,内容\n"
ROW = '7,U1,路灯坏了,2020/1/6 12:09:38,"三天了,没有灯"\n'
AT = {"id": 0, "reporter": 1, "subject": 2, "at": 3, "text": 4}
EXPECTED = {
    "id": "7",
    "reporter": {"id": "U1"},
    "subject": "路灯坏了",
    "at": "2020-01-06T12:09:38+08:00",
    "text": "三天了,没有灯",
}


def read(content: bytes, name: str = "m.csv") -> tuple[list[str], list[Row]]:
    with read_sheet(name, BytesIO(content)) as sheet:
        assert isinstance(sheet, Sheet)
        rows = list(sheet.rows)
        assert sheet.part_read() == 1.0
        return list(sheet.heading), rows


def packed(*rows: Any, merge: tuple[str, ...] = (), then: Callable[[Any], None] | None = None) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    for cells in merge:
        sheet.merge_cells(cells)
    if then:
        then(sheet)
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def says(at: dict[str, int], **matters: str) -> Callable[[Row], dict[str, Any]]:
    return Reading(at, matters).report


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_either_encoding_with_or_without_mark(encoding: str) -> None:
    heading, (row,) = read((HEAD + ROW).encode(encoding))
    assert heading == ["编号", "用户", "标题", "时间", "内容"]
    assert says(AT)(row) == EXPECTED


def test_an_excel_sheet_with_real_dates_and_numbers_reads_the_same() -> None:
    rows = (
        ["编号", "用户", "标题", "时间", "内容"],
        [7.0, "U1", "路灯坏了", datetime(2020, 1, 6, 12, 9, 38), "三天了,没有灯"],
    )
    _, (row,) = read(packed(*rows, [None] * 5), "m.xlsx")
    assert row.line == 2
    assert says(AT)(row) == EXPECTED


def test_what_is_neither_text_nor_excel_is_no_table() -> None:
    for name, content in (("a.csv", b"\xff\xff\x00\x81"), ("b.xlsx", b"no zip"), ("c.pdf", b"x"), ("d.csv", b"\n"),
                          ("f.csv", (HEAD + ROW).encode("utf-16"))):  # fmt: skip
        with pytest.raises(NotATable):
            read(content, name)
    with pytest.raises(NotATable, match="空"):
        read(packed(), "e.xlsx")


def test_a_sign_on_the_border_of_a_piece_does_not_change_the_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.sheets.sheet._CHUNK", 7)
    for encoding, found in (("utf-8", "utf-8-sig"), ("gb18030", "gb18030")):
        assert encoding_of(BytesIO("一二三四五六七八九十".encode(encoding))) == found


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_bytes_that_are_no_sign_break_their_own_row_alone(encoding: str) -> None:
    lines = [*[ROW] * 4, ROW.replace("7", "8", 1), ROW]
    content = (HEAD + "".join(lines)).encode(encoding).replace(b"8,U1,", b"8,U1,\xff\xff")
    _, rows = read(content)
    assert [row.broken is not None for row in rows] == [False] * 4 + [True, False]
    assert str(rows[4].cells[2]).startswith("��"), "the row can be written into a workbook and a database"
    assert says(AT)(rows[5]) == EXPECTED


def test_a_character_that_no_database_keeps_breaks_its_own_row_alone() -> None:
    heading, rows = read((HEAD + ROW.replace("三天", "三\0天") + ROW).encode())
    assert [row.broken is not None for row in rows] == [True, False]
    assert "\0" not in str(rows[0].cells)
    heading, _ = read((HEAD.replace("内容", "内\0容") + ROW).encode())
    assert heading[-1] == "内\ufffd容"


def test_empty_lines_before_the_heading_are_passed_over_and_counted() -> None:
    heading, (row,) = read(("\n,,,,\n" + HEAD + ROW).encode())
    assert (heading[0], row.line) == ("编号", 4)


def test_a_broken_row_is_named_with_its_line_and_its_neighbours_go_on() -> None:
    text = HEAD + ROW + "8,U2,缺两列\n" + '9,U3,多行,2020-01-06 12:00:00,"一\n二"\n' + ROW
    _, rows = read(text.encode())
    assert [row.line for row in rows] == [2, 3, 4, 6]
    assert [row.broken is not None for row in rows] == [False, True, False, False]
    assert list(rows[1].cells) == ["8", "U2", "缺两列"]
    with pytest.raises(BadRow, match=r"3.*5"):
        says(AT)(rows[1])


def test_a_quote_that_nobody_closed_breaks_its_own_row_alone() -> None:
    text = HEAD + '1,U,s,2020/1/1,"没有关上\n' + "".join(f"{n},U,s,2020/1/1,t\n" for n in range(2, 5))
    _, rows = read(text.encode())
    assert [(row.line, row.broken is not None) for row in rows] == [(2, True), (3, False), (4, False), (5, False)]


def test_a_title_and_a_heading_of_two_rows_with_merged_cells_are_read_as_one_heading() -> None:
    content = packed(
        ["2026年11月诉求登记表"], ["编号", "反映人", None, "内容"], [None, "姓名", "电话", None],
        [1, "张三", 13800000000, "路灯不亮"],
        merge=("A1:D1", "A2:A3", "B2:C2", "D2:D3"),
    )  # fmt: skip
    heading, (row,) = read(content, "m.xlsx")
    assert heading == ["编号", "反映人/姓名", "反映人/电话", "内容"]
    assert row.line == 4
    columns = suggested(heading)
    assert columns == {"id": "编号", "name": "反映人/姓名", "phone": "反映人/电话", "text": "内容"}
    said = says(positions(columns, heading))(row)
    assert said["reporter"] == {"name": "张三", "phone": "13800000000"}
    assert positions({"phone": "电话"}, heading) == {"phone": 2}


def test_a_formula_counts_as_what_excel_calculated_and_as_empty_where_it_never_did() -> None:
    _, (row,) = read(packed(["编号", "内容"], [1, '="路灯"&"不亮"']), "m.xlsx")
    with pytest.raises(BadRow, match="公式"):
        says({"id": 0, "text": 1})(row)


def test_a_bomb_and_a_workbook_too_large_unpacked_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b"0" * (4 << 20))
    with pytest.raises(NotATable, match="过大"):
        read(made.getvalue(), "m.xlsx")
    monkeypatch.setattr("shared.sheets.excel.MOST_UNPACKED", 1_000)
    with pytest.raises(NotATable, match="过大"):
        read(packed(["编号", "内容"], [1, "路灯不亮"]), "m.xlsx")


@pytest.mark.parametrize(
    "cell",
    [
        "2017-06-08 17:31:20", "2017/6/8 17:31:20", "2017-06-08T17:31:20", "2017-06-08T09:31:20Z",
        " 2017/06/08 17:31:20 ", "2017年6月8日 17:31:20", 42894.730092592, "42894.730092592",
    ],
)  # fmt: skip
def test_every_form_of_a_date_is_a_time_of_shanghai_also_a_serial_number(cell: object) -> None:
    assert time_of(cell) == datetime(2017, 6, 8, 17, 31, 20, tzinfo=SHANGHAI)


def test_a_day_alone_begins_at_midnight_and_nothing_is_nothing() -> None:
    assert time_of("2020/1/6") == time_of(43836) == datetime(2020, 1, 6, tzinfo=SHANGHAI)
    assert time_of("") is None
    assert time_of(None) is None


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (["", "U", "s", "2020-01-01", "t"], "id"),
        (["1", "U", "s", "2020-01-01", "  "], "text"),
        (["1", "U", "s", "昨天", "t"], "at"),
        (["1", "U", "s", "2020-13-01", "t"], "at"),
    ],
)
def test_a_bad_cell_is_named_by_its_field(cells: list[str], field: str) -> None:
    with pytest.raises(BadRow) as bad:
        says(AT)(Row(2, cells))
    assert bad.value.field == field


def test_a_place_is_a_unit_code_an_address_or_a_point_and_a_matter_a_code_or_a_name() -> None:
    at = {"id": 0, "text": 1, "place": 2, "matter": 3}
    known = {"路灯不亮": "street-lights"}
    assert says(at, **known)(Row(2, ["1", "t", "G001", "路灯不亮"])) == {
        "id": "1", "text": "t", "place": {"unit": "G001"}, "matter": "street-lights",
    }  # fmt: skip
    assert says(at)(Row(2, ["1", "t", "鼎林华庭小区", ""]))["place"] == {"address": "鼎林华庭小区"}
    assert "place" not in says(at)(Row(2, ["1", "t", None, None]))
    point = {"text": 0, "lon": 1, "lat": 2, "system": 3}
    said = says(point)(Row(2, ["t", 124.15, "39.86", "GCJ-02"]))
    assert said["place"] == {"lon": 124.15, "lat": 39.86, "system": "gcj02"}
    with pytest.raises(BadRow, match="坐标"):
        says(point)(Row(3, ["t", "东经", "39.86", ""]))


def test_a_row_without_an_id_has_one_by_its_content_and_two_rows_of_one_id_must_say_the_same() -> None:
    tell = says({"text": 0})
    assert tell(Row(2, ["灯坏了"])) == tell(Row(3, ["灯坏了"]))
    assert tell(Row(4, ["灯又坏了"]))["id"] != tell(Row(2, ["灯坏了"]))["id"]
    tell = says({"id": 0, "text": 1})
    assert tell(Row(2, ["1", "a"])) == tell(Row(3, ["1", "a"]))
    with pytest.raises(BadRow, match="第 2 行"):
        tell(Row(4, ["1", "b"]))


@pytest.mark.parametrize("columns", ["id=a", "text=a,colour=c", "id=a,text=b,id=c", "id,text=b", "id=,text=b"])
def test_columns_that_cannot_be_read_are_refused(columns: str) -> None:
    with pytest.raises(Refused):
        read_columns(columns)


def test_a_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refused) as refused:
        positions({"text": "内容"}, ["编号", "详情"])
    assert refused.value.params["heading"] == "编号、详情"


def test_a_column_of_which_there_are_two_is_refused_by_its_name() -> None:
    with pytest.raises(Refused, match=r"import\.double_column") as refused:
        positions({"id": "编号", "text": "内容"}, ["编号", "内容", "内容"])
    assert refused.value.params == {"columns": "内容"}
    assert positions({"id": "编号"}, ["编号", "内容", "内容"]) == {"id": 0}


def test_batches_stay_small_in_rows_and_bytes_and_a_resumed_one_leaves_out_what_went_in() -> None:
    at = {"id": 0, "text": 1}
    short = list(batches(iter(Row(n, [str(n), "x"]) for n in range(MOST_ROWS * 2 + 1)), says(at)))
    assert [len(batch) for batch in short] == [MOST_ROWS, MOST_ROWS, 1]
    long = list(batches(iter(Row(n, [str(n), "灯" * 9_000]) for n in range(100)), says(at)))
    assert all(sum(len(json.dumps(said, ensure_ascii=False).encode()) for _, said in b) <= MOST_BYTES for b in long)
    assert sum(len(batch) for batch in long) == 100
    rest = list(batches(iter(Row(n, [str(n), "x"]) for n in range(10)), says(at), skip=7))
    assert [row.line for batch in rest for row, _ in batch] == [7, 8, 9]


def test_what_would_become_of_a_row_is_what_the_rules_say_and_nothing_is_stated(city: City) -> None:
    told = {
        text: foresee(Report("1", text, matter=None), "mailbox", NOW, city) for text in ("路灯不亮，漆黑一片", "。。。")
    }
    assert [one.outcome for one in told.values()] == ["registered", "rejected"]
    assert told["。。。"].rule == "report.meaningless"
    with pytest.raises(Refused, match="unknown_matter"):
        foresee(Report("1", "t", matter="none"), "mailbox", NOW, city)


def test_the_workbook_of_refused_rows_has_the_row_with_its_reason_and_can_be_read_again(tmp_path: Path) -> None:
    run = {"name": "十一月.csv", "source": "excel", "heading": ["编号", "内容"]}
    one = {"line": 4, "zh": "id 为空", "en": "id is empty", "field": "id", "cells": ["", "=1+1"]}
    workbook(tmp_path / "r.xlsx", run, [one, {**one, "line": 9, "cells": ["1", "a", "多一列"]}])
    book = load_workbook(tmp_path / "r.xlsx")
    shown = [list(row) for row in book.worksheets[0].iter_rows(min_row=3, values_only=True)]
    assert shown[0] == ["行号", "未收原因", "字段", "Reason", "编号", "内容", "第3列"]
    assert shown[1][:2] == [4, "id 为空"]
    assert shown[1][5] == "=1+1"
    assert book.worksheets[0].cell(4, 6).data_type == "s"
    heading, rows = read((tmp_path / "r.xlsx").read_bytes(), "r.xlsx")
    assert positions({"id": "编号", "text": "内容"}, heading) == {"id": 4, "text": 5}
    assert [row.line for row in rows] == [4, 5]


# ---- the command


Intake = importing.Intake


class Service:
    """Intake as the command meets it: answers one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.left, self.asked = list(answers), list[httpx.Request]()
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    @property
    def intake(self) -> importing.Intake:
        client = httpx.Client(base_url="http://intake", transport=httpx.MockTransport(self))
        return Intake(client, self.slept.append)


def test_an_absent_service_is_asked_again_with_longer_pauses() -> None:
    service = Service(httpx.ConnectError("no"), httpx.Response(503), {"run": "1"})
    assert service.intake.run("1") == {"run": "1"}
    assert service.slept == [0.5, 1.0]


def test_patience_ends_and_a_refused_request_is_not_repeated() -> None:
    with pytest.raises(importing.Unreachable):
        Service(*[httpx.ConnectError("no")] * 100).intake.run("1")
    problem = httpx.Response(401, json={"title": "凭证无效", "title_en": "The token is not valid"})
    with pytest.raises(importing.NotTaken, match="401"):
        Service(problem).intake.run("1")


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *answers: Any, **more: Any) -> tuple[int, Service]:
    service = Service(*answers)
    monkeypatch.setattr(importing, "EVERY", 0.0)
    monkeypatch.setattr(importing, "Intake", lambda client: service.intake)
    path = tmp_path / "m.csv"
    path.write_text(HEAD + ROW, encoding="gb18030")
    given: dict[str, Any] = {"columns": "", "dry_run": False, "rejects": None} | more
    with pytest.raises(typer.Exit) as end:
        importing.import_(path, "mailbox", **given, city="x", folder=None, url="http://intake", token="source.m.x")
    return int(end.value.exit_code), service


UNDER_WAY = {"run": "r1", "status": "running", "ended_at": None, "part": 0.5, "rows": 1, "outcomes": {}, "rules": {}}
DONE = {**UNDER_WAY, "status": "done", "ended_at": "2026-11-23", "part": 1.0, "outcomes": {"held": 1}}


def test_a_file_is_handed_over_and_followed_until_its_run_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, service = run(monkeypatch, tmp_path, UNDER_WAY, UNDER_WAY, DONE)
    assert code == 0
    assert service.asked[0].url.params["name"] == "m.csv"
    assert service.asked[0].content == (HEAD + ROW).encode("gb18030")
    assert "r1" in capsys.readouterr().out


def test_refused_rows_come_as_a_workbook_and_end_with_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = {**DONE, "outcomes": {"refused": 1}, "rules": {"import.row": 1}}
    answers = (UNDER_WAY, ended, httpx.Response(200, content=b"PK"))
    code, _ = run(monkeypatch, tmp_path, *answers, rejects=tmp_path / "r.xlsx")
    assert code == 1
    assert (tmp_path / "r.xlsx").read_bytes() == b"PK"


def test_a_look_writes_nothing_and_shows_the_first_rows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = {"line": 3, "outcome": "refused", "rule": "import.row", "field": "id", "zh": "id 为空", "en": "id is empty"}
    shown = {
        "columns": {"text": "内容"}, "first": [{"line": 2, "outcome": "held", "report": EXPECTED}, bad],
        "refused": [bad], "outcomes": {"held": 1, "refused": 1}, "rules": {"import.row": 1}, "known": 0,
    }  # fmt: skip
    code, service = run(monkeypatch, tmp_path, shown, dry_run=True)
    assert code == 1
    assert service.asked[0].url.params["dry"] == "true"
    said = capsys.readouterr().out
    assert "三天了" in said
    assert "id 为空" in said
