"""The read model: every fact of the four state streams folded into rows made for the questions of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Raw

from services.console.projection import case, ledger, rows, score, seen, tally, words
from shared.contracts.base import Contract
from shared.contracts.calendar import LedgerDeadlinesMoved
from shared.contracts.escalation import LedgerHead, Meeting, Topic
from shared.contracts.feedback import Figures
from shared.kernel.decisions import Message
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


@dataclass(slots=True)
class Model:
    """Rows of the read model while facts are folded into them; those that a fact concerns must be there before it."""

    cases: dict[str, case.CaseRow] = field(default_factory=dict)
    topics: dict[tuple[str, str], ledger.TopicRow] = field(default_factory=dict)
    meetings: dict[str, ledger.MeetingRow] = field(default_factory=dict)
    ledgers: dict[str, ledger.LedgerRow] = field(default_factory=dict)
    scores: dict[tuple[str, str], score.ScoreRow] = field(default_factory=dict)
    waiting: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Case -> the entry that waits for an answer, of the topic that it carries."""

    def __post_init__(self) -> None:
        """Find what waits among the rows that are there."""
        for row in self.topics.values():
            self._keep(row)

    def fold(self, fact: Heard) -> None:
        """Bring the rows up to a fact."""
        data = fact.data
        if case.concerns(data):
            row = self.cases.get(fact.subject) or case.CaseRow(fact.subject, received_at=fact.acted_at)
            self.cases[fact.subject] = case.fold(row, data, fact.acted_at)
        elif isinstance(data, Topic):
            for entry in ledger.fold_topic(self.topics, fact.subject, data, fact.acted_at):
                self._keep(entry)
        elif isinstance(data, Meeting):
            known = self.meetings.get(fact.subject)
            self.meetings[fact.subject] = ledger.fold_meeting(known, fact.subject, data, fact.acted_at)
        elif isinstance(data, LedgerDeadlinesMoved):
            if (key := self.waiting.get(fact.subject)) is not None:
                self._keep(ledger.move_topic(self.topics[key], data))
            if (meeting := self.meetings.get(fact.subject)) is not None:
                self.meetings[fact.subject] = ledger.move_meeting(meeting, data)
        elif isinstance(data, LedgerHead):
            self.ledgers[data.body] = ledger.head(data)
        elif isinstance(data, Figures):
            self.scores[data.unit, data.period] = score.read(data, fact.acted_at)

    def _keep(self, entry: ledger.TopicRow) -> None:
        self.topics[entry.topic, entry.body] = entry
        if entry.entry in ledger.UNANSWERED:
            self.waiting[entry.case_id] = entry.topic, entry.body


async def project(conn: Executes, facts: Sequence[Heard]) -> None:
    """Bring the read model up to a batch of facts: each fact once, in causal order, inside the caller's transaction."""
    model = await _known(conn, facts)
    before = dict(model.cases)
    for fact in facts:
        model.fold(fact)
    await rows.write(conn, "case_view", list(model.cases.values()))
    await words.keep(conn, before, model.cases)
    await seen.keep(conn, before, model.cases)
    await tally.move(conn, before, model.cases)
    await rows.write(conn, "topic_view", list(model.topics.values()))
    await rows.write(conn, "meeting_view", list(model.meetings.values()))
    await rows.write(conn, "ledger_view", list(model.ledgers.values()))
    await rows.write(conn, "score_view", list(model.scores.values()))
    await rows.append(conn, "timeline", [entry_of(fact) for fact in facts])


async def _known(conn: Executes, facts: Sequence[Heard]) -> Model:
    subjects = sorted({fact.subject for fact in facts if case.concerns(fact.data)})
    topics = sorted({fact.data.topic for fact in facts if isinstance(fact.data, Topic)})
    moved = sorted({fact.subject for fact in facts if isinstance(fact.data, LedgerDeadlinesMoved)})
    meetings = sorted({fact.subject for fact in facts if isinstance(fact.data, Meeting)} | set(moved))
    entries = [
        *await rows.read(conn, "topic_view", "topic", topics, ledger.TopicRow),
        *await rows.read(conn, "topic_view", "case_id", moved, ledger.TopicRow),
    ]
    return Model(
        {row.id: row for row in await rows.read(conn, "case_view", "id", subjects, case.CaseRow)},
        {(row.topic, row.body): row for row in entries},
        {row.id: row for row in await rows.read(conn, "meeting_view", "id", meetings, ledger.MeetingRow)},
    )


def heard_of(message: Message, now: datetime) -> Heard:
    """Return a fact as the log door hands it over; one that does not say when it was written down counts as of now."""
    kind, recorded_at = type(message.data).TYPE, message.recorded_at or now
    return Heard(
        message.subject, message.source, message.sequence, kind, message.data, message.acted_at, recorded_at
    )  # fmt: skip


def entry_of(fact: Heard) -> rows.Entry:
    """Return a fact as the timeline keeps it."""
    data = Raw(fact.data.model_dump_json().encode())
    return rows.Entry(fact.subject, fact.service, fact.sequence, fact.type, fact.acted_at, fact.recorded_at, data)
