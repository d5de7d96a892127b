"""An entry of a ledger with its official columns (workflows §2.5), folded from the records of its topic."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from services.escalation.papers.words import (
    CAUSES,
    DECISIONS,
    DECLINE_REASONS,
    ENDS,
    GRADES,
    SAID,
    STEPS,
    WITHOUT_CASE,
    day_of,
    meeting_number,
    minutes_number,
    name_of,
    names_of,
)
from shared.kernel.masking import mask

RESULTS = frozenset({"settled", "withdrawn", "returned", "combined", "reopened", "corrected"})
"""Kinds of records that a row gives as what came of its topic."""


class Fate(NamedTuple):
    """What was heard of a case of a topic: `kind` is handled, verified or rated."""

    kind: str
    at: datetime
    said: Mapping[str, Any]


class Line(NamedTuple):
    """A record of a topic in any ledger; `words` is the text whose digest the record holds, as far as it is kept."""

    ledger: str
    seq: int
    at: str
    kind: str
    body: str
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a ledger; None and empty texts are what is not known or has not happened yet."""

    topic: str
    summary: str
    cases: str
    proposer: str
    proposed_on: date
    cause: str
    tried: str
    asked: str
    meetings: int
    minutes: str
    decision: str
    lead: str
    support: str
    due_on: date | None
    moved_up: str
    answer_above: str
    result: str
    rating: str
    told_on: date | None
    written_off_on: date | None


def entry(
    ledger: str,
    topic: str,
    about: Mapping[str, Any],
    lines: Iterable[Line],
    city: Any,
    fates: Sequence[Fate] = (),
) -> Entry:
    """Return the row of a topic in a ledger from all its records, oldest first, and its present state `about`.

    `fates` are what was heard of its cases, oldest first; they stand in the ledger whose meeting made the order.
    """
    every = [(line, json.loads(line.body)) for line in lines]
    own = [(line, body) for line, body in every if line.ledger == ledger]
    if not own:
        raise ValueError(f"{topic} has no record in the ledger {ledger}")
    above = bodies_above(city, ledger)
    decided = [(line, body) for line, body in own if line.kind == "decided"]
    orders = [body for _, body in decided if body.get("lead")]
    order = orders[-1] if orders else {}
    due = order.get("due_on") or order.get("until")
    since = next((day_of(line.at) for line, body in decided if body.get("lead")), None)
    mine = [fate for fate in fates if since is not None and day_of(fate.at) >= since]
    results = [(day_of(fate.at).isoformat(), _handled(fate, city)) for fate in mine if fate.kind == "handled"]
    results += [(line.at[:10], _result(line, body, city)) for line, body in own if line.kind in RESULTS]
    ups = [(line, body) for line, body in decided if body.get("decision") == "move_up"]
    return Entry(
        topic=topic,
        summary=str(about.get("summary") or ""),
        cases=_cases(about, own),
        proposer=_proposer(about, own, city),
        proposed_on=day_of(own[0][0].at),
        cause=_cause(about, own),
        tried=str(about.get("tried") or ""),
        asked=_asked(about, city),
        meetings=_times_tabled(own),
        minutes="\n".join(_minutes(line, body) for line, body in decided),
        decision="\n".join(f"{_day(line)}{decision_words(body, line.words)}" for line, body in decided),
        lead=name_of(city, order["lead"]) if order else "",
        support=names_of(city, order.get("support", ())),
        due_on=date.fromisoformat(due) if due else None,
        moved_up="\n".join(f"{_day(line)}上移{_body(city, body.get('to', ''))}" for line, body in ups),
        answer_above="\n".join(
            f"{_body(city, line.ledger)}{_day(line)}{decision_words(body, line.words)}"
            for line, body in every
            if line.kind == "decided" and line.ledger in above
        ),
        result="\n".join(said for _, said in sorted(results, key=lambda result: result[0])),
        rating="\n".join(_judged(fate, city) for fate in mine if fate.kind != "handled"),
        told_on=_last_day(own, "reporter_told"),
        written_off_on=_last_day(own, "written_off"),
    )


def decision_words(body: Mapping[str, Any], words: str | None) -> str:
    """Return a decision as a paper gives it; words that were erased are said to be, by their digest."""
    said = DECISIONS.get(str(body.get("decision")), str(body.get("decision")))
    reason = DECLINE_REASONS.get(str(body.get("reason")))
    parts = [f"{said}（{reason}）" if reason else said]
    if words is not None:
        kept = json.loads(words)
        parts += [f"{label}：{mask(str(kept[name]))}" for name, label in SAID.items() if kept.get(name)]
    elif body.get("words"):
        parts.append(f"原文已删除，摘要 {body['words'][:12]}")
    return "；".join(parts)


