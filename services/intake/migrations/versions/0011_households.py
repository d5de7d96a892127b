"""The register of households, and who read what is personal in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "intake_0011"
down_revision = "intake_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "household",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("household", sa.Text, primary_key=True),
        sa.Column("door", sa.Text, nullable=False),
        sa.Column("contact", sa.Text),
        sa.Column("phone", sa.Text),
        comment="Personal data: read by the household's grid and community alone.",
    )
    op.create_table(
        "household_read",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("unit", sa.Text, nullable=False, index=True),
        sa.Column("household", sa.Text, nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        comment="Who read a household, when, why; append-only.",
    )
