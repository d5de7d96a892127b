"""Holders of posts by name, versions of notices, logged grid work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0005"
down_revision = "intake_0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of grids and their people."""
    op.create_table(
        "holder",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("post", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
    )
    op.create_table(
        "notice",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("seats", JSONB, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "visit",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("visit", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("household", sa.Text),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("findings", sa.Integer, nullable=False),
    )
    op.create_index("visit_of_unit", "visit", ["unit", "at"])
    op.create_index("visit_of_household", "visit", ["unit", "household", "at"])
