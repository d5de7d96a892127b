"""Intake's own tables: who reported what under which id, case numbers, dossiers and who read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Text
from sqlalchemy import text as make_text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry  # noqa: TID251  rows are described, never loaded by an ORM session
from sqlmodel import Field, SQLModel

from services.intake.domain.facts import Decided, Dossier, Waiting
from services.intake.domain.heard import CheckFailed
from services.intake.domain.report import Report
from shared.kernel.decisions import Message
from shared.persistence.connection import Connection, Executes

APPEND_ONLY = ("dossier_read",)

text = cache(make_text)
"""Each statement is read for its parameters once, not once a batch."""

MOMENT: Any = DateTime(timezone=True)
"""An aware instant; `Any` because `Field` is typed for classes of types alone."""


class Row(SQLModel, registry=registry()):
    """Intake's rows: a registry of their own, shared with no other service."""


class ReportRow(Row, table=True):
    """Which case a source's report is."""

    __tablename__ = "report"
    __table_args__ = ({"comment": "For ever: the same (source, id) is one report (shell.md 2.3)."},)

    source: str = Field(sa_type=Text, primary_key=True)
    source_id: str = Field(sa_type=Text, primary_key=True)
    case_id: str = Field(sa_type=Text, unique=True)


class CaseNumberRow(Row, table=True):
    """How many numbers a day has given."""

    __tablename__ = "case_number"
    __table_args__ = ({"comment": "The last case number given on a day of the city's own time."},)

    day: date = Field(primary_key=True)
    last: int


class DossierRow(Row, table=True):
    """What a reporter said, whole."""

    __tablename__ = "dossier"
    __table_args__ = ({"comment": "The only place of personal data; erasing a resident deletes the row."},)

    id: str = Field(sa_type=Text, primary_key=True)
    case_id: str = Field(sa_type=Text, index=True)
    source: str = Field(sa_type=Text)
    report_id: str = Field(sa_type=Text)
    identity: dict[str, Any] = Field(sa_type=JSONB)
    text: str = Field(sa_type=Text)
    subject: str | None = Field(sa_type=Text)
    place: dict[str, Any] = Field(sa_type=JSONB)
    photos: list[Any] = Field(sa_type=JSONB)
    received_at: datetime = Field(sa_type=MOMENT)


class TriageRow(Row, table=True):
    """A report that waits for a person."""

    __tablename__ = "triage"
    __table_args__ = (
        Index("triage_due", "due_at", "case_id"),
        {"comment": "Reports that wait for a person, to be listed without reading every case."},
    )

    case_id: str = Field(sa_type=Text, primary_key=True)
    responsible: str = Field(sa_type=Text)
    due_at: datetime = Field(sa_type=MOMENT)


class DossierReadRow(Row, table=True):
    """One reading of a dossier."""

    __tablename__ = "dossier_read"
    __table_args__ = ({"comment": "Who read a dossier, when, why; append-only."},)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    case_id: str = Field(sa_type=Text, index=True)
    reader: str = Field(sa_type=Text)
    why: str = Field(sa_type=Text)
    read_at: datetime = Field(sa_type=MOMENT)


METADATA = Row.metadata


