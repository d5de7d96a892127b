"""Subjects other than cases are listed without reading every case."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index what is no case, by its kind."""
    op.execute("CREATE INDEX subject_record ON subject (kind, id) WHERE kind <> 'case'")
