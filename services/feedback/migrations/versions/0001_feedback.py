"""Invitations, remarks, counted answers, published scores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "feedback_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("token_hash", sa.Text, primary_key=True),
        sa.Column("invitation", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
    )
    op.create_table(
        "remark",
        sa.Column("case_id", sa.Text),
        sa.Column("round", sa.Integer),
        sa.Column("kind", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "round", "kind"),
    )
    op.create_table(
        "answer",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("contacted", sa.Boolean, nullable=False),
        sa.Column("solved", sa.Boolean, nullable=False),
        sa.Column("grade", sa.SmallInteger),
        sa.Column("valid", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.Boolean, nullable=False),
    )
    op.create_index("answer_of_unit", "answer", ["unit", "period"])
    op.create_table(
        "score",
        sa.Column("unit", sa.Text),
        sa.Column("period", sa.Text),
        sa.Column("revision", sa.Integer),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("period", "unit", "revision"),
    )
