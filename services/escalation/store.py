"""The ledgers' records, the words behind their digests, and the two boards: written and read set-wise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Index, Table, Text, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry  # noqa: TID251  rows are described, never loaded by an ORM session
from sqlmodel import Field, SQLModel

from services.escalation.domain import STATES, further, needs_peek
from services.escalation.domain.boards import MeetingRow, Shelved
from services.escalation.domain.chain import Record
from services.escalation.domain.correcting import CorrectRecord
from services.escalation.domain.entry_board import EntryRow
from services.escalation.domain.heads import Head, HeadsPublished, Prepared
from services.escalation.domain.ledger import Wording
from services.escalation.domain.messages import RecordDecisions
from services.escalation.domain.outcome import Outcome
from shared.kernel.decisions import Due, Message
from shared.kernel.replacing import replace
from shared.persistence.connection import Connection
from shared.persistence.rows import MOMENT, insert, rows_of
from shared.shell.service import kind_of


class Row(SQLModel, registry=registry()):
    """Escalation's rows: a registry of their own, shared with no other service."""


class RecordRow(Row, table=True):
    """A ledger's record: `line` is the very text that was hashed, the other columns say the same for queries."""

    __tablename__ = "record"
    __table_args__ = (Index("record_topic", "topic"),)

    ledger: str = Field(sa_type=Text, primary_key=True)
    seq: int = Field(primary_key=True)
    prev: str = Field(sa_type=Text)
    at: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    topic: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    line: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class WordingRow(Row, table=True):
    """Words of persons; a row may be erased, the ledger's digest stays, so not append-only."""

    __tablename__ = "wording"
    __table_args__ = (Index("wording_digest", "digest"),)

    salt: str = Field(sa_type=Text, primary_key=True)
    ledger: str = Field(sa_type=Text)
    meeting: str = Field(sa_type=Text)
    topic: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)


class MeetingBoard(Row, table=True):
    """How every meeting stands."""

    __tablename__ = "meeting_board"
    __table_args__ = (
        Index("meeting_board_body", "body", "opens_at"),
        Index("meeting_board_status", "status", "opens_at"),
    )

    id: str = Field(sa_type=Text, primary_key=True)
    body: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    number: int
    status: str = Field(sa_type=Text)
    temporary: bool
    makeup: bool
    cut_off_at: datetime | None = Field(sa_type=MOMENT)
    opens_at: datetime = Field(sa_type=MOMENT)
    hold_by: datetime = Field(sa_type=MOMENT)
    adopt_by: datetime | None = Field(sa_type=MOMENT)
    agenda: list[Any] = Field(sa_type=JSONB)
    invited: list[Any] = Field(sa_type=JSONB)
    attendance: list[Any] = Field(sa_type=JSONB)
    decisions: list[Any] = Field(sa_type=JSONB)
    ledger_seq: int
    ledger_hash: str = Field(sa_type=Text)
    decide_by: datetime | None = Field(sa_type=MOMENT)
    within: date | None
    caller: str = Field(sa_type=Text)
    place: str = Field(sa_type=Text)
    theme: str = Field(sa_type=Text)
    sitting: int
    is_called: bool
    is_duty: bool
    named: list[Any] = Field(sa_type=JSONB)
    leads: list[Any] = Field(sa_type=JSONB)
    earlier: list[Any] = Field(sa_type=JSONB)


class EntryBoard(Row, table=True):
    """What every body still has to do about a case's topic."""

    __tablename__ = "entry_board"
    __table_args__ = (Index("entry_board_body", "body", "status"),)

    case_id: str = Field(sa_type=Text, primary_key=True)
    topic: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text, primary_key=True)
    level: str = Field(sa_type=Text)
    position: int
    status: str = Field(sa_type=Text)
    active: bool
    answer_due_at: datetime = Field(sa_type=MOMENT)
    has_to_acknowledge: bool
    has_to_tell: bool
    has_to_write_off: bool
    has_to_screen: bool
    has_to_receive: bool


