"""The services' own tables in memory: what each `store.py` keeps in SQL, made only if the transaction commits.

A unique key that PostgreSQL would refuse is refused here, too; what a transaction wrote it reads again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.dispatch.domain.claims.wish import Contact, Forgotten
from services.dispatch.domain.prepared import Prepared as PreparedOrders
from services.dispatch.domain.refusal import Refusal
from services.dispatch.domain.register import OPEN_AT_LEAD, Responsibility
from services.dispatch.tables.claim import ASKING
from services.dispatch.tables.load import ROUTED
from services.escalation.domain import further, needs_peek
from services.escalation.domain.boards import MeetingRow
from services.escalation.domain.chain import Record
from services.escalation.domain.entry_board import EntryRow
from services.escalation.domain.heads import Head, HeadsPublished
from services.escalation.domain.heads import Prepared as PreparedHeads
from services.escalation.domain.ledger import Wording
from services.escalation.domain.messages import RecordDecisions
from services.feedback.domain.book import Book
from services.feedback.domain.exclusion import Excluding
from services.feedback.domain.publishing import Publication
from services.feedback.domain.rating import Counted, Invitation, Rating, Remark
from services.feedback.domain.score import Prepared
from services.feedback.domain.task import Task
from services.feedback.store import Store as FeedbackStore
from services.feedback.tables.exclusion import latest as latest_exclusions
from services.feedback.tables.invitation import hash_of
from services.feedback.tables.task import latest as latest_tasks
from services.intake.domain.facts import Decided, Dossier, Rehomed, Suspected, Waiting
from services.intake.domain.flapping import Alarm
from services.intake.domain.gathering import compare
from services.intake.domain.likeness import Recent, Trace
from services.intake.domain.registration import Prepared as PreparedCases
from services.intake.domain.registration import seek
from services.intake.domain.report import UnmergeCase, WithdrawReport
from services.intake.store import heard_alarms, is_new_report, needs_number, with_alarms, with_likes
from shared.kernel.decisions import Due, Message
from shared.shell.dict_store import Effects, Tables

SHANGHAI = ZoneInfo("Asia/Shanghai")
Peek = Callable[[str], Any]
"""Returns a subject's state as some other connection may see it before the locks."""


class UniqueViolation(Exception):
    """A key was met a second time: PostgreSQL would have rolled the transaction back."""


def add(table: dict[Any, Any], effects: Effects, key: Any, row: Any) -> None:
    """Insert a row when the transaction commits; raises UniqueViolation for a key that is there."""
    mine: set[Any] = vars(effects).setdefault(f"keys{id(table)}", set())
    if key in table or key in mine:
        raise UniqueViolation(f"{key} is there already")
    mine.add(key)
    effects.at_commit(lambda: table.update({key: row}))


