"""Rows of a CSV or Excel file as they come, one at a time, whatever encoding and date form the office used."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import load_workbook

from deploy.cli.words import t

SHANGHAI = ZoneInfo("Asia/Shanghai")
ENCODINGS = ("utf-8-sig", "gb18030")
_CHUNK = 1 << 20
_DATES = (
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d",
)  # fmt: skip


class NotATable(Exception):
    """The file cannot be read as a table at all."""


class BadRow(Exception):
    """One row cannot be used; `field` is the field of the report, empty for the row as a whole."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line of the file, or why it is none; lines count from 1, the heading among them."""

    line: int
    cells: Sequence[object] = ()
    broken: BadRow | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open file: its heading, its rows, and how far (0..1) it has been read."""

    heading: Sequence[str]
    rows: Iterator[Row]
    part_read: Callable[[], float]


@contextmanager
def open_sheet(path: Path) -> Iterator[Sheet]:
    """Open a file by its ending. Raises NotATable for one that is neither CSV nor Excel, or has no heading."""
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        with _excel(path) as sheet:
            yield sheet
    elif path.suffix.lower() in (".csv", ".txt"):
        with _csv(path) as sheet:
            yield sheet
    else:
        raise NotATable(t(f"只读 .csv 与 .xlsx：{path.name}", f"only .csv and .xlsx are read: {path.name}"))


def encoding_of(path: Path) -> str:
    """Return the first of UTF-8 (with or without mark) and GB18030 that the whole file is valid in."""
    for name in ENCODINGS:
        decoder = codecs.getincrementaldecoder(name)()
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise NotATable(t("既不是 UTF-8 也不是 GB18030", "neither UTF-8 nor GB18030"))


@contextmanager
def _csv(path: Path) -> Iterator[Sheet]:
    encoding, size = encoding_of(path), max(1, path.stat().st_size)
    csv.field_size_limit(_CHUNK)
    with path.open("rb") as raw:
        reader = csv.reader(TextIOWrapper(raw, encoding=encoding, newline=""))
        heading = next(reader, None)
        if not heading:
            raise NotATable(t("文件是空的", "the file is empty"))
        names = [name.strip() for name in heading]
        yield Sheet(names, _csv_rows(reader, len(names)), lambda: min(1.0, raw.tell() / size))


def _csv_rows(reader: Any, width: int) -> Iterator[Row]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Row(line, broken=BadRow("", str(error)))
            continue
        if cells is None:
            return
        if cells and len(cells) != width:
            reason = t(f"有 {len(cells)} 列，应为 {width} 列", f"{len(cells)} columns instead of {width}")
            yield Row(line, broken=BadRow("", reason))
        elif cells:
            yield Row(line, cells)


@contextmanager
def _excel(path: Path) -> Iterator[Sheet]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl lets through whatever zip and XML raise
        raise NotATable(t(f"不是可读的 Excel 文件：{error}", f"not a readable Excel file: {error}")) from None
    try:
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(values_only=True)
        heading = next(rows, None)
        if not heading or not any(heading):
            raise NotATable(t("文件是空的", "the file is empty"))
        names = [str(name or "").strip() for name in heading]
        total, read = max(1, sheet.max_row or 1), [1]

        def each() -> Iterator[Row]:
            for line, cells in enumerate(rows, start=2):
                read[0] = line
                if any(cell is not None for cell in cells):
                    yield Row(line, [*cells, *(None,) * (len(names) - len(cells))])

        yield Sheet(names, each(), lambda: min(1.0, read[0] / total))
    finally:
        book.close()


def text_of(cell: object) -> str:
    """Return a cell as a person reads it: whole numbers without a decimal point, outer blanks gone."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def time_of(cell: object) -> datetime | None:
    """Return a time of Asia/Shanghai, None for an empty cell. Raises BadRow for anything that is no date."""
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day, tzinfo=SHANGHAI)
    text = text_of(cell)
    if not text:
        return None
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadRow("at", t(f"不是日期：{text[:40]}", f"no date: {text[:40]}")) from None
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
