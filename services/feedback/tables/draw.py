"""What has been drawn and checked, what may be drawn, and the city ledger's head of each day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, Index, Text, text
from sqlmodel import Field

from services.feedback.domain.draw import Checked, Completion, DrawCase, Drawn, FreezeDraw, Head
from services.feedback.domain.drawing import Candidate, CityHead
from services.feedback.domain.duty import CHECKS as CHECK_DUTY
from services.feedback.domain.summary import SumUp
from services.feedback.tables.row import Row
from shared.kernel.decisions import Due, Message
from shared.persistence.connection import Connection
from shared.persistence.rows import insert, rows_of


class DrawnRow(Row, table=True):
    """A drawn case, once for each draw that met it."""

    __tablename__ = "drawn"
    __table_args__ = (Index("drawn_case", "case_id"), Index("drawn_unit", "unit", "quarter"))

    draw: str = Field(sa_type=Text, primary_key=True)
    case_id: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text)
    unit: str = Field(sa_type=Text)
    quarter: str = Field(sa_type=Text)
    cycle: str | None = Field(sa_type=Text)
    inspector: str | None = Field(sa_type=Text)


class CheckedRow(Row, table=True):
    """What the check of a drawn case found."""

    __tablename__ = "checked"

    draw: str = Field(sa_type=Text, primary_key=True)
    case_id: str = Field(sa_type=Text, primary_key=True)
    passed: bool
    follow_up: str | None = Field(sa_type=Text)


class CompletionRow(Row, table=True):
    """A complete draw, as it counts for a unit's duty of the quarter and for a cycle."""

    __tablename__ = "completion"
    __table_args__ = (Index("completion_unit", "quarter", "unit"), Index("completion_cycle", "cycle"))

    draw: str = Field(sa_type=Text, primary_key=True)
    unit: str = Field(sa_type=Text)
    quarter: str = Field(sa_type=Text)
    cycle: str | None = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)


class CityHeadRow(Row, table=True):
    """The last record of the city's ledger at the end of a day."""

    __tablename__ = "city_head"

    day: date = Field(sa_type=Date, primary_key=True)
    seq: int
    hash: str = Field(sa_type=Text)


LONGEST = timedelta(days=366)
"""No city looks back further; its own limit is the decider's."""
_TABLES = Row.metadata.tables
_STATEMENTS = (
    (Drawn, insert(_TABLES["drawn"])),
    (Checked, insert(_TABLES["checked"])),
    (Completion, insert(_TABLES["completion"])),
    (CityHead, insert(_TABLES["city_head"], "ON CONFLICT DO NOTHING")),
)
_POPULATION = text(
    """
    SELECT b.case_id, b.matter, b.place, b.lead, b.dispatcher, b.handled_by, b.verifier,
           greatest(b.closed_at, b.written_off_at) AS ended_at
      FROM brief b
     WHERE CAST(:unit AS text) IN (b.county, b.street, b.community, b.grid, b.place, b.lead)
       AND (b.closed_at IS NULL
            OR (greatest(b.closed_at, b.written_off_at) >= :since AND b.reason <> 'withdrawn'
                AND NOT EXISTS (SELECT FROM drawn d WHERE d.case_id = b.case_id)))
     ORDER BY b.case_id
    """
)
_DONE = text(
    """
    SELECT quarter, unit, count(*) AS n FROM completion
     WHERE quarter = ANY(CAST(:quarters AS text[])) AND kind <> 'inspection' GROUP BY quarter, unit
    """
)
_OF_CYCLES = text(
    """
    SELECT cycle, count(*) AS n FROM completion
     WHERE cycle = ANY(CAST(:cycles AS text[])) AND kind <> 'inspection' GROUP BY cycle
    """
)
_HEADS = text("SELECT day, seq, hash FROM city_head WHERE day = ANY(CAST(:days AS date[]))")

