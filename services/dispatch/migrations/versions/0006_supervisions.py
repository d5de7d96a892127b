"""Supervision orders with their receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the list of supervision orders."""
    op.create_table(
        "supervision",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("of", sa.Text, nullable=False),
        sa.Column("charged", sa.Text, nullable=False),
        sa.Column("supervisor", sa.Text, nullable=False),
        sa.Column("by_hand", sa.Boolean, nullable=False),
        sa.Column("issued_at", _AT, nullable=False),
        sa.Column("receipt_due_at", _AT, nullable=False),
        sa.Column("answered_at", _AT),
        sa.Column("answer", sa.Text),
        sa.Column("missed_at", _AT),
    )
    op.create_index("supervision_charged", "supervision", ["charged", "receipt_due_at"])
    op.create_index("supervision_supervisor", "supervision", ["supervisor", "receipt_due_at"])
