"""Invitations, remarks, counted answers and published scores: the tables of feedback, written and read set-wise."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Index, PrimaryKeyConstraint, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.feedback.domain.exclusion import DecideExclusion, Excluding
from services.feedback.domain.rating import Counted, Invitation, Rating, Remark
from services.feedback.domain.score import Prepared, Publication, Tally, subject_of
from services.feedback.domain.task import Task
from services.feedback.tables import supervision
from services.feedback.tables.exclusion import EXCLUDE
from services.feedback.tables.exclusion import latest as latest_exclusions
from services.feedback.tables.invitation import INVITE, RESOLVE, hash_of
from services.feedback.tables.remark import REMARK
from services.feedback.tables.row import MOMENT, Row
from services.feedback.tables.task import TASK
from services.feedback.tables.task import latest as latest_tasks
from shared.kernel.decisions import Due, Message
from shared.persistence.connection import Connection


class AnswerRow(Row, table=True):
    """One row per asked reporter of a closed case; `valid` is False where nobody answered in time."""

    __tablename__ = "answer"
    __table_args__ = (Index("answer_of_unit", "unit", "period"),)

    case_id: str = Field(sa_type=Text, primary_key=True)
    reporter: str = Field(sa_type=Text, primary_key=True)
    round: int
    unit: str = Field(sa_type=Text)
    period: str = Field(sa_type=Text)
    contacted: bool
    solved: bool
    grade: int | None = Field(sa_type=SmallInteger)
    valid: bool
    outcome: bool


class ScoreRow(Row, table=True):
    """A published score; a later revision is a row of its own."""

    __tablename__ = "score"
    __table_args__ = (PrimaryKeyConstraint("period", "unit", "revision"),)

    unit: str = Field(sa_type=Text)
    period: str = Field(sa_type=Text)
    revision: int
    published_at: datetime = Field(sa_type=MOMENT)
    score: dict[str, Any] = Field(sa_type=JSONB)


METADATA = Row.metadata

APPEND_ONLY: tuple[str, ...] = ("invitation", "answer", "score", *supervision.APPEND_ONLY)

_COUNTED_IN = text("SELECT DISTINCT case_id, unit, period FROM answer WHERE case_id = ANY(CAST(:cases AS text[]))")

_TALLIES = text(
    """
    SELECT a.unit, a.period,
           count(*) AS asked,
           count(*) FILTER (WHERE valid) AS answers,
           count(*) FILTER (WHERE valid AND contacted) AS contacted,
           count(*) FILTER (WHERE valid AND outcome AND x.case_id IS NULL) AS outcomes,
           count(*) FILTER (WHERE valid AND outcome AND x.case_id IS NULL AND solved) AS solved,
           count(*) FILTER (WHERE valid AND outcome AND x.case_id IS NULL AND grade = 1) AS grade_1,
           count(*) FILTER (WHERE valid AND outcome AND x.case_id IS NULL AND grade = 2) AS grade_2,
           count(*) FILTER (WHERE valid AND outcome AND x.case_id IS NULL AND grade = 3) AS grade_3,
           count(*) FILTER (WHERE valid AND outcome AND x.case_id IS NULL AND grade = 4) AS grade_4,
           count(*) FILTER (WHERE valid AND outcome AND x.case_id IS NULL AND grade = 5) AS grade_5
      FROM answer a
      LEFT JOIN exclusion x ON x.case_id = a.case_id AND x.stage = 'granted'
      JOIN unnest(CAST(:units AS text[]), CAST(:periods AS text[])) AS due (unit, period)
        ON a.unit = due.unit AND a.period = due.period
     GROUP BY a.unit, a.period
    """
)

_COUNT = text(
    """
    INSERT INTO answer (case_id, reporter, round, unit, period, contacted, solved, grade, valid, outcome)
    SELECT case_id, reporter, round, unit, period, contacted, solved, grade, grade IS NOT NULL, outcome
      FROM unnest(CAST(:case AS text[]), CAST(:reporter AS text[]), CAST(:round AS int[]), CAST(:unit AS text[]),
                  CAST(:period AS text[]), CAST(:contacted AS bool[]), CAST(:solved AS bool[]),
                  CAST(:grade AS smallint[]), CAST(:outcome AS bool[]))
        AS given (case_id, reporter, round, unit, period, contacted, solved, grade, outcome)
    """
)
_PUBLISH = text(
    """
    INSERT INTO score (unit, period, revision, published_at, score)
    SELECT unit, period, revision, published_at, CAST(score AS jsonb)
      FROM unnest(CAST(:unit AS text[]), CAST(:period AS text[]), CAST(:revision AS int[]),
                  CAST(:published_at AS timestamptz[]), CAST(:score AS text[]))
        AS given (unit, period, revision, published_at, score)
    """
)

SCORES = text(
    """
    SELECT DISTINCT ON (period, unit) score, published_at
      FROM score
     WHERE (CAST(:period AS text) IS NULL OR period = :period) AND (CAST(:unit AS text) IS NULL OR unit = :unit)
     ORDER BY period, unit, revision DESC
     LIMIT :limit
    """
)
"""The newest revision of each score of a month, a unit, or both."""

STATE = text("SELECT sequence, state FROM subject WHERE id = :id AND state IS NOT NULL")
"""How a subject stands."""


class Store:
    """Feedback's own tables; `secret` makes the tokens, so that neither table nor fact holds one."""

    def __init__(self, secret: str, city: str) -> None:
        self._secret, self._city = secret.encode(), city
        self.supervised = supervision.Supervised(secret, city)

    def token(self, invitation: str) -> str:
        """Return the unguessable token of an invitation: 43 characters, the same each time."""
        mac = hmac.new(self._secret, f"invitation\n{self._city}\n{invitation}".encode(), sha256)
        return urlsafe_b64encode(mac.digest()).decode().rstrip("=")

    async def resolve(self, conn: Connection, messages: Sequence[Message]) -> Sequence[Message]:
        """Find the case of each rating by its token, and the score that an exclusion changes.

        An unknown token leaves the subject empty.
        """
        hashes = {hash_of(m.data.token) for m in messages if isinstance(m.data, Rating)}
        if hashes:
            rows = await conn.execute(RESOLVE, {"hashes": sorted(hashes)})
            cases = {row.token_hash: row.case_id for row in rows}
            messages = [
                replace(m, subject=cases.get(hash_of(m.data.token), "")) if isinstance(m.data, Rating) else m
                for m in messages
            ]
        decided = {m.subject for m in messages if isinstance(m.data, DecideExclusion)}
        if decided:
            rows = await conn.execute(_COUNTED_IN, {"cases": sorted(decided)})
            scores = {row.case_id: subject_of(row.unit, row.period) for row in rows}
            messages = [
                replace(m, touches=(*m.touches, scores[m.subject]))
                if isinstance(m.data, DecideExclusion) and m.subject in scores
                else m
                for m in messages
            ]
        return messages

    async def prepare(self, conn: Connection, messages: Sequence[Message], now: datetime) -> Prepared:
        """Return the token maker and, for the scores that come due, the sums of their answers."""
        wanted = sorted(
            {
                (m.data.data["unit"], m.data.data["period"])
                for m in messages
                if isinstance(m.data, Due) and m.data.name.startswith("publish:")
            }
        )
        found = await self.supervised.find(conn, messages)
        if not wanted:
            return Prepared(self.token, found=found)
        units, periods = [unit for unit, _ in wanted], [period for _, period in wanted]
        rows = await conn.execute(_TALLIES, {"units": units, "periods": periods})
        tallies = {
            (row.unit, row.period): Tally(
                asked=row.asked,
                answers=row.answers,
                contacted=row.contacted,
                outcomes=row.outcomes,
                solved=row.solved,
                grades={1: row.grade_1, 2: row.grade_2, 3: row.grade_3, 4: row.grade_4, 5: row.grade_5},
            )
            for row in rows
        }
        return Prepared(self.token, tallies, found)

    async def save(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Keep what the batch decided, one statement per table."""
        invitations = [row for row in rows if isinstance(row, Invitation)]
        if invitations:
            columns = _columns(invitations, "invitation", "case", "round")
            await conn.execute(INVITE, {**columns, "hash": [hash_of(self.token(i.invitation)) for i in invitations]})
        remarks = [row for row in rows if isinstance(row, Remark)]
        if remarks:
            await conn.execute(REMARK, _columns(remarks, "id", "case", "round", "reporter", "kind", "text"))
        counted = [row for row in rows if isinstance(row, Counted)]
        if counted:
            names = ("case", "reporter", "round", "unit", "period", "contacted", "solved", "grade", "outcome")
            await conn.execute(_COUNT, _columns(counted, *names))
        tasks = latest_tasks([row for row in rows if isinstance(row, Task)])
        if tasks:
            await conn.execute(TASK, _columns(tasks, *(f.name for f in fields(Task))))
        excluding = latest_exclusions([row for row in rows if isinstance(row, Excluding)])
        if excluding:
            await conn.execute(EXCLUDE, _columns(excluding, *(f.name for f in fields(Excluding))))
        published = [row for row in rows if isinstance(row, Publication)]
        if published:
            scores = [row.score for row in published]
            values = {
                **_columns(scores, "unit", "period", "revision"),
                "published_at": [row.published_at for row in published],
                "score": [msgspec.json.encode(each).decode() for each in scores],
            }
            await conn.execute(_PUBLISH, values)
        await self.supervised.keep(conn, rows)


def _columns(rows: Sequence[Any], *names: str) -> dict[str, list[Any]]:
    return {name: [getattr(row, name) for row in rows] for name in names}
