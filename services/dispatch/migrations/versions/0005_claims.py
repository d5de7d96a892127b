"""Who wishes, until the wish ends; who looked; how wishes, items and projects are found by community and owner."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wisher",
        sa.Column("wish", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("member", sa.Text),
        comment="Personal; the row goes when the wish ends.",
    )
    op.create_table(
        "wisher_read",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        comment="Who looked at a wisher, when; append-only.",
    )
    for kind, key in (("wish", "community"), ("project", "community"), ("item", "community"), ("item", "owner")):
        op.execute(f"CREATE INDEX subject_{kind}_{key} ON subject ((state->>'{key}'), id) WHERE kind = '{kind}'")
