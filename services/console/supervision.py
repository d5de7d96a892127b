"""Assessments, checks, stars, votes and duties in the words of the office: the facts that belong to no case."""

from __future__ import annotations

from services.console.story import Story
from services.console.words import word

SUPERVISION = {
    "assessment.opened.v1": Story("rate", word("百分考核开始"), who="community"),
    "assessment.raters_named.v1": Story("rate", word("登记评议人"), shape="system"),
    "assessment.counted.v1": Story("rate", word("百分考核计票"), who="community", shape="done"),
    "assessment.lapsed.v1": Story("rate", word("评议人不足，百分考核作废"), who="community", shape="late"),
    "draw.frozen.v1": Story("rate", word("抽查范围封存"), who="unit", shape="system"),
    "draw.made.v1": Story("rate", word("抽签"), shape="system"),
    "check.done.v1": Story("rate", word("抽查"), note="finding"),
    "check.failed.v1": Story("rate", word("抽查不合格，另立新单"), note="finding", shape="late"),
    "draw.completed.v1": Story("rate", word("抽查完成"), who="unit", shape="done"),
    "mutual.opened.v1": Story("rate", word("互评开始")),
    "mutual.sealed.v1": Story("rate", word("评分密封"), who="rater", shape="system"),
    "mutual.seal_opened.v1": Story("rate", word("评分启封"), who="rater", shape="system"),
    "mutual.counted.v1": Story("rate", word("互评计分"), shape="done"),
    "star.applied.v1": Story("rate", word("申报星级"), who="unit"),
    "star.reviewed.v1": Story("rate", word("星级审核"), who="by", note="advice"),
    "star.awarded.v1": Story("rate", word("授予星级"), shape="done"),
    "star.kept.v1": Story("rate", word("保留星级"), shape="done"),
    "star.rectifying.v1": Story("rate", word("星级限期整改"), shape="late"),
    "star.rescore_due.v1": Story("rate", word("整改到期未复评，督办"), who="charged", shape="late"),
    "star.lowered.v1": Story("rate", word("降低星级"), note="why", shape="late"),
    "star.withdrawn.v1": Story("rate", word("取消星级"), note="why", shape="late"),
    "poll.opened.v1": Story("rate", word("问卷投票开始"), who="unit"),
    "poll.counted.v1": Story("rate", word("问卷投票计票"), shape="done"),
    "duty.reminded.v1": Story("rate", word("定期事项提醒"), shape="system"),
    "duty.missed.v1": Story("rate", word("定期事项未办，督办"), shape="late"),
    "consent.asked.v1": Story("rate", word("征求街道意见"), who="department", note="about"),
    "consent.answered.v1": Story(
        "rate",
        word("街道答复"),
        lambda d, c, t: t("逾期未答复，视为不同意") if d["lapsed"] else t("同意") if d["agreed"] else t("不同意"),
        "street",
        "why",
    ),
    "review.opened.v1": Story("rate", word("联评联考开始"), who="unit"),
    "review.scored.v1": Story("rate", word("联评联考评分"), who="rated"),
    "review.counted.v1": Story("rate", word("联评联考结束"), who="unit", shape="done"),
    "problem.listed.v1": Story("rate", word("列入问题清单"), who="by", note="text"),
    "problem.rectified.v1": Story("rate", word("问题整改"), who="unit", note="text"),
    "problem.checked.v1": Story("rate", word("整改检查"), note="finding"),
    "result.exported.v1": Story("rate", word("考核结果输出"), shape="done"),
    "cycle.summed_up.v1": Story("rate", word("总结提升"), note="learned", shape="done"),
}