def bodies_above(city: Any, ledger: str) -> list[str]:
    """Return the units of the bodies above one, nearest first."""
    found: list[str] = []
    while (body := city.body_above(found[-1] if found else ledger)) is not None:
        found.append(body.unit)
    return found


def is_end(kind: str, body: Mapping[str, Any]) -> bool:
    """Tell whether a record ends its topic in its ledger; one that took another topic over goes on."""
    return kind in ("written_off", "withdrawn", "returned") or (kind == "combined" and "into" in body)


def _cases(about: Mapping[str, Any], own: list[tuple[Line, dict[str, Any]]]) -> str:
    cases = {case: None for _, body in own for case in body.get("cases", ())}
    kind = WITHOUT_CASE.get(str(about.get("kind") or ""))
    if kind:
        return f"无（{kind}）"
    number = str(about.get("number") or "")
    if not number:
        return "、".join(cases)
    return f"{number}等{len(cases)}件" if len(cases) > 1 else number


def _proposer(about: Mapping[str, Any], own: list[tuple[Line, dict[str, Any]]], city: Any) -> str:
    """Return who brought it: the body below for a topic that was moved up, else the unit that proposed or answered."""
    below = next((body["below"]["ledger"] for _, body in own if body.get("below")), None)
    if below:
        return _body(city, below)
    by = next((body.get("by") for line, body in own if line.kind == "proposed"), None)
    code = by or about.get("proposer") or about.get("unit")
    return name_of(city, code) if code else ""


def _cause(about: Mapping[str, Any], own: list[tuple[Line, dict[str, Any]]]) -> str:
    code = next((str(body["cause"]) for _, body in own if body.get("cause")), str(about.get("cause") or ""))
    return CAUSES.get(code, code)


def _asked(about: Mapping[str, Any], city: Any) -> str:
    lead, support = about.get("lead"), about.get("support") or ()
    parts = [f"牵头：{name_of(city, lead)}" if lead else "", f"配合：{names_of(city, support)}" if support else ""]
    return "；".join([part for part in parts if part])


def _times_tabled(own: list[tuple[Line, dict[str, Any]]]) -> int:
    """Count how often a meeting dealt with it or is to: one that had no quorum gave it back, called again or not."""
    kinds = [line.kind for line, _ in own]
    return kinds.count("tabled") - kinds.count("missed")


def _minutes(line: Line, body: Mapping[str, Any]) -> str:
    number = meeting_number(str(body["meeting"]))
    return f"第{number}次会议，纪要{minutes_number(day_of(line.at).year, number)}"


def _result(line: Line, body: Mapping[str, Any], city: Any) -> str:
    said = json.loads(line.words) if line.words else {}
    why = f"：{mask(str(said['why']))}" if said.get("why") else ""
    match line.kind:
        case "withdrawn":
            by = f"（{name_of(city, body['by'])}）" if body.get("by") else ""
            what = f"撤回{by}{why}"
        case "returned":
            step = str(body.get("step"))
            what = f"不予列入，应{STEPS.get(step, step)}{why}"
        case "combined":
            what = f"并入{body['into']}" if "into" in body else f"{body.get('from')}并入本议题"
        case "reopened":
            cause = str(body.get("cause") or "")
            what = f"重新上会（{CAUSES.get(cause, cause)}）"
        case "corrected":
            what = f"更正第{body['corrects']['seq']}条记录{why or '，原文已删除'}"
        case _:
            end = str(body.get("why") or "")
            what = ENDS.get(end, end)
    return f"{_day(line)}{what}"


def _handled(fate: Fate, city: Any) -> str:
    late = "" if fate.said.get("on_time") else "（超期）"
    note = fate.said.get("note") or "未填说明"
    return f"{day_of(fate.at).isoformat()} {name_of(city, fate.said['by'])}办结{late}：{note}"


def _judged(fate: Fate, city: Any) -> str:
    day = day_of(fate.at).isoformat()
    if fate.kind == "verified":
        by = fate.said.get("by")
        return f"{day} 核查通过（{name_of(city, by)}）" if by else f"{day} 无需核查"
    grades = Counter(fate.said.get("grades", ()))
    parts = [f"{words}{grades[grade]}" for grade, words in GRADES.items() if grades[grade]]
    if fate.said.get("unrated"):
        parts.append(f"未评{fate.said['unrated']}")
    return f"{day} 评价：{'、'.join(parts) or '无'}"


def _last_day(own: list[tuple[Line, dict[str, Any]]], kind: str) -> date | None:
    days = [day_of(line.at) for line, _ in own if line.kind == kind]
    return days[-1] if days else None


def _day(line: Line) -> str:
    return f"{day_of(line.at).isoformat()} "


def _body(city: Any, unit: str) -> str:
    return str(city.bodies[unit].name) if unit in city.bodies else unit
