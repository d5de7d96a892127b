"""Boxes of secret ballots, and what the hundred-point sessions of a year gave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0011"
down_revision = "feedback_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "voter",
        sa.Column("box", sa.Text),
        sa.Column("voter", sa.Text),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("box", "voter"),
    )
    op.create_index("voter_token", "voter", ["box", "token_hash"], unique=True)
    op.create_table(
        "spent",
        sa.Column("box", sa.Text),
        sa.Column("token_hash", sa.Text),
        sa.Column("about", sa.Text),
        sa.PrimaryKeyConstraint("box", "token_hash", "about"),
    )
    op.create_table(
        "ballot",
        sa.Column("box", sa.Text),
        sa.Column("about", sa.Text),
        sa.Column("content", sa.Text),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("box", "about", "content"),
    )
    op.create_table(
        "assessed",
        sa.Column("year", sa.Integer),
        sa.Column("unit", sa.Text),
        sa.Column("community", sa.Text),
        sa.Column("ballots", sa.Integer, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("is_valid", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("year", "unit", "community"),
    )
