"""The last alarm of each sensor; reports of a source in a minute."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "intake_0009"
down_revision = "intake_0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "alarm",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("case", sa.Text, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
    )
    op.create_table(
        "source_minute",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("minute", MOMENT, primary_key=True),
        sa.Column("sent", sa.Integer, nullable=False),
    )
