"""Tables that people hand in, opened by what they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from shared.sheets.sheet import NotATable, Sheet, delimited

EXCEL = frozenset({".xlsx", ".xlsm"})


@contextmanager
def open_sheet(path: Path) -> Iterator[Sheet]:
    """Open a file by its ending. Raises NotATable for one that is neither CSV nor Excel, or has no heading."""
    with path.open("rb") as raw, read_sheet(path.name, raw) as sheet:
        yield sheet


@contextmanager
def read_sheet(name: str, raw: BinaryIO) -> Iterator[Sheet]:
    """Read a file that is open, by the ending of its name. Raises NotATable as `open_sheet` does."""
    ending = Path(name).suffix.lower()
    if ending in EXCEL:
        from shared.sheets.excel import excel

        with excel(raw) as sheet:
            yield sheet
    elif ending in (".csv", ".txt"):
        yield delimited(raw)
    else:
        raise NotATable(f"只读 .csv 与 .xlsx：{name}", f"only .csv and .xlsx are read: {name}")
