"""What wishes, lists and projects count for whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0018"
down_revision = "feedback_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deed",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grade", sa.SmallInteger),
    )
    op.create_index("deed_of_unit", "deed", ["unit", "at"])
