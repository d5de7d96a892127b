"""Facts about people in the words of the office: what reporters add, who is erased, posts, notices, visits."""

from __future__ import annotations

from services.console.story import Story
from services.console.words import word

PEOPLE = {
    "case.reminded.v1": Story("raise", word("催办"), lambda d, c, t: t("反映人催办（第 {n} 次）", n=d["times"])),
    "case.supplemented.v1": Story(
        "raise", word("补充说明"), lambda d, c, t: t("反映人补充说明") if d["reporter"] else t("现场补充照片和说明")
    ),
    "resident.erased.v1": Story("raise", word("抹去反映人信息"), shape="system"),
    "post.filled.v1": Story("raise", word("上岗"), who="unit"),
    "post.vacated.v1": Story("raise", word("离岗"), who="unit", shape="late"),
    "notice.published.v1": Story("raise", word("网格公示更新"), who="unit", shape="system"),
    "visit.logged.v1": Story("raise", word("入户走访和网格事务"), who="unit"),
    "leader.tied.v1": Story("raise", word("领导联系点"), who="unit", shape="system"),
    "leader.visited.v1": Story("raise", word("领导到联系点"), who="unit"),
    "leader.received.v1": Story("raise", word("民情家访"), who="unit"),
    "gridservice.published.v1": Story("raise", word("网格服务清单上单"), who="unit", shape="system"),
    "gridservice.withdrawn.v1": Story("raise", word("网格服务清单撤单"), who="unit", shape="system"),
    "household.registered.v1": Story("raise", word("登记住户"), who="unit", shape="system"),
    "household.removed.v1": Story("raise", word("住户注销"), who="unit", shape="system"),
    "admission.requested.v1": Story("raise", word("申请准入社区"), who="department"),
    "admission.decided.v1": Story(
        "raise", word("准入审批"), lambda d, c, t: t("准入") if d["granted"] else t("不予准入"), shape="system"
    ),
    "admission.withdrawn.v1": Story("raise", word("撤回准入"), who="department", shape="system"),
}
