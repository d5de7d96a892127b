"""Who may take which step of a whistle, when (workflows §1, §3.4): one line per act, checked before anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.dispatch.domain import whistle as w
from services.dispatch.domain.whistle import Callee, Presence, Status, Whistle
from shared.kernel.decisions import Actor, Message
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

register(
    {
        "whistle.level": ("本市{level}不能吹哨", "In this city nobody whistles at the level {level}"),
        "whistle.kind": ("{level}不能为此类事项吹哨：{kind}", "The level {level} may not sound this kind: {kind}"),
        "whistle.place": ("{place} 不在 {whistler} 辖区内", "{place} is not on the ground of {whistler}"),
        "whistle.callee_unknown": ("不能呼叫：{callee}", "Cannot be called from here: {callee}"),
        "whistle.callee_twice": ("重复呼叫：{callee}", "Called twice: {callee}"),
        "whistle.not_checked_in": ("{callee} 没有在 {whistler} 报到", "{callee} has not checked in at {whistler}"),
        "whistle.single": (
            "只呼叫一个单位，而 {callee} 可以直接派单办理",
            "A single unit is called that an order reaches anyway: {callee}",
        ),
        "whistle.meet_at": (
            "紧急事项不定时间；其他事项须写明 {until} 前的集合时间",
            "An emergency names no time; anything else one before {until}",
        ),
        "whistle.case_over": ("事项 {case} 没有在办", "Case {case} is not open"),
        "whistle.head_only": ("须由本单位负责人 {head} 批准", "The head of the unit must agree: {head}"),
        "whistle.not_called": ("{actor} 没有被呼叫", "{actor} was not called"),
        "whistle.not_yours": ("不是 {actor} 吹的哨", "Not a whistle of {actor}"),
        "whistle.not_now": ("{now}状态下不能办理：{act}", "Not possible while {now}: {act}"),
        "whistle.why": ("不同意须说明理由", "A refusal needs a reason"),
        "whistle.unsettled": (
            "{callee} 尚未到场确认、未认定缺席、也未免除",
            "{callee} is neither confirmed at the place nor missing nor released",
        ),
        "whistle.on_site": ("{callee} 已到场，不能撤销", "{callee} is at the place: no longer to be cancelled"),
        "whistle.objection_first": ("{callee} 到场后没有提出异议", "{callee} came and has not objected"),
        "whistle.conclusion_unit": ("{unit} 没有到场，不能承担", "{unit} was not there and takes on nothing"),
        "whistle.conclusion_date": ("期限 {due_on} 已过", "The day {due_on} is past"),
        "whistle.no_part": ("没有第 {part} 项由 {unit} 在此完成", "No part {part} that {unit} still owes here"),
        "whistle.no_absence": ("没有待回执的督办", "No supervision order waits for an answer"),
        "whistle.rated": ("每方对另一方只评一次", "Each side rates the other once"),
    },
    {
        "asked": "待批准",
        "sounded": "已吹哨",
        "ended": "已结束",
        "cancelled": "已撤销",
        "notified": "已通知",
        "signed": "已签收",
        "reported_in": "已到场",
        "no_show": "未到场",
        "released": "已放行",
        "approve": "批准",
        "cancel": "撤销",
        "end": "结束",
        "confirm": "确认报到",
        "release": "放行",
        "sign": "签收哨令",
        "report_in": "报到",
        "object": "提出异议",
        "receipt": "督办回执",
        "finish_part": "完成分工",
        "rate": "评价",
    },
)


class Role(StrEnum):
    """The part that a desk must play in the whistle."""

    WHISTLER = "whistler"
    HEAD = "head"
    CALLEE = "callee"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Act:
    """Who may take a step, while the whistle stands where; for a callee's step where he stands himself."""

    name: str
    role: Role
    statuses: frozenset[Status]
    presences: frozenset[Presence] = frozenset(Presence)


_SOUNDED = frozenset({Status.SOUNDED})
_ENDED = frozenset({Status.ENDED})
_RUN = frozenset({Status.SOUNDED, Status.ENDED})

