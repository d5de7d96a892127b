"""Rows of a table that somebody hands in, one at a time; those of a CSV file, whatever encoding the office used."""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import TextIOWrapper
from typing import BinaryIO
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
ENCODINGS = ("utf-8-sig", "gb18030")
LONGEST_CELL = 100_000
"""Characters; a longer one is a quote that nobody closed."""
_CHUNK = 1 << 20
_STRAY = re.compile("[\0\ud800-\udfff]")
"""A byte that is no sign in the file's encoding, as `surrogateescape` decodes it, or one that no text holds."""
_MOST_STRAY = 0.05
"""Part of a file's bytes; one with more is in another encoding, or no text at all."""
_DATES = (
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d",
    "%Y年%m月%d日", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日 %H:%M:%S",
)  # fmt: skip
_SERIAL = re.compile(r"[2-7]\d{4}(\.\d+)?")
"""A day as Excel counts it from 30 December 1899: from 1954 to 2118."""
_SERIAL_ZERO = datetime(1899, 12, 30, tzinfo=SHANGHAI)


class NotATable(Exception):
    """The file cannot be read as a table at all; says why in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}（{en}）")
        self.zh, self.en = zh, en


class BadRow(Exception):
    """One row cannot be used; `field` is the field of the report, empty for the row as a whole."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"{zh}（{en}）")
        self.field, self.zh, self.en = field, zh, en


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line of the file; lines count from 1, the heading among them.

    `broken` says why a line cannot be used, though its cells may be there as far as they could be read.
    """

    line: int
    cells: Sequence[object] = ()
    broken: BadRow | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open file: its heading, its rows, and how far (0..1) it has been read."""

    heading: Sequence[str]
    rows: Iterator[Row]
    part_read: Callable[[], float]


def encoding_of(raw: BinaryIO) -> str:
    """Return that of UTF-8 (with or without mark) and GB18030 in which the fewest bytes are no sign, at best none.

    Raises NotATable where these are too many.
    """
    stray: dict[str, int] = {}
    for name in ENCODINGS:
        decoder = codecs.getincrementaldecoder(name)("surrogateescape")
        raw.seek(0)
        stray[name] = 0
        while chunk := raw.read(_CHUNK):
            stray[name] += len(_STRAY.findall(decoder.decode(chunk)))
        stray[name] += len(_STRAY.findall(decoder.decode(b"", final=True)))
        if not stray[name]:
            return name
    best = min(stray, key=lambda name: stray[name])
    if stray[best] > _MOST_STRAY * raw.tell():
        raise NotATable("既不是 UTF-8 也不是 GB18030", "neither UTF-8 nor GB18030")
    return best


def delimited(raw: BinaryIO) -> Sheet:
    """Read a CSV file that is open. Raises NotATable for one without a heading, or in no encoding that is known."""
    encoding = encoding_of(raw)
    size = max(1, raw.seek(0, 2))
    raw.seek(0)
    lines = _Lines(raw, encoding)
    csv.field_size_limit(LONGEST_CELL)
    try:
        heading = next((cells for cells in csv.reader(lines) if any(cells)), None)
    except csv.Error as error:
        raise NotATable(f"表头无法读取：{error}", f"the heading cannot be read: {error}") from None
    if heading is None:
        raise NotATable("文件是空的", "the file is empty")
    names = [_legible(name.strip()) for name in heading]
    return Sheet(names, _csv_rows(lines, len(names)), lambda: min(1.0, lines.raw.tell() / size))


class _Lines(Iterator[str]):
    """Lines of a text that remember which of them the row at hand took, and can be given back."""

    def __init__(self, raw: BinaryIO, encoding: str) -> None:
        self.raw, self._again = raw, deque[str]()
        self._text = TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="")
        self.taken: list[str] = []
        self.passed = 0
        """Lines before the row at hand."""

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self.taken.append(line)
        return line

    def begin(self) -> int:
        """Begin the next row; returns its first line."""
        self.passed += len(self.taken)
        self.taken = []
        return self.passed + 1

    def give_back(self) -> str:
        """Leave all but the first line of the row to those that follow; returns that line."""
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]
        return self.taken[0]


def _csv_rows(lines: _Lines, width: int) -> Iterator[Row]:
    """Yield rows; one that is broken, as by a quote that nobody closed, is broken alone."""
    while True:
        line = lines.begin()
        try:
            cells = next(csv.reader(lines, strict=True), None)
        except csv.Error:
            cells = _alone(lines.give_back())
        if cells is None:
            return
        if len(cells) != width and len(lines.taken) > 1:
            cells = _alone(lines.give_back())
        if cells and len(cells) != width:
            reason = BadRow("", f"有 {len(cells)} 列，应为 {width} 列", f"{len(cells)} columns instead of {width}")
            yield Row(line, [_legible(cell) for cell in cells], reason)
        elif any(_STRAY.search(cell) for cell in cells):
            reason = BadRow("", "有无法识别的字节（�）", "bytes that are no sign (�)")
            yield Row(line, [_legible(cell) for cell in cells], reason)
        elif any(cells):
            yield Row(line, cells)


def _legible(cell: str) -> str:
    """Return what may be shown and kept of a cell."""
    return _STRAY.sub("\ufffd", cell)


def _alone(line: str) -> list[str]:
    """Return the cells of one line as far as they can be told; all of it as one where a quote is not closed."""
    try:
        return next(csv.reader([line])) if line.count('"') % 2 == 0 else [line.rstrip("\r\n")]
    except csv.Error:
        return [line.rstrip("\r\n")]


def text_of(cell: object) -> str:
    """Return a cell as a person reads it: whole numbers without a decimal point, outer blanks gone."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def time_of(cell: object) -> datetime | None:
    """Return a time of Asia/Shanghai, None for an empty cell; a bare number of five digits is a day as Excel counts.

    Raises BadRow for anything that is no date.
    """
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day, tzinfo=SHANGHAI)
    text = text_of(cell)
    if not text:
        return None
    if _SERIAL.fullmatch(text):
        return _SERIAL_ZERO + timedelta(seconds=round(float(text) * 86_400))
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadRow("at", f"不是日期：{text[:40]}", f"no date: {text[:40]}") from None
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
