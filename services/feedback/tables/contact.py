"""Leaders' contact points, what they did there, whom they received, and every duty that was missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, Index, Text, text
from sqlmodel import Field

from services.feedback.domain.contact import Contact, LeaderAct
from services.feedback.domain.duty import VISITS, MissedDuty
from services.feedback.domain.returning import Received
from services.feedback.tables.row import Row
from shared.kernel.decisions import Due, Message
from shared.persistence.connection import Connection
from shared.persistence.rows import MOMENT, insert, rows_of


class ContactRow(Row, table=True):
    """A leader was tied to a unit, or the tie ended."""

    __tablename__ = "contact"

    leader: str = Field(sa_type=Text, primary_key=True)
    unit: str = Field(sa_type=Text, primary_key=True)
    ends: bool
    at: datetime = Field(sa_type=MOMENT, primary_key=True)


class LeaderActRow(Row, table=True):
    """A leader came to a unit, or received people there."""

    __tablename__ = "leader_act"
    __table_args__ = (Index("leader_act_day", "day"),)

    subject: str = Field(sa_type=Text, primary_key=True)
    sequence: int = Field(primary_key=True)
    leader: str = Field(sa_type=Text)
    unit: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    received: bool
    day: date = Field(sa_type=Date)


class ReceivedRow(Row, table=True):
    """A report came of a reception."""

    __tablename__ = "received"

    report: str = Field(sa_type=Text, primary_key=True)
    leader: str = Field(sa_type=Text)
    unit: str = Field(sa_type=Text)


class MissedDutyRow(Row, table=True):
    """A duty that was not done in its period."""

    __tablename__ = "missed_duty"
    __table_args__ = (Index("missed_duty_above", "above", "period"),)

    unit: str = Field(sa_type=Text, primary_key=True)
    period: str = Field(sa_type=Text, primary_key=True)
    duty: str = Field(sa_type=Text, primary_key=True)
    leader: str = Field(sa_type=Text, primary_key=True)
    case_id: str = Field(sa_type=Text, primary_key=True)
    above: str = Field(sa_type=Text)
    done: int
    least: int
    at: datetime = Field(sa_type=MOMENT)


APPEND_ONLY = ("contact", "leader_act", "received", "missed_duty")

_TABLES = Row.metadata.tables
_STATEMENTS = (
    (Contact, insert(_TABLES["contact"], "ON CONFLICT DO NOTHING")),
    (LeaderAct, insert(_TABLES["leader_act"])),
    (Received, insert(_TABLES["received"], "ON CONFLICT DO NOTHING")),
    (MissedDuty, insert(_TABLES["missed_duty"], "ON CONFLICT DO NOTHING")),
)
_TIED = """
    SELECT leader, unit, at FROM (
        SELECT DISTINCT ON (leader, unit) leader, unit, ends, at FROM contact ORDER BY leader, unit, at DESC) newest
     WHERE NOT ends
"""
_DONE = text(
    f"""
    SELECT t.leader, t.unit, CAST(count(a.day) AS int) AS n
      FROM ({_TIED}) t
      LEFT JOIN leader_act a ON a.leader = t.leader AND a.unit = t.unit AND NOT a.received
       AND a.day >= :first AND a.day < :end
     WHERE t.at < :begins GROUP BY t.leader, t.unit
    """  # noqa: S608  nothing but the text above goes in
)
"""Who is tied since before the quarter began, and how often he came in it."""
_RECEIVED = text("SELECT report, leader, unit FROM received WHERE report = ANY(CAST(:reports AS text[]))")

CONTACTS = text(
    f"""
    SELECT coalesce(t.leader, a.leader) AS leader, coalesce(t.unit, a.unit) AS unit, t.at AS tied_at,
           coalesce(a.visits, 0) AS visits, coalesce(a.receptions, 0) AS receptions, coalesce(a.acts, '[]') AS acts
      FROM ({_TIED}) t
      FULL JOIN (SELECT leader, unit, CAST(count(*) FILTER (WHERE NOT received) AS int) AS visits,
                        CAST(count(*) FILTER (WHERE received) AS int) AS receptions,
                        jsonb_agg(jsonb_build_object('day', day, 'kind', kind, 'received', received,
                                  'subject', subject, 'sequence', sequence) ORDER BY day, sequence) AS acts
                   FROM leader_act WHERE day >= :first AND day < :end GROUP BY leader, unit) a
        ON a.leader = t.leader AND a.unit = t.unit
     ORDER BY 1, 2
    """  # noqa: S608
)
"""Every contact point with what its leader did there in a quarter, and whatever else leaders did."""

MISSED = text(
    """
    SELECT duty, period, unit, nullif(leader, '') AS leader, nullif(case_id, '') AS "case", above, done, least, at
      FROM missed_duty
     WHERE (CAST(:unit AS text) IS NULL OR unit = :unit) AND (CAST(:above AS text) IS NULL OR above = :above)
       AND (CAST(:period AS text) IS NULL OR period = :period) AND (CAST(:duty AS text) IS NULL OR duty = :duty)
     ORDER BY period DESC, duty, unit, leader, case_id LIMIT :limit
    """
)
"""Duties that were missed: by a unit, under a unit, in a quarter."""

OF_CARD = text(
    """
    SELECT duty, period, nullif(leader, '') AS leader, nullif(case_id, '') AS "case", done, least FROM missed_duty
     WHERE unit = :unit AND period = ANY(CAST(:quarters AS text[])) ORDER BY period, duty, leader, case_id
    """
)
"""The duties that a unit's card of some quarters shows as missed."""


async def find(conn: Connection, messages: Sequence[Message]) -> dict[str, Any]:
    """Return, by message id, how often each leader came to each contact point, and who received a report's person."""
    found: dict[str, Any] = {}
    due = [m for m in messages if isinstance(m.data, Due)]
    for message in due:
        if message.subject == VISITS and message.data.name == "duty":
            first = date.fromisoformat(message.data.data["first"])
            end = (first + timedelta(days=95)).replace(day=1)
            begins = datetime.fromisoformat(f"{first}T00:00:00+08:00")
            rows = await conn.execute(_DONE, {"first": first, "end": end, "begins": begins})
            found[message.id] = {(row.leader, row.unit): row.n for row in rows}
    visits = {m.id: m.data.data["report"] for m in due if m.data.name.partition(":")[0] == "return_visit"}
    if visits:
        rows = await conn.execute(_RECEIVED, {"reports": sorted(set(visits.values()))})
        received = {row.report: Received(row.report, row.leader, row.unit) for row in rows}
        found |= {id_: received[report] for id_, report in visits.items() if report in received}
    return found


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep what was heard of leaders and what was missed: one statement per table."""
    for kind, statement in _STATEMENTS:
        kept = [row for row in rows if isinstance(row, kind)]
        if kept:
            await conn.execute(statement, rows_of(kept))
