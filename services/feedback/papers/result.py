"""A year's results as a workbook, in the form in which they go to whoever appraises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from services.feedback.domain.exporting import COLUMNS, WORDS, ExportKind
from services.feedback.papers.card import KINDS
from shared.papers.paper import Column
from shared.papers.workbook import Workbook

TITLES = {
    ExportKind.DEPARTMENTS: "部门实绩考核结果",
    ExportKind.SECRETARIES: "书记述职评议与领导班子考核结果",
    ExportKind.MEMBERS: "在职党员双岗双责考评结果",
    ExportKind.MERIT: "评先评优依据",
}
GRADES = {"excellent": "优秀", "good": "良好", "passed": "合格", "failed": "不合格"}
LEVELS = {"county": "县区", "street": "街道", "community": "社区"}
FIGURES = frozenset({"composite", "hundred_point", "two_way", "street_rights", "joint_review"})
WIDE = {"name": 28, "unit": 18, "employer": 28, "community": 18, "member": 18, "frozen_at": 18, "tier": 16}


def workbook(
    path: Path, kind: ExportKind, year: int, revision: int, digest: str, lines: Sequence[Mapping[str, Any]], city: Any
) -> None:
    """Write the lines as they were handed over; the digest stands at the foot of each page."""
    title = f"{year}年度{TITLES[kind]}"
    columns = tuple(
        Column(WORDS[name], WIDE.get(name, 9), right=all(isinstance(line[name], int | None) for line in lines))
        for name in COLUMNS[kind]
    )
    book = Workbook(path, title)
    said = f"{city.names.zh}  第 {revision} 次输出  共 {len(lines)} 条  供考核单位参考，平台不作任免奖惩决定"
    sheet = book.sheet(TITLES[kind], title, columns, subtitle=said, foot=f"SHA-256 {digest}", frozen=2)
    for line in lines:
        sheet.row(tuple(_cell(name, line[name], city) for name in COLUMNS[kind]))
    book.close()


def _cell(name: str, value: Any, city: Any) -> Any:
    if value is None:
        return "—"
    match name:
        case "grade":
            return GRADES.get(value, value)
        case "tier":
            return KINDS.get(value, value)
        case "level":
            return LEVELS.get(value, value)
        case "employer" | "community":
            return city.name_of(value)
        case "frozen_at":
            return str(value)[:16].replace("T", " ")
    return float(value) if name in FIGURES else value
