"""The register of responsibility."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "responsibility",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("responsible", sa.Text),
        sa.Column("rung", sa.Text),
        sa.Column("clock", sa.Text),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("assignment", sa.Integer, nullable=False),
        sa.Column("dispatcher", sa.Text, nullable=False),
        sa.Column("lead", sa.Text),
        sa.Column("request", sa.Text),
        sa.Column("judge", sa.Text),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("responsibility_of", "responsibility", ["responsible", "status", "case_id"])
    op.create_index("responsibility_judge", "responsibility", ["judge", "case_id"])
