"""Every record keeps the very text that was hashed."""

from alembic import op

revision = "escalation_0002"
down_revision = "escalation_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Write out the text of what is there; its hashes were computed from the same columns."""
    op.execute("ALTER TABLE record ADD COLUMN line text")
    op.execute(
        """UPDATE record SET line = '{"at":' || to_json(at) || ',"body":' || body || ',"kind":' || to_json(kind)
           || ',"ledger":' || to_json(ledger) || ',"prev":' || to_json(prev) || ',"seq":' || seq
           || ',"topic":' || to_json(topic) || '}'"""
    )
    op.execute("ALTER TABLE record ALTER COLUMN line SET NOT NULL")
