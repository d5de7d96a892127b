"""What came of the orders of topics, for the ledger's papers."""

from alembic import op

revision = "escalation_0007"
down_revision = "escalation_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; outcomes that were heard before are not in it."""
    op.execute(
        """CREATE TABLE outcome (
            topic text, case_id text, kind text, at timestamptz, said jsonb NOT NULL,
            PRIMARY KEY (topic, case_id, kind, at))"""
    )
