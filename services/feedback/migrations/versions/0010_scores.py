"""Lines of orders, assignments, changes after a freeze, scoring policies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "feedback_0010"
down_revision = "feedback_0001"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # What was stated each hour before there was a freeze were figures so far, without tier, place and case rates.
    op.execute("DELETE FROM score")
    op.create_table(
        "case_line",
        sa.Column("case_id", sa.Text),
        sa.Column("line", sa.SmallInteger),
        sa.Column("number", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("lead", "dispatcher", "community", "grid", "subgrid")),
        *(
            sa.Column(name, _AT)
            for name in ("due_at", "due_before", "suspended_at", "resumed_at", "handled_at", "verified_at")
        ),
        sa.Column("first_verified_at", _AT),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("failed", "extended", "overdue")),
        sa.Column("left", sa.Text),
        sa.Column("closed_at", _AT),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("declined", "reworked")),
        sa.Column("excluded", sa.Text),
        sa.Column("mediated", sa.Boolean, nullable=False),
        sa.Column("mediated_at", _AT),
        sa.PrimaryKeyConstraint("case_id", "line"),
    )
    op.create_index("case_line_due", "case_line", ["due_at"])
    op.create_index("case_line_paused", "case_line", ["due_before"], postgresql_where="due_before IS NOT NULL")
    op.create_index("case_line_verified", "case_line", ["first_verified_at"])
    op.create_index("case_line_closed", "case_line", ["closed_at"])
    op.create_index("case_line_mediated", "case_line", ["mediated_at"], postgresql_where="mediated_at IS NOT NULL")
    op.create_table(
        "assignment_line",
        sa.Column("case_id", sa.Text),
        sa.Column("assignment", sa.SmallInteger),
        sa.Column("lead", sa.Text, nullable=False),
        sa.Column("dispatcher", sa.Text, nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("asked_back", "upheld", "recalled")),
        sa.PrimaryKeyConstraint("case_id", "assignment"),
    )
    op.create_index("assignment_line_made", "assignment_line", ["made_at"])
    op.create_table(
        "late_change",
        *(sa.Column(name, sa.Text) for name in ("period", "unit", "case_id", "cause")),
        sa.Column("changed_at", _AT),
        sa.PrimaryKeyConstraint("period", "unit", "case_id", "cause", "changed_at"),
    )
    op.create_table(
        "policy",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("policy", JSONB, nullable=False),
    )
