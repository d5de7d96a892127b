"""The minutes (会议纪要) of a meeting that was held: signed, or marked as a draft until they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.escalation.papers.entry import Fate, Line, entry
from services.escalation.papers.ledger import head_words
from services.escalation.papers.meeting import Sitting, moment_words, title_of
from services.escalation.papers.words import (
    CAUSES,
    DECISIONS,
    DECLINE_REASONS,
    SAID,
    minutes_number,
    name_of,
    names_of,
)
from shared.kernel.calendar import SHANGHAI
from shared.papers.paper import Block, Column, Heading, Labelled, Paper, Table, Text, chinese_day, numbered, numeral

EARLIER = (Column("议题编号", 10), Column("议题", 10), Column("牵头", 6), Column("时限", 5), Column("进展", 5))


def minutes(sitting: Sitting, earlier: Sequence[tuple[str, ...]] = ()) -> Paper:
    """Return the minutes; `earlier` are the rows of earlier decisions not yet written off, in the columns `EARLIER`."""
    state, city = sitting.state, sitting.city
    held = sitting.began
    sections: list[tuple[str, list[Block]]] = [
        ("以往议定事项落实情况", [*_earlier(earlier), *_texts(sitting.said("review"))]),
        ("议题研究和议定情况", list(_topics(sitting))),
    ]
    if sitting.said("plans"):
        sections.append(("工作安排", _texts(sitting.said("plans"))))
    sections.append(("到会情况", list(_attendance(sitting))))
    headings = numbered([title for title, _ in sections])
    blocks: list[Block] = [Text(_opening(sitting))]
    for heading, (_, said) in zip(headings, sections, strict=True):
        blocks += [Heading(heading), *said]
    head = head_words(int(state.get("ledger_seq") or 0), str(state.get("ledger_hash") or ""))
    signer = sitting.said("caller") or city.bodies[sitting.unit].convener
    adopted = sitting.at("adopted_at")
    return Paper(
        agency=f"{sitting.body}会议纪要",
        number=minutes_number(held.year, int(state["number"])),
        title=f"{sitting.name}纪要" + ("" if sitting.is_adopted else "（送审稿）"),
        blocks=tuple(blocks),
        signed=f"签发：{name_of(city, signer)}" if sitting.is_adopted else "",
        signed_on=adopted.date() if adopted else None,
        copies="各成员单位、各议题提出单位",
        issued_by=name_of(city, city.bodies[sitting.unit].secretary),
        issued_on=adopted.date() if adopted else None,
        foot=head if sitting.is_adopted else "纪要未签发，议定意见尚未生效",
    )


def supplement(sitting: Sitting, number: int, text: str | None, at: datetime, head: str) -> Paper:
    """Return the n-th supplement (补充纪要); it adds, and changes nothing of the minutes. None: its text was erased."""
    city, state = sitting.city, sitting.state
    signer = sitting.said("caller") or city.bodies[sitting.unit].convener
    of = minutes_number(sitting.began.year, int(state["number"]))
    return Paper(
        agency=f"{sitting.body}会议纪要",
        number=f"{of}补充{numeral(number)}",
        title=f"{sitting.name}补充纪要",
        blocks=(
            Text(f"{sitting.body}{sitting.name}纪要（{of}）签发后，现补充如下。原纪要及其议定意见不变。"),
            *_texts(text or "（原文已删除）"),
        ),
        signed=f"签发：{name_of(city, signer)}",
        signed_on=at.astimezone(SHANGHAI).date(),
        copies="各成员单位、各议题提出单位",
        issued_by=name_of(city, city.bodies[sitting.unit].secretary),
        issued_on=at.astimezone(SHANGHAI).date(),
        foot=head,
    )


def earlier_row(
    sitting: Sitting, topic: str, about: Mapping[str, Any], lines: Sequence[Line], fates: Sequence[Fate] = ()
) -> tuple[str, ...]:
    """Return the row of an earlier decision as it stood when the meeting began."""
    began = sitting.began.isoformat()
    known = [fate for fate in fates if fate.at < sitting.began]
    made = entry(sitting.unit, topic, about, [line for line in lines if line.at < began], sitting.city, known)
    progress = made.result.split("\n")[-1] or (made.moved_up.split("\n")[-1] or "落实中")
    return (topic, made.summary, made.lead, made.due_on.isoformat() if made.due_on else "", progress)


def _opening(sitting: Sitting) -> str:
    held, state = sitting.began, sitting.state
    place, theme = sitting.said("place"), sitting.said("theme")
    parts = [
        f"{moment_words(held)}，{sitting.body}" + (f"在{place}" if place else "") + f"召开{sitting.name}。",
        f"会议主题：{theme}。" if theme else "",
        f"会议由{sitting.people([str(state['chair'])])}主持。" if state.get("chair") else "",
        f"会议听取了以往议定事项落实情况，研究议题{len(sitting.topics)}件。现将会议议定事项纪要如下。",
    ]
    return "".join(parts)


def _texts(said: str) -> list[Block]:
    return [Text(said)] if said else []


def _earlier(rows: Sequence[tuple[str, ...]]) -> Iterator[Block]:
    if rows:
        yield Table(EARLIER, tuple(rows))
    else:
        yield Text("本次会议前没有尚未销号的议定事项。")


def _topics(sitting: Sitting) -> Iterator[Block]:
    if not sitting.topics:
        yield Text("本次会议没有议题。")
    decisions = {str(draft["topic"]): draft for draft in sitting.state.get("decisions", ())}
    headings = numbered([title_of(topic) for topic in sitting.topics], level=2)
    for heading, topic in zip(headings, sitting.topics, strict=True):
        yield Heading(heading, 2)
        yield from _brought(topic, sitting.city)
        draft = decisions.get(str(topic["id"]))
        if draft is None:
            yield Labelled("议定意见", "会前撤回，未议" if sitting.is_adopted else "尚未记录")
        else:
            yield from _decided(draft, sitting)


def _brought(topic: Mapping[str, Any], city: Any) -> Iterator[Block]:
    code = topic.get("proposer") or topic.get("unit")
    if code:
        yield Labelled("报告单位", name_of(city, str(code)))
    if topic.get("cause"):
        yield Labelled("提请事由", CAUSES.get(str(topic["cause"]), str(topic["cause"])))
    if topic.get("tried"):
        yield Labelled("已采取措施", str(topic["tried"]))
    if topic.get("asked"):
        yield Labelled("请求事项", str(topic["asked"]))


def _decided(draft: Mapping[str, Any], sitting: Sitting) -> Iterator[Block]:
    city, kind = sitting.city, str(draft["kind"])
    if draft.get("discussion"):
        yield Labelled("讨论情况", str(draft["discussion"]))
    reason = DECLINE_REASONS.get(str(draft.get("reason")))
    yield Labelled("议定意见", DECISIONS.get(kind, kind) + (f"（{reason}）" if reason else ""))
    for name, label in SAID.items():
        if draft.get(name):
            yield Labelled(label, str(draft[name]))
    if draft.get("leader"):
        yield Labelled("负责人", sitting.people([str(draft["leader"])]))
    if draft.get("lead"):
        yield Labelled("牵头单位", name_of(city, str(draft["lead"])))
    if draft.get("support"):
        yield Labelled("配合单位", names_of(city, draft["support"]))
    if draft.get("members"):
        yield Labelled("专班成员", names_of(city, draft["members"]))
    if draft.get("due_on"):
        yield Labelled("完成时限", chinese_day(date.fromisoformat(str(draft["due_on"]))))


def _attendance(sitting: Sitting) -> Iterator[Block]:
    standing = [member.code for member in sitting.city.bodies[sitting.unit].members]
    present = list(sitting.state.get("attendance", ()))
    invited = list(sitting.state.get("invited", ()))
    absent = [code for code in dict.fromkeys([*standing, *invited]) if code not in present]
    yield Labelled("出席", sitting.people([code for code in present if code in standing]) or "无")
    guests = [code for code in present if code not in standing]
    if guests:
        yield Labelled("列席", sitting.people(guests))
    if absent:
        yield Labelled("缺席", sitting.people(absent))
    yield Text(f"应到常任成员{len(standing)}个，实到{sum(code in present for code in standing)}个。")
