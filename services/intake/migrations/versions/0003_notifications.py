"""What reporters are to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0003"
down_revision = "intake_0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table of notices."""
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("dossier_id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("unit", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("rule", sa.Text),
        sa.Column("params", JSONB, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("next_at", MOMENT, nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.Column("channel", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("ended_at", MOMENT),
        comment="No contact and no name: both are in the dossier, and go with it.",
    )
    op.create_index("notification_waiting", "notification", ["next_at"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_index("notification_dossier", "notification", ["dossier_id", "id"])
    op.create_index(
        "notification_ended", "notification", ["ended_at"], postgresql_where=sa.text("ended_at IS NOT NULL")
    )
