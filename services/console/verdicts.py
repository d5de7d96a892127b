"""The auditor's last verdict, as `sidan audit` left it beside the services, and how the office says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.console import moments
from services.console.words import Tongue, word

FILE = "audit.json"
"""In the folder of what is kept in files."""
_KINDS = {
    "gap": word("序号缺失"),
    "double": word("重复"),
    "order": word("乱序"),
    "differs": word("流与日志不一致"),
    "missing": word("已记而流上没有"),
    "foreign": word("来历不明"),
    "unheard": word("未被读取"),
    "parked": word("滞留超过 60 秒"),
    "aside": word("搁置"),
    "chain": word("台账链断裂"),
    "personal": word("事实中有手机号或身份证号"),
    "nowhere": word("下落不明"),
    "two_places": word("同时在两处"),
    "unreachable": word("无法核对"),
}


def read(data: Path) -> Mapping[str, Any] | None:
    """Return the last verdict with the real time `at` of its end, or None where there is none to be read."""
    try:
        said: dict[str, Any] = json.loads((data / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said if "at" in said else None


def words(t: Tongue, said: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return (CSS class, text) for each line about a verdict."""
    if said is None:
        return [("empty", t("还没有稽核过；在服务器上运行 sidan audit，逐件清点每一件反映"))]
    at = moments.moment_of(t, said["at"])
    ended = ("ok", t("✓ 全部在位：无缺失、无重复、次序无误")) if said["ok"] else ("late", t("✗ 稽核未通过"))
    lines = [
        (ended[0], t("{verdict} · 稽核于 {at}", verdict=ended[1], at=at)),
        ("", t("反映 {reports} 件，事实 {facts} 条，台账 {ledgers} 本", reports=f"{said['reports']:,}",
               facts=f"{sum(said['facts'].values()):,}", ledgers=f"{said['ledgers']:,}")),
    ]  # fmt: skip
    for kind, count in said["found"].items():
        lines.append(("late", t("{kind}：{n} 项", kind=t(_KINDS[kind]) if kind in _KINDS else kind, n=f"{count:,}")))
    return lines
