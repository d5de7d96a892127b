"""The rows of a file as reports: encodings, dates, broken rows, columns, batches, sending again."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from openpyxl import Workbook

from deploy.cli import importing
from deploy.cli.rows import MOST_BYTES, MOST_ROWS, batches, mapping, report_of
from deploy.cli.sheet import SHANGHAI, BadRow, NotATable, Row, encoding_of, open_sheet, time_of

HEAD = "编号,用户,标题,时间,内容\n"
ROW = '7,U1,路灯坏了,2020/1/6 12:09:38,"三天了,没有灯"\n'
COLUMNS = "id=编号,reporter=用户,subject=标题,at=时间,text=内容"
AT = {"id": 0, "reporter": 1, "subject": 2, "at": 3, "text": 4}
EXPECTED = {
    "id": "7",
    "reporter": {"id": "U1"},
    "subject": "路灯坏了",
    "at": "2020-01-06T12:09:38+08:00",
    "text": "三天了,没有灯",
}


def rows_of(path: Path) -> list[Row]:
    with open_sheet(path) as sheet:
        return list(sheet.rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_either_encoding_with_or_without_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes((HEAD + ROW).encode(encoding))
    with open_sheet(path) as sheet:
        assert list(sheet.heading) == ["编号", "用户", "标题", "时间", "内容"]
        (row,) = sheet.rows
    assert report_of(row, AT) == EXPECTED


def test_an_excel_sheet_with_real_dates_and_numbers_reads_the_same(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["编号", "用户", "标题", "时间", "内容"])
    sheet.append([7.0, "U1", "路灯坏了", datetime(2020, 1, 6, 12, 9, 38), "三天了,没有灯"])
    sheet.append([None] * 5)
    book.save(tmp_path / "m.xlsx")
    (row,) = rows_of(tmp_path / "m.xlsx")
    assert row.line == 2
    assert report_of(row, AT) == EXPECTED


def test_what_is_neither_text_nor_excel_is_no_table(tmp_path: Path) -> None:
    for name, content in (("a.csv", b"\xff\xff\x00\x81"), ("b.xlsx", b"no zip"), ("c.pdf", b"x"), ("d.csv", b"")):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(NotATable), open_sheet(path):
            pass


def test_a_sign_on_the_border_of_a_piece_does_not_change_the_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.cli.sheet._CHUNK", 7)
    path = tmp_path / "m.csv"
    path.write_text("一二三四五六七八九十", encoding="utf-8")
    assert encoding_of(path) == "utf-8-sig"
    path.write_text("一二三四五六七八九十", encoding="gb18030")
    assert encoding_of(path) == "gb18030"


def test_a_broken_row_is_named_with_its_line_and_its_neighbours_go_on(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(HEAD + ROW + "8,U2,缺两列\n" + '9,U3,多行,2020-01-06 12:00:00,"一\n二"\n' + ROW, encoding="utf-8")
    rows = rows_of(path)
    assert [row.line for row in rows] == [2, 3, 4, 6]
    assert [row.broken is not None for row in rows] == [False, True, False, False]
    with pytest.raises(BadRow, match=r"3.*5"):
        report_of(rows[1], AT)


@pytest.mark.parametrize(
    "text",
    [
        "2017-06-08 17:31:20",
        "2017/6/8 17:31:20",
        "2017-06-08T17:31:20",
        "2017-06-08T09:31:20Z",
        " 2017/06/08 17:31:20 ",
    ],
)
def test_both_date_forms_are_times_of_shanghai(text: str) -> None:
    assert time_of(text) == datetime(2017, 6, 8, 17, 31, 20, tzinfo=SHANGHAI)


def test_a_day_alone_begins_at_midnight_and_nothing_is_nothing() -> None:
    assert time_of("2020/1/6") == datetime(2020, 1, 6, tzinfo=SHANGHAI)
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
        report_of(Row(2, cells), AT)
    assert bad.value.field == field


def test_a_place_is_a_unit_code_or_an_address() -> None:
    at = {"id": 0, "text": 1, "place": 2, "matter": 3}
    assert report_of(Row(2, ["1", "t", "G001", "m"]), at) == {
        "id": "1", "text": "t", "place": {"unit": "G001"}, "matter": "m",
    }  # fmt: skip
    assert report_of(Row(2, ["1", "t", "鼎林华庭小区", ""]), at)["place"] == {"address": "鼎林华庭小区"}
    assert "place" not in report_of(Row(2, ["1", "t", None, None]), at)


@pytest.mark.parametrize(
    "columns", ["id=a", "text=a", "id=a,text=b,colour=c", "id=a,text=b,id=c", "id,text=b", "id=,text=b"]
)
def test_columns_that_cannot_be_read_are_wrong_usage(columns: str) -> None:
    with pytest.raises(typer.BadParameter):
        mapping(columns)


def test_requests_stay_small_in_rows_and_bytes() -> None:
    at = {"id": 0, "text": 1}
    short = list(batches(iter(Row(n, [str(n), "x"]) for n in range(MOST_ROWS * 2 + 1)), at))
    assert [len(batch) for batch in short] == [MOST_ROWS, MOST_ROWS, 1]
    long = list(batches(iter(Row(n, [str(n), "灯" * 9_000]) for n in range(100)), at))
    assert all(sum(len(json.dumps(said, ensure_ascii=False).encode()) for _, said in b) <= MOST_BYTES for b in long)
    assert sum(len(batch) for batch in long) == 100


def test_a_resumed_import_leaves_out_what_went_in() -> None:
    rest = list(batches(iter(Row(n, [str(n), "x"]) for n in range(10)), {"id": 0, "text": 1}, skip=7))
    assert [row.line for batch in rest for row, _ in batch] == [7, 8, 9]


def service(*answers: Any) -> httpx.Client:
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.Client(base_url="http://intake", transport=httpx.MockTransport(handle))


def test_an_absent_service_is_asked_again_with_longer_pauses() -> None:
    slept: list[float] = []
    client = service(httpx.ConnectError("no"), httpx.Response(503), httpx.Response(200, json={"items": [{"a": 1}]}))
    assert importing.post(client, [{}], slept.append) == [{"a": 1}]
    assert slept == [0.5, 1.0]


def test_patience_ends_and_a_refused_request_is_not_repeated() -> None:
    with pytest.raises(importing.Unreachable):
        importing.post(service(*[httpx.ConnectError("no")] * 100), [{}], lambda _: None)
    problem = httpx.Response(401, json={"title": "凭证无效", "title_en": "The token is not valid"})
    with pytest.raises(importing.NotTaken, match="401"):
        importing.post(service(problem), [{}], lambda _: None)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stand in for the service: it holds every report and refuses ids that begin with x."""
    taken: list[dict[str, Any]] = []

    def post(client: httpx.Client, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
        taken.extend(reports)
        refused = {"outcome": "refused", "rule": "report.in_future", "field": "at", "title": "晚", "title_en": "late"}
        return [refused if r["id"].startswith("x") else {"outcome": "held", "rule": None} for r in reports]

    monkeypatch.setattr(importing, "post", post)
    return taken


def run(path: Path, tmp_path: Path, *, columns: str = COLUMNS, rejects: Path | None = None) -> int:
    with pytest.raises(typer.Exit) as end:
        importing.import_(
            path, "mailbox", columns, rejects, "nowhere", tmp_path / "stack", "http://intake", "source.mailbox.x"
        )
    return int(end.value.exit_code)


def test_a_whole_file_goes_in_and_ends_with_0(tmp_path: Path, sent: list[dict[str, Any]]) -> None:
    path = tmp_path / "m.csv"
    path.write_text(HEAD + ROW * 3, encoding="gb18030")
    assert run(path, tmp_path) == 0
    assert sent == [EXPECTED] * 3
    assert not list((tmp_path / "stack" / "imports").iterdir())


def test_refused_rows_are_written_down_with_line_and_reason_and_end_with_1(
    tmp_path: Path, sent: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    path, rejects = tmp_path / "m.csv", tmp_path / "r.csv"
    path.write_text(HEAD + "x1,U,s,2020/1/1 1:1:1,t\n" + ROW + "8,U2\n", encoding="utf-8")
    assert run(path, tmp_path, rejects=rejects) == 1
    lines = rejects.read_text("utf-8-sig").splitlines()
    assert lines[0] == "line,id,field,reason"
    assert lines[1].startswith("2,x1,at,")
    assert lines[2].startswith("4,,,")
    assert "x1" in capsys.readouterr().out


def test_a_missing_column_is_wrong_usage_and_names_those_there(tmp_path: Path, sent: list[dict[str, Any]]) -> None:
    path = tmp_path / "m.csv"
    path.write_text(HEAD + ROW, encoding="utf-8")
    with pytest.raises(typer.BadParameter, match="编号"):
        importing.import_(
            path,
            "mailbox",
            "id=号码,text=内容",
            None,
            "nowhere",
            tmp_path / "stack",
            "http://intake",
            "source.mailbox.x",
        )
    assert sent == []


def test_an_interrupted_import_goes_on_where_it_stopped(
    tmp_path: Path, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.csv"
    path.write_text(HEAD + "".join(f"{n},U,s,2020/1/1 1:1:1,t\n" for n in range(12)), encoding="utf-8")
    monkeypatch.setattr("deploy.cli.rows.MOST_ROWS", 5)
    good = importing.post

    def fails_later(client: httpx.Client, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(sent) >= 5:
            raise importing.Unreachable("away")
        return good(client, reports)

    monkeypatch.setattr(importing, "post", fails_later)
    assert run(path, tmp_path) == 3
    monkeypatch.setattr(importing, "post", good)
    assert run(path, tmp_path) == 0
    assert [r["id"] for r in sent] == [str(n) for n in range(12)]
