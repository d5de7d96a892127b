"""Chinese is the source text; `Tongue` says it in the reader's language."""

from __future__ import annotations

from services.console.english import ENGLISH

LANGUAGES = ("zh", "en")


def word(chinese: str) -> str:
    """Mark a literal for the catalogue without saying it yet."""
    return chinese


class Tongue:
    """Say texts in one language: Chinese as they stand, English from the catalogue, filled with `{name}` values."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "zh"

    def __call__(self, chinese: str, **values: object) -> str:
        """Return the text. Raises KeyError for one without English, which a test finds first."""
        text = chinese if self.language == "zh" else ENGLISH[chinese]
        return text.format(**values) if values else text

    def plenty(self, texts: dict[str, str]) -> dict[str, str]:
        """Return a table of texts, said."""
        return {key: self(text) for key, text in texts.items()}


TONGUES = {language: Tongue(language) for language in LANGUAGES}

STATES = {
    "ok": word("正常"),
    "soon": word("临期"),
    "overdue": word("超期"),
    "supervised": word("督办"),
    "meeting": word("上会"),
    "held": word("待归类"),
    "ended": word("已结"),
}
STATUSES = {
    "held": word("待归类"),
    "rejected": word("不予受理"),
    "registered": word("已立案"),
    "waiting": word("待派"),
    "dispatched": word("待签收"),
    "accepted": word("办理中"),
    "suspended": word("挂账"),
    "handled": word("待核查"),
    "verified": word("待评价"),
    "escalated": word("提请上会"),
    "closed": word("已结案"),
    "withdrawn": word("已撤回"),
    "merged": word("已并单"),
    "split": word("已拆分"),
}
RUNGS = {
    "grid": word("网格"),
    "community": word("社区"),
    "street": word("街道"),
    "department": word("部门"),
    "meeting": word("联席会议"),
}
CLOCKS = {
    "triage": word("归类"),
    "dispatch": word("派单"),
    "accept": word("签收"),
    "handle": word("办理"),
    "resume": word("挂账"),
    "verify": word("核查"),
    "window": word("评价"),
    "answer": word("会议答复"),
    "case": word("全案"),
}
KINDS = {
    "problem": word("诉求"),
    "enquiry": word("咨询"),
    "service": word("服务"),
    "wish": word("心愿"),
    "dispute": word("矛盾纠纷"),
    "opinion": word("意见建议"),
}
CAUSES = {
    "unable": word("无力办理"),
    "bounced": word("两次退单"),
    "overdue": word("督办后仍未办结"),
    "rework": word("两次返工未通过"),
    "dissatisfied": word("再次评价不满意"),
    "dispute": word("部门争议"),
    "by_hand": word("单位提出"),
    "new_facts": word("新情况"),
}
ENTRIES = {
    "proposed": word("待审"),
    "open": word("待议"),
    "tabled": word("已上会"),
    "executing": word("已议定，办理中"),
    "listed": word("列入难点清单"),
    "moved_up": word("已上移"),
    "declined": word("不予采纳"),
    "settled": word("已办结，待销号"),
    "written_off": word("已销号"),
    "returned": word("不予列入"),
    "withdrawn": word("已撤回"),
    "combined": word("并议"),
}
PERIODS = {
    "month": word("每月例会"),
    "quarter": word("每季例会"),
    "half_year": word("每半年例会"),
    "year": word("每年例会"),
}
WEEKDAYS = (word("周一"), word("周二"), word("周三"), word("周四"), word("周五"), word("周六"), word("周日"))
UNITS = {
    "wd": word("{n} 个工作日"),
    "wh": word("{n} 个工作小时"),
    "nd": word("{n} 个自然日"),
    "uh": word("{n} 小时（昼夜）"),
}
CLOSINGS = {
    "rated": word("已评价"),
    "window_over": word("评价期满"),
    "not_ratable": word("无需评价"),
    "on_spot": word("当场解决"),
    "answered": word("已答复"),
    "withdrawn": word("反映人撤回"),
    "merged": word("并入其他事项"),
    "parts_ended": word("各件均已结束"),
}
PLACED = {
    "unit_code": word("按网格编码"),
    "merged_code": word("按并入网格的编码"),
    "point": word("按坐标"),
    "address": word("按地址"),
    "default": word("按来源默认"),
}
DOUBTS = {
    "border": word("在边界线上"),
    "contradiction": word("坐标与网格编码不一致"),
    "outside": word("坐标不在任何网格内"),
    "shared_name": word("有几个地方同名"),
    "misspelt": word("地名与所写有一字之差"),
    "alike": word("有几个相近的地名"),
    "building": word("小区没有这栋楼"),
}
"""Why a placement is less sure than others (decision 61)."""
UNDERSTOOD = {
    "given": word("来源给定"),
    "source": word("来源默认"),
    "rules": word("自动归类"),
    "person": word("人工归类"),
    "model": word("模型归类"),
}


def state_of(status: str, *, supervised: bool, overdue: bool, reminded: bool) -> str:
    """Return the one chip of a case: the most urgent that is true."""
    if status in ("closed", "withdrawn", "rejected", "merged", "split"):
        return "ended"
    if supervised:
        return "supervised"
    if overdue:
        return "overdue"
    if status in ("held", "escalated"):
        return "held" if status == "held" else "meeting"
    return "soon" if reminded else "ok"


WHISTLES = {
    "emergency": word("应急哨"),
    "joint": word("联合哨"),
    "stubborn": word("攻坚哨"),
    "volunteer": word("志愿哨"),
}