@dataclass
class IntakeTables:
    """Claims of reports, numbers of a day, dossiers, the list of what waits for a person."""

    new_id: Callable[[], str]
    city: Any
    shell: Tables = field(default_factory=Tables)
    """The tables of the same schema, to be set once the store is there."""
    reports: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: dict[date, int] = field(default_factory=dict)
    dossiers: dict[str, Dossier] = field(default_factory=dict)
    triage: dict[str, Waiting] = field(default_factory=dict)
    recent: Recent = field(default_factory=Recent)
    homes: dict[str, str] = field(default_factory=dict)
    suspected: dict[str, Suspected] = field(default_factory=dict)
    alarms: dict[tuple[str, str], Alarm] = field(default_factory=dict)

    async def resolve(self, effects: Effects, messages: Sequence[Message]) -> Sequence[Message]:
        claimed: dict[tuple[str, str], str] = vars(effects).setdefault("claimed", {})
        for key in sorted({(m.actor.id, m.data.id) for m in messages if is_new_report(m)}):
            if key not in self.reports and key not in claimed:
                claimed[key] = self.new_id()
                add(self.reports, effects, key, claimed[key])
        known = {**self.reports, **claimed}
        named = [
            replace(m, subject=known[m.actor.id, m.data.id], creates=True)
            if is_new_report(m)
            else replace(m, touches=(*m.touches, *self._homes_of(m)))
            for m in messages
        ]
        found = {
            n: trace
            for n, m in enumerate(named)
            if is_new_report(m) and (trace := seek(m.data, m.subject, m.acted_at, m.actor.id, None, self.city))
        }
        sought = list(found.values())
        near = [
            [replace(t, home=self.homes.get(t.case, t.home)) for t in self.recent.near(one).values()] for one in sought
        ]
        compared = dict(zip(found, compare(sought, near, self.city.shares), strict=True))
        likened = [
            with_likes(m, found.get(n), None, *compared.get(n, ((), ()))) if is_new_report(m) else m
            for n, m in enumerate(named)
        ]
        heard = heard_alarms(named, self.city)
        homes = {one.case: self._merged_into(one.case) for one in self.alarms.values()}
        return with_alarms(likened, heard, self.alarms, homes, self.city)

    def _homes_of(self, message: Message) -> tuple[str, ...]:
        is_about_home = isinstance(message.data, WithdrawReport | UnmergeCase)
        return self._merged_into(message.subject) if is_about_home else ()

    def _merged_into(self, case: str) -> tuple[str, ...]:
        names: list[str] = []
        at = self.shell.subjects.get(case)
        while at is not None and at.state is not None and at.state.home:
            names.append(at.state.home)
            at = self.shell.subjects.get(names[-1])
        return tuple(names)

    async def prepare(self, effects: Effects, messages: Sequence[Message], now: datetime) -> PreparedCases:
        wanted = [
            case for case in dict.fromkeys(m.subject for m in messages if needs_number(m))
            if case not in self.shell.subjects or self.shell.subjects[case].state is None
        ]  # fmt: skip
        if not wanted:
            return PreparedCases()
        day = now.astimezone(SHANGHAI).date()
        first = self.numbers.get(day, 0) + 1
        effects.at_commit(lambda: self.numbers.update({day: first + len(wanted) - 1}))
        prefix = self.city.case_prefix
        return PreparedCases({case: f"{prefix}-{day:%Y%m%d}-{first + n:04d}" for n, case in enumerate(wanted)})

    async def save(self, effects: Effects, rows: Sequence[Any]) -> None:
        for row in rows:
            if isinstance(row, Dossier):
                add(self.dossiers, effects, row.id, row)
            elif isinstance(row, Waiting):
                add(self.triage, effects, row.case, row)
            elif isinstance(row, Trace):
                effects.at_commit(lambda row=row: self.recent.keep(row))  # type: ignore[misc]
            elif isinstance(row, Rehomed):
                effects.at_commit(lambda row=row: self.homes.update(dict.fromkeys(row.cases, row.home)))  # type: ignore[misc]
            elif isinstance(row, Alarm):
                effects.at_commit(lambda row=row: self.alarms.update({(row.source, row.device): row}))  # type: ignore[misc]
            elif isinstance(row, Suspected):
                effects.at_commit(lambda row=row: self._suspect(row))  # type: ignore[misc]
        gone = [row.case for row in rows if isinstance(row, Decided)]
        effects.at_commit(lambda: [self.triage.pop(case, None) for case in gone] and None)

    def _suspect(self, row: Suspected) -> None:
        self.suspected.pop(row.case, None)
        if row.responsible is not None:
            self.suspected[row.case] = row


@dataclass
class DispatchTables:
    """The register of responsibility, who wishes, what was refused."""

    register: dict[str, Responsibility] = field(default_factory=dict)
    wishers: dict[str, Contact] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    async def resolve(self, effects: Effects, messages: Sequence[Message]) -> Sequence[Message]:
        return messages

    async def prepare(self, effects: Effects, messages: Sequence[Message], now: datetime) -> PreparedOrders:
        asked = {m.subject for m in messages if isinstance(m.data, ASKING)}
        is_routed = any(isinstance(m.data, ROUTED) for m in messages)
        held = [row for row in self.register.values() if is_routed and row.status in OPEN_AT_LEAD]
        wishers = {wish: kept.member for wish, kept in self.wishers.items() if wish in asked}
        return PreparedOrders(wishers, Counter(row.responsible or "" for row in held))

    async def save(self, effects: Effects, rows: Sequence[Any]) -> None:
        for row in rows:
            if isinstance(row, Contact):
                add(self.wishers, effects, row.wish, row)
        over = [row.wish for row in rows if isinstance(row, Forgotten)]
        effects.at_commit(lambda: [self.wishers.pop(wish, None) for wish in over] and None)
        refused = [row for row in rows if isinstance(row, Refusal)]
        effects.at_commit(lambda: self.refusals.extend(refused))
        last = {row.case_id: row for row in rows if isinstance(row, Responsibility)}
        effects.at_commit(lambda: self.register.update(last))


