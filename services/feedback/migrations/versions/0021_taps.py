"""Answers under way, tap by tap."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0021"
down_revision = "feedback_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "tap",
        sa.Column("invitation", sa.Text, primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("contacted", sa.Boolean),
        sa.Column("solved", sa.Boolean),
        sa.Column("grade", sa.SmallInteger),
        sa.Column("comment", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
        comment="Answers under way, with a person's words; gone once they are an answer.",
    )
