"""What waits at the feedback desk: reporters to call back, dissatisfied answers to judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from services.feedback.domain.task import Task
from services.feedback.tables.row import Row
from shared.persistence.rows import MOMENT


class TaskRow(Row, table=True):
    """One task of an officer; it waits while it has no outcome."""

    __tablename__ = "task"
    __table_args__ = (Index("task_waiting", "kind", "due_at", postgresql_where=text("outcome IS NULL")),)

    kind: str = Field(sa_type=Text, primary_key=True)
    case_id: str = Field(sa_type=Text, primary_key=True)
    round: int = Field(primary_key=True)
    reporter: str = Field(sa_type=Text, primary_key=True)
    due_at: datetime = Field(sa_type=MOMENT)
    attempts: int
    tried_on: date | None
    outcome: str | None = Field(sa_type=Text)


TASK = text(
    """
    WITH told AS (
      SELECT * FROM unnest(CAST(:kind AS text[]), CAST(:case AS text[]), CAST(:round AS int[]),
                           CAST(:reporter AS text[]), CAST(:due_at AS timestamptz[]), CAST(:attempts AS int[]),
                           CAST(:tried_on AS date[]), CAST(:outcome AS text[]))
        AS t (kind, case_id, round, reporter, due_at, attempts, tried_on, outcome)
    ), moved AS (
      UPDATE task
         SET due_at = COALESCE(told.due_at, task.due_at), attempts = told.attempts, outcome = told.outcome,
             tried_on = COALESCE(told.tried_on, task.tried_on)
        FROM told
       WHERE (task.kind, task.case_id, task.round, task.reporter)
           = (told.kind, told.case_id, told.round, told.reporter)
      RETURNING task.kind, task.case_id, task.round, task.reporter
    )
    INSERT INTO task (kind, case_id, round, reporter, due_at, attempts, tried_on, outcome)
    SELECT told.* FROM told LEFT JOIN moved USING (kind, case_id, round, reporter) WHERE moved.kind IS NULL
    """
)

WAITING = text(
    """
    SELECT case_id AS "case", round, reporter, due_at, attempts, tried_on
      FROM task
     WHERE kind = :kind AND outcome IS NULL AND (due_at, case_id, reporter) > (:due_at, :case, :reporter)
     ORDER BY due_at, case_id, reporter
     LIMIT :limit
    """
)
"""The tasks of a kind that wait, the most pressing first, after a place in that order."""


def latest(tasks: Sequence[Task]) -> list[Task]:
    """Return the rows of a batch with each task once, as the last one says, with what only an earlier one says."""
    found: dict[tuple[str, str, int, str], Task] = {}
    for task in tasks:
        key = (task.kind, task.case, task.round, task.reporter)
        earlier = found.get(key)
        if earlier is not None:
            task = replace(task, due_at=task.due_at or earlier.due_at, tried_on=task.tried_on or earlier.tried_on)
        found[key] = task
    return list(found.values())
