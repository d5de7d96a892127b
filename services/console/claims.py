"""Wishes, lists, projects and alliances in the words of the office: the facts of what is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.console.story import Story
from services.console.words import Tongue, word
from shared.city.model import City

_ENDS = {"given_up": word("放弃认领"), "lapsed": word("认领到期未完成")}
_NAMING_ENDS = {"declined": word("未接单"), "lapsed": word("逾期未答复，视为未接单")}


def _naming_ended(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t(_NAMING_ENDS[d["end"]])


def _released(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t(_ENDS[d["end"]])


def _claimed(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("接受派单") if d["dispatched"] else t("领单")


def _confirmed(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("心愿已圆，{grade} 分", grade=d["grade"])


def _rated(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("项目互评：{grade} 分", grade=d["grade"])


def _ended(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("预约使用完毕") if d["used"] else t("取消预约")


CLAIMS = {
    "wish.ordered.v1": Story("raise", word("点单"), who="community", note="wording"),
    "wish.offered.v1": Story("dispatch", word("审单通过"), who="community"),
    "wish.refused.v1": Story("dispatch", word("审单不予受理"), who="community", note="why", shape="done"),
    "wish.diverted.v1": Story("dispatch", word("转为诉求办理"), who="community", note="why", shape="done"),
    "wish.became_case.v1": Story("raise", word("心愿转为诉求，另立新单"), note="wording", shape="system"),
    "wish.named.v1": Story("dispatch", word("社区派单"), who="community"),
    "wish.naming_ended.v1": Story("dispatch", word("未接单"), _naming_ended, shape="system"),
    "wish.claimed.v1": Story("handle", word("领单"), _claimed, "claimant"),
    "wish.released.v1": Story("handle", word("放弃认领"), _released, "claimant", "why", "late"),
    "wish.came_back.v1": Story("dispatch", word("无人认领，退回社区"), who="community", shape="late"),
    "wish.bought.v1": Story("dispatch", word("政府购买服务"), who="community", note="provider"),
    "wish.fulfilled.v1": Story("handle", word("已办理，请确认"), who="by", note="what"),
    "wish.confirmed.v1": Story("rate", word("确认心愿"), _confirmed, "claimant", shape="done"),
    "wish.unrated.v1": Story("rate", word("未评价，心愿结束"), who="claimant", shape="done"),
    "wish.overdue.v1": Story("dispatch", word("社区逾期未审"), who="charged", shape="late"),
    "claim.opened.v1": Story("handle", word("在手认领增加"), who="party", shape="system"),
    "claim.ended.v1": Story("handle", word("在手认领减少"), who="party", shape="system"),
    "alliance.member_joined.v1": Story("dispatch", word("加入联盟"), who="party"),
    "alliance.member_left.v1": Story("dispatch", word("退出联盟"), who="party", note="why"),
    "commissioner.appointed.v1": Story("dispatch", word("设服务专员"), who="party", note="centre"),
    "commissioner.ended.v1": Story("dispatch", word("撤服务专员"), who="community"),
    "resource.pooled.v1": Story("dispatch", word("入资源库"), who="party", note="times"),
    "resource.unpooled.v1": Story("dispatch", word("出资源库"), who="community"),
    "pairing.assigned_on.v1": Story("dispatch", word("结对单位包网格"), who="department"),
    "list.item_drafted.v1": Story("raise", word("起草清单条目"), who="owner", note="wording", shape="system"),
    "list.item_published.v1": Story("raise", word("公布清单条目"), who="owner", note="wording"),
    "list.item_withdrawn.v1": Story("raise", word("撤下清单条目"), who="owner", note="why"),
    "list.item_expired.v1": Story("raise", word("清单条目到期"), who="owner", shape="system"),
    "list.item_ordered.v1": Story("raise", word("清单条目被点单"), shape="system"),
    "list.item_unordered.v1": Story("raise", word("点单退回数量"), shape="system"),
    "list.item_claimed.v1": Story("handle", word("清单条目被认领"), shape="system"),
    "list.item_unclaimed.v1": Story("handle", word("清单条目可再认领"), shape="system"),
    "list.item_shared.v1": Story("handle", word("资源联享开始"), shape="system"),
    "list.begun.v1": Story("raise", word("建立清单"), who="owner", shape="system"),
    "list.reviewed.v1": Story("raise", word("复核清单"), who="owner"),
    "list.review_reminded.v1": Story("raise", word("提醒复核清单"), who="owner", shape="system"),
    "list.stale.v1": Story("raise", word("清单逾期未复核"), who="owner", shape="late"),
    "booking.asked.v1": Story("raise", word("网格申请资源"), who="by", note="purpose"),
    "booking.granted.v1": Story("dispatch", word("资源预约成功"), who="by", note="purpose"),
    "booking.refused.v1": Story("dispatch", word("不予落实资源"), who="owner", note="why", shape="late"),
    "booking.overdue.v1": Story("dispatch", word("资源申请逾期未答复"), who="charged", shape="late"),
    "booking.ended.v1": Story("handle", word("预约结束"), _ended, "by", shape="system"),
    "project.offered.v1": Story("raise", word("认领项目"), who="claimed_by", note="agreement"),
    "project.matched.v1": Story("dispatch", word("双方签约"), who="signed_by"),
    "project.lapsed.v1": Story("dispatch", word("单方签约到期失效"), shape="late"),
    "project.started.v1": Story("handle", word("项目开始"), who="by"),
    "project.confirmed.v1": Story("handle", word("一方确认完成"), who="by", note="what"),
    "project.done.v1": Story("handle", word("双方确认完成"), who="by", note="what", shape="done"),
    "project.rated.v1": Story("rate", word("项目互评"), _rated, "by"),
}
