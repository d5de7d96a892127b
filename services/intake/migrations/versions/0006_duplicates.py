"""Traces of reports, by which duplicates are found, and the list of those that a person is to decide."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "intake_0006"
down_revision = "intake_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "trace",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True, cache=1), primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False, unique=True),
        sa.Column("home", sa.Text, nullable=False),
        sa.Column("matter", sa.Text),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("grid", sa.Text, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("named", sa.Text, nullable=False),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sketch", sa.LargeBinary, nullable=False),
        sa.Column("blocks", ARRAY(sa.BigInteger), nullable=False),
        sa.Index("trace_at", "at"),
        comment="What the search for duplicates keeps of a recent report; nothing in it can be read back.",
    )
    op.create_table(
        "trace_block",
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("trace", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("block", "trace"),
        comment="Where a trace is looked for: same grid, same matter in it, same rare letter pairs.",
    )
    op.create_table(
        "suspected",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("responsible", sa.Text, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Index("suspected_at", "at", "case_id"),
        comment="Suspected duplicates that wait for a person.",
    )
