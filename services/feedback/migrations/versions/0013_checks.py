"""The brief of every case, what checks drew and found, the city ledger's head of each day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0013"
down_revision = "feedback_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moments = ("registered_at", "closed_at", "written_off_at")
    names = (
        "number", "matter", "kind", "source", "place", "county", "street", "community", "grid", "raised_by", "handler",
        "registered_at", "lead", "dispatcher", "handled_by", "verifier", "closed_at", "reason", "written_off_at",
    )  # fmt: skip
    op.create_table(
        "brief",
        sa.Column("case_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.DateTime(timezone=True) if name in moments else sa.Text) for name in names),
    )
    op.create_index("brief_registered", "brief", ["registered_at"])
    op.create_index("brief_closed", "brief", ["closed_at"])
    op.create_index("brief_matter", "brief", ["matter", "community", "registered_at"])
    op.create_table(
        "drawn",
        sa.Column("draw", sa.Text),
        sa.Column("case_id", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("quarter", sa.Text, nullable=False),
        sa.Column("cycle", sa.Text),
        sa.Column("inspector", sa.Text),
        sa.PrimaryKeyConstraint("draw", "case_id"),
    )
    op.create_index("drawn_case", "drawn", ["case_id"])
    op.create_index("drawn_unit", "drawn", ["unit", "quarter"])
    op.create_table(
        "checked",
        sa.Column("draw", sa.Text),
        sa.Column("case_id", sa.Text),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("follow_up", sa.Text),
        sa.PrimaryKeyConstraint("draw", "case_id"),
    )
    op.create_table(
        "completion",
        sa.Column("draw", sa.Text, primary_key=True),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("quarter", sa.Text, nullable=False),
        sa.Column("cycle", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
    )
    op.create_index("completion_unit", "completion", ["quarter", "unit"])
    op.create_index("completion_cycle", "completion", ["cycle"])
    op.create_table(
        "city_head",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
