"""Who sees which case, by the units and departments that it names."""

from __future__ import annotations

from alembic import op

from services.console.projection import seen

revision = "console_0006"
down_revision = "console_0005"
branch_labels = None
depends_on = None

_TABLE = "CREATE TABLE case_seen (code text NOT NULL, id text NOT NULL, PRIMARY KEY (code, id))"


def upgrade() -> None:
    """Make the table, and fill it with what there is."""
    op.execute(_TABLE)
    op.execute(seen.ANEW)