class EscalationTables:
    """Records of the ledgers, words behind their digests, the two boards, the daily lists of heads."""

    def __init__(self, city: Any, peek: Peek, read: Peek) -> None:
        self.city, self.peek, self.read = city, peek, read
        self.records: dict[tuple[str, int], Record] = {}
        self.wordings: dict[str, Wording] = {}
        self.meetings: dict[str, MeetingRow] = {}
        self.entries: dict[tuple[str, str], EntryRow] = {}
        self.lists: dict[tuple[date, int], HeadsPublished] = {}

    async def resolve(self, effects: Effects, messages: Sequence[Message]) -> Sequence[Message]:
        found: list[Message] = []
        for m in messages:
            state = self.peek(m.subject) if needs_peek(m) else None
            more = further(m, state, self.city) if needs_peek(m) else ()
            found.append(replace(m, touches=(*m.touches, *more)))
        return found

    async def prepare(self, effects: Effects, messages: Sequence[Message], now: datetime) -> PreparedHeads:
        if any(isinstance(m.data, RecordDecisions) for m in messages):
            words = {wording.digest: wording.text for wording in self.wordings.values()}
            return PreparedHeads((), self.records, words)
        if not any(isinstance(m.data, Due) and m.data.name == "heads" for m in messages):
            return PreparedHeads((), self.records)
        states = [self.read(f"ledger:{unit}") for unit in self.city.bodies]
        return PreparedHeads(tuple(Head(s.unit, s.seq, s.hash) for s in states if s and s.seq), self.records)

    async def save(self, effects: Effects, rows: Sequence[Any]) -> None:
        for row in rows:
            match row:
                case Record():
                    add(self.records, effects, (row.ledger, row.seq), row)
                case Wording():
                    add(self.wordings, effects, row.salt, row)
                case HeadsPublished():
                    add(self.lists, effects, (row.on, row.page), row)
                case MeetingRow():
                    effects.at_commit(lambda row=row: self.meetings.update({row.id: row}))  # type: ignore[misc]
                case EntryRow():
                    key = (row.case, row.body)
                    effects.at_commit(lambda key=key, row=row: self.entries.update({key: row}))  # type: ignore[misc]


class FeedbackTables:
    """Invitations by the hash of their token, remarks, tasks, counted answers, exclusions, published scores."""

    def __init__(self, secret: str, city: str) -> None:
        self.token = FeedbackStore(secret, city).token
        self.invitations: dict[str, Invitation] = {}
        self.remarks: dict[str, Remark] = {}
        self.tasks: dict[tuple[str, str, int, str], Task] = {}
        self.exclusions: dict[str, Excluding] = {}
        self.answers: dict[tuple[str, str], Counted] = {}
        self.scores: dict[tuple[str, str, int], Publication] = {}
        self.book = Book()

    async def resolve(self, effects: Effects, messages: Sequence[Message]) -> Sequence[Message]:
        return [replace(m, subject=self._case(m.data.token)) if isinstance(m.data, Rating) else m for m in messages]

    def _case(self, token: str) -> str:
        found = self.invitations.get(hash_of(token))
        return found.case if found else ""

    async def prepare(self, effects: Effects, messages: Sequence[Message], now: datetime) -> Prepared:
        return Prepared(self.token, **self.book.coming_due(messages))

    async def save(self, effects: Effects, rows: Sequence[Any]) -> None:
        for row in rows:
            match row:
                case Invitation():
                    add(self.invitations, effects, hash_of(self.token(row.invitation)), row)
                case Remark():
                    add(self.remarks, effects, row.id, row)
                case Counted():
                    add(self.answers, effects, (row.case, row.reporter), row)
                case Task():
                    self._change(effects, self.tasks, (row.kind, row.case, row.round, row.reporter), row, latest_tasks)
                case Excluding():
                    self._change(effects, self.exclusions, row.case, row, latest_exclusions)
                case Publication():
                    add(self.scores, effects, (row.score.unit, row.score.period, row.score.revision), row)
        effects.at_commit(lambda: self.book.keep(rows))

    def _change(self, effects: Effects, table: dict[Any, Any], key: Any, row: Any, latest: Any) -> None:
        def change() -> None:
            (table[key],) = latest([table[key], row] if key in table else [row])

        effects.at_commit(change)


class ConsoleTables:
    """Every fact that the console heard, in the order in which it was projected."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    async def resolve(self, effects: Effects, messages: Sequence[Message]) -> Sequence[Message]:
        return messages

    async def prepare(self, effects: Effects, messages: Sequence[Message], now: datetime) -> None:
        return None

    async def save(self, effects: Effects, rows: Sequence[Any]) -> None:
        effects.at_commit(lambda: self.heard.extend(rows))
