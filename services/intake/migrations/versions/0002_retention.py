"""When a case ended, from which on the time of its dossiers runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "intake_0002"
down_revision = "intake_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Date the dossiers, and find those that are to go."""
    op.add_column("dossier", sa.Column("ended_at", sa.DateTime(timezone=True)))
    op.create_index("dossier_ended", "dossier", ["ended_at"], postgresql_where=sa.text("ended_at IS NOT NULL"))
    op.create_index("dossier_person", "dossier", ["source", sa.text("(identity ->> 'id'::text)")])
