"""Everything that a unit lists (清单) as a workbook, a sheet per list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from shared.papers.paper import Column
from shared.papers.workbook import Workbook

KINDS = {
    "demand": "需求清单",
    "resource": "资源清单",
    "service": "服务清单",
    "responsibility": "责任清单",
    "strength": "优势清单",
    "shortage": "紧缺清单",
    "service_item": "服务事项清单",
}
STATUSES = {"draft": "起草中", "published": "已公布", "withdrawn": "已撤下", "expired": "已到期"}
COLUMNS = (
    Column("序号", 5, right=True),
    Column("内容", 40),
    Column("数量", 7, right=True),
    Column("服务形式", 14),
    Column("面向社区", 18),
    Column("共同编制单位", 18),
    Column("有效期自", 12),
    Column("有效期至", 12),
    Column("状态", 9),
    Column("已点单", 8, right=True),
    Column("认领", 8),
)


def workbook(path: Path, owner: str, items: Sequence[Mapping[str, Any]], city: Any) -> None:
    """Write the workbook; raises nothing for a list that is empty."""
    name = city.name_of(owner)
    book = Workbook(path, f"{name}清单")
    for kind, title in KINDS.items():
        rows = [item for item in items if item["kind"] == kind]
        if not rows:
            continue
        sheet = book.sheet(title, f"{name}{title}", COLUMNS, subtitle=f"共 {len(rows)} 项", frozen=2)
        for number, item in enumerate(rows, start=1):
            community, partner = item.get("community"), item.get("partner")
            sheet.row(
                (
                    number,
                    item["wording"],
                    item["quantity"],
                    item["form"],
                    city.name_of(community) if community else "全市",
                    city.name_of(partner) if partner else "",
                    date.fromisoformat(item["valid_from"]),
                    date.fromisoformat(item["valid_until"]),
                    STATUSES[item["status"]],
                    item["ordered"],
                    "已认领" if item.get("project") else "",
                )
            )
    book.close()
