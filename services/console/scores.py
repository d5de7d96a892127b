"""Published scores as pages say them: names and definitions of the rates, periods, what changed since the last one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from services.console.words import Tongue, word

Card = Mapping[str, Any]
"""The newest revision of a published score, as feedback gives it."""

THREE = {
    "response": (word("响应率"), word("联系过的 ÷ 有效评价")),
    "resolution": (word("解决率"), word("反映人说已解决的 ÷ 有效评价，剔除的不计")),
    "satisfaction": (word("满意率"), word("非常满意、满意各计 1，基本满意计 0.9，÷ 有效评价，剔除的不计")),
}
RATES = {
    "on_time": (word("按期结案率"), word("到期前交处置反馈、冻结前核查通过的 ÷ 本期到期减挂账")),
    "closing": (word("结案率"), word("冻结前核查通过且未再退回的 ÷ 本期到期减挂账")),
    "rework": (word("返工率"), word("核查不通过过的 ÷ 本期首次核查通过的")),
    "hand_back": (word("退单率"), word("部门：申请退单的派单 ÷ 收到的派单；派单单位：退单成立的 ÷ 发出的派单")),
    "accurate_dispatch": (word("准确派遣率"), word("首派未收回也未退单成立的 ÷ 首次派单的")),
    "extension": (word("延期率"), word("准予延期的 ÷ 本期到期")),
    "rating_rework": (word("评价返工率"), word("因评价不满意返工的 ÷ 已邀评的")),
    "mediation": (word("调解成功率"), word("调解成功的 ÷ 成功与失败之和，撤回不计")),
    "coverage": (word("评价覆盖率"), word("有效评价 ÷ 应邀评的反映人")),
}
ALL = {**THREE, **RATES, "composite": (word("三率综合"), word("响应、解决、满意按评分办法加权"))}
KINDS = {
    "city": word("全市"),
    "county": word("县区"),
    "street": word("街道"),
    "community": word("社区"),
    "grid": word("网格"),
    "subgrid": word("三级网格"),
    "department": word("部门"),
}
PARTS = {"numerator": word("计入分子"), "denominator": word("只计入分母"), "excluded": word("不计入")}
WHY = {
    "unreasonable": word("不合理诉求"),
    "force_majeure": word("不可抗力"),
    "outside_law": word("超出法律规定"),
    "declined": word("会议不予采纳"),
    "suspended": word("挂账"),
    "unable": word("无力办理，已上会"),
    "bounced": word("两次退单，已上会"),
    "dispute": word("部门争议，已上会"),
    "withdrawn": word("已撤回"),
}
CAUSES = {
    "sent_back": word("退回返工"),
    "hand_back": word("退单成立"),
    "exclusion": word("准予剔除"),
    "late_fact": word("迟到的记录"),
}
DEEDS = {
    "published": word("发布清单"), "ordered": word("群众点单"), "claimed": word("领单"), "done": word("完成"),
    "rated": word("被评价"), "given_up": word("放弃"), "lapsed": word("认领到期"), "overdue": word("逾期"),
    "stale": word("清单未复核"), "resource_refused": word("拒绝资源调用"), "resource_overdue": word("资源调用逾期"),
    "part_given": word("协办任务"), "part_done": word("按期协办"), "part_late": word("逾期协办"),
    "part_lapsed": word("协办未答复"), "part_released": word("准予退出协办"),
    "whistle_sounded": word("吹哨"), "whistle_called": word("被吹哨"), "whistle_answered": word("按时报到"),
    "whistle_late": word("迟到"), "whistle_missed": word("未报到"), "whistle_rated": word("吹哨评分"),
    "member_checked_in": word("党员报到"), "post_claimed": word("认领岗位"), "meeting_attended": word("参会"),
    "meeting_missed": word("缺席会议"),
}  # fmt: skip
DUTIES = {
    "checks": word("抽检或回头看"),
    "leader_visits": word("领导到联系点"),
    "return_visits": word("定期回访"),
    "list_review": word("清单复核"),
}
_SHAPE = re.compile(r"(20\d\d)(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


def span_of(period: str) -> str:
    """Return month, quarter or year; raises ValueError for what is no period."""
    found = _SHAPE.fullmatch(period)
    if found is None:
        raise ValueError(period)
    return "quarter" if found[2] else "month" if found[3] else "year"


def period_name(t: Tongue, period: str) -> str:
    """Return a period in words."""
    found = _SHAPE.fullmatch(period)
    if found is None:
        return period
    if found[2]:
        return t("{year} 年第 {n} 季度", year=found[1], n=found[2])
    return t("{year} 年 {n} 月", year=found[1], n=int(found[3])) if found[3] else t("{year} 年度", year=found[1])


def short_name(t: Tongue, period: str) -> str:
    """Return a period as an axis says it."""
    found = _SHAPE.fullmatch(period)
    if found is None or not (found[2] or found[3]):
        return period
    return f"{found[1][2:]}-Q{found[2]}" if found[2] else t("{n} 月", n=int(found[3]))


def percent(ratio: Mapping[str, Any] | None) -> str:
    """Return a rate with one decimal, or a dash where it has no value; the published two stand on its own page."""
    if not ratio or ratio.get("percent") is None:
        return "—"
    return f"{Decimal(ratio['percent']).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def rate_of(card: Card, rate: str) -> Mapping[str, Any] | None:
    """Return one of the three rates or case rates of a card."""
    found = card.get(rate) if rate in THREE or rate == "coverage" else card.get("rates", {}).get(rate)
    return found if isinstance(found, Mapping) else None


def number(text: Any) -> float | None:
    """Return a published figure as a number."""
    return None if text is None else float(text)


def change(now: Card, before: Card | None) -> str:
    """Return how a composite moved against the period before, signed; empty where one of them has none."""
    if before is None or now.get("composite") is None or before.get("composite") is None:
        return ""
    moved = (Decimal(now["composite"]) - Decimal(before["composite"])).quantize(Decimal("0.1"))
    return f"{moved:+}".replace("-", "−")


def tiers(cards: Iterable[Card]) -> dict[tuple[str, str], list[Card]]:
    """Return the cards by (kind, tier), the best place first, what is not ranked last."""
    found: dict[tuple[str, str], list[Card]] = {}
    for card in cards:
        found.setdefault((card["kind"], card["tier"]), []).append(card)
    order = list(KINDS)
    for peers in found.values():
        peers.sort(key=lambda c: (c["place"] is None, c["place"] or 0, c["unit"]))
    return dict(sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1])))


def cut(figures: Iterable[float]) -> tuple[int, int]:
    """Return the ends of an axis for scores: fives around what is shown, as the head of a column states them."""
    shown = list(figures)
    low = int(min(shown, default=80) // 5 * 5)
    return (min(low, 95), 100)


def before(period: str) -> str:
    """Return the period before one of the same length."""
    found = _SHAPE.fullmatch(period)
    if found is None:
        raise ValueError(period)
    year, quarter, month = int(found[1]), found[2], found[3]
    if quarter:
        return f"{year}-Q{int(quarter) - 1}" if quarter != "1" else f"{year - 1}-Q4"
    if month:
        return f"{year}-{int(month) - 1:02d}" if month != "01" else f"{year - 1}-12"
    return str(year - 1)
