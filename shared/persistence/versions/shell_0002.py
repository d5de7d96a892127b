"""A deadline knows by which of the city's published calendars it was projected."""

from alembic import op

revision = "shell_0002"
down_revision = "shell_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count the calendars published when a deadline was armed: those of the file alone are none."""
    op.execute("ALTER TABLE deadline ADD COLUMN calendar int NOT NULL DEFAULT 0")
