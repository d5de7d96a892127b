"""Names and words of disputes, and who read them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PERSONAL = "Personal data: read by the mediator's unit alone, erased with the resident's."


def upgrade() -> None:
    """Create the tables that no stream knows of."""
    op.create_table(
        "dispute_party",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("party", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        comment=_PERSONAL,
    )
    op.create_table(
        "dispute_text",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("clauses", JSONB, nullable=False),
        sa.Column("signed", JSONB, nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True)),
        comment=_PERSONAL,
    )
    op.create_table(
        "dispute_read",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False, index=True),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        comment="Who read the names of a dispute, when, why; append-only.",
    )
