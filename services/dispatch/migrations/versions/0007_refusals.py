"""Refused replies and commands, on record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; it is only appended to."""
    op.create_table(
        "refusal",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("params", JSONB, nullable=False),
    )
    op.create_index("refusal_sender", "refusal", ["sender", "id"])
    op.create_index("refusal_subject", "refusal", ["subject", "id"])
