"""What was tapped at a link so far: kept at once, one row per invitation, until it is a whole answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import SmallInteger, Text, text
from sqlmodel import Field

from services.feedback.tables.row import Row
from shared.persistence.connection import Executes
from shared.persistence.rows import MOMENT


class TapRow(Row, table=True):
    """The taps at one link."""

    __tablename__ = "tap"
    __table_args__ = ({"comment": "Answers under way, with a person's words; gone once they are an answer."},)

    invitation: str = Field(sa_type=Text, primary_key=True)
    token: str = Field(sa_type=Text)
    contacted: bool | None
    solved: bool | None
    grade: int | None = Field(sa_type=SmallInteger)
    comment: str | None = Field(sa_type=Text)
    at: datetime = Field(sa_type=MOMENT, sa_column_kwargs={"server_default": text("clock_timestamp()")})


_KEEP = text(
    "INSERT INTO tap (invitation, token, contacted, solved, grade, comment) "
    "VALUES (:invitation, :token, :contacted, :solved, :grade, :comment) ON CONFLICT (invitation) DO UPDATE SET "
    "contacted = COALESCE(excluded.contacted, tap.contacted), solved = COALESCE(excluded.solved, tap.solved), "
    "grade = COALESCE(excluded.grade, tap.grade), comment = COALESCE(excluded.comment, tap.comment), "
    "at = clock_timestamp() RETURNING contacted, solved, grade, comment"
)
_OF = text("SELECT contacted, solved, grade, comment FROM tap WHERE invitation = :invitation")
_WHOLE = text(
    "SELECT invitation, token, contacted, solved, grade, comment FROM tap WHERE contacted IS NOT NULL "
    "AND solved IS NOT NULL AND grade IS NOT NULL AND at < clock_timestamp() - make_interval(secs => :seconds) "
    "ORDER BY at LIMIT :limit"
)
_GONE = text(
    "DELETE FROM tap WHERE invitation = ANY(CAST(:ids AS text[])) "
    "OR at < clock_timestamp() - make_interval(days => :days)"
)
FORGET_TAPS = text("DELETE FROM tap WHERE invitation = ANY(CAST(:invitation AS text[]))")
"""Of reporters who are erased: nothing of theirs waits for the end of its thirty days."""


@dataclass(frozen=True, slots=True)
class Taps:
    """What was tapped so far; None is not yet."""

    contacted: bool | None = None
    solved: bool | None = None
    grade: int | None = None
    comment: str | None = None


async def keep(conn: Executes, invitation: str, token: str, taps: Taps) -> Taps:
    """Keep what was tapped beside what was tapped before; returns all of it."""
    given = {
        "contacted": taps.contacted, "solved": taps.solved, "grade": taps.grade, "comment": taps.comment,
    }  # fmt: skip
    row = (await conn.execute(_KEEP, {"invitation": invitation, "token": token, **given})).one()
    return Taps(*row)


async def of(conn: Executes, invitation: str) -> Taps:
    """Return what was tapped so far."""
    row = (await conn.execute(_OF, {"invitation": invitation})).first()
    return Taps(*row) if row else Taps()


async def whole(conn: Executes, seconds: float, limit: int) -> list[Any]:
    """Return complete answers at which nobody has tapped for so many real seconds."""
    return list((await conn.execute(_WHOLE, {"seconds": seconds, "limit": limit})).all())


async def drop(conn: Executes, invitations: Sequence[str], days: int) -> None:
    """Delete what has become an answer, and what was left unfinished so many real days ago."""
    await conn.execute(_GONE, {"ids": list(invitations), "days": days})
