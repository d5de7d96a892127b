"""Dossiers, the only place of personal data; who read them; which are to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Identity, Index, Text
from sqlalchemy import text as make_text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.domain.erasing import Ended, Erased, TakenBack
from services.intake.domain.facts import Dossier, Rehomed
from services.intake.tables import supplement
from services.intake.tables.row import Row
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT

text = cache(make_text)
"""Each statement is read for its parameters once, not once a batch."""
_DIGITS = r"right(regexp_replace(identity ->> 'phone', '\D', '', 'g'), 11)"
"""A telephone number as it is compared: the last eleven digits, whatever stands between them or before."""


class DossierRow(Row, table=True):
    """What a reporter said, whole."""

    __tablename__ = "dossier"
    __table_args__ = (
        Index("dossier_ended", "ended_at", postgresql_where=make_text("ended_at IS NOT NULL")),
        Index("dossier_person", "source", make_text("(identity ->> 'id'::text)")),
        {"comment": "The only place of personal data; erasing a resident deletes the row."},
    )

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
    ended_at: datetime | None = Field(default=None, sa_type=MOMENT)
    taken_back: bool = Field(default=False, sa_column_kwargs={"server_default": make_text("false")})


class DossierReadRow(Row, table=True):
    """One reading of a dossier."""

    __tablename__ = "dossier_read"
    __table_args__ = ({"comment": "Who read a dossier, when, why; append-only."},)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    case_id: str = Field(sa_type=Text, index=True)
    reader: str = Field(sa_type=Text)
    why: str = Field(sa_type=Text)
    read_at: datetime = Field(sa_type=MOMENT)


@dataclass(frozen=True, slots=True)
class Kept:
    """A dossier by its id and case."""

    dossier: str
    case: str


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep the dossiers of a batch, date those whose case is over, delete what was erased."""
    await _insert(conn, [row for row in rows if isinstance(row, Dossier)])
    over = [row.case for row in rows if isinstance(row, Ended)]
    if over:
        await conn.execute(
            text(
                "UPDATE dossier SET ended_at = clock_timestamp() "
                "WHERE case_id = ANY(CAST(:cases AS text[])) AND ended_at IS NULL"
            ),
            {"cases": over},
        )
    back = [row.dossier for row in rows if isinstance(row, TakenBack)]
    if back:
        await conn.execute(
            text(
                "UPDATE dossier SET taken_back = true, ended_at = coalesce(ended_at, clock_timestamp()) "
                "WHERE id = ANY(CAST(:ids AS text[]))"
            ),
            {"ids": back},
        )
    erased = [row.dossier for row in rows if isinstance(row, Erased)]
    if erased:
        await conn.execute(text("DELETE FROM dossier WHERE id = ANY(CAST(:ids AS text[]))"), {"ids": erased})


async def _insert(conn: Connection, dossiers: Sequence[Dossier]) -> None:
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


async def rehome(conn: Connection, moved: Sequence[Rehomed]) -> None:
    """Put the dossiers of merged cases to the case that answers for them, so that its unit reads and tells all."""
    last = {dossier: row.home for row in moved for dossier in row.dossiers}
    if last:
        await conn.execute(
            text(
                "UPDATE dossier d SET case_id = u.h FROM unnest(CAST(:ids AS text[]), CAST(:homes AS text[])) u(i, h) "
                "WHERE d.id = u.i"
            ),
            {"ids": list(last), "homes": list(last.values())},
        )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def note_reading(conn: Executes, case: str, reader: str, why: str, at: datetime) -> None:
    """Keep for ever who reads a dossier, why and when."""
    await conn.execute(
        text("INSERT INTO dossier_read (case_id, reader, why, read_at) VALUES (:case, :reader, :why, :at)"),
        {"case": case, "reader": reader, "why": why, "at": at},
    )


async def readings_of(conn: Executes, case: str) -> list[dict[str, Any]]:
    """Return who read the dossiers of a case, in order."""
    rows = await conn.execute(
        text("SELECT reader, why, read_at FROM dossier_read WHERE case_id = :case ORDER BY id"), {"case": case}
    )
    return [dict(row._mapping) for row in rows]


async def dossiers_of(conn: Executes, cases: Sequence[str]) -> Mapping[str, Any]:
    """Return what reporters said about these cases, whole; what was erased or taken back is simply not there."""
    rows = await conn.execute(
        text(
            "SELECT id, source, report_id, identity::text, text, subject, place::text, photos::text, received_at "
            "FROM dossier WHERE case_id = ANY(CAST(:cases AS text[])) AND NOT taken_back ORDER BY received_at, id"
        ),
        {"cases": cases},
    )
    plain = ("identity", "place", "photos")
    added = await supplement.of_cases(conn, cases)
    return {
        "dossiers": [
            {key: msgspec.json.decode(value) if key in plain else value for key, value in row._mapping.items()}
            | {"added": added.get(row.id, [])}
            for row in rows
        ]
    }


async def of_person(conn: Executes, source: str | None, reporter: str | None, phone: str | None) -> list[Kept]:
    """Return the dossiers of one person, known by a source's own id or by a telephone number."""
    rows = await conn.execute(
        text(
            "SELECT id, case_id FROM dossier WHERE (source = :source AND identity ->> 'id' = :reporter) "  # noqa: S608
            f"OR {_DIGITS} = right(regexp_replace(:phone, '\\D', '', 'g'), 11) ORDER BY id"
        ),
        {"source": source, "reporter": reporter, "phone": phone},
    )
    return [Kept(id_, case) for id_, case in rows]


async def outlived(conn: Executes, days: int, limit: int) -> list[Kept]:
    """Return dossiers of cases that ended so many real days ago, the oldest first."""
    rows = await conn.execute(
        text(
            "SELECT id, case_id FROM dossier WHERE ended_at < clock_timestamp() - make_interval(days => :days) "
            "ORDER BY ended_at LIMIT :limit"
        ),
        {"days": days, "limit": limit},
    )
    return [Kept(id_, case) for id_, case in rows]


async def points_of(conn: Executes, cases: Sequence[str]) -> Mapping[str, list[tuple[float, float]]]:
    """Return the exact points of what was reported of cases, WGS-84; they are compared and never shown."""
    rows = await conn.execute(
        text(
            "SELECT case_id, CAST(place ->> 'lon' AS float8), CAST(place ->> 'lat' AS float8) FROM dossier "
            "WHERE case_id = ANY(CAST(:cases AS text[])) AND place ->> 'lon' IS NOT NULL"
        ),
        {"cases": list(cases)},
    )
    found: dict[str, list[tuple[float, float]]] = {}
    for case, lon, lat in rows:
        found.setdefault(case, []).append((lon, lat))
    return found
