"""The read model: every fact of the four state streams folded into rows made for the questions of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Raw

from services.console.projection import case, ledger, rows, score
from shared.contracts.base import Contract
from shared.contracts.escalation import LedgerHead, Meeting, Topic
from shared.contracts.feedback import Figures
from shared.persistence.connection import Executes


@dataclass(frozen=True, slots=True)
class Heard:
    """One fact as the log delivered it: who stated it about what, its place in that history, and when."""

    subject: str
    service: str
    sequence: int
    type: str
    data: Contract
    acted_at: datetime
    recorded_at: datetime


async def project(conn: Executes, facts: Sequence[Heard]) -> None:
    """Bring the read model up to a batch of facts: each fact once, in causal order, inside the caller's transaction."""
    await _project_cases(conn, [fact for fact in facts if case.concerns(fact.data)])
    await _project_topics(conn, [fact for fact in facts if isinstance(fact.data, Topic)])
    await _project_meetings(conn, [fact for fact in facts if isinstance(fact.data, Meeting)])
    heads = {fact.data.body: ledger.head(fact.data) for fact in facts if isinstance(fact.data, LedgerHead)}
    await rows.write(conn, "ledger_view", list(heads.values()))
    scores = [score.read(fact.data, fact.acted_at) for fact in facts if isinstance(fact.data, Figures)]
    await rows.write(conn, "score_view", list({(row.unit, row.period): row for row in scores}.values()))
    await rows.append(conn, "timeline", [_entry(fact) for fact in facts])


async def _project_cases(conn: Executes, facts: Sequence[Heard]) -> None:
    known = await rows.read(conn, "case_view", "id", sorted({fact.subject for fact in facts}), case.CaseRow)
    found = {row.id: row for row in known}
    for fact in facts:
        row = found.get(fact.subject) or case.CaseRow(fact.subject, received_at=fact.acted_at)
        found[fact.subject] = case.fold(row, fact.data, fact.acted_at)
    await rows.write(conn, "case_view", list(found.values()))


async def _project_topics(conn: Executes, facts: Sequence[Heard]) -> None:
    topics = sorted({fact.data.topic for fact in facts if isinstance(fact.data, Topic)})
    known = await rows.read(conn, "topic_view", "topic", topics, ledger.TopicRow)
    found = {(row.topic, row.body): row for row in known}
    for fact in facts:
        for row in ledger.fold_topic(found, fact.subject, fact.data, fact.acted_at):
            found[row.topic, row.body] = row
    await rows.write(conn, "topic_view", list(found.values()))


async def _project_meetings(conn: Executes, facts: Sequence[Heard]) -> None:
    known = await rows.read(conn, "meeting_view", "id", sorted({fact.subject for fact in facts}), ledger.MeetingRow)
    found = {row.id: row for row in known}
    for fact in facts:
        found[fact.subject] = ledger.fold_meeting(found.get(fact.subject), fact.subject, fact.data, fact.acted_at)
    await rows.write(conn, "meeting_view", list(found.values()))


def _entry(fact: Heard) -> rows.Entry:
    data = Raw(fact.data.model_dump_json().encode())
    return rows.Entry(fact.subject, fact.service, fact.sequence, fact.type, fact.acted_at, fact.recorded_at, data)
