"""Tables as an Excel workbook in official layout, written row by row so that memory does not grow with the rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from shared.papers.paper import Column, printable

LONGEST_TEXT = 32_767
"""Characters that a cell of Excel holds."""
LONGEST_FOOTER = 255
LONGEST_NAME = 31
HIGHEST_ROW = 409
LINE_HEIGHT = 13.5
"""Points that a line of ten-point type takes."""
A3, A4 = 8, 9
RED = "#E60012"
"""The red of the agency's line."""
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Cell = str | int | float | date | None


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of columns of figures of a sheet: `labels` and `values` are columns by position, from 0.

    `most` is where the axis ends. `rows` are drawn at most, the first ones. What goes `over_time` is drawn as lines.
    """

    title: str
    labels: int
    values: tuple[int, ...]
    most: float = 100
    rows: int = 20
    over_time: bool = False


class Workbook:
    """Write sheets into a file. Every text is a text: none becomes a formula or a link.

    What waits to be zipped lies beside the file; whoever drops the file half-way removes its folder.
    """

    def __init__(self, path: Path, title: str = "") -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "tmpdir": str(path.parent),
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"title": printable(title)[: LONGEST_NAME * 8]})
        self._names: set[str] = set()
        self._styles = _Styles(self._book)

    def close(self) -> None:
        """Zip the sheets into the file."""
        self._book.close()

    def sheet(
        self, name: str, title: str, columns: Sequence[Column], *, subtitle: str = "", foot: str = "", frozen: int = 0,
        paper: int = A4,
    ) -> Sheet:  # fmt: skip
        """Begin a sheet: title, subtitle and heading, the heading frozen and repeated on every printed page.

        `foot` is printed at the bottom of each page before the page number; `frozen` columns stay in sight.
        """
        made = self._book.add_worksheet(self._name(name))
        return Sheet(self._book, made, self._styles, title, columns, subtitle, foot, frozen, paper)

    def _name(self, wanted: str) -> str:
        """Return a name that Excel takes and no other sheet has."""
        base = _FORBIDDEN_IN_NAMES.sub("", printable(wanted)).strip("' ")[:LONGEST_NAME] or "表"
        name, count = base, 1
        while name.casefold() in self._names:
            count += 1
            ending = f"({count})"
            name = base[: LONGEST_NAME - len(ending)] + ending
        self._names.add(name.casefold())
        return name


class Sheet:
    """A sheet under the pen: rows go in from the top, each once."""

    def __init__(
        self, book: Any, sheet: Any, styles: _Styles, title: str, columns: Sequence[Column], subtitle: str, foot: str,
        frozen: int, paper: int,
    ) -> None:  # fmt: skip
        self._book, self._sheet, self._styles, self._columns = book, sheet, styles, columns
        last = len(columns) - 1
        sheet.set_landscape()
        sheet.set_paper(paper)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.75)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
        sheet.set_row(0, 30)
        sheet.set_row(1, 18)
        _across(sheet, 0, last, printable(title), styles.title)
        _across(sheet, 1, last, printable(subtitle), styles.subtitle)
        sheet.set_row(2, 30)
        for at, column in enumerate(columns):
            sheet.write_string(2, at, column.title, styles.heading)
        sheet.freeze_panes(3, frozen)
        sheet.repeat_rows(0, 2)
        sheet.set_footer(_footer(foot))
        self._next = 3

    def row(self, cells: Sequence[Cell]) -> None:
        """Write the next row, as high as its texts need; what is not known stays an empty cell."""
        lines = max(
            (_lines(cell, column.width) for cell, column in zip(cells, self._columns, strict=True) if cell), default=1
        )
        self._sheet.set_row(self._next, min(HIGHEST_ROW, LINE_HEIGHT * lines + 4))
        for at, cell in enumerate(cells):
            self._write(at, cell)
        self._next += 1

    def chart(self, bars: Bars) -> None:
        """Draw a chart of the rows so far, below them; one row alone needs none."""
        if self._next <= 4:
            return
        chart = self._book.add_chart({"type": "line" if bars.over_time else "bar"})
        name, first, last = self._sheet.get_name(), 3, min(self._next, 3 + bars.rows) - 1
        for column in bars.values:
            series: dict[str, Any] = {
                "name": [name, 2, column],
                "categories": [name, first, bars.labels, last, bars.labels],
                "values": [name, first, column, last, column],
            }
            if len(bars.values) == 1:
                series |= {
                    "fill": {"color": RED},
                    "data_labels": {"value": True, "num_format": "0.00", "font": {"size": 8}},
                    "gap": 60,
                }
            chart.add_series(series)
        chart.set_title({"name": bars.title, "name_font": {"size": 12}})
        font = {"size": 8}
        scale = {"max": bars.most, "num_font": font, "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}}
        if bars.over_time:
            chart.set_y_axis(scale)
            chart.set_x_axis({"num_font": font})
        else:  # the first row on top, the scale below, no label left out
            chart.set_y_axis({"reverse": True, "crossing": "max", "interval_unit": 1, "num_font": font})
            chart.set_x_axis({**scale, "min": 0})
        chart.set_legend({"none": True} if len(bars.values) == 1 else {"position": "bottom"})
        height = 250 if bars.over_time else 110 + (8 + 10 * len(bars.values)) * (last - first + 1)
        chart.set_size({"width": 640, "height": height})
        self._sheet.insert_chart(self._next + 1, 0, chart)

    def _write(self, at: int, cell: Cell) -> None:
        styles, row = self._styles, self._next
        match cell:
            case None | "":
                self._sheet.write_blank(row, at, None, styles.text)
            case str():
                said = shortened(printable(cell))
                self._sheet.write_string(
                    row, at, said, styles.quoted if said.startswith(_LIKE_A_FORMULA) else styles.text
                )
            case datetime() | date():
                day = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
                self._sheet.write_datetime(row, at, day, styles.day)
            case float():
                self._sheet.write_number(row, at, cell, styles.figure)
            case _:
                self._sheet.write_number(row, at, cell, styles.number)


class _Styles:
    def __init__(self, book: Any) -> None:
        plain = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
        boxed = {**plain, "border": 1, "text_wrap": True}
        self.title = book.add_format(
            {"font_name": "方正小标宋简体", "font_size": 18, "align": "center", "valign": "vcenter"}
        )
        self.subtitle = book.add_format(plain)
        self.heading = book.add_format({**boxed, "font_name": "黑体", "align": "center", "bg_color": "#F2F2F2"})
        self.text = book.add_format(boxed)
        self.quoted = book.add_format({**boxed, "quote_prefix": True})
        self.day = book.add_format({**boxed, "align": "center", "num_format": "yyyy-mm-dd"})
        self.figure = book.add_format({**boxed, "align": "center", "num_format": "0.00"})
        self.number = book.add_format({**boxed, "align": "center"})


def inert(said: str) -> str:
    """Return a text for a form without types, such as CSV, so that no spreadsheet takes it for a formula."""
    return f"'{said}" if said.startswith(_LIKE_A_FORMULA) else said


def shortened(said: str) -> str:
    """Return a text that fits a cell, and says so where something was cut off."""
    if len(said) <= LONGEST_TEXT:
        return said
    kept = LONGEST_TEXT - 40
    return f"{said[:kept]}……（其余{len(said) - kept}字未列）"


def _lines(cell: Cell, width: int) -> int:
    """Return how many lines a cell's text takes in a column so wide: a Chinese character is two digits wide."""
    if not isinstance(cell, str):
        return 1
    return sum(max(1, -(-sum(1 + (ord(c) > 0xFF) for c in said) // max(1, width - 1))) for said in cell.split("\n"))


def _across(sheet: Any, row: int, last: int, said: str, style: Any) -> None:
    if last:
        sheet.merge_range(row, 0, row, last, said, style)
    else:
        sheet.write_string(row, 0, said, style)


def _footer(foot: str) -> str:
    said = printable(foot).replace("&", "&&")
    return f"&L&8{said[: LONGEST_FOOTER - 20]}&R&10— &P —"
