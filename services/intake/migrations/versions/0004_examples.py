"""What people chose in triage, to learn from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "intake_0004"
down_revision = "intake_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep every choice, without any text."""
    op.create_table(
        "example",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("guessed", sa.Text),
        sa.Column("confidence", sa.Float),
        sa.Column("model", sa.Text),
        sa.Column("chosen_by", sa.Text, nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        comment="What a person chose in triage, who and when, beside the guess; append-only.",
    )
