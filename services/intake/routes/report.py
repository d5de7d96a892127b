"""Many reports in one go, each answered for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.contracts.intake import Report
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.shell.desk import Desk, read_as
from shared.shell.validation import wrong
from shared.shell.work import Reply

MOST_REPORTS = 1_000


async def take_many(desk: Desk, items: Sequence[Any], actor: Actor) -> list[dict[str, Any]]:
    """Take a list of reports; each answers in its place, a refused one with its rule."""
    if len(items) > MOST_REPORTS:
        raise wrong("body", f"多于 {MOST_REPORTS} 件", f"more than {MOST_REPORTS} reports")
    answers: list[dict[str, Any]] = [{} for _ in items]
    good: list[tuple[int, Report]] = []
    for place, item in enumerate(items):
        try:
            good.append((place, read_as(Report, item)))
        except Refused as refused:
            answers[place] = _refusal(item.get("id") if isinstance(item, dict) else None, refused)
    replies = await desk.submit_many([(r, "", actor, f"report:{r.id}", True) for _, r in good])
    for (place, report), reply in zip(good, replies, strict=True):
        answers[place] = _item(report.id, reply)
    return answers


def _item(report: str, reply: Reply) -> dict[str, Any]:
    refused = reply.refusal()
    return _refusal(report, refused) if refused else dict(reply.answers[0]["data"])


def _refusal(report: Any, refused: Refused) -> dict[str, Any]:
    zh, en = words(refused.rule, refused.params)
    return {
        "report": report if isinstance(report, str) else None,
        "outcome": "refused",
        "rule": refused.rule,
        "field": refused.field,
        "params": refused.params,
        "title": zh,
        "title_en": en,
    }
