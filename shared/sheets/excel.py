"""Rows of the first sheet of an Excel workbook, streamed: merged headings, empty rows, and bombs that are refused.

Values are those that Excel stored: of a formula its last result, which a program that never calculated leaves empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries

from shared.sheets.sheet import NotATable, Row, Sheet

MOST_UNPACKED = 128 << 20
"""Bytes of a workbook unpacked: a sheet of 100,000 reports of 300 characters has some 100 MB of XML."""
MOST_RATIO = 200
"""Unpacked bytes for one packed; sheets of text have 5 to 20, bombs a thousand."""
MOST_COLUMNS = 200
HEADING = 6
"""Rows within which a heading must end."""
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
_TAIL = 64


@contextmanager
def excel(raw: BinaryIO) -> Iterator[Sheet]:
    """Open a workbook's first sheet. Raises NotATable for what is none, is too large unpacked, or has no heading.

    A title over the whole width is no heading; one of several rows with merged cells is read as `反映人/电话`.
    """
    _check_size(raw)
    try:
        book = load_workbook(raw, read_only=True, data_only=True)
        sheet: Any = book.worksheets[0]
        merged = _merged(raw, sheet)
        rows = enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1)
        first = list(islice(rows, HEADING))
    except Exception as error:  # openpyxl lets through whatever zip and XML raise
        why = f"{type(error).__name__}: {error}"[:200]
        raise NotATable(f"不是可读的 Excel 文件：{why}", f"not a readable Excel file: {why}") from None
    try:
        last, names = _heading(first, merged)
        total, read = max(1, sheet.max_row or 1), [last]

        def each() -> Iterator[Row]:
            for line, cells in chain((one for one in first if one[0] > last), rows):
                read[0] = line
                if any(cell not in (None, "") for cell in cells):
                    yield Row(line, [*cells[: len(names)], *(None,) * (len(names) - len(cells))])

        yield Sheet(names, each(), lambda: min(1.0, read[0] / total))
    finally:
        book.close()


def _check_size(raw: BinaryIO) -> None:
    try:
        with ZipFile(raw) as packed:
            parts = packed.infolist()
    except (BadZipFile, OSError, ValueError) as error:
        raise NotATable(f"不是可读的 Excel 文件：{error}", f"not a readable Excel file: {error}") from None
    unpacked, size = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(size, 1 << 12):
        raise NotATable(
            f"解压后过大（{unpacked >> 20} MiB），不予读取", f"too large unpacked ({unpacked >> 20} MiB); not read"
        )


def _merged(raw: BinaryIO, sheet: Any) -> list[tuple[int, int, int, int]]:
    """Return the merged cells of the first rows as (first column, first row, last column, last row)."""
    found: list[tuple[int, int, int, int]] = []
    with ZipFile(raw) as packed, packed.open(sheet._worksheet_path) as part:
        tail = b""
        while chunk := part.read(1 << 20):
            for ref in _MERGED.findall(tail + chunk):
                bounds: Any = range_boundaries(ref.decode())
                if bounds[1] <= HEADING and bounds not in found:
                    found.append(bounds)
            tail = chunk[-_TAIL:]
    return found


def _heading(
    first: Sequence[tuple[int, Sequence[object]]], merged: Sequence[tuple[int, int, int, int]]
) -> tuple[int, list[str]]:
    """Return the last line of the heading and the names of the columns."""
    texts = {
        (line, column): str(cell).strip()
        for line, cells in first
        for column, cell in enumerate(cells, start=1)
        if cell not in (None, "")
    }
    width = max((column for _, column in texts), default=0)
    top = next((line for line, _ in first if _is_heading(line, texts, width)), None)
    if top is None:
        raise NotATable("文件是空的", "the file is empty")
    bottom = _bottom(top, texts, merged)
    for left, upper, right, lower in merged:
        said = texts.get((upper, left), "")
        if said and top <= upper <= bottom:
            texts |= {(line, c): said for line in range(upper, lower + 1) for c in range(left, right + 1)}
    names = []
    for column in range(1, width + 1):
        said_by_row = (texts.get((line, column), "") for line in range(top, bottom + 1))
        names.append("/".join(dict.fromkeys(said for said in said_by_row if said)))
    return bottom, names


def _is_heading(line: int, texts: dict[tuple[int, int], str], width: int) -> bool:
    """Tell a row of names from an empty one and from a title, which is one text alone."""
    count = sum((line, column) in texts for column in range(1, width + 1))
    return count > 1 or (count == 1 and width == 1)


def _bottom(top: int, texts: dict[tuple[int, int], str], merged: Sequence[tuple[int, int, int, int]]) -> int:
    """Return the last row of a heading: cells merged across have the names of their columns below them."""
    bottom = top
    for left, upper, right, lower in sorted(merged, key=lambda one: one[1]):
        if top <= upper <= bottom:
            across = right > left and any((lower + 1, column) in texts for column in range(left, right + 1))
            bottom = max(bottom, lower + 1 if across else lower)
    return bottom
