"""Members' grades of a year, and what was handed over for appraisal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0022"
down_revision = "feedback_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "member_grade",
        sa.Column("community", sa.Text, primary_key=True),
        sa.Column("member", sa.Text, primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("employer", sa.Text, nullable=False),
        sa.Column("grade", sa.Text, nullable=False),
        sa.Column("activities", sa.Integer, nullable=False),
        sa.Column("hours", sa.Integer, nullable=False),
    )
    op.create_table(
        "exported",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
