"""What is done at a meeting from its page: call it, open it, decide topic by topic, sign its minutes, add to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.console import agendas, moments
from services.console.pages.frame import Desk, card
from services.console.parts import Box, Text
from services.console.parts.act import ActForm, act_form, cards, choice, many, single, text
from services.console.projection.ledger import TopicRow
from services.console.sittings import Sitting
from shared.kernel.calendar import SHANGHAI
from shared.kernel.rights import office_of

ORDERS = ["resolve", "squad"]
LED = ["squad", "list"]
REASONED = ["move_up", "defer"]


def _path(sitting: Sitting, verb: str) -> str:
    return f"/v1/meetings/{sitting.id}/{verb}"


def review(desk: Desk, sitting: Sitting, words: Mapping[str, Any], done: list[int]) -> None:
    """Let the recorder write down what was said of earlier decisions, part 1 of every agenda, and the next steps.

    `words` are those recorded so far, in full; without them the masked ones of the facts stand in, which the service
    takes for the full ones.
    """
    t = desk.t
    fields = [
        {**text(name, label, required=False, most=2000), "value": words.get(name) or getattr(sitting, name)}
        for name, label in (("review", t("听取进展的情况")), ("plans", t("下步工作")))
    ]
    act_form(desk, "escalation", _path(sitting, "record"), t("记入纪要"), fields, fixed={"decisions": [], "keep": True},
             sequence=sitting.sequence, mark="review", look="plain", done=_hear(done))  # fmt: skip


def call(desk: Desk, sitting: Sitting, now: datetime) -> None:
    """Let the leader in charge call or refuse a proposed temporary meeting (W 2.3, moves 3 and 4)."""
    t = desk.t
    caller = agendas.code_name(desk.city, sitting.body, sitting.caller)
    with card(t("是否召开"), "act-card") as more:
        Text("p", sitting.why or t("系统依规则提议：紧急，或答复、办结期限早于下次例会")).classes("lead-in")
        off = "" if _is_caller(desk, sitting) else t("由{post}决定", post=caller)
        proposed = sitting.opens_at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M") if sitting.opens_at else ""
        at = single("opens_at", t("开会时间"), "moment", value=proposed)
        place = single("place", t("地点"), required=False, value=sitting.place, most=200)
        act_form(desk, "escalation", _path(sitting, "call"), t("召集会议"), [at, place], off=off,
                 next=t("议题涉及的部门、街道、基层单位自动列为参会单位"))  # fmt: skip
        must = t("必须召开，不得不同意") if sitting.duty else ""
        act_form(desk, "escalation", _path(sitting, "refuse"), t("不同意召开"), [text("why", t("理由"), most=2000)],
                 off=off or must, look="danger")  # fmt: skip
    with more:
        if sitting.decide_by:
            Text("span", t("{at} 前决定", at=moments.short_moment(sitting.decide_by, now)))


def _is_caller(desk: Desk, sitting: Sitting) -> bool:
    caller = sitting.caller or desk.city.bodies[sitting.body].convener
    return office_of(desk.signed.actor(desk.city)) == (sitting.body, caller)


def moving(desk: Desk, sitting: Sitting, waiting: int) -> None:
    """Let the convener move a called meeting once, and who called a temporary one call it off (moves 6 and 11).

    `waiting` topics of its call still wait for it: only when all of them are withdrawn there is nothing to meet about.
    """
    t = desk.t
    at = single("opens_at", t("改到"), "moment")
    why = text("why", t("理由"), most=2000)
    convener = desk.city.bodies[sitting.body].convener
    is_convener = office_of(desk.signed.actor(desk.city)) == (sitting.body, convener)
    off = t("已改期一次，不得再改") if sitting.is_postponed else "" if is_convener else t("由召集人改期")
    _behind(desk, _path(sitting, "postpone"), t("改期"), [at, why], off,
            t("只能改一次，且在本期内；议程届时重新确定"), sitting.sequence)  # fmt: skip
    if sitting.temporary:
        left = t("还有 {n} 项议题没有撤回，不得取消", n=waiting) if waiting else ""
        off = left or ("" if _is_caller(desk, sitting) else t("由召集会议的人取消"))
        _behind(desk, _path(sitting, "cancel"), t("取消会议"), [why], off,
                t("召集时点名的议题全部撤回后才可取消"), sitting.sequence)  # fmt: skip


def _behind(
    desk: Desk, path: str, title: str, fields: list[dict[str, Any]], off: str, said: str, sequence: int
) -> None:
    """Build a form that opens on request; nothing where the act is not of the reader's role."""
    box = Box("details", "act")
    with box:
        Text("summary", title)
        form = act_form(desk, "escalation", path, title, fields, off=off, next=said, sequence=sequence, look="plain")
    if form is None:
        box.delete()


