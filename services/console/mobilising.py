"""Mediation, whistles, check-in and double duty in the words of the office: what goes on beside the orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.console.story import Story
from services.console.words import Tongue, word
from shared.city.model import City


def _callee(text: str) -> Any:
    def said(d: Mapping[str, Any], city: City, t: Tongue) -> str:
        return t(text, unit=city.name_of(str(d["callee"])))

    return said


def _called(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("吹哨：呼叫{units}", units=t("、").join(city.name_of(code) for code in d["callees"]))


def _confirmed(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    text = word("{unit}到场属实") if d["here"] else word("{unit}没有到场")
    return t(text, unit=city.name_of(str(d["callee"])))


def _reported_in(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    text = word("{unit}迟到到场") if d["late"] else word("{unit}报到")
    return t(text, unit=city.name_of(str(d["callee"])))


def _parts(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("吹哨现场议定，{units}协办", units=t("、").join(city.name_of(code) for code in d["units"]))


def _answered(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("督办回执") if d["on_time"] else t("督办回执（已逾期）")


def _agreed(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("调解成功，协议 {n} 条，{parties} 方签字", n=d["clauses"], parties=d["parties"])


def _ended(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("吹哨结束，议定 {n} 项", n=len(d["conclusions"]))


MOBILISING = {
    "order.parts_agreed.v1": Story("handle", word("现场议定协办"), _parts),
    "order.supervision_answered.v1": Story("handle", word("督办回执"), _answered, "charged", "note"),
    "order.supervision_unanswered.v1": Story("handle", word("督办单逾期未回执"), who="charged", shape="late"),
    "dispute.opened.v1": Story("handle", word("调解立案"), who="opened_by"),
    "dispute.mediating.v1": Story("handle", word("指定调解员"), who="unit"),
    "dispute.succeeded.v1": Story("handle", word("调解成功"), _agreed, shape="done"),
    "dispute.failed.v1": Story("handle", word("调解不成，已告知依法解决途径"), shape="late"),
    "dispute.withdrawn.v1": Story("handle", word("撤回调解"), shape="system"),
    "whistle.asked.v1": Story("dispatch", word("提请吹哨"), who="whistler", note="why"),
    "whistle.sounded.v1": Story("dispatch", word("吹哨"), _called, "whistler", "why"),
    "whistle.signed.v1": Story("handle", word("签收哨令"), _callee(word("{unit}签收哨令")), "callee"),
    "whistle.reported_in.v1": Story("handle", word("报到"), _reported_in, "callee"),
    "whistle.confirmed.v1": Story("handle", word("核实到场"), _confirmed, "whistler"),
    "whistle.no_show.v1": Story(
        "handle", word("未报到，督办"), _callee(word("{unit}未按时报到，督办")), "supervisor", shape="late"
    ),
    "whistle.receipted.v1": Story("handle", word("督办回执"), who="callee", note="note"),
    "whistle.objected.v1": Story("handle", word("提出异议"), who="callee", note="why"),
    "whistle.released.v1": Story("dispatch", word("免除到场"), _callee(word("免除{unit}到场")), "whistler", "why"),
    "whistle.ended.v1": Story("handle", word("吹哨结束"), _ended, "whistler", shape="done"),
    "whistle.part_done.v1": Story("handle", word("完成议定事项"), who="unit", note="note", shape="done"),
    "whistle.part_overdue.v1": Story("handle", word("议定事项超期，督办"), who="unit", shape="late"),
    "whistle.cancelled.v1": Story("dispatch", word("撤销吹哨"), who="whistler", note="why"),
    "whistle.rated.v1": Story("rate", word("吹哨双向评价"), who="rater", note="note"),
    "member.checked_in.v1": Story("dispatch", word("党员报到"), who="unit"),
    "member.checked_out.v1": Story("dispatch", word("党员转出"), who="unit"),
    "activity.claimed.v1": Story("dispatch", word("认领岗位"), who="community", note="item"),
    "activity.registered.v1": Story("handle", word("登记活动"), who="community", note="what"),
    "activity.assessed.v1": Story("rate", word("考评双岗双责"), who="community", note="opinion", shape="done"),
}
