"""Files of reports: which column is which for a source, runs with their progress, rows that were not taken.

All of it is personal while it stands: a file goes when its run ends, the refused rows some days later. Real time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import LargeBinary, Text, UniqueConstraint
from sqlalchemy import text as make_text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.tables.row import Row
from shared.persistence.connection import Executes
from shared.persistence.rows import MOMENT, insert, rows_of

text = cache(make_text)
LEASE_SECONDS = 30.0
"""A run whose process has died is taken up by another one after this."""


class ImportColumnsRow(Row, table=True):
    """Which column of a source's files is which field."""

    __tablename__ = "import_columns"

    source: str = Field(sa_type=Text, primary_key=True)
    columns: dict[str, Any] = Field(sa_type=JSONB)
    set_by: str = Field(sa_type=Text)
    set_at: datetime = Field(sa_type=MOMENT)


class ImportRunRow(Row, table=True):
    """One file under way or done; the same content with the same columns is the same run."""

    __tablename__ = "import_run"
    __table_args__ = (UniqueConstraint("source", "print", name="import_run_print"),)

    id: str = Field(sa_type=Text, primary_key=True)
    source: str = Field(sa_type=Text)
    print: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    columns: dict[str, Any] = Field(sa_type=JSONB)
    content: bytes | None = Field(sa_type=LargeBinary)
    status: str = Field(sa_type=Text)
    rows: int
    part: float
    outcomes: dict[str, Any] = Field(sa_type=JSONB)
    rules: dict[str, Any] = Field(sa_type=JSONB)
    heading: list[Any] = Field(sa_type=JSONB)
    problem: dict[str, Any] | None = Field(sa_type=JSONB)
    started_by: str = Field(sa_type=Text)
    started_at: datetime = Field(sa_type=MOMENT)
    ended_at: datetime | None = Field(sa_type=MOMENT)
    lease_until: datetime | None = Field(sa_type=MOMENT)


class ImportRejectRow(Row, table=True):
    """A row of a file that did not become a report."""

    __tablename__ = "import_reject"

    run: str = Field(sa_type=Text, primary_key=True)
    line: int = Field(primary_key=True)
    cells: list[Any] = Field(sa_type=JSONB)
    field: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Text)
    zh: str = Field(sa_type=Text)
    en: str = Field(sa_type=Text)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row of a file that did not become a report: its cells as text, which field, which rule, why."""

    run: str
    line: int
    cells: tuple[str, ...]
    field: str
    rule: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A run that was taken up, with what it has done so far."""

    id: str
    source: str
    name: str
    columns: Mapping[str, str]
    content: bytes
    rows: int
    outcomes: Mapping[str, int]
    rules: Mapping[str, int]


_REJECT = insert(Row.metadata.tables["import_reject"], "ON CONFLICT DO NOTHING")
_SHOWN = (
    "id AS run, source, name, columns, status, rows, part, outcomes, rules, heading, problem, started_by, started_at, "
    "ended_at"
)


async def columns_of(conn: Executes, source: str) -> dict[str, str] | None:
    """Return what was remembered for a source."""
    found: dict[str, str] | None = await conn.scalar(
        text("SELECT columns FROM import_columns WHERE source = :source"), {"source": source}
    )
    return found


async def remember(conn: Executes, source: str, columns: Mapping[str, str], who: str) -> None:
    """Remember which column of a source's files is which field."""
    await conn.execute(
        text(
            "INSERT INTO import_columns (source, columns, set_by, set_at) VALUES (:source, CAST(:columns AS jsonb), "
            ":who, clock_timestamp()) ON CONFLICT (source) DO UPDATE SET columns = excluded.columns, "
            "set_by = excluded.set_by, set_at = excluded.set_at"
        ),
        {"source": source, "columns": _json(columns), "who": who},
    )


async def begin(
    conn: Executes, id_: str, source: str, print_: str, name: str, columns: Mapping[str, str], content: bytes, who: str
) -> str:
    """Return the run of a file: the one that is under way, the ended one begun again, or a new one under this id."""
    return str(
        await conn.scalar(
            text(
                "INSERT INTO import_run (id, source, print, name, columns, content, status, rows, part, outcomes, "
                "rules, heading, started_by, started_at) VALUES (:id, :source, :print, :name, "
                "CAST(:columns AS jsonb), :content, 'waiting', 0, 0, '{}', '{}', '[]', :who, clock_timestamp()) "
                "ON CONFLICT (source, print) DO UPDATE SET name = excluded.name, "
                "content = CASE WHEN import_run.ended_at IS NULL THEN import_run.content ELSE excluded.content END, "
                "status = CASE WHEN import_run.ended_at IS NULL THEN import_run.status ELSE 'waiting' END, "
                "rows = CASE WHEN import_run.ended_at IS NULL THEN import_run.rows ELSE 0 END, "
                "part = CASE WHEN import_run.ended_at IS NULL THEN import_run.part ELSE 0 END, "
                "outcomes = CASE WHEN import_run.ended_at IS NULL THEN import_run.outcomes ELSE '{}' END, "
                "rules = CASE WHEN import_run.ended_at IS NULL THEN import_run.rules ELSE '{}' END, "
                "problem = NULL, ended_at = NULL RETURNING id"
            ),
            {
                "id": id_, "source": source, "print": print_, "name": name, "columns": _json(columns),
                "content": content, "who": who,
            },
        )
    )  # fmt: skip


