"""Photos of reports, and what reporters add to what they said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0008"
down_revision = "intake_0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "photo",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("dossier_id", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("media", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False, server_default=sa.text("clock_timestamp()")),
        comment="What belongs to no dossier is swept: never named by a report, or its dossier erased.",
    )
    op.create_index("photo_dossier", "photo", ["dossier_id"], postgresql_where=sa.text("dossier_id IS NOT NULL"))
    op.create_index("photo_waiting", "photo", ["uploaded_at"], postgresql_where=sa.text("dossier_id IS NULL"))
    op.create_table(
        "supplement",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("dossier", sa.Text, nullable=False, index=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("photos", JSONB, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        comment="Personal data: a reporter's later words; erased with his dossier.",
    )
