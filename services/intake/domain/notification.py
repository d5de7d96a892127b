"""Notices to reporters (件件有回音): at which steps they are unit, and in which words.

A notice holds no contact and no name: who is unit, and where, is looked up in the dossier when it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.intake.domain import facts, heard
from shared.kernel.rules import register
from shared.kernel.rules import words as words_of_rule

register({"follow.unknown_link": ("链接无效", "This link leads nowhere")})

Words = tuple[str, str]

STEPS: dict[type, str] = {
    facts.CaseHeld: "held",
    facts.CaseRegistered: "registered",
    facts.CaseSolvedOnSpot: "solved_on_spot",
    facts.CaseMerged: "merged",
    facts.CaseUnmerged: "unmerged",
    facts.CaseRejected: "rejected",
    facts.CaseWithdrawn: "withdrawn",
    facts.CaseSplit: "split",
    facts.PartEnded: "closed",
    heard.OrderDispatched: "dispatched",
    heard.OrderAccepted: "accepted",
    heard.OrderHandled: "handled",
    heard.TopicResolved: "meeting_resolved",
    heard.TopicMovedUp: "meeting_moved_up",
    heard.TopicDeferred: "meeting_deferred",
    heard.TopicDeclined: "meeting_declined",
    heard.CaseClosed: "closed",
}
"""Fact -> the step that every reporter of its case is told."""
WHO = ("done_by", "responsible", "to_body", "body")
"""The field of a fact that names whom a reporter is told of, the first that it has."""
WORDS: dict[str, Words] = {
    "held": ("已收到您的反映（{number}），正在分拣。", "Your report ({number}) is in and is being sorted."),
    "registered": ("您反映的事项已立案，编号{number}。", "Your report is registered as {number}."),
    "solved_on_spot": ("您反映的事项（{number}）已当场解决。", "Your report ({number}) was solved on the spot."),
    "rejected": (
        "您反映的事项（{number}）不予受理：{reason}。",
        "Your report ({number}) is refused: {reason_en}.",
    ),
    "withdrawn": ("您反映的事项（{number}）已撤回。", "Your report ({number}) was taken back."),
    "dispatched": ("您反映的事项（{number}）已派给{unit}。", "Your report ({number}) went to {unit}."),
    "accepted": ("{unit}已签收，正在办理您反映的事项（{number}）。", "{unit} is working on your report ({number})."),
    "handled": ("{unit}已办结您反映的事项（{number}）：{note}", "{unit} has done your report ({number}): {note}"),
    "meeting_resolved": (
        "{unit}联席会议决定办理您反映的事项（{number}）。",
        "The joint meeting of {unit} decided that your report ({number}) be done.",
    ),
    "meeting_moved_up": (
        "您反映的事项（{number}）已提交{unit}联席会议。",
        "Your report ({number}) was moved up to the joint meeting of {unit}.",
    ),
    "meeting_deferred": (
        "{unit}联席会议决定缓议您反映的事项（{number}）。",
        "The joint meeting of {unit} put your report ({number}) off.",
    ),
    "meeting_declined": (
        "{unit}联席会议答复：您反映的事项（{number}）不予办理，可在答复后申请复核。",
        "The joint meeting of {unit} declined your report ({number}); you may object after its reply.",
    ),
    "merged": (
        "您反映的事项（{number}）与他人反映的为同一事项，已合并办理。",
        "Your report ({number}) is about the same as another's; they are handled as one.",
    ),
    "unmerged": (
        "您反映的事项（{number}）不再与他人反映的合并，已单独立案办理。",
        "Your report ({number}) is no longer handled with another's; it is a case of its own again.",
    ),
    "split": (
        "您反映的事项（{number}）内含几件事，已拆分，各有编号，分别办理并告知。",
        "Your report ({number}) holds several matters; each has a number of its own now, and you are told of each.",
    ),
    "closed": ("您反映的事项（{number}）已结案。", "Your report ({number}) is closed."),
}


@dataclass(frozen=True, slots=True)
class Notification:
    """A private row: every reporter of the case who left a contact is to be told this step."""

    case: str
    step: str
    at: datetime
    unit: str | None = None
    note: str = ""
    rule: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    whole: str | None = None
    """The case of which this is a part: who reported it is told of each part."""


def notification(subject: str, fact: Any, at: datetime, whole: str | None = None) -> Notification | None:
    """Return what the reporters of a case are told of a fact about it; those of `whole` as well, where it is a part."""
    step = STEPS.get(type(fact))
    if step is None:
        return None
    unit = next((getattr(fact, name) for name in WHO if hasattr(fact, name)), None)
    rule = getattr(fact, "rule", None)
    return Notification(
        subject, step, at, unit, getattr(fact, "note", ""), rule,
        getattr(fact, "params", {}) if rule else {}, whole,
    )  # fmt: skip


def said(step: str, number: str, unit: str, note: str, rule: str | None, params: Mapping[str, str]) -> Words:
    """Return what a reporter is unit, in Chinese and English."""
    reason, reason_en = words_of_rule(rule, params) if rule else ("", "")
    zh, en = WORDS[step]
    filled = {"number": number, "unit": unit, "note": note, "reason": reason, "reason_en": reason_en}
    return zh.format_map(filled), en.format_map(filled)
