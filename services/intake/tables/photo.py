"""Photos: to whom each belongs and what it is; the pictures themselves are in the store of blobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from services.intake.domain.erasing import Erased
from services.intake.domain.facts import Added, Dossier
from services.intake.tables.row import Row
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT


class PhotoRow(Row, table=True):
    """One uploaded photo: waiting for its report until a dossier names it."""

    __tablename__ = "photo"
    __table_args__ = (
        Index("photo_dossier", "dossier_id", postgresql_where=text("dossier_id IS NOT NULL")),
        Index("photo_waiting", "uploaded_at", postgresql_where=text("dossier_id IS NULL")),
        {"comment": "What belongs to no dossier is swept: never named by a report, or its dossier erased."},
    )

    key: str = Field(sa_type=Text, primary_key=True)
    owner: str = Field(sa_type=Text)
    dossier_id: str | None = Field(default=None, sa_type=Text)
    digest: str = Field(sa_type=Text)
    media: str = Field(sa_type=Text)
    size: int
    width: int
    height: int
    uploaded_at: datetime = Field(sa_type=MOMENT, sa_column_kwargs={"server_default": text("clock_timestamp()")})


_ADD = text(
    "INSERT INTO photo (key, owner, digest, media, size, width, height) "
    "VALUES (:key, :owner, :digest, :media, :size, :width, :height)"
)
_FREE = text(
    "SELECT key, owner, digest FROM photo WHERE key = ANY(CAST(:keys AS text[])) AND dossier_id IS NULL "
    "AND uploaded_at > '-infinity'"
)
_CLAIM = text(
    "UPDATE photo p SET dossier_id = u.d FROM unnest(CAST(:keys AS text[]), CAST(:dossiers AS text[])) u(k, d) "
    "WHERE p.key = u.k AND p.dossier_id IS NULL"
)
_RELEASE = text(
    "UPDATE photo SET dossier_id = NULL, uploaded_at = '-infinity' WHERE dossier_id = ANY(CAST(:ids AS text[]))"
)
"""An erased dossier's photos are the oldest of all: nobody names them again, the next sweep takes them."""
_OF_CASE = text(
    "SELECT p.key, p.media FROM photo p JOIN dossier d ON d.id = p.dossier_id "
    "WHERE d.case_id = ANY(CAST(:cases AS text[])) AND p.key = :key AND NOT d.taken_back"
)
_OF_WORK = text(
    "SELECT p.key, p.media, p.owner FROM photo p JOIN dossier d ON d.id = p.dossier_id "
    "JOIN supplement s ON s.dossier = d.id AND jsonb_exists(s.photos, p.key) "
    "WHERE d.case_id = ANY(CAST(:cases AS text[])) AND p.digest = :digest AND split_part(p.owner, '.', 1) = ANY(:kinds)"
    " LIMIT 1"
)
_OF_REPORT = text(
    "SELECT p.key, p.media FROM report r JOIN dossier d ON d.source = r.source AND d.report_id = r.source_id "
    "JOIN photo p ON p.dossier_id = d.id WHERE r.case_id = :case ORDER BY p.uploaded_at, p.key"
)
_WAITING = text("SELECT count(*) FROM photo WHERE owner = :owner AND dossier_id IS NULL AND uploaded_at > '-infinity'")
_LOST = text(
    "SELECT key FROM photo WHERE dossier_id IS NULL "
    "AND uploaded_at < clock_timestamp() - make_interval(hours => :hours) "
    "ORDER BY uploaded_at LIMIT :limit FOR UPDATE SKIP LOCKED"
)
_GONE = text("DELETE FROM photo WHERE key = ANY(CAST(:keys AS text[])) AND dossier_id IS NULL RETURNING key")


@dataclass(frozen=True, slots=True)
class Photo:
    """One kept photo."""

    key: str
    media: str


async def add(conn: Executes, key: str, owner: str, picture: Any) -> None:
    """Keep what a photo is, before its picture is written: so no picture is ever without its row."""
    await conn.execute(
        _ADD,
        {
            "key": key, "owner": owner, "digest": picture.digest, "media": picture.media, "size": len(picture.data),
            "width": picture.width, "height": picture.height,
        },
    )  # fmt: skip


async def free(conn: Executes, keys: Sequence[str]) -> Mapping[tuple[str, str], str]:
    """Return the digests of photos that no report has named yet, by owner and key."""
    rows = await conn.execute(_FREE, {"keys": list(keys)})
    return {(owner, key): digest for key, owner, digest in rows}


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Give the photos of a batch to their dossiers; let go those of erased ones."""
    named = [(key, row.id) for row in rows if isinstance(row, Dossier) for key in row.photos]
    named += [(key, row.dossier) for row in rows if isinstance(row, Added) for key in row.photos]
    if named:
        await conn.execute(_CLAIM, {"keys": [key for key, _ in named], "dossiers": [id_ for _, id_ in named]})
    erased = [row.dossier for row in rows if isinstance(row, Erased)]
    if erased:
        await conn.execute(_RELEASE, {"ids": erased})


async def of_cases(conn: Executes, cases: Sequence[str], key: str) -> Photo | None:
    """Return a photo of any of the dossiers of these cases."""
    row = (await conn.execute(_OF_CASE, {"cases": cases, "key": key})).first()
    return Photo(*row) if row else None


async def of_work(conn: Executes, cases: Sequence[str], digest: str) -> tuple[Photo, str] | None:
    """Return a photo that a unit or department added to these cases as evidence of its work, and who did."""
    row = (await conn.execute(_OF_WORK, {"cases": cases, "digest": digest, "kinds": ["unit", "department"]})).first()
    return (Photo(row.key, row.media), row.owner) if row else None


async def of_report(conn: Executes, case: str) -> list[Photo]:
    """Return the photos of the report that a case began with, in the order of their upload."""
    return [Photo(*row) for row in await conn.execute(_OF_REPORT, {"case": case})]


async def waiting(conn: Executes, owner: str) -> int:
    """Return how many photos of an owner no report has named yet."""
    return int(await conn.scalar(_WAITING, {"owner": owner}) or 0)


async def lost(conn: Executes, hours: int, limit: int) -> list[str]:
    """Return photos that belong to nobody, erased or waiting for so many real hours; no report takes one meanwhile."""
    return [key for (key,) in await conn.execute(_LOST, {"hours": hours, "limit": limit})]


async def forget(conn: Executes, keys: Sequence[str]) -> int:
    """Delete the rows of photos whose pictures are gone; returns how many."""
    return len((await conn.execute(_GONE, {"keys": list(keys)})).all())
