"""Published scores and scoring policies: rows that are only ever added."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import PrimaryKeyConstraint, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.feedback.domain.book import DUE
from services.feedback.domain.period import Period
from services.feedback.domain.policy import PolicyPublished
from services.feedback.domain.publishing import Publication
from services.feedback.domain.score import ScorePublished
from services.feedback.tables.case_line import causes
from services.feedback.tables.row import Row
from services.feedback.tables.tally import tallies
from shared.kernel.decisions import Due, Message
from shared.persistence.connection import Executes
from shared.persistence.rows import MOMENT, insert, rows_of


class ScoreRow(Row, table=True):
    """A published score; a later revision is a row of its own."""

    __tablename__ = "score"
    __table_args__ = (PrimaryKeyConstraint("period", "unit", "revision"),)

    unit: str = Field(sa_type=Text)
    period: str = Field(sa_type=Text)
    revision: int
    published_at: datetime = Field(sa_type=MOMENT)
    score: dict[str, Any] = Field(sa_type=JSONB)


class PolicyRow(Row, table=True):
    """A version of the scoring policy as it was published."""

    __tablename__ = "policy"

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    policy: dict[str, Any] = Field(sa_type=JSONB)


APPEND_ONLY = ("score", "policy")


_PUBLISH = insert(ScoreRow.__table__)  # type: ignore[attr-defined]
_KEEP_POLICY = insert(PolicyRow.__table__)  # type: ignore[attr-defined]
_POLICIES = text("SELECT policy::text FROM policy ORDER BY version")
_NEWEST = text(
    """
    SELECT DISTINCT ON (period, unit) score::text
      FROM score
     WHERE period = ANY(CAST(:periods AS text[]))
     ORDER BY period, unit, revision DESC
    """
)

SCORES = text(
    """
    SELECT DISTINCT ON (period, unit) score, published_at
      FROM score
     WHERE (CAST(:period AS text) IS NULL OR period = :period) AND (CAST(:unit AS text) IS NULL OR unit = :unit)
       AND (period, unit) > (:after_period, :after_unit)
     ORDER BY period, unit, revision DESC
     LIMIT :limit
    """
)
"""The newest revision of each score of a period, a unit, or both, after the last one already seen."""
REVISIONS = text("SELECT score, published_at FROM score WHERE period = :period AND unit = :unit ORDER BY revision")
"""Every revision of one card."""


async def coming_due(conn: Executes, messages: Sequence[Message]) -> dict[str, Any]:
    """Return what the deciders of due scores and policies need, as fields of `Prepared`; nothing for other messages."""
    due = [m for m in messages if isinstance(m.data, Due) and m.data.name.partition(":")[0] in DUE]
    if not due:
        return {}
    counted = {m.subject.partition(":")[2]: m.data.data for m in due if m.data.name != "publish-policy"}
    frozen = {m.subject.partition(":")[2] for m in due if m.data.name.startswith(("freeze", "revise"))}
    return {
        "tallies": {
            code: await tallies(conn, Period.parse(code), datetime.fromisoformat(said["frozen_at"]), said["root"])
            for code, said in sorted(counted.items())
        },
        "published": await newest(conn, frozen),
        "late": await causes(conn, frozen),
        "policies": await policies(conn),
    }


async def save_scores(conn: Executes, rows: Sequence[Any]) -> None:
    """Append the publications and policies of a batch."""
    published = [row for row in rows if isinstance(row, Publication)]
    if published:
        kept = [
            {
                "unit": row.score.unit,
                "period": row.score.period,
                "revision": row.score.revision,
                "published_at": row.published_at,
                "score": row.score,
            }
            for row in published
        ]
        await conn.execute(_PUBLISH, rows_of(kept))
    policies = [{"version": row.version, "policy": row} for row in rows if isinstance(row, PolicyPublished)]
    if policies:
        await conn.execute(_KEEP_POLICY, rows_of(policies))


async def policies(conn: Executes) -> tuple[PolicyPublished, ...]:
    """Return every published version."""
    found = await conn.execute(_POLICIES)
    return tuple(msgspec.json.decode(said, type=PolicyPublished) for (said,) in found)


async def newest(conn: Executes, periods: Collection[str]) -> Mapping[str, Mapping[str, ScorePublished]]:
    """Return the newest revision of every card of these periods: period -> unit -> score."""
    found: dict[str, dict[str, ScorePublished]] = {period: {} for period in periods}
    for (said,) in await conn.execute(_NEWEST, {"periods": sorted(periods)}):
        score = msgspec.json.decode(said, type=ScorePublished)
        found[score.period][score.unit] = score
    return found
