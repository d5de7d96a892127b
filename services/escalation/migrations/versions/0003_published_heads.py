"""The daily lists of the heads of all ledgers."""

from alembic import op

revision = "escalation_0003"
down_revision = "escalation_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of the lists."""
    op.execute(
        """CREATE TABLE published_heads (
            "on" date, page int, pages int NOT NULL, heads jsonb NOT NULL, prev text NOT NULL, digest text NOT NULL,
            PRIMARY KEY ("on", page))"""
    )