def attendance(desk: Desk, sitting: Sitting, now: datetime) -> None:
    """Let the chair open the meeting with those present (W 2.3, move 7, G5)."""
    t, city = desk.t, desk.city
    body = city.bodies[sitting.body]
    called = [(member.code, member.name) for member in body.members]
    called += [(code, t("{name}（应邀）", name=agendas.code_name(city, body.unit, code))) for code in sitting.invited]
    off = "" if _is_caller(desk, sitting) else t("由召集会议的人主持")
    if sitting.opens_at and now < sitting.opens_at:
        off = t("{at} 开会，尚未到时间", at=moments.short_moment(sitting.opens_at, now))
    with card(t("签到与开会"), "act-card") as more:
        Text("p", agendas.quorum(city, t, sitting)).classes("lead-in")
        here = many("present", t("到会"), called)
        form = act_form(desk, "escalation", _path(sitting, "hold"), t("开会"), [here], off=off,
                        next=t("不足法定人数的，议题退回待议，另行召集"), sequence=sitting.sequence)  # fmt: skip
        if form is None:
            with Box("ul", "called"):
                for _, name in called:
                    Text("li", name)
            if off:
                Text("p", off).classes("lead-in")
    with more:
        Text("span", t("应到 {n} 家，应邀 {m} 家", n=len(body.members), m=len(sitting.invited)))


def decision(
    desk: Desk, sitting: Sitting, entry: TopicRow, words_so_far: Mapping[str, Any], now: datetime, done: list[int]
) -> ActForm | None:
    """Build the form of one decision, whose fields change with the choice (W 2.4, G7 to G11); it sends this one alone.

    `words_so_far` are those recorded of this topic, in full.
    """
    t, city = desk.t, desk.city
    was: Mapping[str, Any] = {**sitting.decisions.get(entry.topic, {}), **words_so_far}
    first, last = agendas.latest_due(city, now)
    reach = agendas.reach(city, sitting)
    leaders = agendas.leaders(city, sitting)
    blank = [("", t("请选择"))]
    known = {code for code, _ in reach}
    lead = was.get("lead") or (entry.lead if entry.lead in known else "") or ""

    def words(name: str, label: str, when: Any, hint: str = "", *, required: bool = True) -> dict[str, Any]:
        field = text(name, label, most=2000, required=required, hint=hint)
        return {**field, "value": was.get(name) or None} | ({"when": ["kind", when]} if when else {})

    def of(field: dict[str, Any], when: Any) -> dict[str, Any]:
        return {**field, "when": ["kind", when]}

    fields = [
        cards("kind", t("决定"), agendas.kinds(city, t, sitting, entry, now), value=was.get("kind", "")),
        of(choice("leader", t("负责领导"), [*blank, *leaders], value=was.get("leader") or ""), LED),
        of(choice("lead", t("牵头单位"), [*blank, *reach], value=lead), ORDERS),
        of(single("due_on", t("办结期限"), "day", least=first.isoformat(), most=last.isoformat(),
                  value=was.get("due_on")), ORDERS),
        of({**many("support", t("配合单位"), reach), "value": list(was.get("support", ()))}, ORDERS),
        of({**many("members", t("专班成员"), [*leaders, *reach]), "value": list(was.get("members", ()))}, "squad"),
        words("done_means", t("完成标准"), ORDERS, t("怎样算办完，核查时照此核查")),
        words("plan", t("推进计划"), "list"),
        words("tried", t("已做工作"), "move_up"),
        words("why", t("理由"), REASONED, t("上移写明本级为何不能解决；缓议写明还缺什么")),
        words("asked", t("请求上级解决什么"), "move_up"),
        of(choice("reason", t("不予采纳的理由"), [(code, t(said)) for code, said in agendas.REASONS.items()],
                  value=was.get("reason")), "decline"),
        words("reply", t("给反映人的答复"), "decline"),
        words("discussion", t("讨论情况（记入纪要）"), None, required=False),
    ]  # fmt: skip
    left = [topic for topic in sitting.undecided if topic != entry.topic]
    said = t("记录决定，下一项") if left else t("记录决定")
    return act_form(
        desk, "escalation", _path(sitting, "record"), said, fields,
        next=t("签发纪要前可以改；签发后立即生效"), sequence=sitting.sequence, mark=f"topic={entry.topic}",
        fixed={"decisions": [], "keep": True},
        into=("decisions", {"topic": entry.topic}), done=_hear(done),
    )  # fmt: skip


def closing(desk: Desk, sitting: Sitting, done: list[int]) -> ActForm | None:
    """Let whoever called it sign the minutes once every topic is decided; afterwards only add to them."""
    t = desk.t
    off = closing_off(desk, sitting)
    if sitting.status == "held":
        means = t("签发即生效：派出工单、上移、反馈下级和反映人；此后不可改")
        form = act_form(desk, "escalation", _path(sitting, "adopt"), t("闭会并签发纪要"), off=off, next=means,
                        sequence=sitting.sequence)  # fmt: skip
        if form is None:
            Text("p", t("全部议题决定后，由召集人签发")).classes("lead-in")
        return form
    if sitting.status == "adopted":
        words = text("text", t("更正或补充的内容"), most=2000)
        return act_form(desk, "escalation", _path(sitting, "supplement"), t("补充纪要"), [words], off=off,
                        next=t("原纪要不变，另加一条记录"), sequence=sitting.sequence, look="plain",
                        done=_hear(done))  # fmt: skip
    return None


def closing_off(desk: Desk, sitting: Sitting) -> str:
    """Return what forbids the reader to sign the minutes, or to add to them, just now."""
    t = desk.t
    if sitting.undecided and sitting.status == "held":
        return t("还有 {n} 项没有决定", n=len(sitting.undecided))
    if _is_caller(desk, sitting):
        return ""
    return t("由召集会议的人签发") if sitting.status == "held" else t("由签发人补充")


def _hear(done: list[int]) -> Callable[[Mapping[str, Any]], None]:
    return lambda answer: done.append(int(answer.get("sequence", 0)))
