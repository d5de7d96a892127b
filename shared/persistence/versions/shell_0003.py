"""A deadline knows how it was counted, so that a calendar published later can place it anew."""

from alembic import op

revision = "shell_0003"
down_revision = "shell_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep term, share and what is counted after it; null where no calendar can move it."""
    op.execute("ALTER TABLE deadline ADD COLUMN mark text")
