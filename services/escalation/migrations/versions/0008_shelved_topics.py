"""What a case's earlier topics were, for the ledger's papers."""

from alembic import op

revision = "escalation_0008"
down_revision = "escalation_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; topics that were followed by another before are not in it."""
    op.execute("CREATE TABLE shelved (topic text PRIMARY KEY, state jsonb NOT NULL)")
