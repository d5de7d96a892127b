"""What reporters are still to be told, one row per reporter and step; a lease keeps two senders off one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.domain.erasing import Erased
from services.intake.domain.notification import Notification
from services.intake.tables.row import Row
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT

WAITING = "waiting"


class NotificationRow(Row, table=True):
    """One step of a case, to be told to one of its reporters."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("notification_waiting", "next_at", postgresql_where=text("state = 'waiting'")),
        Index("notification_dossier", "dossier_id", "id"),
        Index("notification_ended", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
        {"comment": "No contact and no name: both are in the dossier, and go with it."},
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    case_id: str = Field(sa_type=Text)
    dossier_id: str = Field(sa_type=Text)
    step: str = Field(sa_type=Text)
    unit: str | None = Field(sa_type=Text)
    note: str = Field(sa_type=Text)
    rule: str | None = Field(sa_type=Text)
    params: dict[str, str] = Field(sa_type=JSONB)
    at: datetime = Field(sa_type=MOMENT)
    state: str = Field(sa_type=Text, sa_column_kwargs={"server_default": WAITING})
    attempts: int = Field(sa_column_kwargs={"server_default": text("0")})
    next_at: datetime = Field(sa_type=MOMENT, sa_column_kwargs={"server_default": text("clock_timestamp()")})
    channel: str | None = Field(sa_type=Text)
    error: str | None = Field(sa_type=Text)
    ended_at: datetime | None = Field(sa_type=MOMENT)


_ADD = text(
    """
    INSERT INTO notification (case_id, dossier_id, step, unit, note, rule, params, at)
    SELECT u.c, d.id, u.s, u.u, u.n, u.r, u.p::jsonb, u.at
      FROM unnest(CAST(:cases AS text[]), CAST(:wholes AS text[]), CAST(:steps AS text[]), CAST(:units AS text[]),
                  CAST(:notes AS text[]), CAST(:rules AS text[]), CAST(:params AS text[]), CAST(:ats AS timestamptz[]))
           WITH ORDINALITY u(c, w, s, u, n, r, p, at, o)
      JOIN dossier d ON d.case_id IN (u.c, u.w) AND NOT d.taken_back AND d.identity <> '{}'::jsonb
     ORDER BY u.o, d.id
    """
)
_TAKE = text(
    """
    WITH mine AS (
      UPDATE notification SET attempts = attempts + 1, next_at = clock_timestamp() + make_interval(secs => :lease)
       WHERE id = ANY(ARRAY(SELECT n.id FROM notification n
                             WHERE n.state = 'waiting' AND n.next_at <= clock_timestamp()
                               AND NOT EXISTS (SELECT FROM notification b WHERE b.dossier_id = n.dossier_id
                                                  AND b.id < n.id AND b.state || '' = 'waiting' OFFSET 0)
                             ORDER BY n.next_at LIMIT :limit FOR UPDATE SKIP LOCKED))
      RETURNING id, case_id, dossier_id, step, unit, note, rule, params, at, attempts)
    SELECT mine.*, d.identity, d.source, d.report_id, s.state ->> 'number' AS number
      FROM mine LEFT JOIN dossier d ON d.id = mine.dossier_id LEFT JOIN subject s ON s.id = mine.case_id
     ORDER BY mine.id
    """
)
"""The longest due first. Whether an older one of the reporter waits is asked of each candidate (`OFFSET 0`), by the
reporter's own notices (`|| ''` hides the index of all that wait): a join read all that waits, for every taking.
"""
_IN_ORDER = text("SET LOCAL enable_bitmapscan = off")
"""A plan that gathers all that waits, to sort it, was kept by some connections: 11 ms a taking instead of 2."""
_END = text(
    """
    UPDATE notification n SET state = u.s, channel = u.ch, error = u.e,
           next_at = clock_timestamp() + make_interval(secs => u.again),
           ended_at = CASE WHEN u.s = 'waiting' THEN NULL ELSE clock_timestamp() END
      FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:channels AS text[]), CAST(:errors AS text[]),
                  CAST(:agains AS float8[])) u(id, s, ch, e, again)
     WHERE n.id = u.id
    """
)
_COUNTS = text("SELECT state, count(*) AS n FROM notification GROUP BY state")
_PRUNE = text(
    "DELETE FROM notification WHERE id = ANY(ARRAY(SELECT id FROM notification "
    "WHERE ended_at < clock_timestamp() - make_interval(days => :days) LIMIT 10000))"
)
_ERASE = text("DELETE FROM notification WHERE dossier_id = ANY(CAST(:ids AS text[]))")
TOLD = text(
    "SELECT dossier_id, step, unit, at, state, attempts, channel, error, ended_at FROM notification "
    "WHERE case_id = :case ORDER BY id"
)
"""What the reporters of a case were told, or are to be told."""


@dataclass(frozen=True, slots=True)
class Due:
    """A notice to be sent now, with the contact as it is at this moment; none once the dossier is erased."""

    id: int
    case: str
    dossier: str
    step: str
    unit: str | None
    note: str
    rule: str | None
    params: Mapping[str, str]
    at: datetime
    attempts: int
    identity: Mapping[str, str] | None
    source: str | None
    report: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended: sent, given_up, no_channel, erased; or waiting, again in so many seconds."""

    id: int
    state: str
    channel: str | None = None
    error: str | None = None
    again: float = 0.0


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Add what a batch leads to, one row for each reporter with a contact; drop what an erased one was to hear."""
    new = [row for row in rows if isinstance(row, Notification)]
    if new:
        await conn.execute(
            _ADD,
            {
                "cases": [row.case for row in new],
                "wholes": [row.whole for row in new],
                "steps": [row.step for row in new],
                "units": [row.unit for row in new],
                "notes": [row.note for row in new],
                "rules": [row.rule for row in new],
                "params": [msgspec.json.encode(row.params).decode() for row in new],
                "ats": [row.at for row in new],
            },
        )
    erased = [row.dossier for row in rows if isinstance(row, Erased)]
    if erased:
        await conn.execute(_ERASE, {"ids": erased})


async def take(conn: Executes, limit: int, lease: float) -> list[Due]:
    """Take what is due, the oldest of each reporter first; nobody else gets it for `lease` seconds."""
    await conn.execute(_IN_ORDER)
    rows = await conn.execute(_TAKE, {"limit": limit, "lease": lease})
    return [
        Due(
            row.id, row.case_id, row.dossier_id, row.step, row.unit, row.note, row.rule, row.params, row.at,
            row.attempts, row.identity, row.source, row.report_id, row.number,
        )
        for row in rows
    ]  # fmt: skip


async def end(conn: Executes, ended: Sequence[Ended]) -> None:
    """Write down how attempts ended."""
    await conn.execute(
        _END,
        {
            "ids": [one.id for one in ended],
            "states": [one.state for one in ended],
            "channels": [one.channel for one in ended],
            "errors": [one.error for one in ended],
            "agains": [one.again for one in ended],
        },
    )


async def counts(conn: Executes) -> dict[str, int]:
    """Return how many notices there are by state."""
    return {row.state: row.n for row in await conn.execute(_COUNTS)}


async def prune(conn: Executes, days: int) -> None:
    """Delete some of those that ended so many real days ago."""
    await conn.execute(_PRUNE, {"days": days})