async def take(conn: Executes) -> Taken | None:
    """Take up the run that has waited longest, for as long as the lease; None if nothing waits."""
    row = (
        await conn.execute(
            text(
                "UPDATE import_run SET status = 'running', "
                "lease_until = clock_timestamp() + make_interval(secs => :lease) WHERE id = ("
                "SELECT id FROM import_run WHERE ended_at IS NULL AND "
                "(lease_until IS NULL OR lease_until < clock_timestamp()) "
                "ORDER BY started_at FOR UPDATE SKIP LOCKED LIMIT 1) "
                "RETURNING id, source, name, columns, content, rows, outcomes, rules"
            ),
            {"lease": LEASE_SECONDS},
        )
    ).first()
    return Taken(**row._mapping) if row else None


async def progress(
    conn: Executes, run: str, rows: int, part: float, outcomes: Mapping[str, int], rules: Mapping[str, int],
    heading: Sequence[str], rejects: Sequence[Reject],
) -> None:  # fmt: skip
    """Note how far a run is and which rows it left out, in one transaction; the lease begins anew."""
    await conn.execute(
        text(
            "UPDATE import_run SET rows = :rows, part = :part, outcomes = CAST(:outcomes AS jsonb), "
            "rules = CAST(:rules AS jsonb), heading = CAST(:heading AS jsonb), "
            "lease_until = clock_timestamp() + make_interval(secs => :lease) WHERE id = :run"
        ),
        {
            "run": run, "rows": rows, "part": part, "outcomes": _json(outcomes), "rules": _json(rules),
            "heading": json.dumps(list(heading), ensure_ascii=False), "lease": LEASE_SECONDS,
        },
    )  # fmt: skip
    if rejects:
        await conn.execute(_REJECT, rows_of(rejects))


async def restart(conn: Executes, run: str) -> None:
    """Forget the refused rows of a run that begins again."""
    await conn.execute(text("DELETE FROM import_reject WHERE run = :run"), {"run": run})


async def end(conn: Executes, run: str, problem: Mapping[str, str] | None = None) -> None:
    """End a run, with what stopped it if something did, and forget its file."""
    await conn.execute(
        text(
            "UPDATE import_run SET status = :status, problem = CAST(:problem AS jsonb), content = NULL, "
            "lease_until = NULL, ended_at = clock_timestamp(), part = CASE WHEN :status = 'done' THEN 1 ELSE part END "
            "WHERE id = :run"
        ),
        {"run": run, "status": "failed" if problem else "done", "problem": _json(problem) if problem else None},
    )


async def run_of(conn: Executes, run: str) -> dict[str, Any] | None:
    """Return a run as it stands."""
    row = (
        await conn.execute(text(f"SELECT {_SHOWN} FROM import_run WHERE id = :run"), {"run": run})  # noqa: S608
    ).first()
    return dict(row._mapping) if row else None


async def runs_of(conn: Executes, source: str) -> list[dict[str, Any]]:
    """Return the last runs of a source, the newest first."""
    rows = await conn.execute(
        text(f"SELECT {_SHOWN} FROM import_run WHERE source = :source ORDER BY started_at DESC LIMIT 50"),  # noqa: S608
        {"source": source},
    )
    return [dict(row._mapping) for row in rows]


async def rejects_of(conn: Executes, run: str) -> list[dict[str, Any]]:
    """Return the refused rows of a run in the order of the file."""
    rows = await conn.execute(
        text("SELECT line, cells, field, rule, zh, en FROM import_reject WHERE run = :run ORDER BY line"), {"run": run}
    )
    return [dict(row._mapping) for row in rows]


async def known_of(conn: Executes, source: str, ids: Sequence[str]) -> int:
    """Return how many of these reports of a source have come before."""
    found = await conn.scalar(
        text("SELECT count(*) FROM report WHERE source = :source AND source_id = ANY(CAST(:ids AS text[]))"),
        {"source": source, "ids": list(ids)},
    )
    return int(found or 0)


async def forget(conn: Executes, source: str | None, reporter: str | None, phone: str | None) -> None:
    """Delete the rows left out in which a person stands: by his id in a source's files, or by a telephone number."""
    await conn.execute(
        text(
            "DELETE FROM import_reject WHERE (cells @> CAST(:cell AS jsonb) AND run IN (SELECT id FROM import_run "
            "WHERE source = :source)) OR regexp_replace(CAST(cells AS text), '[^0-9\",]', '', 'g') "
            "LIKE '%' || right(regexp_replace(:phone, '\\D', '', 'g'), 11) || '%'"
        ),
        {"source": source, "cell": json.dumps([reporter]), "phone": phone},
    )


async def prune(conn: Executes, days: int) -> None:
    """Forget the runs that ended so many days ago, and what they left out."""
    old = "ended_at < clock_timestamp() - make_interval(days => :days)"
    await conn.execute(
        text(f"DELETE FROM import_reject WHERE run IN (SELECT id FROM import_run WHERE {old})"),  # noqa: S608
        {"days": days},
    )
    await conn.execute(text(f"DELETE FROM import_run WHERE {old}"), {"days": days})  # noqa: S608


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)
