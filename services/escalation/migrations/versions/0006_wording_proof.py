"""What an auditor may know of people's words: whether they still are those whose digest the ledger holds."""

from alembic import op

revision = "escalation_0006"
down_revision = "escalation_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a view that shows neither salt nor text; it reads them as its owner."""
    op.execute(
        """CREATE VIEW wording_proof AS
           SELECT ledger, meeting, topic, digest,
                  encode(sha256(convert_to(salt || text, 'UTF8')), 'hex') = digest AS is_genuine FROM wording"""
    )
