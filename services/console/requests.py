"""What holders ask and what becomes of it, in the words of the office: more time, a pause, a part, a recall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.console.story import Story
from services.console.words import Tongue, word
from shared.city.model import City

PAUSES = {
    "weather": word("天气"),
    "law_suit": word("诉讼"),
    "funds": word("资金未到位"),
    "season": word("季节"),
    "owners_vote": word("业主表决"),
}


def _outcome(granted: str, refused: str, lapsed: str) -> Any:
    def title(d: Mapping[str, Any], city: City, t: Tongue) -> str:
        return t(granted) if d["granted"] else t(lapsed) if d["lapsed"] else t(refused)

    return title


def _pause(d: Mapping[str, Any], t: Tongue) -> str:
    return t(PAUSES[d["cause"]]) if d["cause"] in PAUSES else str(d["cause"])


REQUESTS = {
    "order.extension_asked.v1": Story(
        "handle", word("申请延期"), lambda d, c, t: t("申请延期 {more}", more=d["more"]), "responsible", "why"
    ),
    "order.extension_judged.v1": Story(
        "dispatch",
        word("延期裁定"),
        _outcome(word("同意延期"), word("不同意延期"), word("延期逾期未裁，视为不同意")),
        "judge",
    ),
    "order.suspension_asked.v1": Story(
        "handle",
        word("申请挂账"),
        lambda d, c, t: t("申请挂账 {n} 天（{cause}）", n=d["days"], cause=_pause(d, t)),
        "responsible",
        "why",
    ),
    "order.suspension_judged.v1": Story(
        "dispatch",
        word("挂账裁定"),
        _outcome(word("同意挂账"), word("不同意挂账"), word("挂账逾期未裁，视为不同意")),
        "judge",
    ),
    "order.resumed.v1": Story(
        "handle",
        word("恢复办理"),
        lambda d, c, t: t("提前恢复办理") if d["early"] else t("挂账期满，恢复办理"),
        "by",
        shape="system",
    ),
    "order.recalled.v1": Story(
        "dispatch",
        word("收回"),
        lambda d, c, t: t("从{unit}收回", unit=c.name_of(d["from_unit"])),
        "dispatcher",
        "reason",
    ),
    "order.disputed.v1": Story(
        "dispatch",
        word("部门争议"),
        lambda d, c, t: t("部门争议：{units}", units=t("、").join(c.name_of(code) for code in d["among"])),
        "dispatcher",
        "note",
        "late",
    ),
    "order.part_answered.v1": Story(
        "handle",
        word("协办答复"),
        lambda d, c, t: t("协办答复（已逾期）") if d["late"] else t("协办答复"),
        "unit",
        "note",
    ),
    "order.part_release_asked.v1": Story("handle", word("申请退出协办"), who="unit", note="why"),
    "order.part_release_judged.v1": Story(
        "dispatch",
        word("退出协办裁定"),
        _outcome(word("同意退出协办"), word("不同意退出协办"), word("退出协办逾期未裁，视为不同意")),
        "judge",
    ),
    "order.part_lapsed.v1": Story("handle", word("协办逾期未答复"), who="unit", shape="late"),
}
