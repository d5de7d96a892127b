"""When a squad was formed for a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0015"
down_revision = "feedback_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("brief", sa.Column("mobilised_at", sa.DateTime(timezone=True)))