ACTS: Mapping[type, Act] = {
    w.ApproveWhistle: Act("approve", Role.HEAD, frozenset({Status.ASKED})),
    w.CancelWhistle: Act("cancel", Role.WHISTLER, frozenset({Status.ASKED, Status.SOUNDED})),
    w.EndWhistle: Act("end", Role.WHISTLER, _SOUNDED),
    w.ConfirmReportIn: Act("confirm", Role.WHISTLER, _SOUNDED, frozenset({Presence.REPORTED_IN})),
    w.ReleaseCallee: Act(
        "release", Role.WHISTLER, _SOUNDED, frozenset({Presence.NOTIFIED, Presence.SIGNED, Presence.REPORTED_IN})
    ),
    w.SignWhistle: Act("sign", Role.CALLEE, _SOUNDED, frozenset({Presence.NOTIFIED})),
    w.ReportIn: Act("report_in", Role.CALLEE, _SOUNDED, frozenset({Presence.SIGNED, Presence.NO_SHOW})),
    w.ObjectToWhistle: Act("object", Role.CALLEE, _SOUNDED, frozenset({Presence.REPORTED_IN})),
    w.AnswerAbsence: Act("receipt", Role.CALLEE, _RUN, frozenset({Presence.NO_SHOW})),
    w.FinishPart: Act("finish_part", Role.EITHER, _ENDED),
    w.RateWhistle: Act("rate", Role.EITHER, _ENDED),
}
"""What a callee cannot do is missing here: he hands nothing back."""


def desk_of(actor: Actor) -> str:
    """Return the code for which somebody acts: a post acts for its unit."""
    return actor.id.partition(":")[0] if actor.kind == "post" else actor.id


def head_of(unit: str, city: Any) -> str:
    """Return the post that heads a unit, the convener of its body; empty where it has none."""
    body = city.bodies.get(unit)
    return body.convener if body else ""


def is_head(actor: Actor, unit: str, city: Any) -> bool:
    """Tell whether somebody speaks for the head: the unit's own token does for each of its posts."""
    if actor == Actor("unit", unit):
        return True
    return actor == Actor("post", f"{unit}:{head_of(unit, city)}")


def admit(states: Mapping[str, Any], message: Message, city: Any) -> tuple[Whistle, str]:
    """Return the whistle and the code for which the desk acts, or refuse a step that is not its to take now."""
    found: Whistle | None = states[message.subject]
    if found is None:
        raise Refused("subject.unknown", "whistle", subject=message.subject)
    act = ACTS[type(message.data)]
    desk = desk_of(message.actor)
    _check_role(found, message.actor, desk, act, city)
    if found.status not in act.statuses:
        raise Refused("whistle.not_now", "status", now=found.status.value, act=act.name)
    named = desk if act.role is Role.CALLEE else getattr(message.data, "callee", None)
    if named is not None:
        callee = callee_of(found, named)
        if callee.presence not in act.presences:
            raise Refused("whistle.not_now", "callee", now=callee.presence.value, act=act.name)
    return found, desk


def callee_of(found: Whistle, code: str) -> Callee:
    """Return one who was called. Raises `whistle.not_called`."""
    callee = found.callee(code)
    if callee is None:
        raise Refused("whistle.not_called", "callee", actor=code)
    return callee


def _check_role(found: Whistle, actor: Actor, desk: str, act: Act, city: Any) -> None:
    is_whistler = actor.kind in ("unit", "post") and desk == found.whistler
    is_callee = actor.kind in ("department", "member") and found.callee(desk) is not None
    if act.role is Role.CALLEE and not is_callee:
        raise Refused("whistle.not_called", "actor", actor=desk)
    if act.role is Role.EITHER and not (is_whistler or is_callee):
        raise Refused("whistle.not_called", "actor", actor=desk)
    if act.role in (Role.WHISTLER, Role.HEAD) and not is_whistler:
        raise Refused("whistle.not_yours", "actor", actor=desk)
    if act.role is Role.HEAD and not is_head(actor, found.whistler, city):
        raise Refused("whistle.head_only", "actor", head=head_of(found.whistler, city))
