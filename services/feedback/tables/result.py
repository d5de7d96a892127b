"""What a year's results are made of, members' grades, and what was handed over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, text
from sqlmodel import Field

from services.feedback.domain.assessment import Assessed
from services.feedback.domain.exporting import Exported, ExportResults, MemberGrade, YearResults
from services.feedback.domain.mutual import MutualKind
from services.feedback.domain.mutual import subject_of as mutual_of
from services.feedback.domain.period import Period
from services.feedback.tables.ballot import ASSESSED
from services.feedback.tables.row import Row
from shared.kernel.decisions import Message
from shared.persistence.connection import Connection
from shared.persistence.rows import MOMENT, insert, rows_of


class MemberGradeRow(Row, table=True):
    """A member's year as a community graded it; he is a code that his own unit keeps."""

    __tablename__ = "member_grade"

    community: str = Field(sa_type=Text, primary_key=True)
    member: str = Field(sa_type=Text, primary_key=True)
    year: int = Field(primary_key=True)
    employer: str = Field(sa_type=Text)
    grade: str = Field(sa_type=Text)
    activities: int
    hours: int


class ExportedRow(Row, table=True):
    """The lines that were handed over, as they were."""

    __tablename__ = "exported"

    kind: str = Field(sa_type=Text, primary_key=True)
    year: int = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    digest: str = Field(sa_type=Text)
    content: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=MOMENT)


APPEND_ONLY = ("exported",)

_TABLES = Row.metadata.tables
_GRADE = insert(
    _TABLES["member_grade"],
    "ON CONFLICT (community, member, year) DO UPDATE SET employer = excluded.employer, grade = excluded.grade, "
    "activities = excluded.activities, hours = excluded.hours",
)
_EXPORT = insert(_TABLES["exported"])
_SCORES = text("SELECT DISTINCT ON (unit) unit, score FROM score WHERE period = :period ORDER BY unit, revision DESC")
_STATES = text("SELECT id, state FROM subject WHERE id = ANY(CAST(:ids AS text[])) AND state IS NOT NULL")
_REVIEWS = text(
    """
    SELECT scored.key AS unit, CAST(scored.value AS int) AS score
      FROM subject s,
           json_each_text(CASE json_typeof(s.state->'scores') WHEN 'object' THEN s.state->'scores' END) AS scored
     WHERE s.kind = 'review' AND s.state->'opened'->>'year' = :year
    """
)
_CHECKS = text(
    """
    SELECT d.unit, CAST(count(*) AS int) AS checked, CAST(count(*) FILTER (WHERE c.passed) AS int) AS passed
      FROM drawn d JOIN checked c USING (draw, case_id)
     WHERE d.quarter = ANY(CAST(:quarters AS text[])) GROUP BY d.unit
    """
)
_DEEDS = text(
    "SELECT unit, kind, CAST(count(*) AS int) AS n FROM deed WHERE at >= :first AND at < :last GROUP BY unit, kind"
)
_STARS = text(
    """
    SELECT state->>'unit' AS unit, CAST(max(CAST(state->>'star' AS int)) AS int) AS star FROM subject
     WHERE kind = 'star' AND state->>'status' IN ('awarded', 'rectifying', 'lowered') GROUP BY 1
    """
)
_MISSED = text(
    """
    SELECT unit, CAST(count(*) AS int) AS n FROM missed_duty
     WHERE period = ANY(CAST(:quarters AS text[])) GROUP BY unit
    """
)
_MEMBERS = text(
    "SELECT community, member, year, employer, grade, activities, hours FROM member_grade WHERE year = :year"
)

EXPORTS = text(
    "SELECT kind, year, revision, digest, at FROM exported ORDER BY year DESC, kind, revision DESC LIMIT :limit"
)
"""Everything that was handed over, newest years first."""
HANDED_OVER = text(
    """
    SELECT revision, digest, content, at FROM exported
     WHERE kind = :kind AND year = :year AND (CAST(:revision AS int) IS NULL OR revision = :revision)
     ORDER BY revision DESC LIMIT 1
    """
)
"""One export as it was, the last one where no revision is named."""


async def find(conn: Connection, messages: Sequence[Message]) -> dict[str, Any]:
    """Return, by message id, what a year's results are made of."""
    return {m.id: await _year(conn, m.data.year) for m in messages if isinstance(m.data, ExportResults)}


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep members' grades and what was handed over."""
    graded = {(row.community, row.member, row.year): row for row in rows if isinstance(row, MemberGrade)}
    if graded:
        await conn.execute(_GRADE, rows_of(list(graded.values())))
    exported = [row for row in rows if isinstance(row, Exported)]
    if exported:
        await conn.execute(_EXPORT, rows_of(exported))


async def _year(conn: Connection, year: int) -> YearResults:
    period = Period.parse(str(year))
    quarters = {"quarters": list(period.quarters)}
    scores = {row.unit: row.score for row in await conn.execute(_SCORES, {"period": period.code})}
    sessions = await conn.execute(ASSESSED, {"year": year, "unit": None})
    given: dict[str, dict[str, Any]] = {
        "joint_review": {row.unit: row.score for row in await conn.execute(_REVIEWS, {"year": str(year)})}
    }
    windows = {mutual_of(kind, year): kind.value for kind in MutualKind}
    for row in await conn.execute(_STATES, {"ids": list(windows)}):
        given[windows[row.id]] = {one["unit"]: one["score"] for one in row.state["results"]}
    deeds: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await conn.execute(_DEEDS, {"first": period.starts_at, "last": period.ends_at}):
        deeds[row.unit][row.kind] = row.n
    return YearResults(
        scores,
        tuple(Assessed(**row._mapping) for row in sessions),
        given,
        {row.unit: (row.checked, row.passed) for row in await conn.execute(_CHECKS, quarters)},
        deeds,
        {row.unit: row.star for row in await conn.execute(_STARS, {})},
        {row.unit: row.n for row in await conn.execute(_MISSED, quarters)},
        tuple(MemberGrade(**row._mapping) for row in await conn.execute(_MEMBERS, {"year": year})),
    )
