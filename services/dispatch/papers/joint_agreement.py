"""The agreement of two sides (共建协议书、资源联享协议书), printed for signing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shared.kernel.calendar import SHANGHAI
from shared.papers.paper import Block, Heading, Labelled, Paper, Text, chinese_day, numbered

TITLES = {"project": "共建项目协议书", "sharing": "资源联享协议书"}


def agreement(project: Mapping[str, Any], item: str, city: Any) -> Paper:
    """Return the agreement; until both have signed it says that it is not in force."""
    first, second = (city.name_of(project[side]) for side in ("community", "partner"))
    signed = project["signed"]
    matched = project.get("matched_at")
    parts = (
        ("共建内容", f"清单条目：{item}\n{project['agreement']}"),
        ("起止时间", f"自{_day(project['starts_on'])}至{_day(project['ends_on'])}"),
        (
            "双方约定",
            "双方按约定内容开展共建，完成后由双方确认，并相互评价；逾期只有一方签约的，本协议不生效。",
        ),
    )
    blocks: list[Block] = [Labelled("甲方", first), Labelled("乙方", second)]
    for heading, (_, text) in zip(numbered([title for title, _ in parts]), parts, strict=True):
        blocks += [Heading(heading), Text(text)]
    for label, side, name in (("甲方（盖章）", "community", first), ("乙方（盖章）", "partner", second)):
        blocks.append(Labelled(label, f"{name}（{'已签约' if project[side] in signed else '未签约'}）"))
    if matched:
        blocks.append(Labelled("签订日期", chinese_day(datetime.fromisoformat(matched).astimezone(SHANGHAI).date())))
    return Paper(
        agency=first,
        title=TITLES[project["kind"]],
        blocks=tuple(blocks),
        foot="" if matched else "未经双方签约，不生效",
    )


def _day(text: str) -> str:
    return chinese_day(date.fromisoformat(text))