@dataclass(frozen=True, slots=True)
class Store:
    """Claim reports, give case numbers, keep dossiers: a statement each per batch, inside the shell's transaction.

    `new_id` makes time-ordered ids; `prefix` and `zone` are the city's, for numbers such as `DG-20261122-0042`.
    """

    new_id: Callable[[], str]
    prefix: str
    zone: ZoneInfo

    async def resolve(self, conn: Connection, messages: Sequence[Message]) -> Sequence[Message]:
        """Give each report its case id: a new one if it never came before, else the one it has."""
        keys = sorted({(m.actor.id, m.data.id) for m in messages if is_new_report(m)})
        if not keys:
            return messages
        known = await self._claim(conn, keys)
        return [
            replace(m, subject=known[m.actor.id, m.data.id], creates=True) if is_new_report(m) else m for m in messages
        ]

    async def _claim(self, conn: Connection, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """Insert what is new, in order, then read: a rival's row is waited for, and seen by the second statement."""
        named = {"sources": [source for source, _ in keys], "ids": [id_ for _, id_ in keys]}
        await conn.execute(
            text(
                "INSERT INTO report (source, source_id, case_id) SELECT s, i, c FROM unnest(CAST(:sources AS text[]), "
                "CAST(:ids AS text[]), CAST(:cases AS text[])) u(s, i, c) WHERE NOT EXISTS (SELECT 1 FROM report r "
                "WHERE r.source = u.s AND r.source_id = u.i) ORDER BY s, i ON CONFLICT (source, source_id) DO NOTHING"
            ),
            {**named, "cases": [self.new_id() for _ in keys]},
        )
        rows = await conn.execute(
            text(
                "SELECT r.source, r.source_id, r.case_id FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) "
                "u(s, i) JOIN report r ON r.source = u.s AND r.source_id = u.i"
            ),
            named,
        )
        return {(source, id_): case for source, id_, case in rows}

    async def prepare(self, conn: Connection, messages: Sequence[Message], now: datetime) -> Mapping[str, str]:
        """Return case id -> number for what has no case yet, reports and failed checks, as one block of the day."""
        wanted = list(dict.fromkeys(m.subject for m in messages if isinstance(m.data, Report | CheckFailed)))
        if wanted:
            stateless = await conn.execute(
                text(
                    "SELECT u.id FROM unnest(CAST(:ids AS text[])) WITH ORDINALITY u(id, o) "
                    "JOIN subject s ON s.id = u.id WHERE s.state IS NULL ORDER BY o"
                ),
                {"ids": wanted},
            )
            wanted = [row[0] for row in stateless]
        if not wanted:
            return {}
        day = now.astimezone(self.zone).date()
        last = await conn.scalar(
            text(
                "INSERT INTO case_number (day, last) VALUES (:day, :n) "
                "ON CONFLICT (day) DO UPDATE SET last = case_number.last + excluded.last RETURNING last"
            ),
            {"day": day, "n": len(wanted)},
        )
        first = int(last or 0) - len(wanted) + 1
        return {case: self._number(day, first + place) for place, case in enumerate(wanted)}

    def _number(self, day: date, count: int) -> str:
        return f"{self.prefix}-{day:%Y%m%d}-{count:04d}"

    async def save(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Keep the dossiers of a batch and the list of what waits for a person."""
        await self._save_dossiers(conn, [row for row in rows if isinstance(row, Dossier)])
        held = [row for row in rows if isinstance(row, Waiting)]
        if held:
            await conn.execute(
                text(
                    "INSERT INTO triage (case_id, responsible, due_at) SELECT * FROM unnest(CAST(:cases AS text[]), "
                    "CAST(:units AS text[]), CAST(:dues AS timestamptz[]))"
                ),
                {
                    "cases": [row.case for row in held],
                    "units": [row.responsible for row in held],
                    "dues": [row.due_at for row in held],
                },
            )
        decided = [row.case for row in rows if isinstance(row, Decided)]
        if decided:
            await conn.execute(
                text("DELETE FROM triage WHERE case_id = ANY(CAST(:cases AS text[]))"), {"cases": decided}
            )

    async def _save_dossiers(self, conn: Connection, dossiers: Sequence[Dossier]) -> None:
        if not dossiers:
            return
        await conn.execute(
            text(
                "INSERT INTO dossier "
                "(id, case_id, source, report_id, identity, text, subject, place, photos, received_at) "
                "SELECT id, c, s, r, i::jsonb, t, j, p::jsonb, f::jsonb, at FROM unnest(CAST(:ids AS text[]), "
                "CAST(:cases AS text[]), CAST(:sources AS text[]), CAST(:reports AS text[]), "
                "CAST(:identities AS text[]), CAST(:texts AS text[]), CAST(:subjects AS text[]), "
                "CAST(:places AS text[]), CAST(:photos AS text[]), CAST(:received AS timestamptz[])) "
                "u(id, c, s, r, i, t, j, p, f, at)"
            ),
            {
                "ids": [d.id for d in dossiers],
                "cases": [d.case for d in dossiers],
                "sources": [d.source for d in dossiers],
                "reports": [d.report for d in dossiers],
                "identities": [_json(d.identity) for d in dossiers],
                "texts": [d.text for d in dossiers],
                "subjects": [d.subject for d in dossiers],
                "places": [_json(d.place) for d in dossiers],
                "photos": [_json(d.photos) for d in dossiers],
                "received": [d.received_at for d in dossiers],
            },
        )


def is_new_report(message: Message) -> bool:
    """Tell whether a message is a report whose case id only the table knows."""
    return isinstance(message.data, Report) and message.actor.kind == "source"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def case_of(conn: Executes, source: str, report: str) -> tuple[str, str] | None:
    """Return case id and state (JSON) of a report; None for one that never came or was refused."""
    row = (
        await conn.execute(
            text(
                "SELECT s.id, s.state::text FROM report r JOIN subject s ON s.id = r.case_id "
                "WHERE r.source = :source AND r.source_id = :id AND s.state IS NOT NULL"
            ),
            {"source": source, "id": report},
        )
    ).first()
    return (row[0], row[1]) if row else None


async def state_of(conn: Executes, case: str) -> str | None:
    """Return the state (JSON) of a case."""
    state: str | None = await conn.scalar(text("SELECT state::text FROM subject WHERE id = :case"), {"case": case})
    return state


async def held(
    conn: Executes, unit: str | None, due_after: datetime | None, case_after: str, limit: int
) -> tuple[int, list[tuple[str, str]]]:
    """Return how many cases wait for a unit (None: for anyone), and a page of them with their states, by due time."""
    given = {"unit": unit, "due": due_after, "case": case_after, "limit": limit}
    mine = "(CAST(:unit AS text) IS NULL OR t.responsible = CAST(:unit AS text))"
    total = await conn.scalar(text(f"SELECT count(*) FROM triage t WHERE {mine}"), {"unit": unit})  # noqa: S608
    rows = await conn.execute(
        text(
            "SELECT t.case_id, s.state::text FROM triage t JOIN subject s ON s.id = t.case_id "  # noqa: S608
            f"WHERE {mine} AND (CAST(:due AS timestamptz) IS NULL OR "
            "(t.due_at, t.case_id) > (CAST(:due AS timestamptz), CAST(:case AS text))) "
            "ORDER BY t.due_at, t.case_id LIMIT :limit"
        ),
        given,
    )
    return int(total or 0), [(case, state) for case, state in rows]


async def note_reading(conn: Executes, case: str, reader: str, why: str, at: datetime) -> None:
    """Keep for ever who reads a dossier, why and when."""
    await conn.execute(
        text("INSERT INTO dossier_read (case_id, reader, why, read_at) VALUES (:case, :reader, :why, :at)"),
        {"case": case, "reader": reader, "why": why, "at": at},
    )


async def dossier_of(conn: Executes, case: str) -> Mapping[str, Any]:
    """Return what reporters said about a case, whole; an erased dossier is simply not there."""
    rows = await conn.execute(
        text(
            "SELECT id, source, report_id, identity::text, text, subject, place::text, photos::text, received_at "
            "FROM dossier WHERE case_id = :case ORDER BY received_at, id"
        ),
        {"case": case},
    )
    plain = ("identity", "place", "photos")
    return {
        "dossiers": [
            {key: msgspec.json.decode(value) if key in plain else value for key, value in row._mapping.items()}
            for row in rows
        ]
    }
