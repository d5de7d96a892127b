"""Every fact in the words of the office: one entry of the timeline, one line of the stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.console import moments
from services.console.claims import CLAIMS
from services.console.councils import COUNCILS
from services.console.mobilising import MOBILISING
from services.console.people import PEOPLE
from services.console.queries import Told
from services.console.requests import REQUESTS
from services.console.story import Story
from services.console.supervision import SUPERVISION
from services.console.words import CAUSES, CLOCKS, CLOSINGS, RUNGS, Tongue, word
from shared.city.model import City

ORDERS = {
    "raise": word("提单"),
    "dispatch": word("派单"),
    "handle": word("办单"),
    "rate": word("评单"),
    "meet": word("上会"),
}

UNSCORED = {
    "late": word("（逾期，不计分）"),
    "round_over": word("（已返工，不计分）"),
    "outweighed": word("（以回访为准，不计分）"),
}
CALLS = {
    "answered": word("已作答"),
    "declined": word("不愿作答"),
    "not_reached": word("未接通"),
    "unreachable": word("联系不上，按未评价计"),
    "lapsed": word("评价期满"),
    "dropped": word("不再需要"),
}


Clock = tuple[str, str | None]
"""Which clock runs, and until when; None while it stands still."""


@dataclass(frozen=True, slots=True)
class Line:
    """A fact as people read it. `shape` is plain, system, late, ledger or done; `effect` what it did to the clock."""

    order: str
    verb: str
    title: str
    who: str
    note: str
    effect: str
    shape: str


def _name(city: City, code: object) -> str:
    return city.name_of(str(code)) if code else ""


def _names(city: City, codes: Sequence[str], t: Tongue) -> str:
    return t("、").join(city.name_of(code) for code in codes)


def _level(city: City, code: object, t: Tongue) -> str:
    level = city.levels.get(str(code))
    if level is None:
        return str(code)
    return level.names.zh if t.language == "zh" else level.names.en


def _registered(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    matter = city.matters.get(str(d["understanding"]["matter"]))
    named = matter.name if matter else str(d["understanding"]["matter"])
    return t("立案：{matter}，从{rung}办起", matter=named, rung=t(RUNGS.get(d["rung"], RUNGS["grid"])))


def _dispatched(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    lead = _name(city, d["responsible"])
    return t("会议交办：{lead}", lead=lead) if d["meeting"] else t("派给{lead}", lead=lead)


def _hand_back_judged(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    if d["lapsed"]:
        return t("退单逾期未裁，视为不支持")
    return t("支持退单（第 {n} 次）", n=d["bounces"]) if d["upheld"] else t("不支持退单")


def _unable_judged(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    if d["lapsed"]:
        return t("无力办理逾期未裁，视为不支持")
    return t("确认无力办理") if d["confirmed"] else t("不支持无力办理")


def _clock(d: Mapping[str, Any], t: Tongue) -> str:
    return t(CLOCKS[d["of"]]) if d["of"] in CLOCKS else str(d["of"])


def _cause(d: Mapping[str, Any], t: Tongue) -> str:
    return t(CAUSES[d["cause"]]) if d["cause"] in CAUSES else str(d["cause"])


def _judged(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("不满意属单位可控") if d["controllable"] else t("不满意非单位可控")


def _closed(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    reason = t(CLOSINGS[d["reason"]]) if d["reason"] in CLOSINGS else str(d["reason"])
    return t("结案（{reason}）", reason=reason)


def _answered(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    solved = t("已解决") if d["solved"] else t("没解决")
    said = word("回访评价：{solved}，{grade} 分") if d.get("by") == "call_back" else word("评价：{solved}，{grade} 分")
    text = t(said, solved=solved, grade=d["grade"])
    return text if d["valid"] else text + t(UNSCORED.get(str(d.get("unscored")), UNSCORED["late"]))


def _attempted(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    return t("第 {n} 次回访：{outcome}", n=d["attempt"], outcome=t(CALLS[d["outcome"]]))


def _exclusion(d: Mapping[str, Any], city: City, t: Tongue) -> str:
    if d["lapsed"]:
        return t("剔除申请逾期未审，视为不同意")
    return t("同意从评分中剔除") if d["granted"] else t("不同意剔除")


_STORIES = {
    "case.registered.v1": Story("raise", word("提单"), _registered, note="summary"),
    "case.solved_on_spot.v1": Story(
        "raise",
        word("当场解决"),
        lambda d, c, t: t("当场解决，附证据 {n} 份", n=d["evidence"]),
        "handler",
        "summary",
        "done",
    ),
    "case.held.v1": Story(
        "raise",
        word("待归类"),
        lambda d, c, t: t("待定事项") if d["why"] == "matter" else t("待定位置"),
        "responsible",
        "summary",
    ),
    "case.rejected.v1": Story("raise", word("不予受理"), lambda d, c, t: t("不予受理，已告知反映人"), note="summary"),
    "case.reporter_joined.v1": Story("raise", word("并入反映"), shape="system"),
    "case.reporter_left.v1": Story(
        "raise",
        word("反映人退出"),
        lambda d, c, t: t("取消并单，反映人退出") if d["why"] == "unmerged" else t("反映人撤回，其他人的反映继续办理"),
        shape="system",
    ),
    "case.merged.v1": Story(
        "raise",
        word("并单"),
        lambda d, c, t: (
            t("由人工并入同一事项")
            if d["how"] == "person"
            else t("同一感知设备重复告警")
            if d["how"] == "flapping"
            else t("按规则并入同一事项")
        ),
        note="summary",
        shape="system",
    ),
    "case.alarm_repeated.v1": Story(
        "raise", word("告警重复"), lambda d, c, t: t("第 {n} 次重复告警", n=d["repeats"]), shape="system"
    ),
    "case.unmerged.v1": Story("raise", word("取消并单"), lambda d, c, t: t("恢复单独办理"), note="summary"),
    "case.duplicate_suspected.v1": Story(
        "raise",
        word("疑似重复"),
        lambda d, c, t: t("与 {n} 件相似，待人工确认", n=len(d["alike"])),
        "responsible",
        shape="system",
    ),
    "case.kept_apart.v1": Story("raise", word("确认不重复"), shape="system"),
    "case.split.v1": Story("raise", word("拆分"), lambda d, c, t: t("拆分为 {n} 件分别办理", n=len(d["parts"]))),
    "case.part_ended.v1": Story(
        "raise",
        word("部分办结"),
        lambda d, c, t: t("还有 {n} 件在办", n=d["left"]) if d["left"] else t("拆分的各件均已结束"),
        shape="system",
    ),
    "case.hot_issue.v1": Story(
        "raise", word("热点预警"), lambda d, c, t: t("{n} 人在短时间内反映同一问题", n=d["reporters"]), shape="late"
    ),
    "case.withdrawn.v1": Story("raise", word("撤回"), lambda d, c, t: t("反映人撤回")),
    **PEOPLE,
    "order.opened.v1": Story(
        "dispatch", word("待派"), lambda d, c, t: t("转{unit}派单", unit=_name(c, d["responsible"])), shape="system"
    ),
    "order.dispatched.v1": Story("dispatch", word("派单"), _dispatched, "dispatcher"),
    "order.accepted.v1": Story(
        "handle", word("签收"), lambda d, c, t: t("逾期未签，视为签收") if d["deemed"] else t("签收"), "responsible"
    ),
    "order.progressed.v1": Story("handle", word("报进展"), lambda d, c, t: t("进展"), "responsible", "note"),
    "order.hand_back_asked.v1": Story(
        "handle",
        word("申请退单"),
        lambda d, c, t: t("申请退单，依据 {clause}，建议{unit}", clause=d["clause"], unit=_name(c, d["proposed"])),
        "responsible",
        "note",
    ),
    "order.hand_back_judged.v1": Story("dispatch", word("退单裁定"), _hand_back_judged, "judge"),
    "order.unable_asked.v1": Story(
        "handle", word("申报无力办理"), lambda d, c, t: t("申报无力办理"), "responsible", "tried"
    ),
    "order.unable_judged.v1": Story("dispatch", word("无力裁定"), _unable_judged, "judge"),
    "order.passed_up.v1": Story(
        "dispatch", word("上交"), lambda d, c, t: t("上交{unit}", unit=_name(c, d["to_unit"])), "from_unit", "note"
    ),
    "order.handled.v1": Story(
        "handle",
        word("办结反馈"),
        lambda d, c, t: t("办结反馈") if d["on_time"] else t("办结反馈（已超期）"),
        "done_by",
        "note",
    ),
    "order.verified.v1": Story(
        "handle",
        word("核查通过"),
        lambda d, c, t: t("核查通过") if d["verifier"] else t("此事项无需核查"),
        "verifier",
        shape="done",
    ),
    "order.verification_failed.v1": Story(
        "handle",
        word("核查未通过"),
        lambda d, c, t: t("核查未通过（第 {n} 次）", n=d["failures"]),
        "verifier",
        "reason",
    ),
    "order.reworked.v1": Story("handle", word("返工"), lambda d, c, t: t("评价不满意，返工"), shape="system"),
    "order.reminded.v1": Story(
        "handle",
        word("催办"),
        lambda d, c, t: (
            t("催办（{clock}）", clock=_clock(d, t)) if d.get("by") else t("催办：{clock}临期", clock=_clock(d, t))
        ),
        "by",
        "why",
        shape="system",
    ),
    "order.overdue.v1": Story(
        "handle", word("超期"), lambda d, c, t: t("{clock}超期", clock=_clock(d, t)), "charged", shape="late"
    ),
    "order.supervised.v1": Story("handle", word("督办"), lambda d, c, t: t("督办单"), "supervisor", shape="late"),
    "calendar.published.v1": Story(
        "handle",
        word("公布历法"),
        lambda d, c, t: t("公布 {year} 年历法：{reason}", year=d["year"], reason=d["reason"]),
    ),
    **{
        f"{of}.deadlines_moved.v1": Story(
            order, word("时限重算"), lambda d, c, t: t("时限重算：{reason}", reason=d["reason"]), shape="system"
        )
        for of, order in (("case", "raise"), ("order", "handle"), ("ledger", "meet"), ("rating", "rate"))
    },
    "order.projected.v1": Story(
        "handle",
        word("时限重算"),
        lambda d, c, t: t("{clock}时限重算：{reason}", clock=_clock(d, t), reason=d["reason"]),
        shape="system",
    ),
    "order.escalated.v1": Story(
        "meet", word("提请上会"), lambda d, c, t: t("提请上会：{cause}", cause=_cause(d, t)), "body", "tried", "ledger"
    ),
    "order.at_meeting.v1": Story(
        "meet", word("转会议"), lambda d, c, t: t("由{body}负责", body=_name(c, d["body"])), shape="system"
    ),
    "order.withdrawn.v1": Story("handle", word("撤单"), lambda d, c, t: t("工单撤回"), shape="system"),
    "case.closed.v1": Story("rate", word("结案"), _closed, "lead", shape="done"),
    "topic.raised.v1": Story(
        "meet",
        word("列为议题"),
        lambda d, c, t: t("列为议题 {topic}（{cause}）", topic=d["topic"], cause=_cause(d, t)),
        "body",
        shape="ledger",
    ),
    "topic.proposed.v1": Story(
        "meet",
        word("提出议题"),
        lambda d, c, t: t("提出议题 {topic}，待审", topic=d["topic"]),
        "proposer",
        "asked",
        "ledger",
    ),
    "topic.admitted.v1": Story(
        "meet",
        word("列入台账"),
        lambda d, c, t: t("逾期未审，列入台账") if d["lapsed"] else t("审核列入台账"),
        "body",
        shape="ledger",
    ),
    "topic.joined.v1": Story(
        "meet", word("并入议题"), lambda d, c, t: t("并入议题 {topic}", topic=d["topic"]), "body", shape="ledger"
    ),
    "topic.returned.v1": Story(
        "meet", word("不予列入"), lambda d, c, t: t("不予列入，退回提出单位"), "body", "why", "ledger"
    ),
    "topic.received.v1": Story(
        "meet",
        word("上级签收"),
        lambda d, c, t: t("上级逾期未签收，视为签收") if d["lapsed"] else t("上级已签收"),
        "body",
        shape="system",
    ),
    "topic.squad_formed.v1": Story(
        "meet",
        word("成立专班"),
        lambda d, c, t: t("成立专班，{lead}牵头", lead=_name(c, d["lead"])),
        "body",
        "done_means",
        "done",
    ),
    "topic.listed.v1": Story(
        "meet",
        word("列入难点清单"),
        lambda d, c, t: t("列入难点清单（第 {n} 次），{day} 再议", n=d["reviews"], day=d["until"]),
        "body",
        "plan",
        "ledger",
    ),
    "topic.combined.v1": Story(
        "meet", word("并议"), lambda d, c, t: t("并入议题 {topic}", topic=d["into"]), "body", shape="ledger"
    ),
    "topic.enlarged.v1": Story(
        "meet", word("并议"), lambda d, c, t: t("并入议题 {topic} 的案件", topic=d["taken"]), "body", shape="ledger"
    ),
    "topic.case_closed.v1": Story("meet", word("来源案件了结"), who="body", shape="system"),
    "topic.reporter_joined.v1": Story("meet", word("反映人加入"), who="body", shape="system"),
    "topic.telling_tried.v1": Story(
        "meet", word("未联系上反映人"), lambda d, c, t: t("未联系上反映人，改日再联系"), "by", shape="system"
    ),
    "topic.follow_up_overdue.v1": Story(
        "meet",
        word("反馈超期"),
        lambda d, c, t: t("{unit}反馈超期", unit=_name(c, d["charged"])),
        "charged",
        shape="late",
    ),
    "topic.supervised.v1": Story(
        "meet",
        word("反馈督办"),
        lambda d, c, t: t("督办{unit}反馈", unit=_name(c, d["charged"])),
        "supervisor",
        shape="late",
    ),
    "topic.tabled.v1": Story("meet", word("列入议程"), lambda d, c, t: t("列入议程"), "body", shape="system"),
    "topic.untabled.v1": Story(
        "meet", word("退回议程"), lambda d, c, t: t("会议未开成，重列议程"), "body", shape="system"
    ),
    "topic.resolved.v1": Story(
        "meet",
        word("议定"),
        lambda d, c, t: t(
            "{level}联席会议：议定，{lead}牵头",
            level=_level(c, d["level"], t),
            lead=_name(c, d["lead"]),
        ),
        "body",
        "done_means",
        "done",
    ),
    "topic.moved_up.v1": Story(
        "meet",
        word("上移"),
        lambda d, c, t: t(
            "{level}联席会议：上移{above}，附台账第 {n} 条与会议纪要",
            level=_level(c, d["level"], t),
            above=_level(c, d["to_level"], t),
            n=d["ledger_seq"],
        ),
        "body",
        shape="ledger",
    ),
    "topic.deferred.v1": Story(
        "meet",
        word("缓议"),
        lambda d, c, t: t("缓议（第 {n} 次），{day} 再议", n=d["deferrals"], day=d["until"]),
        "body",
        shape="ledger",
    ),
    "topic.declined.v1": Story("meet", word("不予采纳"), lambda d, c, t: t("不予采纳"), "body", "reply", "ledger"),
    "topic.objected.v1": Story("meet", word("异议"), lambda d, c, t: t("反映人提出异议"), "body", shape="ledger"),
    "topic.reopened.v1": Story(
        "meet",
        word("重开议题"),
        lambda d, c, t: t("重新上会（{cause}）", cause=_cause(d, t)),
        "body",
        shape="ledger",
    ),
    "topic.fed_back.v1": Story(
        "meet", word("答复下传"), lambda d, c, t: t("答复下传{unit}", unit=_name(c, d["to"])), "body", shape="system"
    ),
    "topic.acknowledged.v1": Story(
        "meet",
        word("确认答复"),
        lambda d, c, t: t("逾期未确认，由指挥中心代为确认") if d["lapsed"] else t("已收到答复"),
        "by",
        shape="system",
    ),
    "topic.reporters_told.v1": Story(
        "meet", word("告知反映人"), lambda d, c, t: t("已告知反映人"), "body", shape="system"
    ),
    "topic.written_off.v1": Story("meet", word("销号"), lambda d, c, t: t("销号"), "body", shape="done"),
    "topic.settled.v1": Story("meet", word("办结待销号"), lambda d, c, t: t("议题办结，待销号"), "body"),
    "topic.summed_up.v1": Story(
        "meet", word("回头看与总结"), lambda d, c, t: t("已完成回头看并总结，可以销号"), "body", shape="done"
    ),
    "topic.answered.v1": Story("meet", word("答复期满"), lambda d, c, t: t("答复期满，无异议"), "body"),
    "topic.answer_overdue.v1": Story(
        "meet", word("答复超期"), lambda d, c, t: t("会议逾期未作决定，由上级督办"), "supervisor", shape="late"
    ),
    "topic.reminded.v1": Story(
        "meet", word("催办"), lambda d, c, t: t("催办{unit}", unit=_name(c, d["to"])), "body", shape="system"
    ),
    "topic.withdrawn.v1": Story("meet", word("议题撤回"), lambda d, c, t: t("议题撤回"), "body", shape="system"),
    "meeting.recorded.v1": Story("meet", word("会议记录"), who="body", shape="system"),
    "ledger.meeting.v1": Story("meet", word("会议编号"), who="body", shape="system"),
    "meeting.planned.v1": Story("meet", word("会议排期"), who="body", shape="system"),
    "meeting.convened.v1": Story("meet", word("会议召集"), who="body", shape="ledger"),
    "meeting.held.v1": Story("meet", word("会议召开"), who="body", shape="ledger"),
    "meeting.proposed.v1": Story("meet", word("提议临时会议"), who="body", shape="ledger"),
    "meeting.tabled.v1": Story("meet", word("补充议程"), who="body", shape="system"),
    "meeting.postponed.v1": Story("meet", word("会议改期"), who="body", shape="system"),
    "meeting.not_held.v1": Story("meet", word("会议未开成，再次召集"), who="body", shape="late"),
    "meeting.missed.v1": Story("meet", word("会议逾期未开"), who="body", shape="late"),
    "meeting.cancelled.v1": Story("meet", word("临时会议不召开"), who="body", shape="system"),
    "meeting.late.v1": Story("meet", word("会议事项逾期，督办"), who="body", shape="late"),
    "meeting.supplemented.v1": Story("meet", word("补充纪要"), who="body", shape="system"),
    "meeting.adopted.v1": Story("meet", word("纪要通过"), who="body", shape="done"),
    "ledger.head.v1": Story("meet", word("台账记录"), who="body", shape="system"),
    "ledger.corrected.v1": Story("meet", word("台账更正"), who="body", shape="ledger"),
    "ledger.heads.v1": Story("meet", word("公布链首"), shape="system"),
    "rating.invited.v1": Story("rate", word("邀请评价"), lambda d, c, t: t("邀请反映人评价"), shape="system"),
    "rating.answered.v1": Story("rate", word("评价"), _answered),
    "rating.judged.v1": Story("rate", word("不满意核定"), _judged, "judge"),
    "rating.rework_ordered.v1": Story("rate", word("责令返工"), lambda d, c, t: t("首次不满意，责令返工")),
    "rating.failed.v1": Story("rate", word("再次不满意"), lambda d, c, t: t("再次不满意，提请上会"), shape="late"),
    "rating.call_back_drawn.v1": Story("rate", word("抽中回访"), shape="system"),
    "rating.call_back_attempted.v1": Story("rate", word("回访"), _attempted),
    "rating.call_back_closed.v1": Story(
        "rate",
        word("回访结束"),
        lambda d, c, t: t("回访结束：{outcome}", outcome=t(CALLS[d["outcome"]])),
        shape="system",
    ),
    "case.rated.v1": Story("rate", word("评价计入"), who="lead", shape="system"),
    "exclusion.asked.v1": Story("rate", word("申请剔除"), who="unit"),
    "exclusion.supported.v1": Story("rate", word("提请剔除"), who="unit"),
    "exclusion.decided.v1": Story("rate", word("剔除审定"), _exclusion, "unit"),
    "rating.completed.v1": Story("rate", word("评价完成"), lambda d, c, t: t("评价完成"), shape="system"),
    "score.counted.v1": Story("rate", word("测算评分"), who="unit", shape="system"),
    "policy.published.v1": Story("rate", word("公布评分办法"), shape="done"),
    "policy.refused.v1": Story("rate", word("拒绝更改评分办法"), shape="late"),
    "score.published.v1": Story("rate", word("公布评分"), who="unit", shape="done"),
    **REQUESTS,
    **SUPERVISION,
    **MOBILISING,
    **CLAIMS,
    **COUNCILS,
}
QUIET = (
    "claim.ended.v1",
    "claim.opened.v1",
    "list.begun.v1",
    "list.item_claimed.v1",
    "list.item_drafted.v1",
    "list.item_ordered.v1",
    "list.item_shared.v1",
    "list.item_unclaimed.v1",
    "list.item_unordered.v1",
    "wish.became_case.v1",
    "score.counted.v1",
    "ledger.head.v1",
    "ledger.heads.v1",
    "ledger.meeting.v1",
    "meeting.planned.v1",
    "meeting.recorded.v1",
    "order.opened.v1",
    "topic.fed_back.v1",
)
"""What the stream leaves out: it follows from a fact that is told."""


def told_types() -> frozenset[str]:
    """Return every type of fact that has a story."""
    return frozenset(_STORIES)


def tell(fact: Told, city: City, t: Tongue, now: datetime, before: Clock | None = None) -> Line:
    """Tell a fact; `before` is the clock that ran before it."""
    story, d = _STORIES[fact.type], fact.data
    verb = t(story.verb)
    return Line(
        order=t(ORDERS[story.order]),
        verb=verb,
        title=story.title(d, city, t) if story.title else verb,
        who=_name(city, d.get(story.who)) if story.who else "",
        note=str(d.get(story.note) or "") if story.note else "",
        effect=_effect(d, t, now, before),
        shape=story.shape,
    )


def clock_of(d: Mapping[str, Any]) -> Clock | None:
    """Return which clock runs after a fact, and until when as it is stated; None where the fact says nothing of it."""
    due = "due_at" if "assignment" in d else "answer_due_at"
    return (d.get("clock") or "answer", d[due]) if due in d else None


def _effect(d: Mapping[str, Any], t: Tongue, now: datetime, before: Clock | None) -> str:
    clock = clock_of(d)
    name, due = clock or ("", None)
    if due is None or clock == before:
        return ""
    at = moments.moment(t, datetime.fromisoformat(due), now)
    return t("{clock}限至 {at}", clock=t(CLOCKS[name]) if name in CLOCKS else name, at=at)
