"""A dossier whose reporter took his report back while others stay: nobody reads it any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "intake_0012"
down_revision = "intake_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("dossier", sa.Column("taken_back", sa.Boolean, nullable=False, server_default=sa.false()))