class ShelvedRow(Row, table=True):
    """What a case's earlier topics were when another one followed."""

    __tablename__ = "shelved"

    topic: str = Field(sa_type=Text, primary_key=True)
    state: dict[str, Any] = Field(sa_type=JSONB)


class HeadsRow(Row, table=True):
    """A page of a day's list of all heads, as it was stated."""

    __tablename__ = "published_heads"

    on: date = Field(primary_key=True)
    page: int = Field(primary_key=True)
    pages: int
    heads: list[Any] = Field(sa_type=JSONB)
    prev: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)


class OutcomeRow(Row, table=True):
    """What was heard of the orders of topics: disposal reports, verifications, grades."""

    __tablename__ = "outcome"

    topic: str = Field(sa_type=Text, primary_key=True)
    case_id: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text, primary_key=True)
    at: datetime = Field(sa_type=MOMENT, primary_key=True)
    said: dict[str, Any] = Field(sa_type=JSONB)


METADATA = Row.metadata

APPEND_ONLY: tuple[str, ...] = ("record", "published_heads", "outcome")

_PEEK = text("SELECT id, state::text AS state FROM subject WHERE id = ANY(CAST(:ids AS text[])) AND state IS NOT NULL")

_HEADS = text(
    "SELECT state ->> 'unit', CAST(state ->> 'seq' AS int), state ->> 'hash' FROM subject "
    "WHERE id = ANY(CAST(:ids AS text[])) AND CAST(state ->> 'seq' AS int) > 0 ORDER BY id COLLATE \"C\""
)
_WANTED = text(
    "SELECT record.* FROM record JOIN json_array_elements(CAST(:keys AS json)) AS k "
    "ON ledger = k ->> 0 AND seq = CAST(k ->> 1 AS int)"
)
_WORDS = text(
    """
    SELECT w.digest, w.text FROM subject s, jsonb_array_elements(CAST(s.state AS jsonb) -> 'decisions') d, wording w
     WHERE s.id = ANY(CAST(:ids AS text[])) AND w.digest = d ->> 'digest'
     UNION
    SELECT w.digest, w.text FROM subject s, wording w
     WHERE s.id = ANY(CAST(:ids AS text[])) AND w.digest = s.state ->> 'digest'
    """
)


def _replace(table: Table) -> TextClause:
    """Return the statement that puts a JSON list of rows into a table, in the place of rows of the same key."""
    key = [column.name for column in table.primary_key]
    rest = ", ".join(f'"{c.name}" = excluded."{c.name}"' for c in table.columns if c.name not in key)
    names = ", ".join(f'"{name}"' for name in key)
    return insert(table, f"ON CONFLICT ({names}) DO UPDATE SET {rest}")


_STATEMENTS = (
    (Record, insert(METADATA.tables["record"])),
    (Wording, insert(METADATA.tables["wording"])),
    (MeetingRow, _replace(METADATA.tables["meeting_board"])),
    (EntryRow, _replace(METADATA.tables["entry_board"])),
    (Shelved, _replace(METADATA.tables["shelved"])),
    (HeadsPublished, insert(METADATA.tables["published_heads"])),
    (Outcome, insert(METADATA.tables["outcome"])),
)

MEETINGS = text(
    """
    SELECT * FROM meeting_board
     WHERE (CAST(:body AS text) IS NULL OR body = :body) AND (CAST(:status AS text) IS NULL OR status = :status)
       AND (CAST(:bodies AS text[]) IS NULL OR body = ANY(CAST(:bodies AS text[])) OR jsonb_exists(invited, :party))
       AND (CAST(:after AS text) IS NULL
            OR (opens_at, id) > (SELECT opens_at, id FROM meeting_board WHERE id = :after))
     ORDER BY opens_at, id LIMIT :limit
    """
)
MEETING = text("SELECT * FROM meeting_board WHERE id = :id")
ENTRIES = text(
    """
    SELECT * FROM entry_board
     WHERE body = :body AND (CAST(:status AS text) IS NULL OR status = :status)
       AND (NOT :to_do OR has_to_acknowledge OR has_to_tell OR has_to_write_off OR has_to_screen OR has_to_receive)
       AND (CAST(:after AS text) IS NULL OR case_id > :after)
     ORDER BY case_id LIMIT :limit
    """
)
CHAIN = text("SELECT * FROM entry_board WHERE case_id = :case ORDER BY position")
TOPIC_STATE = text("SELECT sequence, state FROM subject WHERE id = :id AND state IS NOT NULL")
STATE = text("SELECT state::text AS state FROM subject WHERE id = :id AND state IS NOT NULL")
RECORDS = text("SELECT * FROM record WHERE ledger = :ledger AND seq > :after ORDER BY seq LIMIT :limit")
TOPIC_RECORDS = text("SELECT * FROM record WHERE topic = :topic ORDER BY at, ledger, seq LIMIT :limit")

