"""Leaders' contact points, what they did there, whom they received; duties that were missed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0020"
down_revision = "feedback_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("leader", sa.Text, primary_key=True),
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("ends", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
    )
    op.create_table(
        "leader_act",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("leader", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("received", sa.Boolean, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
    )
    op.create_index("leader_act_day", "leader_act", ["day"])
    op.create_table(
        "received",
        sa.Column("report", sa.Text, primary_key=True),
        sa.Column("leader", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
    )
    op.create_table(
        "missed_duty",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("unit", "period", "duty", "leader", "case_id")),
        sa.Column("above", sa.Text, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("least", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("missed_duty_above", "missed_duty", ["above", "period"])
