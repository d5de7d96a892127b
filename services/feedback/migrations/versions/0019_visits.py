"""Days on which grid persons logged household visits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0019"
down_revision = "feedback_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visit_day",
        sa.Column("unit", sa.Text),
        sa.Column("day", sa.Date),
        sa.Column("visits", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("unit", "day"),
    )
