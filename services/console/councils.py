"""Councils in the words of the office: what is deliberated beside the joint meetings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.console.story import Story
from services.console.words import Tongue, word
from shared.city.model import City

_BECOMES = {"report": word("转为反映"), "project": word("转为项目"), "vote": word("转为表决")}


def _agreed(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("议事议定：{title}，{becomes}", title=d["title"], becomes=t(_BECOMES[d["becomes"]]))


def _held(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    agreed = sum(one["agreed"] for one in d["outcomes"])
    return t("议事会议：{n} 项，议定 {agreed} 项", n=len(d["outcomes"]), agreed=agreed)


COUNCILS = {
    "council.convened.v1": Story("meet", word("召集议事会议"), who="unit"),
    "council.called_off.v1": Story("meet", word("取消议事会议"), who="unit", note="why"),
    "council.held.v1": Story("meet", word("召开议事会议"), _held, "unit", shape="done"),
    "council.agreed.v1": Story("meet", word("议事议定"), _agreed, "unit", shape="done"),
    "council.overseen.v1": Story("meet", word("监督委员会意见"), who="unit", note="opinion"),
    "council.followed.v1": Story("meet", word("议定事项落实去向"), who="unit", note="reference"),
    "council.reminded.v1": Story("meet", word("提醒召开议事会议"), who="unit", shape="system"),
    "council.missed.v1": Story("meet", word("未按期召开议事会议"), who="unit", shape="late"),
}
