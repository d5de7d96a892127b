"""Reports, case numbers, dossiers and who read them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create intake's own tables."""
    op.create_table(
        "report",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False, unique=True),
        sa.PrimaryKeyConstraint("source", "source_id"),
        comment="For ever: the same (source, id) is one report (shell.md 2.3).",
    )
    op.create_table(
        "case_number",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
        comment="The last case number given on a day of the city's own time.",
    )
    op.create_table(
        "dossier",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False, index=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("report_id", sa.Text, nullable=False),
        sa.Column("identity", JSONB, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("place", JSONB, nullable=False),
        sa.Column("photos", JSONB, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        comment="The only place of personal data; erasing a resident deletes the row.",
    )
    op.create_table(
        "triage",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("responsible", sa.Text, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Index("triage_due", "due_at", "case_id"),
        comment="Reports that wait for a person, to be listed without reading every case.",
    )
    op.create_table(
        "dossier_read",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False, index=True),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        comment="Who read a dossier, when, why; append-only.",
    )
