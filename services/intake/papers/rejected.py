"""The rows of a file that were not taken, each as it stood with the reason in it, to be put right and sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.papers.paper import Column
from shared.papers.workbook import Workbook

ROW_WIDTH = 18


def workbook(path: Path, run: Mapping[str, Any], rejects: Sequence[Mapping[str, Any]]) -> None:
    """Write the workbook."""
    heading = [str(name) for name in run["heading"]]
    width = max([len(heading), *(len(one["cells"]) for one in rejects)])
    names = [*heading, *(f"第{n}列" for n in range(len(heading) + 1, width + 1))]
    columns = [
        Column("行号", 7), Column("未收原因", 34), Column("字段", 10), Column("Reason", 34),
        *(Column(name, ROW_WIDTH) for name in names),
    ]  # fmt: skip
    book = Workbook(path, f"未收的行 {run['name']}")
    sheet = book.sheet(
        "未收的行",
        f"未收的行：{run['name']}",
        columns,
        subtitle=f"来源 {run['source']} · 共 {len(rejects)} 行",
        frozen=4,
    )
    for one in rejects:
        cells = [*one["cells"], *[""] * (width - len(one["cells"]))]
        sheet.row([one["line"], one["zh"], one["field"], one["en"], *cells])
    book.close()
