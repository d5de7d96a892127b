"""What the sides of a two-way assessment sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0014"
down_revision = "feedback_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealing",
        sa.Column("box", sa.Text),
        sa.Column("rater", sa.Text),
        sa.Column("rated", sa.Text),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("box", "rater", "rated"),
    )
