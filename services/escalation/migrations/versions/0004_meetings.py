"""What a meeting is called with: by whom, where, about what, how often, for which entries."""

from alembic import op

revision = "escalation_0004"
down_revision = "escalation_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the board of meetings; rows from before say nothing of it."""
    op.execute(
        """ALTER TABLE meeting_board
            ADD decide_by timestamptz, ADD within date,
            ADD caller text NOT NULL DEFAULT '', ADD place text NOT NULL DEFAULT '',
            ADD theme text NOT NULL DEFAULT '', ADD sitting int NOT NULL DEFAULT 1,
            ADD is_called boolean NOT NULL DEFAULT true, ADD is_duty boolean NOT NULL DEFAULT false,
            ADD named jsonb NOT NULL DEFAULT '[]', ADD leads jsonb NOT NULL DEFAULT '[]',
            ADD earlier jsonb NOT NULL DEFAULT '[]'"""
    )
    for name in ("caller", "place", "theme", "sitting", "is_called", "is_duty", "named", "leads", "earlier"):
        op.execute(f"ALTER TABLE meeting_board ALTER {name} DROP DEFAULT")
