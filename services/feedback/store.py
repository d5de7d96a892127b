"""Invitations, remarks, counted answers and published scores: the tables of feedback, written and read set-wise."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Index, SmallInteger, Text, text
from sqlmodel import Field

from services.feedback.domain.exclusion import Excluding
from services.feedback.domain.forgetting import Forgotten
from services.feedback.domain.rating import Counted, Invitation, Rating, Remark
from services.feedback.domain.score import Prepared
from services.feedback.domain.task import Task
from services.feedback.tables import case_line, score, supervision
from services.feedback.tables.exclusion import EXCLUDE
from services.feedback.tables.exclusion import latest as latest_exclusions
from services.feedback.tables.invitation import INVITE, RESOLVE, hash_of
from services.feedback.tables.remark import FORGET, REMARK
from services.feedback.tables.row import Row
from services.feedback.tables.tap import FORGET_TAPS
from services.feedback.tables.task import TASK
from services.feedback.tables.task import latest as latest_tasks
from shared.kernel.decisions import Message
from shared.kernel.replacing import replace
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


METADATA = Row.metadata

APPEND_ONLY: tuple[str, ...] = (
    "invitation",
    "answer",
    *score.APPEND_ONLY,
    *case_line.APPEND_ONLY,
    *supervision.APPEND_ONLY,
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
        """Find the case of each rating by its token; an unknown token leaves the subject empty."""
        hashes = {hash_of(m.data.token) for m in messages if isinstance(m.data, Rating)}
        if not hashes:
            return messages
        rows = await conn.execute(RESOLVE, {"hashes": sorted(hashes)})
        cases = {row.token_hash: row.case_id for row in rows}
        return [
            replace(m, subject=cases.get(hash_of(m.data.token), "")) if isinstance(m.data, Rating) else m
            for m in messages
        ]

    async def prepare(self, conn: Connection, messages: Sequence[Message], now: datetime) -> Prepared:
        """Return the token maker, what the messages ask of the tables and, for scores that come due, their counts."""
        found = await self.supervised.find(conn, messages)
        return Prepared(self.token, found=found, **await score.coming_due(conn, messages))

    async def save(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Keep what the batch decided, one statement per table."""
        invitations = [row for row in rows if isinstance(row, Invitation)]
        if invitations:
            columns = _columns(invitations, "invitation", "case", "round")
            await conn.execute(INVITE, {**columns, "hash": [hash_of(self.token(i.invitation)) for i in invitations]})
        remarks = [row for row in rows if isinstance(row, Remark)]
        if remarks:
            await conn.execute(REMARK, _columns(remarks, "id", "case", "round", "reporter", "kind", "text"))
        forgotten = [row for row in rows if isinstance(row, Forgotten)]
        if forgotten:
            await conn.execute(FORGET, _columns(forgotten, "case", "reporter"))
            await conn.execute(FORGET_TAPS, _columns(forgotten, "invitation"))
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
        await case_line.save_lines(conn, rows)
        await score.save_scores(conn, rows)
        await self.supervised.keep(conn, rows)


def _columns(rows: Sequence[Any], *names: str) -> dict[str, list[Any]]:
    return {name: [getattr(row, name) for row in rows] for name in names}
