"""Files of reports: columns per source, runs, rows that were not taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0007"
down_revision = "intake_0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of imports."""
    op.create_table(
        "import_columns",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("columns", JSONB, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("print", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("columns", JSONB, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("part", sa.Float, nullable=False),
        sa.Column("outcomes", JSONB, nullable=False),
        sa.Column("rules", JSONB, nullable=False),
        sa.Column("heading", JSONB, nullable=False),
        sa.Column("problem", JSONB),
        sa.Column("started_by", sa.Text, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("lease_until", MOMENT),
        sa.UniqueConstraint("source", "print", name="import_run_print"),
    )
    op.create_table(
        "import_reject",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True),
        sa.Column("cells", JSONB, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("zh", sa.Text, nullable=False),
        sa.Column("en", sa.Text, nullable=False),
    )
