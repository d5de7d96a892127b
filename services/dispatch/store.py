"""The register of responsibility: one row per case, written set-wise with the facts that change it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, Text, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.dispatch.domain.prepared import Prepared
from services.dispatch.domain.register import Responsibility
from services.dispatch.tables import claim
from services.dispatch.tables.dispute import save as save_disputes
from services.dispatch.tables.load import loads
from services.dispatch.tables.refusal import save as save_refusals
from services.dispatch.tables.row import Row
from services.dispatch.tables.supervision import save as save_supervisions
from shared.kernel.decisions import Message
from shared.persistence.connection import Connection
from shared.persistence.rows import MOMENT
from shared.shell.service import NoTables


class ResponsibilityRow(Row, table=True):
    """Who is responsible for a case now, and by when; one row per case."""

    __tablename__ = "responsibility"
    __table_args__ = (
        Index("responsibility_of", "responsible", "status", "case_id"),
        Index("responsibility_judge", "judge", "case_id"),
        Index("responsibility_number", "number"),
    )

    case_id: str = Field(sa_type=Text, primary_key=True)
    number: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    responsible: str | None = Field(sa_type=Text)
    rung: str | None = Field(sa_type=Text)
    clock: str | None = Field(sa_type=Text)
    due_at: datetime | None = Field(sa_type=MOMENT)
    matter: str = Field(sa_type=Text)
    unit: str = Field(sa_type=Text)
    urgent: bool
    summary: str = Field(sa_type=Text)
    assignment: int
    dispatcher: str = Field(sa_type=Text)
    lead: str | None = Field(sa_type=Text)
    request: str | None = Field(sa_type=Text)
    judge: str | None = Field(sa_type=Text)
    updated_at: datetime = Field(sa_type=MOMENT)


class PartyLine(Row, table=True):
    """A party of a dispute by name."""

    __tablename__ = "dispute_party"
    __table_args__ = ({"comment": "Personal data: read by the mediator's unit alone, erased with the resident's."},)

    case_id: str = Field(sa_type=Text, primary_key=True)
    party: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)


class DisputeLine(Row, table=True):
    """What a dispute is about, and what was agreed, in full."""

    __tablename__ = "dispute_text"
    __table_args__ = ({"comment": "Personal data: read by the mediator's unit alone, erased with the resident's."},)

    case_id: str = Field(sa_type=Text, primary_key=True)
    about: str = Field(sa_type=Text)
    clauses: list[Any] = Field(sa_type=JSONB)
    signed: list[Any] = Field(sa_type=JSONB)
    agreed_at: datetime | None = Field(sa_type=MOMENT)


class DisputeReadLine(Row, table=True):
    """One reading of a dispute's names."""

    __tablename__ = "dispute_read"
    __table_args__ = ({"comment": "Who read the names of a dispute, when, why; append-only."},)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    case_id: str = Field(sa_type=Text, index=True)
    reader: str = Field(sa_type=Text)
    why: str = Field(sa_type=Text)
    read_at: datetime = Field(sa_type=MOMENT)


class SupervisionRow(Row, table=True):
    """A supervision order, listed by who must answer it."""

    __tablename__ = "supervision"
    __table_args__ = (
        Index("supervision_charged", "charged", "receipt_due_at"),
        Index("supervision_supervisor", "supervisor", "receipt_due_at"),
    )

    case_id: str = Field(sa_type=Text, primary_key=True)
    number: int = Field(primary_key=True)
    of: str = Field(sa_type=Text)
    charged: str = Field(sa_type=Text)
    supervisor: str = Field(sa_type=Text)
    by_hand: bool
    issued_at: datetime = Field(sa_type=MOMENT)
    receipt_due_at: datetime = Field(sa_type=MOMENT)
    answered_at: datetime | None = Field(sa_type=MOMENT)
    answer: str | None = Field(sa_type=Text)
    missed_at: datetime | None = Field(sa_type=MOMENT)


class RefusalLine(Row, table=True):
    """A reply or command that changed nothing: who, when, by which rule."""

    __tablename__ = "refusal"
    __table_args__ = (Index("refusal_sender", "sender", "id"), Index("refusal_subject", "subject", "id"))

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    subject: str = Field(sa_type=Text)
    sender: str = Field(sa_type=Text)
    said: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    refused_at: datetime = Field(sa_type=MOMENT)
    rule: str = Field(sa_type=Text)
    field: str = Field(sa_type=Text)
    params: dict[str, str] = Field(sa_type=JSONB)


METADATA = Row.metadata
APPEND_ONLY = ("dispute_read", *claim.APPEND_ONLY, "refusal")

_TYPES = {
    column.name: f"{column.type.compile(dialect=postgresql.dialect())}[]"  # type: ignore[no-untyped-call]
    for column in METADATA.tables["responsibility"].columns
}
_COLUMNS = ", ".join(_TYPES)
_VALUES = ", ".join(f"CAST(:{name} AS {kind})" for name, kind in _TYPES.items())
_KEPT = ("case_id", "number", "matter", "unit", "urgent", "summary")
"""What never changes of a case."""
_CHANGED = ", ".join(f"{name} = excluded.{name}" for name in _TYPES if name not in _KEPT)

_ENTER = text(
    f"INSERT INTO responsibility ({_COLUMNS}) SELECT * FROM unnest({_VALUES}) "  # noqa: S608  names of ours only
    f"ON CONFLICT (case_id) DO UPDATE SET {_CHANGED}"
)

ONE = text(f"SELECT {_COLUMNS} FROM responsibility WHERE case_id = :case")  # noqa: S608
PAGE = text(
    f"SELECT {_COLUMNS} FROM responsibility"  # noqa: S608
    " WHERE (CAST(:responsible AS text) IS NULL OR responsible = :responsible)"
    " AND (CAST(:status AS text) IS NULL OR status = :status)"
    " AND (CAST(:judge AS text) IS NULL OR judge = :judge)"
    " AND case_id > :after ORDER BY case_id LIMIT :limit"
)


class Store(NoTables):
    """Dispatch's own tables; every message already names what it is about.

    `compared` are the departments whose open orders some routing rule of the city compares.
    """

    def __init__(self, compared: Collection[str] = ()) -> None:
        self.compared = compared

    async def prepare(self, conn: Connection, messages: Sequence[Message], now: datetime) -> Prepared:
        """Return what the messages ask of the tables."""
        return Prepared(await claim.wishers(conn, messages), await loads(conn, self.compared, messages))

    async def save(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Enter the last standing of each case of the batch, in the order of their ids; keep and forget wishers."""
        await save_disputes(conn, rows)
        await save_refusals(conn, rows)
        await claim.keep(conn, rows)
        await save_supervisions(conn, rows)
        last = {row.case_id: row for row in rows if isinstance(row, Responsibility)}
        if not last:
            return
        entered = [last[case] for case in sorted(last)]
        await conn.execute(_ENTER, {name: [getattr(row, name) for row in entered] for name in _TYPES})