PUBLISHED = text(
    """
    SELECT * FROM published_heads
     WHERE "on" = coalesce(CAST(:on AS date), (SELECT max("on") FROM published_heads)) ORDER BY page
    """
)


class Store:
    """Escalation's own tables; `city` tells which body lies above another."""

    def __init__(self, city: Any) -> None:
        self._city = city

    async def resolve(self, conn: Connection, messages: Sequence[Message]) -> Sequence[Message]:
        """Add the ledgers and cases that a topic or meeting concerns now; its decider checks them under the locks."""
        wanted = sorted({m.subject for m in messages if needs_peek(m)})
        if not wanted:
            return messages
        found = {
            row.id: msgspec.json.decode(row.state, type=STATES[kind_of(row.id)])
            for row in await conn.execute(_PEEK, {"ids": wanted})
            if kind_of(row.id) in STATES
        }
        return [
            replace(m, touches=(*m.touches, *further(m, found.get(m.subject), self._city))) if needs_peek(m) else m
            for m in messages
        ]

    async def prepare(self, conn: Connection, messages: Sequence[Message], now: datetime) -> Prepared:
        """Read the heads where the day's list is due, the records to be corrected, the words to be recorded again."""
        is_listed = any(isinstance(m.data, Due) and m.data.name == "heads" for m in messages)
        heads = (
            await conn.execute(_HEADS, {"ids": [f"ledger:{unit}" for unit in self._city.bodies]}) if is_listed else ()
        )
        wanted = [
            (m.subject.removeprefix("ledger:"), m.data.seq) for m in messages if isinstance(m.data, CorrectRecord)
        ]
        rows = await conn.execute(_WANTED, {"keys": msgspec.json.encode(wanted).decode()}) if wanted else ()
        records = [Record(**row._mapping) for row in rows]
        drafts = sorted({m.subject for m in messages if isinstance(m.data, RecordDecisions)})
        words = await conn.execute(_WORDS, {"ids": drafts}) if drafts else ()
        return Prepared(
            tuple(Head(*row) for row in heads),
            {(record.ledger, record.seq): record for record in records},
            {row.digest: row.text for row in words},
        )

    async def save(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Append records and words, bring the boards up to date: one statement per table."""
        for kind, statement in _STATEMENTS:
            kept = _latest(row for row in rows if isinstance(row, kind))
            if kept:
                await conn.execute(statement, rows_of(kept))


def _latest(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Return each row once, a later state of the same thing in the place of an earlier one."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        found[_key(row)] = _columns(row)
    return list(found.values())


def _columns(row: Any) -> dict[str, Any]:
    columns: dict[str, Any] = msgspec.to_builtins(row)
    return {"case_id" if name == "case" else name: value for name, value in columns.items()}


def _key(row: Any) -> tuple[Any, ...]:
    match row:
        case Record():
            return (row.ledger, row.seq)
        case Wording():
            return (row.salt,)
        case MeetingRow():
            return (row.id,)
        case HeadsPublished():
            return (row.on, row.page)
        case Shelved():
            return (row.topic,)
        case Outcome():
            return (row.topic, row.case, row.kind, row.at)
        case _:
            return (row.case, row.body)
