"""Ledgers as files: an Excel workbook with a sheet per body, CSV, JSON; entries go in as they are read."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from services.escalation.papers.entry import Entry
from shared.papers.paper import Column, printable
from shared.papers.workbook import A3, Sheet, Workbook, inert

COLUMNS = (
    Column("序号", 4), Column("议题编号", 13), Column("议题", 20), Column("来源案件", 13),
    Column("提出单位", 12), Column("提出日期", 10), Column("事由", 9), Column("已采取措施", 14),
    Column("拟请牵头/配合", 11), Column("上会次数", 5), Column("会议与纪要编号", 14), Column("议定意见", 28),
    Column("牵头", 10), Column("配合", 9), Column("时限", 10), Column("上移日期与去向", 12),
    Column("上级答复", 20), Column("办理结果", 19), Column("核查与评价", 15), Column("反馈日期", 10),
    Column("销号日期", 10),
)  # fmt: skip
"""The official columns (workflows §2.5), with their widths in characters."""
NAMES = ("number", *(field.name for field in fields(Entry)))
"""The same columns as JSON names them."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What a ledger's sheet says above and below its rows: whose it is, and the head of its chain as it was read."""

    unit: str
    place: str
    body: str
    seq: int
    hash: str
    read_on: date

    @property
    def head(self) -> str:
        """Return the head as papers print it in their footers."""
        return head_words(self.seq, self.hash)


def head_words(seq: int, hash_: str) -> str:
    """Return the head of a ledger's chain as papers print it in their footers."""
    return f"台账链首 第{seq}条 {hash_}" if seq else "台账尚无记录"


class LedgerFile(Protocol):
    """A file that takes ledger after ledger."""

    def __init__(self, path: Path) -> None: ...

    def begin(self, cover: Cover) -> None:
        """Begin a ledger; the entries that follow are its own."""
        ...

    def add(self, entries: Iterable[Entry]) -> None:
        """Add entries in the ledger's order."""
        ...

    def finish(self) -> None:
        """Complete the file; nothing can be added after that."""
        ...


class ExcelFile:
    """A workbook: contents first, then a sheet per body with the official columns, ready to print on A3."""

    def __init__(self, path: Path) -> None:
        self._book = Workbook(path, "联席会议议题台账")
        self._contents = self._book.sheet(
            "目录",
            "联席会议议题台账目录",
            (Column("序号", 6), Column("联席会", 40), Column("议题数", 10), Column("记录数", 10), Column("链首", 70)),
            frozen=1,
        )
        self._covers: list[tuple[Cover, int]] = []
        self._sheet: Sheet | None = None
        self._count = 0

    def finish(self) -> None:
        """Write the contents and zip the sheets."""
        self._end()
        for number, (cover, count) in enumerate(self._covers, start=1):
            self._contents.row((number, cover.body, count, cover.seq, cover.hash if cover.seq else ""))
        self._book.close()

    def begin(self, cover: Cover) -> None:
        """Begin the sheet of a body."""
        self._end()
        self._cover, self._count = cover, 0
        self._sheet = self._book.sheet(
            cover.place,
            f"{cover.body}议题台账",
            COLUMNS,
            subtitle=f"截至 {cover.read_on.isoformat()}　{cover.head}",
            foot=cover.head,
            frozen=3,
            paper=A3,
        )

    def add(self, entries: Iterable[Entry]) -> None:
        """Add rows."""
        assert self._sheet is not None
        for each in entries:
            self._count += 1
            self._sheet.row((self._count, *(getattr(each, name) for name in NAMES[1:])))

    def _end(self) -> None:
        if self._sheet is not None:
            self._covers.append((self._cover, self._count))


class CsvFile:
    """Comma-separated values in UTF-8 with a mark, as Excel opens them; the body's name stands before the columns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._rows = csv.writer(self._file)
        self._rows.writerow(("联席会", *(column.title for column in COLUMNS)))

    def finish(self) -> None:
        """Close the file."""
        self._file.close()

    def begin(self, cover: Cover) -> None:
        """Begin a body's rows."""
        self._cover, self._count = cover, 0

    def add(self, entries: Iterable[Entry]) -> None:
        """Add rows."""
        for each in entries:
            self._count += 1
            cells = (self._cover.body, self._count, *(_plain(getattr(each, name)) for name in NAMES[1:]))
            self._rows.writerow([inert(cell) if isinstance(cell, str) else cell for cell in cells])


class JsonFile:
    """One JSON document: a list of ledgers, each with its head and its entries; texts as they are."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._file.write('{"ledgers":[')
        self._ledgers = 0

    def finish(self) -> None:
        """Close lists and file."""
        self._file.write(("]}" if self._ledgers else "") + "]}\n")
        self._file.close()

    def begin(self, cover: Cover) -> None:
        """Begin a body's entries."""
        self._file.write("]},\n" if self._ledgers else "\n")
        said = json.dumps({**asdict(cover), "read_on": cover.read_on.isoformat()}, ensure_ascii=False)
        self._file.write(f'{said[:-1]},"entries":[')
        self._ledgers, self._count = self._ledgers + 1, 0

    def add(self, entries: Iterable[Entry]) -> None:
        """Add entries."""
        for each in entries:
            self._file.write(",\n" if self._count else "\n")
            self._count += 1
            values = (self._count, *(_plain(getattr(each, name)) for name in NAMES[1:]))
            self._file.write(json.dumps(dict(zip(NAMES, values, strict=True)), ensure_ascii=False))


FORMS: dict[str, type[LedgerFile]] = {"xlsx": ExcelFile, "csv": CsvFile, "json": JsonFile}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return printable(value) if isinstance(value, str) else value
