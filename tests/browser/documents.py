"""Documents as a person takes them from a page, and what stands in them once they are opened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any

import docx
import openpyxl
from docx.table import Table
from docx.text.paragraph import Paragraph
from playwright.sync_api import Locator, Page

from tests.unit.papers.reading import pdf_text


def taken(page: Page, link: Locator, ending: str) -> bytes:
    """Click a link, and return the file that comes of it."""
    with page.expect_download() as coming:
        link.click()
    assert coming.value.suggested_filename.endswith(ending), coming.value.suggested_filename
    return coming.value.path().read_bytes()


def lines(made: bytes) -> list[str | tuple[str, ...]]:
    """Return a Word document's paragraphs and rows of tables, from top to bottom; empty ones are the layout's."""
    body = docx.Document(BytesIO(made)).iter_inner_content()
    return [line for block in body for line in _lines(block) if line]


def _lines(block: Paragraph | Table) -> Iterator[str | tuple[str, ...]]:
    if isinstance(block, Table):
        for row in block.rows:
            yield tuple(cell.text for cell in dict.fromkeys(row.cells))
    else:
        yield block.text


def says_the_same(printed: bytes, written: bytes) -> None:
    """See that a PDF holds every paragraph and every cell of the Word document, in the same order."""
    text, at = pdf_text(printed), 0
    for line in lines(written):
        for said in (line,) if isinstance(line, str) else line:
            words = "".join(said.split())
            found = text.find(words, at)
            assert found >= 0, said
            at = found + len(words)


def sheets(made: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """Return a workbook's sheets by title, each with all its rows: cells as a person reads them, an empty one as ""."""
    book = openpyxl.load_workbook(BytesIO(made))
    return {
        sheet.title: [tuple(map(_cell, row)) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets
    }


def _cell(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    return "" if value is None else value


def table(found: Locator) -> list[tuple[str, ...]]:
    """Return the rows of a table on a page, cell by cell, as they are read."""
    rows: list[list[str]] = found.locator("tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    return [tuple(row) for row in rows]
