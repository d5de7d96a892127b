"""Words are found by the digest that a record or a draft holds."""

from alembic import op

revision = "escalation_0009"
down_revision = "escalation_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.execute("CREATE INDEX wording_digest ON wording (digest)")
