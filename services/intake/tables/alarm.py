"""Alarms that sensors sound, and how many reports a source has sent in a minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Text
from sqlalchemy import text as make_text
from sqlmodel import Field

from services.intake.domain.flapping import Alarm
from services.intake.tables.row import Row
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT, insert, rows_of

text = cache(make_text)
KEPT_DAYS = 2
"""After which neither an alarm nor a minute's count can matter any more."""


class AlarmRow(Row, table=True):
    """The last alarm of a sensor: the case that it began, since when, when it sounded last."""

    __tablename__ = "alarm"

    source: str = Field(sa_type=Text, primary_key=True)
    device: str = Field(sa_type=Text, primary_key=True)
    case: str = Field(sa_type=Text)
    began_at: datetime = Field(sa_type=MOMENT)
    last_at: datetime = Field(sa_type=MOMENT)


class SourceMinuteRow(Row, table=True):
    """How many new reports a source has sent in a minute of the city's clock."""

    __tablename__ = "source_minute"

    source: str = Field(sa_type=Text, primary_key=True)
    minute: datetime = Field(sa_type=MOMENT, primary_key=True)
    sent: int


_SOUND = insert(
    Row.metadata.tables["alarm"],
    'ON CONFLICT (source, device) DO UPDATE SET "case" = excluded."case", began_at = excluded.began_at, '
    "last_at = excluded.last_at",
)


async def standing(conn: Connection, heard: Sequence[Alarm]) -> Mapping[tuple[str, str], Alarm]:
    """Return the last alarms of the sensors that are heard."""
    if not heard:
        return {}
    rows = await conn.execute(
        text(
            'SELECT a.source, a.device, a."case", a.began_at, a.last_at FROM alarm a JOIN '
            "unnest(CAST(:sources AS text[]), CAST(:devices AS text[])) u(s, d) ON a.source = u.s AND a.device = u.d"
        ),
        {"sources": [one.source for one in heard], "devices": [one.device for one in heard]},
    )
    return {(row.source, row.device): Alarm(**row._mapping) for row in rows}


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep the last alarm of each sensor of a batch."""
    last = {(row.source, row.device): row for row in rows if isinstance(row, Alarm)}
    if last:
        await conn.execute(_SOUND, rows_of([last[key] for key in sorted(last)]))


async def count(conn: Connection, sent: Mapping[str, int], now: datetime) -> Mapping[str, int]:
    """Count new reports by source; returns how many each has sent in this minute, these among them."""
    rows = await conn.execute(
        text(
            "INSERT INTO source_minute (source, minute, sent) SELECT s, :minute, n FROM "
            "unnest(CAST(:sources AS text[]), CAST(:counts AS int[])) u(s, n) ORDER BY s "
            "ON CONFLICT (source, minute) DO UPDATE SET sent = source_minute.sent + excluded.sent "
            "RETURNING source, sent"
        ),
        {"sources": list(sent), "counts": list(sent.values()), "minute": now.replace(second=0, microsecond=0)},
    )
    return {row.source: row.sent for row in rows}


async def prune(conn: Executes, now: datetime) -> None:
    """Forget what is too old to matter."""
    old = {"now": now, "days": KEPT_DAYS}
    await conn.execute(
        text("DELETE FROM alarm WHERE last_at < CAST(:now AS timestamptz) - make_interval(days => :days)"), old
    )
    await conn.execute(
        text("DELETE FROM source_minute WHERE minute < CAST(:now AS timestamptz) - make_interval(days => :days)"), old
    )
