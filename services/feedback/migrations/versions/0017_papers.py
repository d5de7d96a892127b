"""The paper of a rating is made of its facts: those are found by their case."""

from __future__ import annotations

from alembic import op

revision = "feedback_0017"
down_revision = "feedback_0016"
branch_labels = None
depends_on = "shell_0001"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX journal_papers ON journal (subject) WHERE type IN ('rating.invited.v1', 'rating.answered.v1',"
        " 'rating.judged.v1', 'rating.rework_ordered.v1', 'rating.failed.v1', 'rating.completed.v1',"
        " 'exclusion.decided.v1')"
    )