CHECKS = text(
    """
    SELECT d.draw, d.case_id, d.kind, d.unit, d.quarter, d.cycle, d.inspector, c.passed, c.follow_up
      FROM drawn d LEFT JOIN checked c USING (draw, case_id)
     WHERE (CAST(:unit AS text) IS NULL OR d.unit = :unit) AND (CAST(:quarter AS text) IS NULL OR d.quarter = :quarter)
       AND (CAST(:cycle AS text) IS NULL OR d.cycle = :cycle)
     ORDER BY d.draw, d.case_id LIMIT :limit
    """
)
"""The drawn cases of a unit, quarter or cycle, each with what was found."""
CHECKED = text(
    """
    SELECT CAST(count(*) AS int) AS checked, CAST(count(*) FILTER (WHERE c.passed) AS int) AS passed
      FROM drawn d JOIN checked c USING (draw, case_id)
     WHERE d.unit = :unit AND d.quarter = ANY(CAST(:quarters AS text[]))
    """
)
"""How many drawn cases of a unit were checked in some quarters, and how many passed."""
DRAWS = text(
    """
    SELECT id, sequence, state FROM subject
     WHERE kind = 'draw' AND state->>'quarter' = :quarter ORDER BY id LIMIT :limit
    """
)
"""Every draw of a quarter, whole."""
COMPLETIONS = text(
    """
    SELECT draw, unit, quarter, cycle, kind FROM completion
     WHERE (CAST(:quarter AS text) IS NULL OR quarter = :quarter) AND (CAST(:cycle AS text) IS NULL OR cycle = :cycle)
     ORDER BY draw
    """
)
"""The complete draws of a quarter or cycle."""


async def find(conn: Connection, messages: Sequence[Message]) -> dict[str, Any]:
    """Return, by message id, what may be drawn for a unit, the head that a due draw waits for, a cycle's checks."""
    found: dict[str, Any] = {}
    for message in messages:
        if isinstance(message.data, FreezeDraw):
            found[message.id] = await _candidates(conn, message.data.unit, message.acted_at)
    duties = {m.id: m.data.data["quarter"] for m in messages if _is_check_duty(m)}
    if duties:
        done: dict[str, dict[str, int]] = {quarter: {} for quarter in duties.values()}
        for row in await conn.execute(_DONE, {"quarters": sorted(done)}):
            done[row.quarter][row.unit] = row.n
        found |= {id_: done[quarter] for id_, quarter in duties.items()}
    summed = {m.id: m.subject.partition(":")[2] for m in messages if isinstance(m.data, SumUp)}
    if summed:
        rows = await conn.execute(_OF_CYCLES, {"cycles": sorted(set(summed.values()))})
        complete = {row.cycle: row.n for row in rows}
        found |= {id_: complete.get(cycle, 0) for id_, cycle in summed.items()}
    waiting = {m.id: date.fromisoformat(m.data.data["on"]) for m in messages if _draws(m)}
    if waiting:
        rows = await conn.execute(_HEADS, {"days": sorted(set(waiting.values()))})
        heads = {row.day: Head(row.seq, row.hash) for row in rows}
        found |= {id_: heads[day] for id_, day in waiting.items() if day in heads}
    return found


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep what was drawn, checked and completed, and the day's head: one statement per table."""
    for kind, statement in _STATEMENTS:
        kept = [row for row in rows if isinstance(row, kind)]
        if kept:
            await conn.execute(statement, rows_of(kept))


async def _candidates(conn: Connection, unit: str, now: datetime) -> tuple[Candidate, ...]:
    rows = await conn.execute(_POPULATION, {"unit": unit, "since": now - LONGEST})
    return tuple(
        Candidate(DrawCase(row.case_id, row.matter or "", row.place or "", _barred(row)), row.ended_at) for row in rows
    )


def _barred(row: Any) -> tuple[str, ...]:
    """Return who may not check a case: who handled it, dispatched it, verified it."""
    return tuple(sorted({unit for unit in (row.lead, row.dispatcher, row.handled_by, row.verifier) if unit}))


def _is_check_duty(message: Message) -> bool:
    return isinstance(message.data, Due) and message.data.name == "duty" and message.subject == CHECK_DUTY


def _draws(message: Message) -> bool:
    return isinstance(message.data, Due) and message.data.name == "draw"
