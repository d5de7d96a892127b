"""Orders are found by the number that people read as well."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("responsibility_number", "responsibility", ["number"])
