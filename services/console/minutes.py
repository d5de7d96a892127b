"""The minutes (会议纪要) as they grow: what is recorded so far, in official order; the paper itself is escalation's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from services.console import agendas
from services.console.projection.ledger import TopicRow
from services.console.sittings import Sitting
from services.console.words import Tongue
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI

Paragraph = dict[str, str]


def paragraphs(city: City, t: Tongue, sitting: Sitting, entries: Mapping[str, list[TopicRow]]) -> list[Paragraph]:
    """Return the minutes so far: head, who was there, each topic with its decision or that it is still open."""
    found: list[Paragraph] = []

    def name(code: str) -> str:
        return agendas.code_name(city, sitting.body, code)

    def listed(codes: Sequence[str]) -> str:
        return t("、").join(map(name, codes)) or t("无")

    def say(text: str, kind: str = "meta") -> None:
        found.append({"kind": kind, "text": text})

    at = sitting.held_at or sitting.opens_at
    if at is not None:
        say(t("时间：{at}", at=f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"))
    say(t("地点：{place}", place=sitting.place or "—"))
    if sitting.theme:
        say(t("主题：{theme}", theme=sitting.theme))
    if sitting.held_at:
        members = [member.code for member in city.bodies[sitting.body].members]
        here = sum(code in sitting.attendance for code in members)
        say(t("主持：{chair}", chair=name(sitting.chair) if sitting.chair else "—"))
        say(t("应到 {n} 家，实到 {here} 家；缺席：{absent}", n=len(members), here=here, absent=listed(sitting.absent)))
    if sitting.review:
        say(t("以往议定事项：{text}", text=sitting.review), "para")
    done = len(sitting.agenda) - len(sitting.undecided)
    up = sum(1 for topic in sitting.agenda if (own := agendas.entry_of(entries, topic, sitting.body)) and own.from_body)
    if sitting.agenda:
        say(
            t(
                "会议审议议题 {n} 项，其中下级上移 {up} 项，现已决定 {done} 项：",
                n=len(sitting.agenda),
                up=up,
                done=done,
            ),
            "para",
        )
    else:
        say(t("本次会议没有待议议题。"), "para")
    for n, topic in enumerate(sitting.agenda, 1):
        own = agendas.entry_of(entries, topic, sitting.body)
        subject = ((own.summary if own else "") or topic).rstrip(t("。"))
        draft = sitting.decisions.get(topic)
        said = t("{n}、{topic}。", n=n, topic=subject) if draft else t("{n}、{topic}。〔待议〕", n=n, topic=subject)
        say(said + (_decision(t, draft, name, listed) if draft else ""), "para" if draft else "open")
    if sitting.plans:
        say(t("下步工作：{text}", text=sitting.plans), "para")
    for n, text in enumerate(sitting.supplements, 1):
        say(t("补充纪要 {n}：{text}", n=n, text=text), "para")
    if sitting.head:
        say(t("台账链首 第 {n} 条 {hash}…", n=sitting.head[0], hash=sitting.head[1][:16]), "foot")
    return found


def _decision(
    t: Tongue, draft: Mapping[str, Any], name: Callable[[str], str], listed: Callable[[Sequence[str]], str]
) -> str:
    said = draft.get("discussion") or ""
    before = f"{said.rstrip(t('。'))}{t('。')}" if said else ""
    due = date.fromisoformat(draft["due_on"]) if draft.get("due_on") else None
    by = f"{due:%m-%d}" if due else ""
    match draft["kind"]:
        case "resolve":
            helped = t("，{units}配合", units=listed(draft["support"])) if draft.get("support") else ""
            what = t("议定：由{lead}牵头{helped}，{by} 前办结，不得退单。完成标准：{means}", lead=name(draft["lead"]),
                     helped=helped, by=by, means=draft.get("done_means", ""))  # fmt: skip
        case "move_up":
            what = t("决定上移上一级联席会议，附本级台账条目与纪要。已做工作：{tried}；理由：{why}；请求上级：{asked}",
                     tried=draft.get("tried", ""), why=draft.get("why", ""), asked=draft.get("asked", ""))  # fmt: skip
        case "defer":
            what = t("缓议：{why}", why=draft.get("why", ""))
        case "decline":
            reason = t(agendas.REASONS[draft["reason"]])
            what = t("不予采纳（{reason}）：{reply}", reason=reason, reply=draft.get("reply", ""))
        case "squad":
            what = t("成立专班，由{leader}负责，{lead}牵头，{by} 前办结。", leader=name(draft["leader"]),
                     lead=name(draft["lead"]), by=by)  # fmt: skip
        case _:
            what = t("列入难点清单，由{leader}包抓：{plan}", leader=name(draft["leader"]), plan=draft.get("plan", ""))
    return before + what
