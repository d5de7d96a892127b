"""The papers of an order tell what supporting departments did: their facts are found by the same index."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX journal_papers")
    op.execute(
        "CREATE INDEX journal_papers ON journal (subject) WHERE type IN ('order.dispatched.v1', 'order.accepted.v1',"
        " 'order.handled.v1', 'order.verified.v1', 'order.verification_failed.v1', 'order.part_answered.v1',"
        " 'order.part_lapsed.v1', 'order.part_release_judged.v1', 'order.parts_agreed.v1')"
    )
