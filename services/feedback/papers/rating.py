"""工作评分单 in official layout."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.feedback.papers.sheet import GivenAnswer, RatingSheet
from shared.kernel.calendar import SHANGHAI
from shared.papers.paper import Block, Column, Entry, Form, Paper, Table

GRADES = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
WAYS = {"reporter": "本人评价", "call_back": "回访", "return_visit": "家访回访"}
UNSCORED = {"late": "逾期不计", "round_over": "返工不计", "outweighed": "以回访为准"}
OUTCOMES = {
    "rated": "已评价，可以结案",
    "window_over": "评价期满，可以结案",
    "rework": "群众不满意，退回主办单位返工",
    "meeting": "群众再次不满意，提请联席会议",
}
GROUNDS = {"unreasonable": "诉求不合理", "force_majeure": "不可抗力", "outside_law": "于法无据"}
ANSWERS = (
    Column("序号", 9), Column("方式", 14), Column("联系", 12), Column("解决", 12), Column("满意度", 15),
    Column("评价时间", 24), Column("计分", 20),
)  # fmt: skip


def rating_paper(sheet: RatingSheet, city: Any) -> Paper:
    """Return the 工作评分单 of one round: who was rated, what was answered, what follows."""
    valid = [answer for answer in sheet.answers if answer.valid]
    matter = city.matters.get(sheet.matter)
    about = (
        (Entry("案号", sheet.number), Entry("评价轮次", f"第{sheet.round}轮")),
        (Entry("事项", "—".join(matter.path) if matter else "联席会议议题"),),
        (Entry("发生地点", _place(sheet.unit, city)),),
        (Entry("主办单位", _name(sheet.lead, city)), Entry("交办单位", _name(sheet.dispatcher, city))),
        (Entry("办理单位", _name(sheet.handled_by, city)), Entry("核查单位", _name(sheet.verifier, city))),
        (Entry("评价开始", _moment(sheet.asked_at)), Entry("评价截止", _moment(sheet.until))),
    )
    result = (
        (Entry("应评人数", f"{sheet.asked}人"), Entry("有效评价", f"{len(valid)}份")),
        (Entry("已联系", f"{sum(a.contacted for a in valid)}份"), Entry("已解决", f"{sum(a.solved for a in valid)}份")),
        (Entry("评价结果", OUTCOMES.get(sheet.outcome or "", "评价中"), 2),),
        (Entry("申诉剔除", f"已剔除：{GROUNDS.get(sheet.excluded, sheet.excluded)}" if sheet.excluded else "无"),),
    )
    rows = tuple(_row(number, answer) for number, answer in enumerate(sheet.answers, start=1))
    answers: tuple[Block, ...] = (Table(ANSWERS, rows, "群众评价"),) if rows else ()
    agency = f"{city.names.zh}指挥中心"
    return Paper(
        agency=agency,
        title="工作评分单",
        number=f"{sheet.number} 第{sheet.round}轮评价",
        blocks=(Form(about), *answers, Form(result)),
        signed=f"{agency}（盖章）",
        signed_on=max((sheet.asked_at, *(a.answered_at for a in sheet.answers))).astimezone(SHANGHAI).date(),
        slip=True,
    )


def _row(number: int, answer: GivenAnswer) -> tuple[str, ...]:
    counts = "计分" if answer.valid else UNSCORED.get(answer.unscored or "", "不计")
    if answer.controllable is not None:
        counts += "（可控）" if answer.controllable else "（不可控）"
    return (
        str(number),
        WAYS.get(answer.by, answer.by),
        "已联系" if answer.contacted else "未联系",
        "已解决" if answer.solved else "未解决",
        GRADES.get(answer.grade, str(answer.grade)),
        _moment(answer.answered_at).partition("年")[2],
        counts,
    )


def _place(unit: str, city: Any) -> str:
    return "".join(above.name for above in reversed(city.lineage(unit))) if unit in city.units else unit


def _name(code: str | None, city: Any) -> str:
    return city.name_of(code) if code else ""


def _moment(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
