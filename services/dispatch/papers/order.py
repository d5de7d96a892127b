"""问题交办单 and 处置反馈单 in official layout."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.dispatch.papers.sheet import AssignmentSheet, DisposalSheet, PartSheet
from shared.kernel.calendar import SHANGHAI
from shared.kernel.clock import Budget, Unit
from shared.papers.paper import Entry, Form, Paper

RULES = {
    "matter": "按事项目录派单",
    "pairing": "按包联关系派单",
    "rung": "网格优先，逐级办理",
    "hand": "人工派单",
    "meeting": "联席会议议定",
}
LEVELS = {"grid": "网格", "community": "社区", "street": "街道", "department": "部门", "meeting": "联席会议"}
PART_STATES = {
    "open": "未答复",
    "answered": "按期答复",
    "late": "逾期答复",
    "released": "同意免办",
    "lapsed": "逾期未答复",
}
UNITS = {
    Unit.URGENT_HOURS: "小时（不分昼夜）",
    Unit.WORKING_HOURS: "个工作小时",
    Unit.WORKING_DAYS: "个工作日",
    Unit.NATURAL_DAYS: "个自然日",
}


def assignment_paper(sheet: AssignmentSheet, city: Any) -> Paper:
    """Return the 问题交办单: what is to be done, by whom, until when."""
    rows = (
        *_about(sheet, city),
        (Entry("交办单位", city.name_of(sheet.dispatcher)), Entry("交办时间", moment(sheet.dispatched_at))),
        (Entry("主办单位", city.name_of(sheet.lead)), Entry("办理层级", LEVELS.get(sheet.rung, sheet.rung))),
        (Entry("协办单位", names(sheet.support, city) or "无"), Entry("派单依据", _rule(sheet.rule, city))),
        (Entry("签收时限", moment(sheet.accept_due_at)), Entry("办理时限", _handle_by(sheet, city))),
        (Entry("办理要求", _asked(sheet, city), 3),),
        (Entry("承办岗位", sheet.handler), Entry("签收时间", _accepted(sheet))),
    )
    return Paper(
        agency=city.name_of(sheet.dispatcher),
        title="问题交办单",
        number=f"{sheet.number} 第{sheet.assignment}次交办",
        blocks=(Form(rows),),
        signed=f"{city.name_of(sheet.dispatcher)}（盖章）",
        signed_on=sheet.dispatched_at.astimezone(SHANGHAI).date(),
        slip=True,
    )


def disposal_paper(sheet: DisposalSheet, city: Any) -> Paper:
    """Return the 处置反馈单: what was done, by whom, and what the verification found."""
    given = sheet.assignment
    parts = "\n".join(_part(part, city) for part in given.parts)
    rows = (
        *_about(given, city, lines=2),
        (Entry("交办单位", city.name_of(given.dispatcher)), Entry("签收时间", _accepted(given))),
        (Entry("承办单位", city.name_of(sheet.done_by)), Entry("承办岗位", given.handler)),
        (
            Entry("协办单位", names((part.unit for part in given.parts), city) or "无"),
            Entry("联系反映人", "已联系" if sheet.contacted else "未联系"),
        ),
        (Entry("处置情况", sheet.what, 3 if parts else 5),),
        *(((Entry("协办情况", parts),),) if parts else ()),
        (Entry("办结时间", moment(sheet.handled_at)), Entry("办理时限", moment(sheet.handle_due_at))),
        (Entry("是否按期", "按期办结" if sheet.on_time else "超期办结"), Entry("佐证材料", _pieces(sheet.evidence))),
        (Entry("核查结果", _verified(sheet, city), 2),),
    )
    return Paper(
        agency=city.name_of(sheet.done_by),
        title="处置反馈单",
        number=f"{given.number} 第{sheet.report}次反馈",
        blocks=(Form(rows),),
        signed=f"{city.name_of(sheet.done_by)}（盖章）",
        signed_on=sheet.handled_at.astimezone(SHANGHAI).date(),
        slip=True,
    )


def moment(at: datetime | None) -> str:
    """Return an instant as a form has it, in China's time; nothing for none."""
    if at is None:
        return ""
    local = at.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def names(codes: Iterable[str], city: Any) -> str:
    """Return units and departments by name."""
    return "、".join(city.name_of(code) for code in codes)


def _about(sheet: AssignmentSheet, city: Any, lines: int = 3) -> tuple[tuple[Entry] | tuple[Entry, Entry], ...]:
    matter = city.matters.get(sheet.matter)
    kind = "—".join(matter.path) if matter else "联席会议议题"
    return (
        (Entry("案号", sheet.number), Entry("紧急程度", "紧急" if sheet.urgent else "一般")),
        (Entry("事项", kind),),
        (Entry("发生地点", _place(sheet.unit, city)),),
        (Entry("反映内容", sheet.summary, lines),),
    )


def _place(unit: str, city: Any) -> str:
    if unit not in city.units:
        return unit
    return "".join(above.name for above in reversed(city.lineage(unit)))


def _rule(code: str, city: Any) -> str:
    named = next((rule.name for rule in city.routing if rule.code == code and rule.name), "")
    return named or RULES.get(code, code)


def _handle_by(sheet: AssignmentSheet, city: Any) -> str:
    if sheet.handle_due_at is not None:
        return moment(sheet.handle_due_at)
    rung = next(rung for rung in city.rungs if rung.value == sheet.rung)
    return f"签收后{_words(city.handle_budget(sheet.matter, rung))}"


def _asked(sheet: AssignmentSheet, city: Any) -> str:
    report = "办结后填报《处置反馈单》。"
    if sheet.meeting:
        return f"本单由联席会议议定，不得退单。请按时签收并明确承办人，{report}"
    window = _words(city.clock("hand_back.window", urgent=sheet.urgent))
    back = f"认为不属本单位职责的，于交办后{window}内申请退单，写明依据和应承办单位。"
    return f"请按时签收并明确承办人，{report}{back}"


def _accepted(sheet: AssignmentSheet) -> str:
    return f"{moment(sheet.accepted_at)}{'（逾时视为签收）' if sheet.deemed else ''}"


def _verified(sheet: DisposalSheet, city: Any) -> str:
    if sheet.passed is None:
        return "待核查"
    if sheet.verifier is None:
        return "本事项无须核查"
    by = f"{city.name_of(sheet.verifier)}于{moment(sheet.verified_at)}核查"
    return f"{by}通过" if sheet.passed else f"{by}未通过，返工：{sheet.failed_for}"


def _part(part: PartSheet, city: Any) -> str:
    state, when = PART_STATES[part.state], moment(part.at).partition("年")[2]
    if not part.answer:
        return f"{city.name_of(part.unit)}：{state}{f'（{when}）' if when else ''}。"
    return f"{city.name_of(part.unit)}：{part.answer.rstrip('。')}（{when} {state}）。"


def _pieces(evidence: int) -> str:
    return f"{evidence}件" if evidence else "无"


def _words(budget: Budget) -> str:
    return f"{budget.amount}{UNITS[budget.unit]}"
