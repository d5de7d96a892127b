"""Verifications as they fall due and are done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0016"
down_revision = "feedback_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verification",
        sa.Column("case_id", sa.Text),
        sa.Column("handled_at", sa.DateTime(timezone=True)),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("case_id", "handled_at"),
    )
    op.create_index("verification_due", "verification", ["due_at"])
