"""Boards of entries say what waits to be screened and to be received from below."""

from alembic import op

revision = "escalation_0005"
down_revision = "escalation_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; no entry that was there before waits for either."""
    for column in ("has_to_screen", "has_to_receive"):
        op.execute(f"ALTER TABLE entry_board ADD COLUMN {column} boolean NOT NULL DEFAULT false")
        op.execute(f"ALTER TABLE entry_board ALTER COLUMN {column} DROP DEFAULT")
