"""The annual summary (年度总结) of a body: its meetings, its topics, and what became of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.escalation.papers.entry import Line, entry, is_end
from services.escalation.papers.ledger import head_words
from services.escalation.papers.words import DECISIONS, STANDINGS, day_of, name_of
from shared.papers.paper import Block, Chart, Column, Heading, Paper, Table, Text, chinese_day, numbered

TOPICS = (Column("议题编号", 10), Column("议题", 10), Column("提出日期", 5), Column("牵头", 6), Column("年末情况", 5))
MOST_ROWS = 300
"""Topics that a summary lists; the workbook has them all."""


@dataclass(slots=True)
class Year:
    """The figures of one body in one year, counted from its ledger's records as they come.

    `ends` counts records that settle by their reason, `waits` are the days from the first record to the first decision,
    `rows` the first of the topics that are not over at the year's end.
    """

    unit: str
    year: int
    carried_in: int = 0
    raised: int = 0
    from_below: int = 0
    carried_out: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    waits: list[int] = field(default_factory=list)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    head: tuple[int, str] = (0, "")

    def add(self, topic: str, about: Mapping[str, Any], lines: Sequence[Line], city: Any) -> None:
        """Count one topic of the ledger by its records up to the year's end; one that ended before is left out."""
        until = [line for line in lines if day_of(line.at).year <= self.year]
        own = [line for line in until if line.ledger == self.unit]
        before = [line for line in own if day_of(line.at).year < self.year]
        if not own or any(_ends(line) for line in before):
            return
        within = own[len(before) :]
        self.carried_in += bool(before)
        self.raised += not before
        self.from_below += not before and "below" in json.loads(own[0].body)
        self.carried_out += not any(_ends(line) for line in within)
        self.kinds.update({line.kind for line in within})
        self.decisions.update(_said(line, "decision") for line in within if line.kind == "decided")
        self.ends.update(_said(line, "why") for line in within if line.kind == "settled")
        first = next((line for line in own if line.kind == "decided"), None)
        if first in within:
            self.waits.append((day_of(first.at) - day_of(own[0].at)).days)
        if not any(_ends(line) for line in within) and len(self.rows) < MOST_ROWS:
            made = entry(self.unit, topic, about, until, city)
            self.rows.append((topic, made.summary, made.proposed_on.isoformat(), made.lead, _standing(own)))


def annual(year: Year, meetings: Sequence[Mapping[str, Any]], city: Any) -> Paper:
    """Return the summary; `meetings` are the body's meetings of the year."""
    body = city.bodies[year.unit]
    of_topics: list[Block] = [Text(_of_topics(year))]
    if year.decisions:
        of_topics.append(_chart(year))
    parts: list[tuple[str, list[Block]]] = [
        ("会议召开情况", [Text(_of_meetings(meetings))]),
        ("议题办理情况", of_topics),
    ]
    if year.rows:
        rest = year.carried_out - len(year.rows)
        more: list[Block] = [Text(f"其余{rest}件见议题台账。")] if rest else []
        parts.append(("年末未了结议题", [Table(TOPICS, tuple(year.rows)), *more]))
    blocks: list[Block] = []
    for heading, (_, said) in zip(numbered([title for title, _ in parts]), parts, strict=True):
        blocks += [Heading(heading), *said]
    return Paper(
        agency=str(body.name),
        title=f"{year.year}年度工作总结",
        blocks=tuple(blocks),
        issued_by=name_of(city, body.secretary),
        foot=head_words(*year.head),
    )


def _of_meetings(meetings: Sequence[Mapping[str, Any]]) -> str:
    held = [meeting for meeting in meetings if meeting["status"] in ("held", "adopted")]
    temporary = sum(bool(meeting["temporary"]) for meeting in held)
    made_up = sum(bool(meeting["makeup"]) for meeting in held)
    missed = sum(meeting["status"] == "missed" for meeting in meetings)
    days = "、".join(chinese_day(day_of(meeting["opens_at"])) for meeting in held)
    said = f"全年召开会议{len(held)}次，其中临时会议{temporary}次、补开会议{made_up}次；未按期召开{missed}次。"
    return said + (f"召开日期：{days}。" if days else "")


def _of_topics(year: Year) -> str:
    waits = year.waits
    mean = f"，从列入台账到首次议定平均{(10 * sum(waits) + len(waits) // 2) // len(waits) / 10}天" if waits else ""
    return (
        f"上年结转议题{year.carried_in}件，本年新增{year.raised}件（其中下级上移{year.from_below}件）。"
        f"会议议定{year.decisions.total()}项{mean}。"
        f"本级办结{year.ends['order_closed']}件，答复{year.ends['answered']}件，上移{year.decisions['move_up']}件，"
        f"上移后由上级解决{year.ends['above_written_off']}件，"
        f"销号{year.kinds['written_off']}件，撤回{year.kinds['withdrawn']}件，年末结转{year.carried_out}件。"
    )


def _chart(year: Year) -> Chart:
    kinds = [kind for kind in DECISIONS if year.decisions[kind]]
    values = tuple(float(year.decisions[kind]) for kind in kinds)
    return Chart("本年议定意见", "项", tuple(DECISIONS[kind] for kind in kinds), (("项数", values),), max(values))


def _standing(own: Sequence[Line]) -> str:
    """Return how a topic stood, by what was written down last."""
    last = next((line for line in reversed(own) if line.kind in STANDINGS or line.kind == "decided"), None)
    if last is None:
        return ""
    if last.kind == "combined" and not _ends(last):
        return STANDINGS["raised"]
    decision = _said(last, "decision") if last.kind == "decided" else ""
    return DECISIONS.get(decision, decision) or STANDINGS[last.kind]


def _ends(line: Line) -> bool:
    return is_end(line.kind, json.loads(line.body))


def _said(line: Line, name: str) -> str:
    return str(json.loads(line.body).get(name, ""))
