"""The words in which a ledger's codes stand in papers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from shared.kernel.calendar import SHANGHAI

CAUSES = {
    "unable": "经确认无法办理",
    "bounced": "两次退单",
    "overdue": "督办后仍未办结",
    "rework": "两次返工未通过核查",
    "dissatisfied": "群众再次评价不满意",
    "dispute": "部门之间有争议",
    "by_hand": "单位提出",
    "new_facts": "出现新情况",
}
DECISIONS = {
    "resolve": "明确牵头单位办理",
    "move_up": "上移上一级联席会",
    "defer": "暂缓",
    "decline": "不予办理并答复",
    "squad": "成立专班",
    "list": "列入难点问题清单",
}
DECLINE_REASONS = {
    "unlawful": "于法无据",
    "decided_by_law": "已依法处理完毕",
    "not_public": "不属公共事务",
    "unreasonable": "诉求不合理",
}
ENDS = {
    "order_closed": "办结结案",
    "answered": "已答复反映人",
    "above_written_off": "上级已销号",
    "above_withdrawn": "上级已撤回",
    "above_over": "上级已办结",
    "succeeded": "另有新议题",
}
GRADES = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
STANDINGS = {
    "proposed": "待审",
    "admitted": "待议",
    "raised": "待议",
    "received": "待议",
    "tabled": "上会",
    "missed": "待议",
    "reopened": "待议",
    "objected": "待议",
    "settled": "待销号",
    "written_off": "已销号",
    "withdrawn": "已撤回",
    "returned": "不予列入",
    "combined": "并入其他议题",
}
"""Kind of a record that is no decision -> how an entry stands after it."""
STEPS = {
    "solve": "本级解决",
    "pass_up": "逐级上报",
    "dispatch": "派单",
    "unable": "申请认定无法办理",
    "supervise": "督办",
    "whistle": "吹哨报到",
}
"""What a proposer is told to do instead of the joint meeting."""
WITHOUT_CASE = {"funding": "经费事项", "plan": "计划方案", "suggestion": "意见建议"}
"""Kinds of topics that are about no case."""
SAID = {
    "done_means": "完成标准",
    "reply": "答复",
    "tried": "已采取措施",
    "why": "理由",
    "asked": "请求事项",
    "plan": "方案",
}
"""Kinds of words that a decision has, in the order in which a paper gives them."""


def names_of(city: Any, codes: Iterable[str]) -> str:
    """Return units, departments and posts by name; a code that the city file does not know stands as it is."""
    return "、".join(name_of(city, code) for code in codes)


def name_of(city: Any, code: str) -> str:
    """Return the name of a unit, department or post."""
    for known in (city.units, city.departments, city.posts):
        if code in known:
            return str(known[code].name)
    return "指挥中心" if code == "operations" else code


def day_of(at: str | datetime) -> date:
    """Return the day on which an instant falls in China."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(SHANGHAI).date()


def meeting_number(meeting: str) -> int:
    """Return the number of a body's meeting from its id `meeting:<unit>:<number>`."""
    return int(meeting.rsplit(":", 1)[1])


def minutes_number(year: int, number: int) -> str:
    """Return the number of a meeting's minutes: the year and the meeting's own number."""
    return f"〔{year}〕第{number}号"
